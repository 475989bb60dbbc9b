"""Sending to many: who may, who is told, once and in slices, whatever comes between."""

import json
from typing import Any

import pytest

from tests.service.harness import GOOD, Bench, Message
from tests.service.lab_bench import LabBench
from tests.service.mailbox import MAIL, Mailbox, text_of
from tests.service.test_notifications import listed, types
from ums_service.chores import announcer as announcing
from ums_service.chores.announcer import Announcer
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.notice_words import OF_SERVICE
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.users import USERS

WORDS: Message = {"title": "Tonight", "body": "The robot is off."}
HOUR_S, DAY_S = 3_600, 86_400


def send(bench: Bench, token: str, *names: str, **more: Any) -> Message:
    said: Message = {"action": "send_notification", "session_token": token}
    if names:
        said["user_ids"] = [bench.user_id(name) for name in names]
    words = {} if "template" in more else WORDS
    return bench.ask(**said | words | more)


def sent(bench: Bench, token: str, *names: str, **more: Any) -> str:
    reply = send(bench, token, *names, **more)
    assert reply["status"] == "success", reply
    return str(reply["job_id"])


def work(bench: Bench) -> None:
    """What maintenance does each second."""
    bench.run(Announcer(bench.service.facilities).round(bench.clock.now))


def scheduled(bench: Bench, token: str, **more: Any) -> list[Message]:
    reply = bench.ask(action="list_scheduled", session_token=token, **more)
    assert reply["status"] == "success", reply
    return list(reply["scheduled"])


def told(bench: Bench, name: str) -> list[str]:
    """The titles that somebody was told, the oldest first."""
    own = bench.store.get(NOTIFICATIONS, bench.user_id(name))
    return [e.title for e in own.entries if e.of_people] if own else []


@pytest.fixture
def people(standard: Bench) -> Bench:
    for name in ("alice", "bob", "carol"):
        standard.register(name)
    return standard


def verify(bench: Bench, *names: str) -> None:
    """Their addresses are known to be theirs."""

    async def change() -> None:
        async with bench.store.transaction() as tx:
            for name in names:
                tx.put(USERS, bench.user(name)._replace(email_verified=True))

    bench.run(change())


def test_who_is_named_is_told_with_the_words_of_the_sender(people: Bench):
    admin = people.admin()
    job_id = sent(people, admin, "alice", "bob", "bob", type="party", priority="high")
    assert told(people, "alice") == []
    work(people)
    alice = people.login("alice")
    [one] = listed(people, alice)["notifications"]
    assert {n: one[n] for n in ("type", "title", "body", "priority", "sender")} == {
        "type": "party", **WORDS, "priority": "high",
        "sender": people.user_id("admin"),
    }  # fmt: skip
    assert told(people, "carol") == []
    [job] = scheduled(people, admin)
    assert (job["job_id"], job["state"], job["done"], job["skipped"]) == (
        job_id, "done", 2, 0,
    )  # fmt: skip
    assert (job["accounts"], job["runs"]) == (2, 1)
    work(people)
    assert told(people, "alice") == ["Tonight"]


def test_each_run_leaves_an_entry_without_the_words(people: Bench):
    def run() -> None:
        sent(people, admin, "alice")
        work(people)

    admin = people.admin()
    entries = people.audited_by(run)
    assert [e["event"] for e in entries] == ["notification_sent", "notification_told"]
    assert "robot" not in str(entries)
    assert entries[1]["details"]["done"] == 1


def test_who_may_not_sends_nothing(people: Bench):
    alice = people.login("alice")
    assert send(people, alice, "bob")["code"] == "PERMISSION_DENIED"
    assert send(people, alice)["code"] == "PERMISSION_DENIED"
    assert list(people.store.scan(ANNOUNCEMENTS)) == []


def test_accounts_that_are_not_there_or_not_in_use_are_skipped(people: Bench):
    admin = people.admin()
    order = {"action": "set_user_status", "session_token": admin, "status": "inactive"}
    people.ask(**order, user_id=people.user_id("bob"))
    ids = [people.user_id("alice"), people.user_id("bob"), "0" * 32]
    sent(people, admin, user_ids=ids)
    work(people)
    [job] = scheduled(people, admin)
    assert (job["done"], job["skipped"]) == (1, 2)
    assert told(people, "bob") == []
    assert people.store.get(NOTIFICATIONS, "0" * 32) is None


