"""Peppers as an operator keeps them: one in a private file, none missing at start."""

from collections.abc import Iterable
from pathlib import Path

from storage import Store
from ums_service.deployment.master_key import MODE
from ums_service.domain.moment import Moment
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.pepper import (
    PEPPER_BYTES_MIN,
    PEPPERS,
    Pepper,
    no_longer_needed,
    note_use,
)


class UnusablePepper(ValueError):
    """The file of a pepper is missing, short or open to others."""


def read_pepper(path: Path) -> Pepper:
    """The pepper in a private file: all of its bytes, line ends included.

    Raises:
        UnusablePepper: it is missing, short or open to others.
    """
    try:
        mode, secret = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise UnusablePepper(f"{path} cannot be read: {error.strerror}") from None
    if mode & ~MODE:
        raise UnusablePepper(f"{path} is open to others: chmod 600 {path}")
    if len(secret) < PEPPER_BYTES_MIN:
        raise UnusablePepper(f"{path} should hold {PEPPER_BYTES_MIN} bytes or more")
    return Pepper(secret)


async def settle_peppers(
    store: Store, hashes: PasswordHashes, lost: Iterable[str], now: Moment
) -> None:
    """Make sure that every stored hash can be verified; durable on return.

    The store remembers which peppers its hashes were made with, so nothing has to be
    looked through at a usual start.

    Raises:
        MissingPepper: one is needed, not there and not given up as lost.
    """
    unneeded = no_longer_needed(store, hashes.pepper_ids | set(lost))
    pepper = hashes.pepper
    is_new = pepper is not None and store.get(PEPPERS, pepper.pepper_id) is None
    if not unneeded and not is_new:
        return
    async with store.transaction() as tx:
        for pepper_id in unneeded:
            tx.delete(PEPPERS, pepper_id)
        if pepper is not None:
            await note_use(tx, pepper, now.text)
