"""Mail addresses: verified, changed at once or after an answer, changed back."""

import pytest

from tests.service.harness import GOOD, STRONG, Bench, creation, login, update
from tests.service.mailbox import (
    HOUR_S,
    MAIL,
    Mailbox,
    code_in,
    has_code,
    text_of,
)
from tests.service.test_password_reset import reset
from ums_service.domain.sessions import Purpose as TokenPurpose
from ums_service.mail.outcomes import TryLater

OLD, NEW_ADDRESS = "alice@example.org", "new@example.org"
NEW = "another pass 1"
TAKEN_BACK = "Your mail address was changed"


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def hipaa_bench(make_bench) -> Bench:
    return make_bench(profile="hipaa", settings=MAIL)


def verify(bench: Bench, token: str) -> dict:
    return bench.ask(action="verify_email", token=token)


def revert(bench: Bench, token: str) -> dict:
    return bench.ask(action="revert_email", token=token)


def lock_down(bench: Bench, **fields: str) -> dict:
    return bench.ask(action="lock_down", **fields)


def change_at_once(bench: Bench, token: str, email: str = NEW_ADDRESS) -> dict:
    reply = bench.ask(**update(token, email=email))
    assert reply["status"] == "success", reply
    return reply


# --- at registration ---


def test_hipaa_lets_nobody_in_before_the_address_is_verified(hipaa_bench: Bench):
    box = Mailbox(hipaa_bench)
    hipaa_bench.register("alice", STRONG)
    refused = hipaa_bench.try_login("alice", STRONG)
    assert refused["code"] == "EMAIL_NOT_VERIFIED"
    assert hipaa_bench.try_login("alice", "wrong")["code"] == "INVALID_CREDENTIALS"
    token = box.code(OLD, "Please verify")
    assert verify(hipaa_bench, token)["email"] == OLD
    assert hipaa_bench.user("alice").email_verified
    assert hipaa_bench.try_login("alice", STRONG)["status"] == "success"
    assert verify(hipaa_bench, token)["code"] == "INVALID_LINK"
    assert [m["Subject"] for m in box.send()] == ["Welcome to UMS"]


def test_the_first_administrator_gets_in_without_mail(hipaa_bench: Bench):
    assert hipaa_bench.admin()


def test_without_a_mailer_hipaa_asks_for_no_verification(hipaa: Bench):
    assert hipaa.member("alice", STRONG)


def test_standard_lets_people_in_and_welcomes_them(bench: Bench):
    box = Mailbox(bench)
    assert bench.member("alice")
    assert [m["Subject"] for m in box.send()] == ["Welcome to UMS"]


@pytest.mark.parametrize(("after_h", "ok"), [(47, True), (48, False)])
def test_a_link_to_verify_is_good_for_two_days(
    hipaa_bench: Bench, after_h: int, ok: bool
):
    box = Mailbox(hipaa_bench)
    hipaa_bench.register("alice", STRONG)
    token = box.code(OLD)
    hipaa_bench.clock.advance(after_h * HOUR_S)
    assert (verify(hipaa_bench, token)["status"] == "success") == ok


def test_another_link_can_be_asked_for_without_telling_who_exists(hipaa_bench: Bench):
    box = Mailbox(hipaa_bench)
    hipaa_bench.register("alice", STRONG)
    first = box.code(OLD)
    asked = [
        hipaa_bench.ask(action="resend_verification", email=email)
        for email in (OLD, "nobody@example.org", "no address")
    ]
    assert asked[0] == asked[1] == asked[2]
    second = box.code(OLD)
    assert len(box.received) == 2
    assert verify(hipaa_bench, first)["code"] == "INVALID_LINK"
    assert verify(hipaa_bench, second)["status"] == "success"
    hipaa_bench.ask(action="resend_verification", email=OLD)
    assert [m["Subject"] for m in box.send()] == ["Welcome to UMS"]