@pytest.mark.parametrize("kind", sorted(OF_SERVICE))
def test_what_the_service_tells_cannot_be_forged(people: Bench, kind: str):
    refused = send(people, people.admin(), "alice", type=kind)
    assert refused["details"][0]["field"] == "type"


WRONG: list[Message] = [
    {"title": None},
    {"title": " "},
    {"body": ""},
    {"title": "a\nb"},
    {"title": "x" * 101},
    {"body": "x" * 1_001},
    {"body": "\x1b[2J"},
    {"type": "Not a word"},
    {"channels": []},
    {"channels": ["sms"]},
    {"priority": "vital"},
    {"user_ids": []},
    {"user_ids": ["0"] * 1_001},
    {"lab_id": "ab"},
    {"data": {"what": "x"}},
    {"template": "reminder", "data": {"what": "x", "when": "y"}, **WORDS},
    {"template": "reminder", "title": None, "body": None},
    {"template": "reminder", "title": None, "body": None, "data": {"what": "x"}},
    {"template": "password_changed"},
    {"schedule": "hourly"},
    {"schedule": "interval", "interval_minutes": 1},
    {"scheduled_time": "2020-01-01T00:00"},
]


@pytest.mark.parametrize("more", WRONG, ids=str)
def test_what_makes_no_sense_is_refused(people: Bench, more: Message):
    said = {"user_ids": [people.user_id("alice")]} | WORDS | more
    reply = people.ask(action="send_notification", session_token=people.admin(), **said)
    assert reply["code"] == "INVALID_REQUEST"
    assert list(people.store.scan(ANNOUNCEMENTS)) == []


def test_a_template_is_filled_and_bounded(people: Bench):
    admin = people.admin()
    gaps = {"begins": "8", "ends": "9", "what": "{__class__} %s"}
    sent(people, admin, "alice", template="maintenance", data=gaps)
    work(people)
    [one] = listed(people, people.login("alice"))["notifications"]
    assert (one["type"], one["body"]) == (
        "maintenance",
        "From 8 to 9: {__class__} %s",
    )


def test_people_choose_their_channels(make_bench):
    bench = make_bench(settings=MAIL)
    for name, wishes in {
        "all": {},
        "in_app": {"email_notifications": False},
        "mail": {"in_app_notifications": False},
        "neither": {"email_notifications": False, "in_app_notifications": False},
    }.items():
        bench.register(f"user-{name}", **wishes)
    names = ["user-all", "user-in_app", "user-mail", "user-neither"]
    verify(bench, *names)
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, *names, channels=["email", "in_app"])
    work(bench)
    assert sorted(str(m["To"]) for m in box.send()) == [
        "user-all@example.org", "user-mail@example.org",
    ]  # fmt: skip
    unread = {n: listed(bench, bench.login(n))["unread"] for n in names}
    assert list(unread.values()) == [1, 1, 0, 0]
    assert types(bench, bench.login("user-mail"), channel="email") == ["message"]
    [job] = scheduled(bench, admin)
    assert (job["done"], job["skipped"]) == (3, 1)


