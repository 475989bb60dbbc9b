"""Mails that tell people what happened to their account, and never get in its way."""

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, Message, login
from tests.service.mailbox import MAIL, Mailbox, code_in, text_of
from tests.service.token_holders import ELSEWHERE, must_renew, renewed, with_tokens
from ums_service.domain.outbox import OUTBOX

ADDED, REMOVED = "A second factor was added", "A second factor was removed"
NEW_LOGIN, UNUSUAL = "A login from a new device", "Unusual activity"


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    bench.register("alice")
    box = Mailbox(bench)
    box.send()
    return box


def subjects(box: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in box.send()]


def on_device(bench: Bench, **more: object) -> Message:
    asked = login("alice")
    client = more.pop("client", None)
    asked["credentials"].update(more)
    reply = bench.ask(**asked, client=client)
    assert reply["status"] == "success", reply
    return reply


def remove(bench: Bench, token: str, **more: object) -> Message:
    own = {"action": "disable_mfa", "session_token": token}
    return bench.ask(**own, **{"password": GOOD} | more)


def test_factors_added_and_removed_are_told(bench: Bench, box: Mailbox):
    alice = bench.login("alice")
    set_up(bench, alice)
    (mail,) = box.send()
    assert mail["Subject"] == ADDED
    assert "one-time codes of an authenticator" in text_of(mail)
    assert remove(bench, alice, method="totp")["status"] == "success"
    assert subjects(box) == [REMOVED]


def test_the_owner_is_told_when_an_administrator_removes_them(
    bench: Bench, box: Mailbox
):
    set_up(bench, bench.login("alice"))
    box.send()
    admin = bench.admin()
    user_id = bench.user_id("alice")
    remove(bench, admin, user_id=user_id, reason="lost")
    (mail,) = box.send()
    assert (mail["To"], mail["Subject"]) == ("alice@example.org", REMOVED)
    reply = bench.ask(action="lock_down", token=code_in(mail))
    assert reply["status"] == "success"


def test_a_login_from_elsewhere_is_told_to_who_has_known_devices(
    bench: Bench, box: Mailbox
):
    on_device(bench)
    assert subjects(box) == []  # no device is known: every login would be a new one
    known = on_device(bench, remember_device=True)["device_token"]
    on_device(bench, device_token=known)
    assert subjects(box) == []
    on_device(bench, client={"device_name": "telephone"})
    (mail,) = box.send()
    assert mail["Subject"] == NEW_LOGIN
    assert "telephone" in text_of(mail)
    bench.clock.advance(bench.profile.device_token_s)
    on_device(bench)
    assert subjects(box) == []  # the device has expired


def test_words_of_who_logs_in_do_not_become_a_link(bench: Bench, box: Mailbox):
    on_device(bench, remember_device=True)
    on_device(bench, client={"device_name": "call evil.example/help"})
    (mail,) = box.send()
    assert "evil" not in mail.as_string()


def test_a_refresh_token_that_came_twice_is_told(bench: Bench, box: Mailbox):
    stolen = with_tokens(bench, "alice")
    must_renew(bench, stolen)
    assert subjects(box) == []
    assert renewed(bench, stolen, source=ELSEWHERE)["code"] == "INVALID_TOKEN"
    assert subjects(box) == [UNUSUAL]


def test_a_full_outbox_keeps_nobody_from_it(bench: Bench, box: Mailbox, monkeypatch):
    monkeypatch.setattr(bench.service.facilities.mail, "has_room", lambda _: False)
    alice = on_device(bench, remember_device=True)["session_token"]
    set_up(bench, alice)
    assert remove(bench, alice)["status"] == "success"
    on_device(bench)
    assert bench.store.count(OUTBOX) == 0


def test_under_compat_nobody_is_told(make_bench):
    bench = make_bench(profile="compat", settings=MAIL)
    alice = bench.member("alice")
    set_up(bench, alice)
    assert remove(bench, alice)["status"] == "success"
    assert bench.store.count(OUTBOX) == 0
