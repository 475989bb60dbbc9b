"""The security dashboard: what is counted, and what the window shows of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gui.controllers.dashboard import (
    WINDOWS,
    failed_by_address,
    has_failed,
    parted,
)
from gui.widgets.chart import scale_of
from tests.gui.driver import Driver
from tests.service.harness import GOOD
from tests.service.running import RunningService
from ums_client.protocol.audit import AuditedEvent

HOUR, DAY, _ = WINDOWS
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(number: int, ago_min: float, outcome: str = "done", **more: Any) -> Any:
    at = (NOON - timedelta(minutes=ago_min)).isoformat()
    facts = {"event": "login", "severity": "info", **more}
    return AuditedEvent(number=number, at=at, outcome=outcome, **facts)


def refused(number: int, ago_min: float, **more: Any) -> Any:
    return entry(number, ago_min, "refused", **{"code": "INVALID_CREDENTIALS", **more})


def test_attempts_are_counted_in_their_part_of_the_time():
    events = [entry(1, 0), entry(2, 4.9), refused(3, 5.1), refused(4, 59.9)]
    parts = parted(events, HOUR, NOON)
    assert len(parts) == 12
    assert (parts[-1].good, parts[-1].failed) == (2, 0)
    assert (parts[-2].good, parts[-2].failed) == (0, 1)
    assert (parts[0].good, parts[0].failed) == (0, 1)
    assert sum(p.good + p.failed for p in parts) == len(events)


def test_what_is_older_than_the_time_is_not_counted():
    parts = parted([entry(1, 61), refused(2, 24 * 60)], HOUR, NOON)
    assert not any(p.good or p.failed for p in parts)


@pytest.mark.parametrize(
    ("event", "failed"),
    [
        (entry(1, 1), False),
        (refused(1, 1), True),
        (refused(1, 1, code="MFA_REQUIRED"), False),
        (refused(1, 1, event="mfa_failed", code="INVALID_MFA_CODE"), True),
        (entry(1, 1, event="account_locked"), False),
    ],
)
def test_only_what_came_to_nothing_has_failed(event: Any, failed: bool):
    assert has_failed(event) is failed


def test_addresses_with_most_failures_come_first():
    events = [
        refused(4, 1, address="192.0.2.1", subject="a"),
        refused(3, 2, address="192.0.2.1", subject="b"),
        refused(2, 3, address="192.0.2.1"),
        refused(1, 4, address="192.0.2.9", subject="a"),
        entry(5, 0, address="192.0.2.7"),
    ]
    rows = [item.cells[:3] for item in failed_by_address(events)]
    assert rows == [("192.0.2.1", "3", "2"), ("192.0.2.9", "1", "1")]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (4, 4), (5, 8), (9, 20), (21, 40), (4001, 8000)]
)
def test_the_scale_is_easy_to_read_and_high_enough(most: int, top: int):
    assert scale_of(most) == top


def test_the_window_counts_failed_sign_ins_and_tells_them(
    window: Driver, shared: RunningService, member: Callable[[str], str]
):
    member("dora")
    shared.ask(action="login", credentials={"username": "dora", "password": "wrong"})
    shared.ask(action="login", credentials={"username": "dora", "password": GOOD})
    window.signed_in()
    page = window.go("dashboard")
    window.until(lambda: page.picture)
    window.reads("Failed by address")
    last = page.picture.parts[-1]
    assert last.failed >= 1
    assert last.good >= 1
    assert page.addresses.items
    page.chart.canvas.focus_force()
    window.key("Left")
    assert f"{last.failed} failed" in page.chart.told
    assert f"{last.good} signed in" in page.chart.told
    window.key("Escape")
    assert page.chart.told == ""


def test_it_refreshes_by_itself_only_while_it_is_in_front(
    window: Driver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("gui.views.dashboard.REFRESH_MS", 30)
    window.signed_in()
    page = window.go("dashboard")
    seen: list[Any] = []
    window.until(lambda: page.picture)
    for _ in range(3):
        seen.append(page.picture)
        window.until(lambda: page.picture is not seen[-1], "another picture")
    monkeypatch.setattr("gui.views.dashboard.REFRESH_MS", 600_000)
    window.click("refresh")
    window.until(lambda: page.picture is not seen[-1] and page._timer)
    window.go("labs")
    assert not page._timer
    assert page.dashboard._job is None


def test_another_time_is_counted_anew(window: Driver):
    window.signed_in()
    page = window.go("dashboard")
    window.until(lambda: page.picture)
    window.choose("time", "last 7 days")
    window.until(lambda: len(page.picture.parts) == 28)


def test_who_may_read_the_log_only_sees_what_it_has(
    window: Driver, shared: RunningService, member: Callable[[str], str]
):
    admin = {"session_token": shared.admin_token}  # type: ignore[attr-defined]
    user_id = member("audrey")
    shared.ask(action="save_role", name="auditors", permissions=["audit.read"], **admin)
    shared.ask(action="assign_role", user_ids=[user_id], roles=["auditors"], **admin)
    window.signed_in("audrey", GOOD)
    page = window.go("dashboard")
    window.until(lambda: page.picture)
    assert [card.title for card in page.picture.cards] == ["Signed in", "Failed"]
    assert page.picture.parts[-1].good
