"""The head of the store is kept elsewhere, and what comes of it."""

import socket
import stat
from pathlib import Path

import pytest

from storage import HeadMismatch
from storage.verify import verify_full
from tests.service.harness import MASTER, Bench, update
from tests.storage.memory_disk import MemoryDisk
from ums_service.audit.anchor import Anchor, BadAnchor, anchor_at, last_head
from ums_service.audit.watch import AuditWatch
from ums_service.deployment.opening import COLLECTIONS, STREAMS

AT = "2026-03-01T12:00:00+00:00"


def watch(bench: Bench, anchor: Anchor | None) -> AuditWatch:
    reader = bench.service.facilities.audit
    return AuditWatch(bench.store, reader, anchor, bench.clock, every_s=300)


def test_a_file_gets_a_line_for_each_new_head_and_stays_private(
    standard: Bench, tmp_path: Path
):
    path = tmp_path / "heads"
    watched = watch(standard, anchor_at(str(path)))
    heads = []
    for name in ("alice", "bobby"):
        standard.register(name)
        heads.append(standard.store.head)
        standard.run(watched.keep_head())
        standard.run(watched.keep_head())
    lines = path.read_text().splitlines()
    assert [last_head(line) for line in lines] == heads
    assert lines[0].startswith(standard.clock.now.text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_store_that_was_set_back_does_not_hold_the_anchored_head(
    make_bench, tmp_path: Path
):
    disk = MemoryDisk()
    bench = make_bench(disk)
    alice = bench.member("alice")
    older = disk.image()
    for city in ("Oxford", "Bath"):
        bench.ask(**update(alice, city=city))
    path = tmp_path / "heads"
    bench.run(watch(bench, anchor_at(str(path))).keep_head())
    head = last_head(path.read_text())
    declared = {"collections": COLLECTIONS, "streams": STREAMS, "against": head}
    verify_full(MemoryDisk(disk.image()), MASTER, **declared)
    with pytest.raises(HeadMismatch):
        verify_full(MemoryDisk(older), MASTER, **declared)


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_another_machine_gets_the_head(standard: Bench, scheme: str):
    kind = socket.SOCK_STREAM if scheme == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        if scheme == "tcp":
            receiver.listen()
        port = receiver.getsockname()[1]
        standard.run(
            watch(standard, anchor_at(f"{scheme}://127.0.0.1:{port}")).keep_head()
        )
        if scheme == "tcp":
            connection, _ = receiver.accept()
            with connection:
                line = connection.recv(4096)
        else:
            line = receiver.recv(4096)
    assert last_head(line.decode()) == standard.store.head


def test_an_anchor_that_cannot_be_reached_is_tried_again_and_stops_nothing(
    standard: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    directory = tmp_path / "gone"
    watched = watch(standard, anchor_at(str(directory / "heads")))
    standard.run(watched.keep_head())
    assert "could not be kept" in caplog.text
    directory.mkdir()
    standard.run(watched.keep_head())
    assert last_head((directory / "heads").read_text()) == standard.store.head


@pytest.mark.parametrize("bad", ["http://x:1", "tcp://", "tcp://host", "udp://h:99999"])
def test_what_is_no_anchor_is_refused(bad: str):
    with pytest.raises(BadAnchor):
        anchor_at(bad)


def test_a_damaged_log_is_told_after_the_start_and_entered(
    make_bench, caplog: pytest.LogCaptureFixture
):
    bench = make_bench(MemoryDisk())
    bench.register("alice")
    bench.run(bench.store.checkpoint())
    watched = watch(bench, None)
    assert bench.audited_by(lambda: bench.run(watched.check())) == []
    last = bench.audit()[-1].sequence
    bench.disk._inode("audit-000001").data[120] ^= 1
    bench.run(watched.check())
    assert "damaged from entry 1" in caplog.text
    [entry] = list(bench.store.entries(STREAMS[0], after=last))
    assert (entry.data["event"], entry.data["severity"]) == (
        "audit_damaged",
        "critical",
    )
