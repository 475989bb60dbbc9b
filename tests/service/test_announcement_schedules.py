"""Announcements that come again, and those of labs."""

import pytest

from tests.service.announcing import (
    DAY_S,
    HOUR_S,
    WORDS,
    counts,
    crowd,
    scheduled,
    send,
    sent,
    told,
    work,
)
from tests.service.harness import GOOD, Bench
from tests.service.lab_bench import LabBench
from tests.service.test_notifications import listed
from ums_service.chores import announcer as announcing
from ums_service.domain.announcements import ANNOUNCEMENTS


def test_a_schedule_comes_again_and_what_was_missed_is_not_made_up(people: Bench):
    admin = people.admin()
    said = {"schedule": "daily", "scheduled_time": "2026-03-01T18:00"}
    job_id = sent(people, admin, "alice", **said, end_date="2026-03-08")
    work(people)
    assert told(people, "alice") == []
    for days, times in ((0.25, 1), (1, 2), (0.5, 2), (3, 3)):
        people.clock.advance(days * DAY_S)
        work(people)
        work(people)
        assert len(told(people, "alice")) == times
    [job] = scheduled(people, people.admin())
    assert (job["job_id"], job["state"], job["runs"]) == (job_id, "waiting", 3)
    assert job["next_at"].startswith("2026-03-06T18:00")
    people.clock.advance(10 * DAY_S)
    work(people)
    [job] = scheduled(people, people.admin())
    assert (job["state"], job["runs"]) == ("done", 4)


def test_a_clock_that_is_set_back_tells_nobody_again(people: Bench):
    said = {"schedule": "daily", "scheduled_time": "2026-03-01T18:00"}
    sent(people, people.admin(), "alice", **said)
    people.clock.advance(6 * HOUR_S)
    work(people)
    for back in (2 * HOUR_S, DAY_S):
        people.clock.set_wall_clock(-back)
        people.clock.advance(2 * HOUR_S)
        work(people)
    assert len(told(people, "alice")) == 1


def test_a_clock_that_is_set_back_in_the_middle_of_a_run_tells_nobody_again(
    people: Bench, monkeypatch
):
    monkeypatch.setattr(announcing, "COMMITS_MAX", 1)
    names = crowd(people, announcing.AT_ONCE + 1)
    said = {"schedule": "daily", "scheduled_time": "2026-03-01T18:00"}
    sent(people, people.admin(), *names, **said)
    people.clock.advance(6 * HOUR_S)
    work(people)
    people.clock.set_wall_clock(-2 * HOUR_S)
    for _ in range(3):
        work(people)
        people.clock.advance(HOUR_S)
        assert counts(people, names) <= {0, 1}
    assert counts(people, names) == {1}


def test_times_are_those_of_the_senders_zone(people: Bench):
    admin = people.admin()
    zone = {"action": "update_preferences", "timezone": "Europe/Berlin"}
    assert people.ask(**zone, session_token=admin)["status"] == "success"
    reply = send(people, admin, "alice", scheduled_time="2026-04-01T09:00")
    assert reply["next_at"] == "2026-04-01T07:00:00+00:00"
    given = {"timezone": "America/New_York"}
    reply = send(people, admin, "alice", scheduled_time="2026-04-01T09:00", **given)
    assert reply["next_at"] == "2026-04-01T13:00:00+00:00"


def test_who_loses_the_permission_sends_no_more(people: Bench):
    admin = people.admin()
    role = {"action": "save_role", "name": "herald", "session_token": admin}
    people.ask(**role, permissions=["notifications.send"])
    assign = {"session_token": admin, "user_ids": [people.user_id("bob")]}
    assign |= {"roles": ["herald"]}
    assert people.ask(action="assign_role", **assign)["status"] == "success"
    bob = people.login("bob")
    sent(people, bob, "alice", schedule="daily")
    work(people)
    assert told(people, "alice") == ["Tonight"]
    assert people.ask(action="revoke_role", **assign)["status"] == "success"
    people.clock.advance(DAY_S)
    entries = people.audited_by(lambda: work(people))
    assert [e["event"] for e in entries] == ["notification_stopped"]
    assert told(people, "alice") == ["Tonight"]
    assert [j["state"] for j in scheduled(people, people.login("bob"))] == ["stopped"]


