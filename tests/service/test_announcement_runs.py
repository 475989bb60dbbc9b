"""Runs of announcements: bounded, stopped, cut off and gone on, and nobody told twice."""

from typing import Any

import pytest

from tests.service.announcing import (
    HOUR_S,
    WORDS,
    counts,
    crowd,
    scheduled,
    send,
    sent,
    told,
    verify,
    work,
)
from tests.service.harness import Bench, Message
from tests.service.mailbox import MAIL, Mailbox
from ums_service.chores import announcer as announcing
from ums_service.chores.announcer import Announcer
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Notification,
    Notifications,
)


def test_an_account_is_told_so_much_in_an_hour(people: Bench):
    admin = people.admin()
    for number in range(12):
        sent(people, admin, "alice", title=f"No. {number}")
    work(people)
    assert len(told(people, "alice")) == 10
    jobs = scheduled(people, admin)
    assert sum(job["skipped"] for job in jobs) == 2
    people.clock.advance(HOUR_S + 1)
    sent(people, people.admin(), "alice", title="later")
    work(people)
    assert told(people, "alice")[-1] == "later"


def test_a_sender_sends_so_often_in_an_hour_also_all_at_once(make_bench):
    bench = make_bench(notification_sends_per_hour=5)
    bench.register("alice")
    said: Message = {"action": "send_notification", "session_token": bench.admin()}
    said |= WORDS | {"user_ids": [bench.user_id("alice")]}
    replies = bench.ask_all([said] * 8)
    while any(reply.get("code") == "BUSY" for reply in replies):
        made = [reply for reply in replies if reply.get("code") != "BUSY"]
        replies = made + bench.ask_all([said] * (8 - len(made)))
    assert sum(reply["status"] == "success" for reply in replies) == 5
    assert {r["code"] for r in replies if r["status"] == "error"} == {"RATE_LIMITED"}
    bench.restart()
    assert send(bench, bench.admin(), "alice")["code"] == "RATE_LIMITED"
    bench.clock.advance(HOUR_S + 1)
    assert send(bench, bench.admin(), "alice")["status"] == "success"


def test_so_much_may_wait(make_bench):
    bench = make_bench(notification_schedules=2)
    bench.register("alice")
    admin = bench.admin()
    later = {"scheduled_time": "2026-05-01T09:00"}
    ids = [sent(bench, admin, "alice", **later) for _ in range(2)]
    assert send(bench, admin, "alice")["code"] == "WRONG_STATE"
    over = {"action": "cancel_scheduled", "session_token": admin, "job_id": ids[0]}
    assert bench.ask(**over)["status"] == "success"
    assert send(bench, admin, "alice")["status"] == "success"


def test_of_what_was_sent_the_newest_stay(make_bench, monkeypatch):
    monkeypatch.setattr("ums_service.handlers.announcements.ENDED_KEPT", 3)
    bench = make_bench()
    bench.register("alice")
    for number in range(6):
        sent(bench, bench.admin(), "alice", title=f"No. {number}")
        work(bench)
        bench.clock.advance(HOUR_S)
    titles = [job["title"] for job in scheduled(bench, bench.admin())]
    assert titles == ["No. 2", "No. 3", "No. 4", "No. 5"]


def test_a_restart_in_the_middle_goes_on_and_tells_nobody_twice(
    people: Bench, monkeypatch
):
    monkeypatch.setattr(announcing, "COMMITS_MAX", 1)
    names, admin = crowd(people, 3 * announcing.AT_ONCE + 7), people.admin()
    job_id = sent(people, admin, *names)
    for round_ in range(5):
        work(people)
        [job] = scheduled(people, people.admin())
        assert job["done"] == min(len(names), (round_ + 1) * announcing.AT_ONCE)
        assert (job["state"] == "done") == (round_ >= 3)
        assert counts(people, names) <= {0, 1}
        people.restart()
    assert counts(people, names) == {1}
    assert (job["job_id"], job["runs"]) == (job_id, 1)


def test_a_run_that_is_cut_off_before_its_commit_tells_nobody(people: Bench):
    sent(people, people.admin(), "alice")
    announcer = Announcer(people.service.facilities)
    original = people.store._commits.submit

    async def failing(*args: Any, **more: Any) -> Any:
        raise RuntimeError("the process ends here")

    people.store._commits.submit = failing
    with pytest.raises(RuntimeError):
        people.run(announcer.round(people.clock.now))
    people.store._commits.submit = original
    assert told(people, "alice") == []
    people.restart()
    work(people)
    assert told(people, "alice") == ["Tonight"]


def test_the_loop_gets_its_turn_between_a_few_accounts(people: Bench):
    import asyncio

    names = crowd(people, 120)
    sent(people, people.admin(), *names)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def run() -> None:
        counting = asyncio.create_task(count_turns())
        await Announcer(people.service.facilities).round(people.clock.now)
        counting.cancel()

    people.run(run())
    assert counts(people, names) == {1}
    assert turns >= len(names) // 2


def test_it_can_be_stopped_in_the_middle_by_its_sender_and_no_stranger(
    people: Bench, monkeypatch
):
    monkeypatch.setattr(announcing, "COMMITS_MAX", 1)
    names, admin = crowd(people, 2 * announcing.AT_ONCE), people.admin()
    job_id = sent(people, admin, *names)
    work(people)
    stop = {"action": "cancel_scheduled", "job_id": job_id}
    assert people.ask(**stop, session_token=people.login("bob"))["code"] == "NOT_FOUND"
    done = people.ask(**stop, session_token=admin)
    assert done["done"] == announcing.AT_ONCE
    work(people)
    assert sum(len(told(people, name)) for name in names) == announcing.AT_ONCE
    assert [j["state"] for j in scheduled(people, admin)] == ["cancelled"]
    assert people.ask(**stop, session_token=admin)["code"] == "WRONG_STATE"


def test_a_full_outbox_makes_a_crowd_wait_and_nothing_else(make_bench):
    bench = make_bench(settings=MAIL | {"mail_outbox_max": 200})
    bench.register("alice")
    verify(bench, "alice")
    box = Mailbox(bench)
    box.send()
    names, admin = crowd(bench, 300), bench.admin()
    sent(bench, admin, *names, channels=["email"])
    sent(bench, admin, "alice")
    work(bench)
    assert 100 <= len(box.waiting()) <= 150
    assert told(bench, "alice") == ["Tonight"]
    bench.ask(action="request_password_reset", username="alice")
    for _ in range(5):
        box.send()
        work(bench)
    box.send()
    assert counts(bench, names) == {1}


def test_the_longest_lists_fit_into_one_commit(make_bench):
    """Or such a sending would be tried for ever."""
    bench = make_bench(notifications_kept=100, notifications_per_hour=1_000)
    bench.register("alice")
    names, admin = crowd(bench, announcing.AT_ONCE), bench.admin()
    of_service = Notification(0, "x" * 50, 1, data={"what": "\u20ac" * 300})
    words = {"title": "\u20ac" * 100, "body": "\U0001f512" * 1_000}
    of_people = Notification(0, "x" * 50, 1, sender="s" * 36, mail_id="m" * 43, **words)

    async def fill() -> None:
        for name in names:
            own = Notifications(bench.user_id(name))
            for _ in range(100):
                own = own.with_one(of_service, kept=100)
                own = own.with_one(of_people, kept=100)
            async with bench.store.transaction() as tx:
                tx.put(NOTIFICATIONS, own)

    bench.run(fill())
    sent(bench, admin, *names)
    work(bench)
    [job] = scheduled(bench, admin)
    assert (job["state"], job["done"]) == ("done", len(names))
