"""What only a real directory can show: the lock and the modes of files."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.disk import LOCK_NAME, RealDisk
from storage.errors import StoreLocked, UnsafePermissions
from tests.storage.model import (
    History,
    commit,
    commits_of,
    contents_of_store,
    create_store,
    open_store,
    run,
)
from tests.storage.script import standard_script

_mode_changes: list[object] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"os.chmod", "os.fchmod"}:
        _mode_changes.append(arguments)


sys.addaudithook(_hear)


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that would let everybody read what it creates."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_second_store_object_in_the_same_process_is_refused(tmp_path: Path) -> None:
    store = create_store(RealDisk(tmp_path / "store"))
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        open_store(RealDisk(tmp_path / "store"))
    asyncio.run(store.close())
    asyncio.run(open_store(RealDisk(tmp_path / "store")).close())


def test_deleting_the_lock_lets_nobody_in(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path / "store")
    held = disk.lock("first")
    (tmp_path / "store" / LOCK_NAME).unlink()
    with pytest.raises(StoreLocked, match="another process"):
        RealDisk(tmp_path / "store").lock("second")
    held.release()
    RealDisk(tmp_path / "store").lock("third").release()


def test_the_lock_outlives_another_descriptor_of_the_same_file(tmp_path: Path) -> None:
    store = create_store(RealDisk(tmp_path / "store"))
    with (tmp_path / "store" / LOCK_NAME).open("rb") as file:
        file.read()
    with pytest.raises(StoreLocked):
        open_store(RealDisk(tmp_path / "store"))
    asyncio.run(store.close())


def test_files_are_private_from_their_first_moment(
    tmp_path: Path, open_umask: None
) -> None:
    """No mode is changed afterwards, so each was right when the file was made."""

    async def scenario() -> None:
        store = create_store(disk)
        store.start(asyncio.get_running_loop())
        for change in commits_of(standard_script())[:5]:
            await commit(store, change)
        await store.checkpoint()
        await store.close()

    _mode_changes.clear()
    directory = tmp_path / "store"
    disk = RealDisk(directory)
    run(scenario())
    names = {path.name for path in directory.iterdir()}
    assert {"MANIFEST", "keyring", "LOCK"} < names
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert _mode_changes == []


def test_the_whole_script_runs_on_real_files(tmp_path: Path) -> None:
    steps = standard_script()
    history = History.of(steps)

    async def scenario() -> None:
        store = create_store(disk)
        store.start(asyncio.get_running_loop())
        for change in commits_of(steps):
            await commit(store, change)
        await store.checkpoint()
        await store.close()

    disk = RealDisk(tmp_path / "store")
    run(scenario())
    store = open_store(disk)
    assert history.shows(contents_of_store(store), len(history.states) - 1)
    asyncio.run(store.close())


def test_wider_modes_are_refused_with_the_command_that_mends_them(
    tmp_path: Path,
) -> None:
    asyncio.run(create_store(RealDisk(tmp_path / "store")).close())
    (tmp_path / "store" / "MANIFEST").chmod(0o640)
    with pytest.raises(UnsafePermissions, match=r"chmod 600 .*MANIFEST"):
        open_store(RealDisk(tmp_path / "store"))