def test_some_types_are_mailed_only_to_who_wants_them(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice", marketing_emails=True)
    bench.register("bob")
    verify(bench, "alice", "bob")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    both = {"channels": ["in_app", "email"]}
    sent(bench, admin, "alice", "bob", type="marketing", **both)
    work(bench)
    assert [m["To"] for m in box.send()] == ["alice@example.org"]
    assert told(bench, "bob") == ["Tonight"]


def test_nobody_is_mailed_at_an_address_that_may_not_be_theirs(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["email", "in_app"])
    sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert box.send() == []
    assert told(bench, "alice") == ["Tonight"]


def test_a_mail_says_who_wrote_and_marks_every_line(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    body = "Hello,\nyour password was changed.\u2028\x85-- \nUMS <b>{{ 7 * 7 }}</b>"
    asked = {"title": "<i>Bcc: x@example.org", "body": body.replace("\x85", "")}
    sent(bench, admin, "alice", channels=["email"], **asked)
    work(bench)
    [mail] = box.send()
    assert mail["Subject"] == "admin: <i>Bcc: x@example.org"
    lines = text_of(mail).splitlines()
    theirs = [line for line in lines if "7 * 7" in line or "changed" in line]
    assert len(theirs) == 2
    assert all(line.startswith("> ") for line in theirs)
    html = text_of(mail, "html")
    assert "&lt;b&gt;{{ 7 * 7 }}" in html
    assert "<i>" not in html


def test_two_messages_are_two_mails(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    for title in ("One", "Two"):
        sent(bench, admin, "alice", channels=["email"], title=title)
    work(bench)
    assert sorted(m["Subject"] for m in box.send()) == ["admin: One", "admin: Two"]


def test_quiet_hours_put_mail_off_and_never_drop_it(make_bench):
    bench = make_bench(settings=MAIL)  # it is noon of 1 March
    night = {"quiet_hours_start": "11:00", "quiet_hours_end": "15:00"}
    bench.register("alice", **night)
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["in_app", "email"])
    work(bench)
    assert told(bench, "alice") == ["Tonight"]
    assert box.send() == []
    bench.clock.advance(3 * HOUR_S - 10)
    assert box.send() == []
    box.restart()
    assert box.send() == []
    bench.clock.set_wall_clock(-DAY_S)  # a clock that jumps holds it for no day more
    bench.clock.advance(10 * HOUR_S)
    assert [m["Subject"] for m in box.send()] == ["admin: Tonight"]
    assert list(bench.store.scan(OUTBOX)) == []


def test_who_ends_their_quiet_hours_need_not_wait_for_their_end(make_bench):
    bench = make_bench(settings=MAIL)
    bench.register("alice", quiet_hours_start="11:00", quiet_hours_end="15:00")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert box.send() == []
    change = {"action": "update_preferences", "session_token": bench.login("alice")}
    assert bench.ask(**change, quiet_hours_start="")["status"] == "success"
    bench.clock.advance(900)
    assert len(box.send()) == 1


def test_messages_of_people_keep_no_mail_waiting_that_was_asked_for(make_bench):
    bench = make_bench(settings=MAIL, notifications_per_hour=100)
    bench.register("alice")
    verify(bench, "alice")
    box, admin = Mailbox(bench), bench.admin()
    box.send()
    for _ in range(30):
        sent(bench, admin, "alice", channels=["email"])
    work(bench)
    assert len(box.send()) == 10
    bench.ask(action="request_password_reset", username="alice")
    assert ["password" in m["Subject"] for m in box.send()] == [True]
    bench.clock.advance(4 * HOUR_S)
    assert len(box.send()) == 10


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


def crowd(bench: Bench, count: int) -> list[str]:
    """Many accounts, made without asking."""
    alice = bench.user("alice")
    names = [f"crowd{number}" for number in range(count)]

    async def make() -> None:
        async with bench.store.transaction() as tx:
            for number, name in enumerate(names):
                user_id, email = f"{number:032x}", f"{name}@example.org"
                one = alice._replace(user_id=user_id, username=name, email=email)
                tx.put(USERS, one)

    bench.run(make())
    return names


def counts(bench: Bench, names: list[str]) -> set[int]:
    return {len(told(bench, name)) for name in names}


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


def test_pages_of_what_was_sent_miss_and_repeat_nothing(people: Bench):
    admin = people.admin()
    ids = []
    for number in range(5):
        ids.append(sent(people, admin, "alice", title=f"No. {number}"))
        people.clock.advance(1)
    found, more = [], {}
    while True:
        page = people.ask(action="list_scheduled", session_token=admin, limit=2, **more)
        found += [job["job_id"] for job in page["scheduled"]]
        if "next_cursor" not in page:
            break
        more = {"cursor": page["next_cursor"]}
    assert found == ids
    assert "done" in json.dumps(page)


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
