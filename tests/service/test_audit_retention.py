"""Audit entries that were kept long enough go, and everything else stays."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from storage import StoreOptions
from storage.archive import archived_entries, archived_segments
from storage.backup import backup, restore
from storage.verify import verify_full
from tests.doubles import ManualClock
from tests.service.harness import LOCAL, MASTER, Bench, update
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.audit.retention import AuditRetention
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.deployment.settings import BadSettings, Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.profiles import DAY_S, PROFILES

YEAR_S = 365 * DAY_S
DECLARED: dict[str, Any] = {"collections": COLLECTIONS, "streams": STREAMS}


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each checkpoint makes a segment that stays as it is."""
    options = StoreOptions(owner="test", ballast_bytes=0, segment_bytes=1, pause_s=0)
    monkeypatch.setattr("tests.service.harness.CHEAP_STORE", options)


def retention(bench: Bench, **more: Any) -> AuditRetention:
    given = {"kept_days": bench.profile.audit_kept_days, "hold": False} | more
    return AuditRetention(bench.store, bench.clock, **given)


def drop(bench: Bench, **more: Any) -> None:
    bench.run(retention(bench, **more).drop_expired())


def age(bench: Bench, years: int = 9) -> None:
    """A login in each year, each year in a segment of its own, the last of yesterday."""
    bench.admin()
    bench.member("alice")
    for _ in range(years):
        bench.run(bench.store.checkpoint())
        bench.clock.advance(YEAR_S)
        bench.login("alice")
    bench.run(bench.store.checkpoint())
    bench.clock.advance(2 * DAY_S)
    bench.ask(**update(bench.login("alice"), city="Bath"))


@pytest.fixture
def aged(make_bench):
    bench = make_bench(MemoryDisk(), session_idle_s=None, password_expires_s=None)
    age(bench)
    return bench


def oldest(bench: Bench) -> Any:
    return next(iter(bench.store.entries(AUDIT))).data["at"]


def limit(bench: Bench, days: int) -> str:
    clock = ManualClock(bench.clock.utc)
    clock.set_wall_clock(-days * DAY_S)
    return clock.now.text


def test_what_is_older_goes_and_nothing_younger(aged: Bench):
    before = list(aged.store.entries(AUDIT))
    drop(aged)
    kept = [entry for entry in before if entry.data["at"] >= limit(aged, 2_555)]
    after = list(aged.store.entries(AUDIT))
    assert after[: len(kept)] == kept
    assert len(kept) < len(before)
    assert oldest(aged) >= limit(aged, 2_555)


def test_the_log_tells_what_has_gone(aged: Bench):
    before = list(aged.store.entries(AUDIT))
    drop(aged)
    first = aged.store.first_entry(AUDIT)
    entry = list(aged.store.entries(AUDIT))[-1]
    assert entry.data["event"] == "audit_dropped"
    assert entry.data["details"] == {
        "entries": first - 1,
        "last": first - 1,
        "newest": before[first - 2].data["at"],
        "kept_days": 2_555,
        "archived": False,
    }
    drop(aged)
    assert list(aged.store.entries(AUDIT))[-1] == entry, "nothing to drop, nothing told"


