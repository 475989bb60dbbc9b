"""Accounts that wait to be taken up, forced resets by mail, and mails before an expiry."""

from typing import Any

import pytest

from tests.service.harness import GOOD, Bench, Message, creation, update
from tests.service.mailbox import MAIL, Mailbox, text_of
from ums_service.chores.expiry_notices import ExpiryNotices
from ums_service.domain.profiles import DAY_S, HOUR_S

CHOSEN = "chosen by myself 9"


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    return Mailbox(bench)


def make(bench: Bench, name: str = "alice", **more: Any) -> Message:
    given: Message = {"password": None, "auto_activate": False, **more}
    reply = bench.ask(**creation(name, **given), session_token=bench.admin())
    assert reply["status"] == "success", reply
    return reply


def activate(bench: Bench, token: str, password: str | None = CHOSEN) -> Message:
    return bench.ask(action="activate_account", token=token, password=password)


# --- activation ---


def test_an_account_is_taken_up_with_the_link_of_a_mail(bench: Bench, box: Mailbox):
    make(bench)
    assert bench.user("alice").status == "pending"
    assert bench.try_login("alice")["code"] == "INVALID_CREDENTIALS"
    token = box.code("alice@example.org", "made for you")
    reply = activate(bench, token)
    assert (reply["username"], reply["email"]) == ("alice", "alice@example.org")
    user = bench.user("alice")
    assert (user.status, user.email_verified) == ("active", True)
    assert bench.login("alice", CHOSEN)
    assert [m["Subject"] for m in box.send()] == ["Welcome to UMS"]
    assert activate(bench, token, "another one 10")["code"] == "INVALID_LINK"


def test_of_many_uses_at_once_one_succeeds(bench: Bench, box: Mailbox):
    make(bench)
    token = box.code("alice@example.org")
    use = {"action": "activate_account", "token": token}
    replies = bench.ask_all([use | {"password": f"{CHOSEN}{n}"} for n in range(20)])
    assert [r.get("code") for r in replies].count(None) == 1


def test_an_account_without_a_password_gets_one_when_it_is_taken_up(
    bench: Bench, box: Mailbox
):
    make(bench)
    token = box.code("alice@example.org")
    assert activate(bench, token, None)["message"] == "Password is required"
    weak = activate(bench, token, "password")
    assert weak["code"] == "POLICY_VIOLATION"
    assert bench.user("alice").status == "pending"
    assert activate(bench, token)["status"] == "success"  # the token was not used up


def test_an_account_with_a_password_may_keep_it(bench: Bench, box: Mailbox):
    make(bench, password=GOOD)
    assert bench.try_login("alice")["code"] == "ACCOUNT_INACTIVE"
    assert activate(bench, box.code("alice@example.org"), None)["status"] == "success"
    assert bench.login("alice")


