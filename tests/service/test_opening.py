"""How a store is made, and what its key costs."""

import asyncio
from pathlib import Path

import pytest

from storage import KdfParameters, RealDisk
from storage.keyring import read_keyring
from storage.manifest import read_store_id
from tests.doubles import ManualClock
from tests.service.kept_store import MASTER
from ums_service.opening import open_store
from ums_service.settings import Settings

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
