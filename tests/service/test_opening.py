"""How a store is made, and what its key costs."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from storage import KdfParameters, RealDisk
from storage.keyring import read_keyring
from storage.manifest import read_store_id
from tests.doubles import ManualClock
from tests.service.kept_store import MASTER
from ums_service.deployment.master_key import make_key_file, read_key_file
from ums_service.deployment.opening import open_store
from ums_service.deployment.settings import Settings

WEAK = KdfParameters(time_cost=1, memory_kib=8, lanes=1)


def costs_of(data: Path) -> KdfParameters:
    disk = RealDisk(data)
    return read_keyring(disk, read_store_id(disk)).parameters


def make(data: Path, environ: dict[str, str]) -> None:
    opened = open_store(Settings(data=data), environ, ManualClock().now)
    asyncio.run(opened.store.close())


@pytest.mark.parametrize(
    ("environ", "costs"),
    [
        pytest.param({}, WEAK, id="a random key made here"),
        pytest.param(MASTER, KdfParameters(), id="a password"),
    ],
)
def test_only_what_people_chose_is_slowed(
    tmp_path: Path, environ: dict[str, str], costs: KdfParameters
) -> None:
    make(tmp_path / "data", environ)
    assert costs_of(tmp_path / "data") == costs


def test_a_key_file_that_was_there_is_taken_for_a_password(tmp_path: Path) -> None:
    key = tmp_path / "data.key"
    key.write_text("correct horse\n")
    key.chmod(0o600)
    make(tmp_path / "data", {})
    assert costs_of(tmp_path / "data") == KdfParameters()


def test_a_key_that_could_not_be_written_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An empty key file would keep every later start from making one."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            make_key_file(tmp_path / "data.key")
    assert list(tmp_path.iterdir()) == []
    made = make_key_file(tmp_path / "data.key")
    assert read_key_file(tmp_path / "data.key") == made.secret
    with pytest.raises(FileExistsError):
        make_key_file(tmp_path / "data.key")
    assert [path.name for path in tmp_path.iterdir()] == ["data.key"]