def test_a_password_made_up_must_still_be_changed(bench: Bench, box: Mailbox):
    made = make(bench, generate_password=True)["temporary_password"]
    assert activate(bench, box.code("alice@example.org"), None)["status"] == "success"
    assert bench.try_login("alice", made)["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_nobody_knows_the_password_of_an_account_without_one(bench: Bench):
    make(bench)
    made_active = update(bench.admin(), bench.user_id("alice"), status="active")
    assert bench.ask(**made_active)["status"] == "success"
    user = bench.user("alice")
    assert user.password_hash
    assert user.password_good_until == 0


def test_another_mail_is_sent_on_request_and_voids_the_first(
    bench: Bench, box: Mailbox
):
    make(bench)
    first = box.code("alice@example.org")
    bench.clock.advance(60)
    again = {"action": "resend_verification", "email": "alice@example.org"}
    nobody = {"action": "resend_verification", "email": "nobody@example.org"}
    assert bench.ask(**again) == bench.ask(**nobody)
    second = box.code("alice@example.org", "made for you")
    assert activate(bench, first)["code"] == "INVALID_LINK"
    assert activate(bench, second)["status"] == "success"


def test_the_link_ends_with_its_time_and_with_the_address(bench: Bench, box: Mailbox):
    make(bench)
    token = box.code("alice@example.org")
    moved = update(bench.admin(), bench.user_id("alice"), email="a2@example.org")
    assert bench.ask(**moved)["status"] == "success"
    assert activate(bench, token)["code"] == "INVALID_LINK"
    make(bench, "bobby")
    late = box.code("bobby@example.org")
    bench.clock.advance(48 * HOUR_S)
    assert activate(bench, late)["code"] == "INVALID_LINK"


def test_an_archived_account_is_not_taken_up(bench: Bench, box: Mailbox):
    make(bench)
    token = box.code("alice@example.org")
    shut = update(bench.admin(), bench.user_id("alice"), status="archived")
    assert bench.ask(**shut)["status"] == "success"
    assert activate(bench, token)["code"] == "INVALID_LINK"


def test_a_pending_account_gets_no_reset(bench: Bench, box: Mailbox):
    make(bench)
    box.send()
    bench.ask(action="request_password_reset", username="alice")
    assert box.send() == []


def test_only_who_makes_accounts_makes_pending_ones(bench: Bench):
    reply = bench.ask(**creation("alice", auto_activate=False))
    assert reply["code"] == "PERMISSION_DENIED"
    bobby = bench.member("bobby")
    reply = bench.ask(**creation("alice", auto_activate=False), session_token=bobby)
    assert reply["code"] == "PERMISSION_DENIED"


def test_without_mail_an_administrator_hands_the_token_out(standard: Bench):
    make(standard)
    issue = {"action": "issue_link", "purpose": "activate"}
    issue |= {"user_id": standard.user_id("alice"), "session_token": standard.admin()}
    assert activate(standard, standard.ask(**issue)["token"])["status"] == "success"
    assert standard.user("alice").email_verified is False
    assert standard.login("alice", CHOSEN)


def test_an_administrator_who_is_pending_counts_when_they_are_active(
    bench: Bench, box: Mailbox
):
    make(bench, role="admin")
    admin = bench.admin()
    first = update(admin, status="inactive")
    assert bench.ask(**first)["code"] == "PERMISSION_DENIED"  # the other cannot log in
    assert activate(bench, box.code("alice@example.org"))["status"] == "success"
    assert bench.ask(**first)["status"] == "success"
    assert bench.login("alice", CHOSEN)


# --- a reset that is asked for by an administrator ---


def force(bench: Bench, name: str) -> Message:
    message = {"action": "force_password_change", "mode": "mail_reset"}
    token, user_id = bench.admin(), bench.user_id(name)
    return bench.ask(**message, session_token=token, user_id=user_id)


def test_a_forced_reset_lets_nobody_in_before_the_mail_is_answered(
    bench: Bench, box: Mailbox
):
    alice = bench.member("alice")
    assert force(bench, "alice")["sessions_ended"] == 1
    get = {"action": "get_user", "session_token": alice}
    assert bench.ask(**get)["code"] == "INVALID_SESSION"
    assert bench.try_login("alice")["code"] == "RESET_REQUIRED"
    token = box.code("alice@example.org", "password")
    reset = {"action": "reset_password", "token": token, "new_password": CHOSEN}
    assert bench.ask(**reset)["status"] == "success"
    assert bench.login("alice", CHOSEN)


def test_where_no_mail_arrives_a_reset_is_not_forced(bench: Bench, standard: Bench):
    standard.register("alice")
    assert force(standard, "alice")["code"] == "NOT_CONFIGURED"
    assert standard.login("alice")
    bench.register("alice")
    shut = update(bench.admin(), bench.user_id("alice"), status="inactive")
    assert bench.ask(**shut)["status"] == "success"
    assert force(bench, "alice")["code"] == "INVALID_REQUEST"


# --- mails before a password ends ---


def round_of(bench: Bench) -> None:
    """A whole walk over the accounts."""
    facilities = bench.service.facilities
    expiry = ExpiryNotices(bench.store, facilities.profile, facilities.mail)
    for _ in range(2):
        bench.run(expiry.tell_some(bench.clock.now))


def test_who_must_choose_a_new_password_soon_is_told_once(make_bench):
    bench = make_bench(settings=MAIL, password_expires_s=90 * DAY_S)
    box = Mailbox(bench)
    bench.register("alice")
    box.send()
    bench.clock.advance(83 * DAY_S - 1)
    round_of(bench)
    assert box.send() == []
    bench.clock.advance(HOUR_S)
    round_of(bench)
    round_of(bench)
    (mail,) = box.send()
    assert mail["To"] == "alice@example.org"
    assert "6 more days" in text_of(mail)
    box.restart()
    round_of(bench)
    assert box.send() == []
    token = bench.login("alice")
    change = {"action": "change_password", "session_token": token}
    changed = bench.ask(**change, current_password=GOOD, new_password=CHOSEN)
    assert changed["status"] == "success"
    box.send()
    bench.clock.advance(84 * DAY_S)
    round_of(bench)
    assert len(box.send()) == 1  # each password is told of


@pytest.mark.parametrize(
    "policy", [{"notices": False}, {"password_expires_s": None}], ids=str
)
def test_nobody_is_told_where_nothing_is_to_tell(make_bench, policy: Message):
    bench = make_bench(settings=MAIL, **{"password_expires_s": 90 * DAY_S} | policy)
    box = Mailbox(bench)
    bench.register("alice")
    box.send()
    bench.clock.advance(85 * DAY_S)
    round_of(bench)
    assert box.send() == []


def test_accounts_not_in_use_are_not_told(make_bench):
    bench = make_bench(settings=MAIL, password_expires_s=90 * DAY_S)
    box = Mailbox(bench)
    bench.register("alice")
    shut = update(bench.admin(), bench.user_id("alice"), status="suspended")
    assert bench.ask(**shut)["status"] == "success"
    box.send()
    bench.clock.advance(85 * DAY_S)
    round_of(bench)
    assert box.send() == []


def test_the_daily_work_tells_them(make_bench):
    bench = make_bench(settings=MAIL, password_expires_s=90 * DAY_S)
    box = Mailbox(bench)
    bench.register("alice")
    box.send()
    bench.clock.advance(85 * DAY_S)
    for _ in range(2):
        bench.purge()
    assert len(box.send()) == 1
