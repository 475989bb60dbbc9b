"""Stores of every format version that were ever written open, verify and go on.

git keeps no modes, so a golden store is copied into a private directory first. The
independent reader proves that docs/format.md describes these bytes.
"""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

from storage import RealDisk, Store
from storage.verify import verify_full, verify_quick
from tests.storage.golden.reader import GoldenReader
from tests.storage.golden.write import LOG, MASTER, NOTES, PEOPLE, open_golden

GOLDEN = Path(__file__).parent / "golden"
DOCUMENT = Path(__file__).parents[2] / "docs" / "format.md"
DECLARED = {"collections": [PEOPLE, NOTES], "streams": [LOG]}

# In order of insertion: (revision, document).
PERSONS = {
    "p1": (
        4,
        {"id": "p1", "name": "Çelik", "mail": "ada@example.org", "age": 37},
    ),
    "p3": (
        4,
        {
            "id": "p3",
            "name": "ada",
            "mail": None,
            "map": {1: "one", "yes": True, "none": None},
            "list": [[], {}, -1, 18446744073709551615, -9223372036854775808, 0.5],
            "bytes": bytes(range(256)),
        },
    ),
    "p2": (5, {"id": "p2", "name": "bob", "mail": "c@example.org"}),
}
NOTED = {
    "n1": (7, {"id": "n1", "text": "short"}),
    "n2": (6, {"id": "n2", "text": ""}),
}
LOGGED = [
    {"event": "begun"},
    {"event": "more", "of": ["p3", "n1"]},
    {"event": "changed"},
    {"event": "swapped"},
    {"event": "one"},
    {"event": "two", "at": {3: None}},
]
OWNERS = [
    ("name", "Çelik", "p1"),
    ("name", "ada", "p3"),
    ("name", "bob", "p2"),
    ("name", "dora", None),
    ("mail", "ada@example.org", "p1"),
    ("mail", "c@example.org", "p2"),
    ("mail", "d@example.org", None),
]
SEQUENCE = 7
DROPPED = {"v1": 0, "v2": 2}
"""How many of the oldest entries each version's store has dropped."""
FILES = {
    "MANIFEST": None,
    "ballast": None,
    "keyring": None,
    "base-3": 2,
    "journal-3": 2,
    "journal-4": 2,
    "log-000002": 2,
    "log-000003": 2,
    "base-2": 1,
    "journal-2": 1,
    "log-000001": 1,
}
FILES_OF = {
    "v1": FILES,
    "v2": {name: key for name, key in FILES.items() if name != "log-000002"},
}


@pytest.fixture(params=DROPPED)
def version(request):
    return request.param


@pytest.fixture
def disk(version, tmp_path):
    """The golden store of a version with the modes that git does not keep."""
    root = tmp_path / "store"
    for source in sorted((GOLDEN / version).rglob("*")):
        if source.is_file():
            target = root / source.relative_to(GOLDEN / version)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.touch(mode=0o600)
            target.write_bytes(source.read_bytes())
    return RealDisk(root)


def require_contents(store: Store, version: str) -> None:
    for collection, documents in ((PEOPLE, PERSONS), (NOTES, NOTED)):
        expected = [document for _, document in documents.values()]
        assert list(store.scan(collection)) == expected
        assert store.ids(collection) == list(documents)
    for field, value, owner in OWNERS:
        assert store.find(PEOPLE, field, value) == owner
    entries = [(entry.sequence, entry.data) for entry in store.entries(LOG)]
    assert entries == list(enumerate(LOGGED, start=1))[DROPPED[version] :]


def test_every_document_key_and_entry_is_there(disk, version):
    store = open_golden(disk)
    assert store.recovery.clean
    assert store.head.sequence == SEQUENCE
    require_contents(store, version)
    asyncio.run(store.close())


