"""The store of a stopped service, opened and looked at by tests."""

import time
from pathlib import Path

from storage import RealDisk, Store
from ums_service.deployment.opening import COLLECTIONS, STREAMS

MASTER = {"UMS_MASTER_PASSWORD": "the master password"}
"""The environment that the service of such a store was started with."""


def open_store(data: Path) -> Store:
    return Store.open(
        RealDisk(data),
        MASTER["UMS_MASTER_PASSWORD"].encode(),
        collections=COLLECTIONS,
        streams=STREAMS,
        now=int(time.time()),  # noqa: TID251 - only shown in LOCK
    )


def contents(data: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in data.iterdir() if path.name != "LOCK"
    }


def one_line(output: str) -> str:
    """The one line that a refused start prints."""
    assert "Traceback" not in output
    lines = [line for line in output.splitlines() if line.startswith("ums_service: ")]
    assert len(lines) == 1, output
    return lines[0]