def test_an_erased_sender_leaves_no_schedule(people: Bench):
    admin = people.admin()
    promote = {"action": "update_user", "session_token": admin}
    promote |= {"user_id": people.user_id("bob"), "update_data": {"role": "moderator"}}
    people.ask(**promote)
    said = {"action": "save_role", "name": "herald", "session_token": admin}
    people.ask(**said, permissions=["notifications.send"])
    people.ask(
        action="assign_role",
        session_token=admin,
        user_ids=[people.user_id("bob")],
        roles=["herald"],
    )
    sent(people, people.login("bob"), "alice", schedule="daily")
    gone = {"action": "delete_user", "mode": "erase", "password": GOOD}
    assert people.ask(**gone, session_token=people.login("bob"))["status"] == "success"
    people.purge()
    assert list(people.store.scan(ANNOUNCEMENTS)) == []
    work(people)
    assert told(people, "alice") == []


@pytest.fixture
def labs(standard: Bench) -> LabBench:
    made = LabBench(standard, standard.admin())
    made.lab("MINE", anna="admin", mia="member", vic="viewer")
    made.lab("THEIRS", bea="admin", bob="member")
    return made


def test_a_lab_is_told_by_who_administers_it_and_nobody_else_is(labs: LabBench):
    bench = labs.bench
    there = {"lab_id": labs.labs["MINE"]}
    sent(bench, labs.tokens["anna"], **there)
    for name in ("mia", "vic", "bea", "bob"):
        assert labs.refused(name, "send_notification", **there, **WORDS) == (
            "PERMISSION_DENIED"
        )
    work(bench)
    assert {n: len(told(bench, n)) for n in labs.tokens} == {
        "admin": 0, "anna": 1, "mia": 1, "vic": 1, "bea": 0, "bob": 0,
    }  # fmt: skip
    [one] = listed(bench, labs.tokens["mia"])["notifications"]
    assert one["lab_id"] == labs.labs["MINE"]
    assert labs.refused("anna", "send_notification", user_ids=[labs.id("bob")], **WORDS)


def test_what_is_sent_in_a_lab_is_seen_and_stopped_by_no_other(labs: LabBench):
    bench = labs.bench
    job_id = sent(
        bench, labs.tokens["anna"], lab_id=labs.labs["MINE"], schedule="daily"
    )
    assert scheduled(bench, labs.tokens["bea"]) == []
    assert labs.refused("bea", "list_scheduled", all=True) == "PERMISSION_DENIED"
    assert labs.refused("bea", "cancel_scheduled", job_id=job_id) == "NOT_FOUND"
    [job] = scheduled(bench, labs.tokens["admin"], all=True)
    assert (job["job_id"], job["sender"]) == (job_id, labs.id("anna"))
    labs.does("admin", "cancel_scheduled", job_id=job_id)


def test_who_is_in_the_lab_when_it_is_sent_counts(labs: LabBench):
    bench, there = labs.bench, {"lab_id": labs.labs["MINE"]}
    sent(bench, labs.tokens["anna"], **there, schedule="daily")
    work(bench)
    labs.does("admin", "remove_lab_member", **there, user_id=labs.id("mia"))
    paused = {"user_id": labs.id("vic"), "is_active": False}
    labs.does("admin", "update_lab_member", **there, **paused)
    labs.account("zoe")
    labs.join("MINE", "zoe", "viewer")
    bench.clock.advance(DAY_S)
    work(bench)
    assert {n: len(told(bench, n)) for n in ("anna", "mia", "vic", "zoe")} == {
        "anna": 2, "mia": 1, "vic": 1, "zoe": 1,
    }  # fmt: skip


@pytest.mark.parametrize("how", ["demoted", "deactivated", "deleted"])
def test_a_schedule_of_a_lab_ends_with_what_it_rests_on(labs: LabBench, how: str):
    bench, there = labs.bench, {"lab_id": labs.labs["MINE"]}
    sent(bench, labs.tokens["anna"], **there, schedule="daily")
    work(bench)
    if how == "demoted":
        labs.join("MINE", "bea", "admin")
        change = {"user_id": labs.id("anna"), "role": "member"}
        labs.does("admin", "update_lab_member", **there, **change)
    elif how == "deactivated":
        labs.does("admin", "update_lab", **there, is_active=False)
    else:
        labs.does("admin", "delete_lab", **there, confirm_code="MINE")
    bench.clock.advance(DAY_S)
    work(bench)
    assert len(told(bench, "mia")) == 1
    [job] = scheduled(bench, bench.login("anna", "Wq7!nebula-Orchid"))
    assert job["state"] == "stopped"