def test_the_golden_store_verifies_with_and_without_its_key(disk, version):
    files = FILES_OF[version]
    before = {name: (disk.root / name).read_bytes() for name in files}
    assert verify_quick(disk).unfinished_bytes == 0
    found = verify_full(disk, MASTER, **DECLARED)
    assert found.documents == len(PERSONS) + len(NOTED)
    assert set(found.files) == {name for name, key_id in files.items() if key_id}
    assert before == {name: (disk.root / name).read_bytes() for name in files}


def test_the_golden_store_takes_new_commits_and_a_rotation(disk, version):
    added = {"id": "n3", "text": "new"}

    async def scenario():
        store = open_golden(disk)
        store.start(asyncio.get_running_loop())
        async with store.transaction() as tx:
            tx.put(NOTES, added)
            tx.append(LOG, added)
        await store.rotate_key(1_800_000_000)
        await store.close()

    asyncio.run(scenario())
    verify_full(disk, MASTER, **DECLARED)
    store = open_golden(disk)
    assert store.get(NOTES, "n3") == added
    logged = [*LOGGED[DROPPED[version] :], added]
    assert [entry.data for entry in store.entries(LOG)] == logged
    assert store.get(PEOPLE, "p1") == PERSONS["p1"][1]
    asyncio.run(store.close())


def test_the_golden_store_holds_every_kind_of_file(version):
    root, files = GOLDEN / version, FILES_OF[version]
    assert {path.name for path in root.iterdir()} == {*files, "quarantine"}
    (copy,) = (root / "quarantine").iterdir()
    tail = (root / "journal-3").stat().st_size
    assert copy.name == f"journal-3-at-{tail}"
    assert copy.read_bytes() == (root / "journal-3").read_bytes()[76:176]
    reader = GoldenReader(root, MASTER, DOCUMENT)
    _, _, _, _, journals, base, segments, previous, _, *_ = reader.manifest
    keys = {ref[0]: ref[1] for ref in (*journals, base, *previous)}
    keys |= {ref[1]: ref[2] for ref in segments}
    assert keys == {name: key_id for name, key_id in files.items() if key_id}


def test_a_reader_made_after_the_document_reads_the_same(version):
    reader = GoldenReader(GOLDEN / version, MASTER, DOCUMENT)
    contents = reader.contents()
    assert contents.documents == {"people": PERSONS, "notes": NOTED}
    assert list(contents.documents["people"]) == list(PERSONS)
    assert contents.entries == {"log": LOGGED[DROPPED[version] :]}
    assert contents.dropped == ({"log": 2} if DROPPED[version] else {})
    assert contents.sequence == SEQUENCE
    for field, value, owner in OWNERS:
        people = contents.keys["people"]
        owners = [id_ for id_, keys in people.items() if keys[field] == value]
        assert owners == ([owner] if owner else [])
    assert not any(contents.keys["notes"].values())


def test_a_reader_made_after_the_document_reads_what_is_written_today(disk, version):
    store = open_golden(disk)

    async def scenario():
        store.start(asyncio.get_running_loop())
        async with store.transaction() as tx:
            tx.delete(PEOPLE, "p3")
        await store.checkpoint()
        async with store.transaction() as tx:
            tx.append(LOG, {"event": "today"})
        await store.close()

    asyncio.run(scenario())
    contents = GoldenReader(disk.root, MASTER, DOCUMENT).contents()
    assert list(contents.documents["people"]) == ["p1", "p2"]
    assert contents.entries["log"] == [*LOGGED[DROPPED[version] :], {"event": "today"}]
    assert (contents.sequence, contents.tag) == (store.head.sequence, store.head.tag)


def test_the_independent_reader_shares_no_code_with_the_engine():
    tree = ast.parse((GOLDEN / "reader.py").read_text())
    imported = [node.module for node in ast.walk(tree) if type(node) is ast.ImportFrom]
    for node in ast.walk(tree):
        if type(node) is ast.Import:
            imported += [alias.name for alias in node.names]
    assert "struct" in imported
    assert not [name for name in imported if name and name.startswith("storage")]