def test_the_rest_is_found_verified_and_kept_through_a_restart(aged: Bench):
    drop(aged)
    first = aged.store.first_entry(AUDIT)
    admin = aged.admin()
    reply = aged.ask(action="verify_audit", session_token=admin)
    assert (reply["intact"], reply["first"]) == (True, first)
    count = len(list(aged.store.entries(AUDIT)))
    assert reply["entries"] == count - 1  # its own entry is newer
    aged.restart()
    assert aged.store.first_entry(AUDIT) == first
    admin, found, cursor = aged.admin(), [], None
    while True:
        page = aged.ask(
            action="query_audit", session_token=admin, limit=50, cursor=cursor
        )
        found += [entry["number"] for entry in page["entries"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert found == sorted(found, reverse=True)
    assert found[-1] == first
    verify_full(aged.disk, MASTER, against=aged.store.head, **DECLARED)


def test_a_backup_from_after_is_whole(aged: Bench):
    drop(aged)
    archive, target = io.BytesIO(), MemoryDisk()
    backup(aged.disk, MASTER, archive, scratch=MemoryDisk(), **DECLARED)
    archive.seek(0)
    restore(archive, target, MASTER)
    verify_full(target, MASTER, **DECLARED)


def test_what_goes_is_in_the_archive_before(aged: Bench):
    before, archive = list(aged.store.entries(AUDIT)), MemoryDisk()
    drop(aged, archive=archive)
    after = list(aged.store.entries(AUDIT))
    segments = archived_segments(archive, AUDIT.name, MASTER)
    assert [*archived_entries(archive, segments), *after[:-1]] == before
    assert after[-1].data["details"]["archived"] is True


def test_an_archive_that_cannot_be_written_keeps_everything(aged: Bench, caplog):
    fault = Fault(Call.CREATE, 1, for_good=True)
    drop(aged, archive=FaultyDisk(MemoryDisk(), fault))
    assert "could not be dropped" in caplog.text
    assert aged.store.first_entry(AUDIT) == 1


def test_a_hold_keeps_everything(aged: Bench):
    before = list(aged.store.entries(AUDIT))
    drop(aged, hold=True)
    assert list(aged.store.entries(AUDIT)) == before


def test_a_clock_that_jumps_ahead_drops_nothing(make_bench):
    bench = make_bench(MemoryDisk())
    bench.member("alice")
    bench.run(bench.store.checkpoint())
    bench.member("bobby")
    bench.run(bench.store.checkpoint())
    bench.clock.set_wall_clock(10 * YEAR_S)
    bench.login("alice")
    before = list(bench.store.entries(AUDIT))
    drop(bench)
    assert list(bench.store.entries(AUDIT)) == before
    bench.clock.advance(2 * DAY_S)  # a day later it was no jump
    drop(bench)
    assert bench.store.first_entry(AUDIT) > 1


def test_a_disk_that_fails_drops_nothing_and_is_tried_again(make_bench, caplog):
    disk, fault = MemoryDisk(), Fault(Call.READ, 1, for_good=True)
    fault.mended = True
    bench = make_bench(FaultyDisk(disk, fault), session_idle_s=None)
    age(bench)
    before = bench.store.first_entry(AUDIT)
    fault.counts.clear()
    fault.mended = False
    drop(bench)
    fault.mended = True
    assert "could not be dropped" in caplog.text
    assert bench.store.first_entry(AUDIT) == before == 1
    drop(bench)
    assert bench.store.first_entry(AUDIT) > 1


def test_requests_are_answered_while_entries_are_dropped(aged: Bench):
    async def both() -> bytes:
        dropping = asyncio.ensure_future(retention(aged).drop_expired())
        reply = await aged.service.dispatch.answer(b'{"action":"health_check"}', LOCAL)
        assert not dropping.done(), "nothing waits for it"
        await dropping
        return reply

    assert b"healthy" in aged.run(both())
    assert aged.store.first_entry(AUDIT) > 1


def test_a_stop_does_not_wait_until_all_is_read(aged: Bench):
    async def stop() -> None:
        looking = retention(aged)
        running = asyncio.ensure_future(looking.run())
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await looking.drop_expired()

    aged.run(stop())
    assert aged.store.first_entry(AUDIT) == 1


@pytest.mark.parametrize(
    ("profile", "days", "allowed"),
    [
        ("standard", 90, True),
        ("standard", 89, False),
        ("hipaa", 2_190, True),
        ("hipaa", 2_189, False),
        ("compat", 90, True),
    ],
)
def test_each_profile_has_a_least_time(profile: str, days: int, allowed: bool):
    settings = Settings(
        data=Path("x"), profile=profile, policy={"audit_kept_days": days}
    )
    if allowed:
        assert settings.policy_profile().audit_kept_days == days
    else:
        with pytest.raises(BadSettings, match=r"policy\.audit_kept_days"):
            settings.policy_profile()


def test_the_log_is_kept_seven_years_where_nobody_says_otherwise():
    assert {profile.audit_kept_days for profile in PROFILES.values()} == {2_555}
