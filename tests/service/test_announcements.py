"""Sending to many: who may, who is told, once and in slices, whatever comes between."""

import json

import pytest

from tests.service.announcing import WORDS, scheduled, send, sent, told, work
from tests.service.harness import Bench, Message
from tests.service.test_notifications import listed
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.notice_words import OF_SERVICE
from ums_service.domain.notifications import (
    NOTIFICATIONS,
)


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
