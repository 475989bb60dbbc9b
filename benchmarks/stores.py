"""Stores of many accounts, written through `storage` as the service would write them.

Each is built once in a run and copied for each use. The first accounts can log in, those
behind them with an authenticator; the others have a hash of the same form and size that no password has.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from benchmarks.workers import Worker
from storage import RealDisk, Store, StoreOptions
from ums_service.deployment.clock import read_clock
from ums_service.deployment.master_key import make_key_file
from ums_service.deployment.opening import COLLECTIONS, KDF_OF_RANDOM_KEYS, STREAMS
from ums_service.domain.argon2id import HashParameters
from ums_service.domain.attributes import LAB_MEMBER
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.factors import FACTORS, Authenticator, Factors
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.moment import Moment
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.roster import update_roster
from ums_service.domain.totp import NEVER_USED, SECRET_BYTES
from ums_service.domain.users import ADMIN, USERS, User

PASSWORD: Final = "pomegranate gramophone 4711"
ADMINISTRATOR: Final = "admin"
CAN_LOG_IN: Final = 64
"""Accounts 0 to 63 have `PASSWORD`."""
WITH_CODES: Final = 100
"""So many accounts behind them have it too, and an authenticator: a code is good once."""

LAB_ID: Final = "1ab00000-0000-4000-8000-000000000000"
"""A lab whose members are those who can log in."""

_AT_ONCE: Final = 500
_NEVER: Final = 1 << 62
_BULK: Final = StoreOptions(
    owner="benchmarks",
    checkpoint_min_bytes=_NEVER,
    pause_s=0.0,
)
_HASH_BYTES: Final = 49  # 65 characters: 22 of salt, 43 of digest
_SERVED: Final = StoreOptions()


def username(number: int) -> str:
    """The name of account `number`."""
    return f"person{number:07}"


def authenticator_secret(number: int) -> bytes:
    """What the authenticator of account `number` makes its codes from."""
    return hashlib.sha256(username(number).encode()).digest()[:SECRET_BYTES]


def people(count: int) -> Iterator[User]:
    """Accounts as real ones are: the fields that people fill in are filled in."""
    chance, now = random.Random(count), read_clock()
    known = PasswordHashes(HashParameters()).hash(PASSWORD)
    for number in range(count):
        yield _person(number, chance, now, known)


def _person(number: int, chance: random.Random, now: Moment, known: str) -> User:
    random = b64encode(chance.randbytes(_HASH_BYTES)).decode()
    made_up = f"$argon2id$v=19$m=7168,t=5,p=1${random[:22]}${random[22:65]}"
    name = username(number)
    return User(
        user_id=f"{chance.getrandbits(32):08x}-0000-4000-8000-{number:012x}",
        username=name,
        email=f"{name}@example.org",
        password_hash=known if number < CAN_LOG_IN + WITH_CODES else made_up,
        created_at=now.text,
        updated_at=now.text,
        password_changed_at=now.text,
        full_name=f"Person Number {number}",
        phone=f"+49 30 {chance.randrange(10**7):07}",
        address=f"{chance.randrange(1, 200)} Long Street",
        city="Berlin",
        country="Germany",
        postal_code=f"{chance.randrange(10**5):05}",
        date_of_birth=f"19{chance.randrange(40, 99)}-0{chance.randrange(1, 9)}-11",
        last_login=now.text,
        metadata={"department": "laboratory", "badge": chance.randrange(10**6)},
    )


def build(data: Path, accounts: int) -> None:
    """Make the store and its key file; durable on return."""
    os.umask(0o077)
    data.parent.mkdir(parents=True, exist_ok=True)
    key = make_key_file(key_path(data)).secret
    asyncio.run(_fill(data, key, accounts))


def lengthen_journal(data: Path, gap_bytes: int) -> None:
    """Leave the journal so many bytes short of where a checkpoint begins."""
    os.umask(0o077)
    key = key_path(data).read_bytes().strip()
    asyncio.run(_lengthen_journal(data, key, gap_bytes))


def key_path(data: Path) -> Path:
    """The key file of a store."""
    return data.with_name(data.name + ".key")


async def _fill(data: Path, key: bytes, accounts: int) -> None:
    now = read_clock()
    store = Store.create(
        RealDisk(data),
        key,
        collections=COLLECTIONS,
        streams=STREAMS,
        options=_BULK,
        now=now.epoch_s,
        kdf=KDF_OF_RANDOM_KEYS,
    )
    store.start(asyncio.get_running_loop())
    everybody = people(accounts)
    async with store.transaction() as tx:
        admin = User(
            user_id="ad000000-0000-4000-8000-000000000000",
            username=ADMINISTRATOR,
            email=f"{ADMINISTRATOR}@example.org",
            password_hash=PasswordHashes(HashParameters()).hash(PASSWORD),
            created_at=now.text,
            updated_at=now.text,
            password_changed_at=now.text,
            role=ADMIN,
        )
        tx.put(USERS, admin)
        await update_roster(tx, None, admin)
        tx.put(LABS, Lab(LAB_ID, "CRL001", "Cancer Research", "cancer research"))
        for number, user in enumerate(islice(everybody, CAN_LOG_IN + WITH_CODES)):
            tx.put(USERS, user)
            if number >= CAN_LOG_IN:
                tx.put(FACTORS, _factors(number, user))
            else:
                member = Membership(LAB_MEMBER, active=True, joined_at=now.text)
                tx.put(ENTITLEMENTS, Entitlements(user.user_id, labs={LAB_ID: member}))
    while batch := list(islice(everybody, _AT_ONCE)):
        async with store.transaction() as tx:
            for user in batch:
                tx.put(USERS, user)
    await store.checkpoint()
    await store.close()


def _factors(number: int, user: User) -> Factors:
    authenticator = Authenticator(
        secret=authenticator_secret(number),
        last_step=NEVER_USED,
        name="telephone",
        enabled_at=user.created_at,
    )
    return Factors(user_id=user.user_id, totp=authenticator)


async def _lengthen_journal(data: Path, key: bytes, gap_bytes: int) -> None:
    store = Store.open(
        RealDisk(data),
        key,
        collections=COLLECTIONS,
        streams=STREAMS,
        options=_BULK,
        now=read_clock().epoch_s,
    )
    store.start(asyncio.get_running_loop())
    base_bytes = _newest(data, "base").stat().st_size
    limit = max(
        _SERVED.checkpoint_min_bytes, base_bytes * _SERVED.checkpoint_base_share
    )
    journal, user_ids = _newest(data, "journal"), cycle(store.ids(USERS))
    while journal.stat().st_size < limit - gap_bytes:
        async with store.transaction() as tx:
            for user_id in islice(user_ids, _AT_ONCE // 10):
                user = store.get(USERS, user_id)
                assert user is not None
                tx.put(USERS, user)
    await store.close()


def _newest(data: Path, stem: str) -> Path:
    return max(data.glob(f"{stem}-*"), key=lambda path: int(path.name.split("-")[1]))


class Stores:
    """The stores of one run, below one directory."""

    def __init__(self, root: Path, say: Callable[[str], None]) -> None:
        self._root = root
        self._say = say
        self._originals: dict[int, Path] = {}
        self._paths = 0

    def copy(self, accounts: int) -> Path:
        """The data directory of a fresh copy, its key file beside it."""
        if accounts not in self._originals:
            self._say(f"building a store of {accounts:,} accounts")
            self._originals[accounts] = self.new_path()
            _elsewhere(build, self._originals[accounts], accounts)
        original, copy = self._originals[accounts], self.new_path()
        shutil.copytree(original, copy)
        shutil.copy2(key_path(original), key_path(copy))
        os.sync()
        return copy

    def copy_near_checkpoint(self, accounts: int, gap_bytes: int) -> Path:
        """A copy that begins a checkpoint after `gap_bytes` more of journal."""
        copy = self.copy(accounts)
        self._say(f"lengthening the journal of {accounts:,} accounts")
        _elsewhere(lengthen_journal, copy, gap_bytes)
        return copy

    def new_path(self) -> Path:
        """A place for a store that is not there yet."""
        self._paths += 1
        self._root.mkdir(exist_ok=True)
        return self._root / f"store-{self._paths}"

    def discard(self, copy: Path) -> None:
        """Remove a copy that is not needed any more."""
        shutil.rmtree(copy)
        key_path(copy).unlink()


def _elsewhere(function: Callable[[Path, int], None], data: Path, number: int) -> None:
    """A process that has held a million accounts keeps a gigabyte: it ends."""
    with Worker() as worker:
        worker.run(function, data, number)
