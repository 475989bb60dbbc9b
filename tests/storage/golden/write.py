"""Writes a golden store with the present code.

    python -m tests.storage.golden.write DIRECTORY

Run once for each format version, never again: what is committed shows that the bytes of
that version can still be read. The store has every kind of file, two data keys, and has
been through an unclean stop with a torn tail. Version 1 was written without the drop of
the oldest entries.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage import Collection, KdfParameters, RealDisk, Store, StoreOptions, Stream
from storage.disk import LOCK_NAME

MASTER = "golden master password, ünïcode".encode()
KDF = KdfParameters(time_cost=1, memory_kib=64, lanes=1)
CREATED = 1_700_000_000
ROTATED = 1_700_000_060
# One-byte segments are never joined, so that the store gets a chain of them.
OPTIONS = StoreOptions(ballast_bytes=4096, segment_bytes=1, pause_s=0)

Document = Mapping[str, Any]

KINDS: Document = {
    "map": {1: "one", "yes": True, "none": None},
    "list": [[], {}, -1, 2**64 - 1, -(2**63), 0.5],
    "bytes": bytes(range(256)),
}

PEOPLE: Collection[Document] = Collection(
    "people",
    key=lambda document: document["id"],
    to_document=dict,
    from_document=dict,
    unique=("name", "mail"),
)
NOTES: Collection[Document] = Collection(
    "notes",
    key=lambda document: document["id"],
    to_document=dict,
    from_document=dict,
)
LOG = Stream("log")


def open_golden(disk: RealDisk) -> Store:
    return Store.open(
        disk,
        MASTER,
        collections=[PEOPLE, NOTES],
        streams=[LOG],
        options=OPTIONS,
        now=CREATED,
    )


def person(id_: str, name: str, mail: str | None = None, **more: object) -> Document:
    return {"id": id_, "name": name, "mail": mail, **more}


async def write_golden(root: Path) -> None:
    disk = RealDisk(root)
    loop = asyncio.get_running_loop()
    store = Store.create(
        disk,
        MASTER,
        collections=[PEOPLE, NOTES],
        streams=[LOG],
        options=OPTIONS,
        now=CREATED,
        kdf=KDF,
    )
    store.start(loop)
    await _first_session(store)
    await store.close()

    store = open_golden(disk)
    store.start(loop)
    await _second_session(store)
    _kill(store)
    with (root / "journal-3").open("ab") as journal:
        journal.write((root / "journal-3").read_bytes()[76:176])

    store = open_golden(disk)
    store.start(loop)
    await _third_session(store)
    await store.close()
    (root / LOCK_NAME).unlink()  # names the machine


async def _first_session(store: Store) -> None:
    async with store.transaction() as tx:
        tx.put(PEOPLE, person("p1", "ada", "ada@example.org", age=36))
        tx.put(PEOPLE, person("p2", "bob"))
        tx.append(LOG, {"event": "begun"})
    async with store.transaction() as tx:
        tx.put(PEOPLE, person("p3", "Çelik", "c@example.org", **KINDS))
        tx.put(NOTES, {"id": "n1", "text": "x" * 1000})
        tx.append(LOG, {"event": "more", "of": ["p3", "n1"]})
    await store.checkpoint()
    async with store.transaction() as tx:
        tx.put(PEOPLE, person("p1", "ada", "ada@example.org", age=37))
        tx.put(PEOPLE, person("p4", "dora", "d@example.org"))
        tx.delete(PEOPLE, "p2")
        tx.append(LOG, {"event": "changed"})


async def _second_session(store: Store) -> None:
    """Half a rotation: the new key is active, what is kept needs the old one."""
    store._files.update_keyring(lambda keyring: keyring.rotated(ROTATED))
    await store.checkpoint()
    async with store.transaction() as tx:  # names change hands
        tx.put(PEOPLE, person("p1", "Çelik", "ada@example.org", age=37))
        tx.put(PEOPLE, person("p3", "ada", None, **KINDS))
        tx.append(LOG, {"event": "swapped"})
    async with store.transaction() as tx:
        tx.put(PEOPLE, person("p2", "bob", "c@example.org"))


async def _third_session(store: Store) -> None:
    async with store.transaction() as tx:
        tx.delete(PEOPLE, "p4")
        tx.put(NOTES, {"id": "n2", "text": ""})
        tx.append(LOG, {"event": "one"})
        tx.append(LOG, {"event": "two", "at": {3: None}})
    async with store.transaction() as tx:
        tx.put(NOTES, {"id": "n1", "text": "short"})
    await store.drop(LOG, 2)


def _kill(store: Store) -> None:
    """What the end of a process does, as far as the store can tell."""
    store._writer.stop()
    store._checkpoints.close()
    store._writer.journal.close()
    store._lock.release()


if __name__ == "__main__":
    asyncio.run(write_golden(Path(sys.argv[1])))
