"""What people are told, in their list: what happens to the account, and what others send."""

from dataclasses import replace
from typing import Any

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, Message, update
from tests.service.mailbox import MAIL, Mailbox
from ums_service.chores.expiry_notices import ExpiryNotices
from ums_service.chores.lifecycle import Lifecycle
from ums_service.domain.moment import Moment
from ums_service.domain.notice_words import OF_EVENTS, words_of
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import SECURITY, Mail, Template
from ums_service.domain.telling import tell
from ums_service.sending.mails import Notice, mail_to

NOW = Moment(1_800_000_000 * 1_000_000_000, 0.0)


def listed(bench: Bench, token: str, **more: Any) -> Message:
    reply = bench.ask(action="list_notifications", session_token=token, **more)
    assert reply["status"] == "success", reply
    return reply


def types(bench: Bench, token: str, **more: Any) -> list[str]:
    return [one["type"] for one in listed(bench, token, **more)["notifications"]]


def mark(bench: Bench, token: str, **more: Any) -> Message:
    return bench.ask(action="mark_notifications", session_token=token, **more)


def change_password(bench: Bench, token: str, old: str, new: str) -> None:
    changed = bench.ask(
        action="change_password",
        session_token=token,
        current_password=old,
        new_password=new,
    )
    assert changed["status"] == "success", changed


def test_what_happens_to_an_account_is_in_its_list_without_a_mail_server(
    standard: Bench,
):
    alice = standard.member("alice")
    assert listed(standard, alice) == {
        "status": "success", "notifications": [], "unread": 0, "total": 0,
    }  # fmt: skip
    set_up(standard, alice)
    reply = listed(standard, alice)
    [one] = reply["notifications"]
    assert (one["type"], one["title"]) == ("factor_added", "A second factor was added")
    assert "one-time codes" in one["body"]
    assert "127.0.0.1" in one["body"]
    assert (one["channels"], one["sender"], reply["unread"]) == (["in_app"], "", 1)


def test_every_way_to_be_told_is_in_the_list(make_bench):
    bench = make_bench(password_expires_s=30 * 86_400, unused_days=100)
    alice = bench.member("alice")
    user_id = bench.user_id("alice")
    change_password(bench, alice, GOOD, "Another-Choice-7!")
    alice = bench.login("alice", "Another-Choice-7!")
    bench.ask(**update(alice, email="new@example.org"))
    for _ in range(5):
        bench.try_login("alice", "wrong")
    bench.clock.advance(1_801)
    order = {"action": "set_user_status", "user_id": user_id}
    order |= {"session_token": bench.admin(), "status": "suspended"}
    held = bench.ask(**order, reason="holidays", duration_days=1)
    assert held["status"] == "success", held
    bench.clock.advance(2 * 86_400)
    facilities = bench.service.facilities
    lifecycle = Lifecycle(facilities)
    expiry = ExpiryNotices(bench.store, facilities.profile, facilities.mail)
    for round_ in (lifecycle.round, lifecycle.round):
        bench.run(round_(bench.clock.now))
    bench.clock.advance(23 * 86_400)
    for _ in range(2):
        bench.run(expiry.tell_some(bench.clock.now))
    told = [
        "password_changed",
        "address_changed",
        "account_locked",
        "status_changed",
        "status_changed",
        "expiring_soon",
    ]
    alice = bench.login("alice", "Another-Choice-7!")
    assert types(bench, alice) == told[::-1]
    bodies = [one["body"] for one in listed(bench, alice)["notifications"]]
    assert "holidays" in bodies[2]
    assert "n***@example.org" in bodies[4]


def test_what_is_mailed_is_in_the_list_too_with_what_became_of_the_mail(make_bench):
    bench = make_bench(settings=MAIL)
    alice, box = bench.member("alice"), Mailbox(bench)
    box.send()
    set_up(bench, alice)
    [one] = listed(bench, alice)["notifications"]
    assert (one["channels"], one["delivery"]) == (["in_app", "email"], "queued")
    box.send()
    [one] = listed(bench, alice)["notifications"]
    assert one["delivery"] == "handed_over"


def test_a_full_outbox_leaves_out_the_mail_only(make_bench):
    bench = make_bench(settings=MAIL | {"mail_outbox_max": 10})
    alice = bench.member("alice")
    queue = bench.service.facilities.mail
    queue.has_room = lambda _: False
    entries = bench.audited_by(lambda: set_up(bench, alice))
    assert entries[-1]["details"]["mail"] == "outbox full"
    [one] = listed(bench, alice)["notifications"]
    assert (one["type"], one["channels"]) == ("factor_added", ["in_app"])


