"""A small collection, a stream and cheap keys for the tests of the storage package."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

from storage import Collection, Disk, KdfParameters, Store, StoreOptions, Stream

CHEAP_KDF = KdfParameters(time_cost=1, memory_kib=64, lanes=1)
MASTER = b"correct horse"
SMALL = StoreOptions(ballast_bytes=4096, pause_s=0)


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    mail: str | None = None
    age: int = 0


PEOPLE = Collection(
    "people",
    key=lambda person: person.id,
    to_document=asdict,
    from_document=lambda document: Person(**document),
    unique=("name", "mail"),
)
LOG = Stream("log")


def create(disk: Disk, options: StoreOptions = SMALL) -> Store:
    return Store.create(
        disk,
        MASTER,
        collections=[PEOPLE],
        streams=[LOG],
        options=options,
        now=1,
        kdf=CHEAP_KDF,
    )


def reopen(disk: Disk, options: StoreOptions = SMALL, master: bytes = MASTER) -> Store:
    return Store.open(
        disk, master, collections=[PEOPLE], streams=[LOG], options=options, now=2
    )


def start(store: Store) -> Store:
    store.start(asyncio.get_running_loop())
    return store


async def put(store: Store, *people: Person) -> None:
    async with store.transaction() as tx:
        for person in people:
            tx.put(PEOPLE, person)


async def log(store: Store, **entry: object) -> None:
    async with store.transaction() as tx:
        tx.append(LOG, entry)