def test_a_token_to_verify_resets_no_password(hipaa_bench: Bench):
    box = Mailbox(hipaa_bench)
    hipaa_bench.register("alice", STRONG)
    assert reset(hipaa_bench, box.code(OLD), STRONG)["code"] == "INVALID_LINK"


# --- pending until the new address answers ---


def test_change_email_waits_for_the_new_address(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    change = {"action": "change_email", "session_token": alice}
    wrong = bench.ask(**change, new_email=NEW_ADDRESS, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    asked = bench.ask(**change, new_email=" New@Example.org", password=GOOD)
    assert asked["pending_email"] == NEW_ADDRESS
    assert bench.user("alice").email == OLD
    token = box.code(NEW_ADDRESS, "Please verify")
    assert verify(bench, token)["email"] == NEW_ADDRESS
    user = bench.user("alice")
    assert (user.email, user.email_verified) == (NEW_ADDRESS, True)
    assert [m["To"] for m in box.send() if m["Subject"] == TAKEN_BACK] == [OLD]
    assert bench.ask(action="get_user", session_token=alice)["status"] == "success"


@pytest.mark.parametrize(
    ("email", "code"),
    [("bobby@example.org", "CONFLICT"), (OLD, "INVALID_REQUEST"), ("none", "INVALID_REQUEST")],
)  # fmt: skip
def test_addresses_that_cannot_be_had(bench: Bench, email: str, code: str):
    alice = bench.member("alice")
    bench.register("bobby")
    reply = bench.ask(action="change_email", session_token=alice, new_email=email, password=GOOD)  # fmt: skip
    assert reply["code"] == code


def test_an_address_taken_meanwhile_stays_with_who_has_it(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    bench.ask(action="change_email", session_token=alice, new_email=NEW_ADDRESS, password=GOOD)  # fmt: skip
    token = box.code(NEW_ADDRESS)
    bench.register("newcomer", email=NEW_ADDRESS)
    assert verify(bench, token)["code"] == "CONFLICT"
    assert bench.user("alice").email == OLD


def test_a_password_changed_meanwhile_voids_the_change(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    bench.ask(action="change_email", session_token=alice, new_email=NEW_ADDRESS, password=GOOD)  # fmt: skip
    token = box.code(NEW_ADDRESS)
    bench.clock.advance(1)
    changed = update(alice, password=NEW, current_password=GOOD)
    assert bench.ask(**changed)["status"] == "success"
    assert verify(bench, token)["code"] == "INVALID_LINK"


def test_two_accounts_that_want_one_address_both_get_a_mail(bench: Bench):
    box = Mailbox(bench)
    for name in ("alice", "bobby"):
        token = bench.member(name)
        bench.ask(action="change_email", session_token=token, new_email=NEW_ADDRESS, password=GOOD)  # fmt: skip
    box.send()
    mails = [m for m in box.received if m["To"] == NEW_ADDRESS]
    assert len(mails) == 2


def test_update_user_of_hipaa_waits_for_the_new_address(hipaa_bench: Bench):
    box = Mailbox(hipaa_bench)
    hipaa_bench.register("alice", STRONG)
    verify(hipaa_bench, box.code(OLD))
    alice = hipaa_bench.login("alice", STRONG)
    unproved = hipaa_bench.ask(**update(alice, email=NEW_ADDRESS))
    assert unproved["code"] == "REAUTHENTICATION_REQUIRED"
    change = update(alice, email=NEW_ADDRESS, city="Oxford", current_password=STRONG)
    reply = hipaa_bench.ask(**change)
    assert (reply["pending_email"], reply["user"]["email"]) == (NEW_ADDRESS, OLD)
    assert reply["user"]["city"] == "Oxford"
    verify(hipaa_bench, box.code(NEW_ADDRESS))
    assert hipaa_bench.user("alice").email == NEW_ADDRESS


# --- at once, and back ---


def test_update_user_of_standard_changes_at_once_and_tells_both(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    box.send()
    reply = change_at_once(bench, alice)
    assert (reply["user"]["email"], reply["user"]["email_verified"]) == (NEW_ADDRESS, False)  # fmt: skip
    assert "pending_email" not in reply
    told = {m["To"]: m for m in box.send()}
    assert {to: m["Subject"] for to, m in told.items()} == {
        OLD: TAKEN_BACK,
        NEW_ADDRESS: "Please verify your mail address",
    }
    assert "n***@example.org" in text_of(told[OLD])
    verify(bench, code_in(told[NEW_ADDRESS]))
    assert bench.user("alice").email_verified


def test_the_old_address_takes_the_change_back_and_the_account_with_it(bench: Bench):
    """Somebody with the session and the password has changed everything."""
    box, thief = Mailbox(bench), bench.member("alice")
    change_at_once(bench, thief)
    box.send()
    bench.ask(**update(thief, password=NEW, current_password=GOOD))
    bench.ask(action="request_password_reset", username="alice")
    thieves_link = box.code(NEW_ADDRESS, "Choose")
    token = box.code(OLD, TAKEN_BACK)

    assert revert(bench, token)["email"] == OLD

    assert bench.user("alice").email == OLD
    shown = bench.ask(action="get_user", session_token=thief)
    assert shown["code"] == "INVALID_SESSION"
    assert bench.try_login("alice", NEW)["code"] == "RESET_REQUIRED"
    assert bench.try_login("alice", GOOD)["code"] == "INVALID_CREDENTIALS"
    assert reset(bench, thieves_link)["code"] == "INVALID_LINK"
    mine = box.code(OLD, "Choose a new password")
    assert reset(bench, mine, "mine again 1")["status"] == "success"
    assert bench.try_login("alice", "mine again 1")["status"] == "success"
    assert revert(bench, token)["code"] == "INVALID_LINK"


def test_a_second_change_does_not_void_the_way_back(bench: Bench):
    box, thief = Mailbox(bench), bench.member("alice")
    change_at_once(bench, thief)
    change_at_once(bench, thief, "second@example.org")
    box.send()
    bench.clock.advance(300)
    change_at_once(bench, thief, "third@example.org")
    box.send()
    [first] = [m for m in box.received if m["To"] == OLD and m["Subject"] == TAKEN_BACK]
    others = [m for m in box.received if m["Subject"] == TAKEN_BACK and m["To"] != OLD]
    assert len(others) == 2
    assert not any(has_code(m) for m in others)
    assert revert(bench, code_in(first))["email"] == OLD


def test_the_way_back_is_kept_while_its_mail_is_late(bench: Bench):
    box, thief = Mailbox(bench), bench.member("alice")
    box.send()
    box.failure = TryLater("450 later")
    change_at_once(bench, thief)
    box.send()
    box.failure = None
    change_at_once(bench, thief, "second@example.org")
    box.send()
    bench.clock.advance(300)
    box.send()
    assert revert(bench, box.code(OLD, TAKEN_BACK))["email"] == OLD


def test_the_same_address_left_twice_still_leads_back(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    for email in (NEW_ADDRESS, OLD, "third@example.org"):
        change_at_once(bench, alice, email)
    assert revert(bench, box.code(OLD, TAKEN_BACK))["email"] == OLD


@pytest.mark.parametrize(("after_h", "ok"), [(71, True), (72, False)])
def test_the_way_back_is_open_for_three_days(bench: Bench, after_h: int, ok: bool):
    box, alice = Mailbox(bench), bench.member("alice")
    change_at_once(bench, alice)
    token = box.code(OLD, TAKEN_BACK)
    bench.clock.advance(after_h * HOUR_S)
    assert (revert(bench, token)["status"] == "success") == ok


def test_an_old_address_that_somebody_has_now_is_not_taken_from_them(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    change_at_once(bench, alice)
    token = box.code(OLD, TAKEN_BACK)
    bench.register("newcomer", email=OLD)
    assert revert(bench, token)["code"] == "CONFLICT"
    assert bench.user("newcomer").email == OLD


# --- locked down ---


def test_who_finds_a_stranger_in_their_account_shuts_it(bench: Bench):
    box, mine = Mailbox(bench), bench.member("alice")
    thief = bench.login("alice")
    unproved = lock_down(bench, session_token=mine)
    assert unproved["code"] == "REAUTHENTICATION_REQUIRED"
    wrong = lock_down(bench, session_token=mine, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    assert lock_down(bench)["code"] == "INVALID_SESSION"
    reply = lock_down(bench, session_token=mine, password=GOOD)
    assert reply["sessions_ended"] == 2
    for token in (mine, thief):
        shown = bench.ask(action="get_user", session_token=token)
        assert shown["code"] == "INVALID_SESSION"
    assert bench.try_login("alice")["code"] == "RESET_REQUIRED"
    bench.restart()
    assert bench.try_login("alice")["code"] == "RESET_REQUIRED"
    box.restart()
    assert reset(bench, box.code(OLD, "Choose"))["status"] == "success"
    assert bench.try_login("alice", NEW)["status"] == "success"


def test_a_mail_about_the_account_shuts_it_without_the_password(bench: Bench):
    box, thief = Mailbox(bench), bench.member("alice")
    bench.ask(**update(thief, password=NEW, current_password=GOOD))
    token = box.code(OLD, "Your password was changed")
    bench.clock.advance(1)
    bench.ask(**update(thief, password="third pass 1", current_password=NEW))
    bench.clock.advance(400)
    later = box.code(OLD, "Your password was changed")
    assert later != token
    assert lock_down(bench, token=token)["status"] == "success"
    assert bench.try_login("alice", "third pass 1")["code"] == "RESET_REQUIRED"
    assert lock_down(bench, token=later)["code"] == "INVALID_LINK"


def test_locking_down_takes_a_changed_address_back(bench: Bench):
    """The link is in an earlier mail; a reset must not go to the thief's address."""
    box, thief = Mailbox(bench), bench.member("alice")
    bench.ask(**update(thief, password=NEW, current_password=GOOD))
    token = box.code(OLD, "Your password was changed")
    change_at_once(bench, thief)
    pending = {"action": "change_email", "session_token": thief}
    bench.ask(**pending, new_email="third@example.org", password=NEW)
    assert lock_down(bench, token=token)["status"] == "success"
    box.send()
    assert bench.user("alice").email == OLD
    resets = [m for m in box.received if m["Subject"] == "Choose a new password"]
    assert [m["To"] for m in resets] == [OLD]
    thieves = [m for m in box.received if m["To"] == "third@example.org"]
    assert all(verify(bench, code_in(m))["code"] == "INVALID_LINK" for m in thieves)
    assert reset(bench, code_in(resets[0]), "mine again 1")["status"] == "success"


def test_a_token_to_lock_down_does_nothing_else(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    bench.ask(**update(alice, password=NEW, current_password=GOOD))
    token = box.code(OLD, "Your password was changed")
    assert reset(bench, token)["code"] == "INVALID_LINK"
    assert verify(bench, token)["code"] == "INVALID_LINK"
    assert revert(bench, token)["code"] == "INVALID_LINK"


def test_an_administrator_hands_out_the_way_back_in(bench: Bench):
    alice, admin = bench.member("alice"), bench.admin()
    lock_down(bench, session_token=alice, password=GOOD)
    issued = bench.ask(action="issue_link", session_token=admin, user_id=bench.user_id("alice"), purpose="reset")  # fmt: skip
    assert reset(bench, issued["token"])["status"] == "success"
    assert bench.try_login("alice", NEW)["status"] == "success"


def test_a_login_that_races_a_lock_down_opens_nothing_that_stays(bench: Bench):
    alice = bench.member("alice")
    shut = {"action": "lock_down", "session_token": alice, "password": GOOD}
    replies = bench.ask_all([login("alice"), shut, login("alice")])
    assert replies[1]["status"] == "success"
    for reply in (replies[0], replies[2]):
        token = reply.get("session_token", "none")
        shown = bench.ask(action="get_user", session_token=token)
        assert shown["code"] == "INVALID_SESSION"


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "resend_verification", "email": OLD},
        {"action": "revert_email", "token": "x"},
        {"action": "lock_down", "password": GOOD},
        {"action": "change_email", "new_email": NEW_ADDRESS, "password": GOOD},
        {"action": "test_mail"},
    ],
    ids=lambda request_: request_["action"],
)
def test_without_a_mail_server_flows_that_need_it_say_so(
    standard: Bench, request_: dict
):
    alice = standard.member("alice")
    admin = update(standard.admin(), standard.user_id("alice"), role="admin")
    assert standard.ask(**admin)["status"] == "success"
    reply = standard.ask(**request_, session_token=alice)
    assert reply["code"] == "NOT_CONFIGURED"


def test_the_account_that_a_refused_change_was_for_gets_no_mail(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    bench.register("bobby")
    box.send()
    refused = bench.ask(**update(alice, email="bobby@example.org"))
    assert refused["code"] == "CONFLICT"
    assert bench.ask(**creation("alice"))["code"] == "CONFLICT"
    assert box.send() == []


def test_the_first_administrator_without_an_address_cannot_shut_themselves_out(
    bench: Bench,
):
    box, admin = Mailbox(bench), bench.admin()
    reply = lock_down(bench, session_token=admin, password="Chosen-By-Myself-1!")
    assert reply["code"] == "NOT_CONFIGURED"
    assert box.send() == []  # nor is the changed password told to admin@localhost


def test_administrators_see_that_an_account_is_locked_down(bench: Bench):
    alice, admin = bench.member("alice"), bench.admin()
    lock_down(bench, session_token=alice, password=GOOD)
    shown = bench.ask(
        action="get_user", session_token=admin, user_id=bench.user_id("alice")
    )
    assert shown["user"]["locked_down"] is True


def test_a_token_to_change_the_password_is_no_way_around_a_lock_down(bench: Bench):
    """A login that was checked before the lock-down may hand one out after it."""
    alice = bench.member("alice")
    lock_down(bench, session_token=alice, password=GOOD)
    bench.sessions.open(
        "late",
        bench.user_id("alice"),
        bench.clock.now,
        purpose=TokenPurpose.PASSWORD_CHANGE,
        address="127.0.0.1",
    )
    changed = bench.ask(
        action="change_password",
        password_change_token="late",
        current_password=GOOD,
        new_password=NEW,
    )
    assert changed["code"] == "INVALID_SESSION"


def test_a_lock_down_uses_up_the_way_back(bench: Bench):
    box, alice = Mailbox(bench), bench.member("alice")
    change_at_once(bench, alice)
    token = box.code(OLD, TAKEN_BACK)
    lock_down(bench, session_token=alice, password=GOOD)
    assert bench.user("alice").email == OLD
    assert revert(bench, token)["code"] == "INVALID_LINK"


# --- wrong passwords ---


def test_the_owner_is_told_once_that_somebody_was_shut_out(bench: Bench):
    box = Mailbox(bench)
    bench.register("alice")
    box.send()
    for number in range(8):
        before = bench.store.head.sequence
        bench.try_login("alice", "wrong", "203.0.113.1")
        assert bench.store.head.sequence == before + 1, number
        assert len(box.waiting()) == (number >= 4)
    [message] = box.send()
    assert message["Subject"] == "Too many wrong passwords"
    assert "30 minutes" in text_of(message)
    assert "203.0.113.1" in text_of(message)
    for _ in range(8):
        bench.try_login("nobody", "wrong", "203.0.113.1")
    assert box.send() == []