def test_compat_keeps_no_list(compat: Bench):
    alice = compat.member("alice")
    compat.ask(**update(alice, password="another-one-7"))
    assert list(compat.store.scan(NOTIFICATIONS)) == []


def test_security_is_told_to_who_wants_to_be_told_nothing(make_bench):
    bench = make_bench(settings=MAIL)
    nothing = dict.fromkeys(
        ("email_notifications", "in_app_notifications", "security_alerts"), False
    )
    quiet = {"quiet_hours_start": "00:00", "quiet_hours_end": "23:59"}
    alice, box = bench.member("alice", **nothing, **quiet), Mailbox(bench)
    box.send()
    set_up(bench, alice)
    assert [m["Subject"] for m in box.send()] == ["A second factor was added"]
    assert types(bench, alice) == ["factor_added"]


def test_they_are_marked_as_read_and_not_read(standard: Bench):
    alice = standard.member("alice")
    for _ in range(3):
        test = {"action": "test_notification", "session_token": alice}
        assert standard.ask(**test)["status"] == "success"
    ids = [n["notification_id"] for n in listed(standard, alice)["notifications"]]
    assert ids == [3, 2, 1]
    once = mark(standard, alice, notification_ids=[1, 2, 77])
    assert (once["changed"], once["unread"]) == (2, 1)
    again = mark(standard, alice, notification_ids=[1, 2])
    assert (again["changed"], again["unread"]) == (0, 1)
    page = listed(standard, alice, unread=True)
    assert [n["notification_id"] for n in page["notifications"]] == [3]
    assert (page["unread"], page["total"]) == (1, 1)
    assert "read_at" in listed(standard, alice, unread=False)["notifications"][0]
    back = mark(standard, alice, notification_ids=[2], read=False)
    assert (back["changed"], back["unread"]) == (1, 2)
    assert mark(standard, alice, all=True)["unread"] == 0
    standard.restart()
    assert listed(standard, standard.login("alice"))["unread"] == 0


@pytest.mark.parametrize("given", [{}, {"all": True, "notification_ids": [1]}])
def test_it_must_be_said_what_is_marked(standard: Bench, given: Message):
    alice = standard.member("alice")
    assert mark(standard, alice, **given)["code"] == "INVALID_REQUEST"


def test_pages_miss_and_repeat_nothing_while_more_comes(make_bench):
    bench = make_bench(notification_tests_per_hour=100)
    alice = bench.member("alice")
    test = {"action": "test_notification", "session_token": alice}
    for _ in range(7):
        bench.ask(**test)
    found, more = [], {}
    while True:
        page = listed(bench, alice, limit=2, **more)
        found += [n["notification_id"] for n in page["notifications"]]
        bench.ask(**test)  # what comes meanwhile is newer than the first page
        if "next_cursor" not in page:
            break
        more = {"cursor": page["next_cursor"]}
    assert found == [7, 6, 5, 4, 3, 2, 1]


def test_lists_are_narrowed_by_type_and_channel(make_bench):
    bench = make_bench(settings=MAIL)
    alice = bench.member("alice")
    for channel in ("in_app", "email"):
        test = {"action": "test_notification", "session_token": alice}
        assert bench.ask(**test, channel=channel)["channel"] == channel
    set_up(bench, alice)
    assert types(bench, alice, type="test") == ["test", "test"]
    assert types(bench, alice, channel="email") == ["factor_added", "test"]
    assert types(bench, alice, channel="push") == []
    assert listed(bench, alice)["unread"] == 2  # the mail is history


def test_nobody_sees_or_marks_those_of_others(standard: Bench):
    alice, bob = standard.member("alice"), standard.member("bob")
    standard.ask(action="test_notification", session_token=alice)
    assert listed(standard, bob)["notifications"] == []
    assert mark(standard, bob, notification_ids=[1])["changed"] == 0
    assert listed(standard, alice)["unread"] == 1


def test_tests_are_few_in_an_hour_also_after_a_restart(standard: Bench):
    alice = standard.member("alice")
    test = {"action": "test_notification", "session_token": alice}
    replies = standard.ask_all([test] * 8)
    assert sum(reply["status"] == "success" for reply in replies) == 5
    standard.restart()
    test["session_token"] = standard.login("alice")
    refused = standard.ask(**test)
    assert refused["code"] == "RATE_LIMITED"
    assert refused["retry_after"] > 0
    standard.clock.set_wall_clock(-400 * 86_400)
    assert standard.ask(**test)["status"] == "success"
    standard.clock.set_wall_clock(400 * 86_400)
    standard.clock.advance(3_601)
    assert standard.ask(**test)["status"] == "success"


