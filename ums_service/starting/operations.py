"""What only the operator of the machine can have done, with the service up or down."""

import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from storage import Store, Transaction
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Mail, Template
from ums_service.domain.profiles import Profile
from ums_service.domain.roster import administrators
from ums_service.domain.telling import tell
from ums_service.domain.users import USERS, User
from ums_service.sending.mails import is_reachable, mail_to
from ums_service.starting import first_admin


class Failed(Exception):
    """What the operator wanted could not be done; the text says why."""


class Recovered(NamedTuple):
    """An administrator with a new password, which is kept nowhere."""

    user_id: str
    password: str
    mails: list[Mail]
    """Queued in the store; a sender that runs must be told of them."""


async def recover_admin(
    store: Store,
    hashed: Callable[[str], Awaitable[str]],
    profile: Profile,
    username: str,
    now: Moment,
    *,
    tells: bool,
) -> Recovered:
    """Make an account an active administrator with a password for the next minutes.

    It serves once: to log in and choose another. Durable on return, with its audit
    entry; every administrator is told, where mail is set up (`tells`) by mail. Sessions
    of the account are the caller's to end.

    Raises:
        Failed: there is nobody of that name.
        storage.errors.NotWritten: the disk; nothing was changed.
    """
    password = secrets.token_urlsafe(12)
    new_hash = await hashed(password)
    async with store.transaction() as tx:
        user_id = await tx.find(USERS, "username", normalise(username))
        user = None
        if user_id is not None:
            user = await tx.get(USERS, user_id)
        if user is None:
            raise Failed(f"there is no account {username}")
        await first_admin.recover(tx, user, new_hash, profile, now)
        mails = []
        if profile.notices:
            mails = await _warn(tx, user, profile, now, by_mail=tells)
    return Recovered(user.user_id, password, mails)


async def _warn(
    tx: Transaction, recovered: User, profile: Profile, now: Moment, *, by_mail: bool
) -> list[Mail]:
    """Tell all who can administer, the recovered one among them; what is mailed."""
    what = (
        f"the operator made {recovered.username} an administrator with a new password"
    )
    mails = []
    for user_id in await administrators(tx):
        user = await tx.get(USERS, user_id)
        if user is None:
            continue
        mail_id, kind = secrets.token_urlsafe(32), Template.SUSPICIOUS_ACTIVITY
        mail = mail_to(user, kind, now, "this machine", mail_id, what=what)
        mailed = by_mail and is_reachable(user)
        await tell(tx, mail, by_mail=mailed, kept=profile.notifications_kept)
        if mailed:
            mails.append(mail)
    return mails


async def rotate_key(store: Store, now: Moment) -> None:
    """Encrypt everything under a new data key. Raises as `Store.rotate_key`."""
    await store.rotate_key(now.epoch_s)
    async with store.transaction() as tx:
        entry = AuditEntry(event="data_key_rotated", outcome=Outcome.DONE)
        entry.append_to(tx, now)