@pytest.mark.parametrize("channel", ["email", "push"])
def test_a_channel_that_the_service_has_not_is_told(standard: Bench, channel: str):
    test = {"action": "test_notification", "session_token": standard.member("alice")}
    assert standard.ask(**test, channel=channel)["code"] == "NOT_CONFIGURED"
    assert list(standard.store.scan(NOTIFICATIONS)) == []


def test_each_kind_has_room_of_its_own():
    own = Notifications("u")
    for number in range(30):
        sender = "somebody" if number % 3 else ""
        own = own.with_one(Notification(0, "x", number, sender=sender), kept=4)
    of_service = [e.created_s for e in own.entries if not e.of_people]
    of_people = [e.created_s for e in own.entries if e.of_people]
    assert of_service == [18, 21, 24, 27]
    assert of_people == [25, 26, 28, 29]
    numbers = [e.number for e in own.entries]
    assert (numbers, own.last) == (sorted(numbers), 30)


def test_what_is_stored_comes_back():
    entry = Notification(
        0,
        "message",
        7,
        ("in_app", "email"),
        "t",
        "b",
        {"a": 1},
        "s",
        "l",
        "high",
        9,
        "m",
    )
    own = Notifications("u").with_one(entry, kept=3)
    own = own.with_one(Notification(0, "test", 8), kept=3)
    document = dict(NOTIFICATIONS.to_document(own))
    assert NOTIFICATIONS.from_document(document) == own
    assert document["entries"][1] == {"number": 2, "type": "test", "created_s": 8}


def test_what_tells_of_security_has_words():
    assert {kind.value for kind in SECURITY} <= set(OF_EVENTS)
    for kind in OF_EVENTS:
        words = words_of(kind, {"what": "{0.__class__} %s"})
        assert words.title
        assert "{what}" not in words.body
    assert words_of("of_a_later_version", {}).title == "of_a_later_version"
    assert Template.RESET not in OF_EVENTS  # it carries a link


def test_an_erased_account_leaves_no_list(standard: Bench):
    alice = standard.member("alice")
    standard.ask(action="test_notification", session_token=alice)
    gone = {"action": "delete_user", "mode": "erase", "password": GOOD}
    assert standard.ask(**gone, session_token=alice)["status"] == "success"
    standard.purge()
    assert list(standard.store.scan(NOTIFICATIONS)) == []


def test_a_lockout_is_told_though_its_owner_reads_the_list_meanwhile(
    standard: Bench, monkeypatch
):
    """The commit of the refusal meets one that marks, and is tried again."""
    alice = standard.member("alice")
    standard.ask(action="test_notification", session_token=alice)
    unpatched, user_id, met = Notice.put, standard.user_id("alice"), list[int]()

    async def put_and_be_overtaken(notice: Notice, tx: Any) -> None:
        await unpatched(notice, tx)
        if len(met) < 2:
            met.append(1)
            async with standard.store.transaction() as other:
                own = await other.get(NOTIFICATIONS, user_id)
                assert own is not None
                now = standard.clock.now
                other.put(NOTIFICATIONS, own.marked(None, now, read=len(met) == 1))

    monkeypatch.setattr(Notice, "put", put_and_be_overtaken)
    for _ in range(5):
        standard.try_login("alice", "wrong", source="192.0.2.1")
    assert len(met) == 2
    assert types(standard, alice) == ["account_locked", "test"]
    outcomes = [entry.data["outcome"] for entry in standard.audit()]
    assert outcomes.count("refused") == 5


def test_nothing_is_kept_of_an_account_that_is_gone(standard: Bench):
    """Or it would be there for ever: what happens late to who was erased."""
    standard.register("alice")
    user = standard.user("alice")
    mail = mail_to(user, Template.ACCOUNT_LOCKED, standard.clock.now, "::1", "id")

    async def tell_late(mail: Mail) -> None:
        async with standard.store.transaction() as tx:
            await tell(tx, mail, by_mail=False, kept=3)

    standard.run(tell_late(replace(mail, user_id="0" * 32)))
    assert list(standard.store.scan(NOTIFICATIONS)) == []
    standard.run(tell_late(mail))
    assert len(list(standard.store.scan(NOTIFICATIONS))) == 1
