"""A new password by mail, or by a token that an administrator hands out."""

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, STRONG, Bench, login
from tests.service.mailbox import (
    DAY_S,
    HOUR_S,
    MAIL,
    Mailbox,
    code_in,
    planted_token,
)
from ums_service.domain.one_time import ONE_TIME, Purpose
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.users import USERS
from ums_service.starting.first_admin import recover

NEW = "another pass 1"
HERE = "203.0.113.1"


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    bench.register("alice")
    box = Mailbox(bench)
    box.send()
    box.received.clear()
    return box


def ask_for_reset(bench: Bench, name: str = "alice") -> dict:
    return bench.ask(action="request_password_reset", username=name)


def reset(bench: Bench, token: str, new: str = NEW, **more: str) -> dict:
    return bench.ask(action="reset_password", token=token, new_password=new, **more)


def token_by_mail(bench: Bench, box: Mailbox) -> str:
    ask_for_reset(bench)
    return box.code("alice@example.org", "Choose a new password")


def change_user(bench: Bench, name: str, **changes: object) -> None:
    async def change() -> None:
        user = bench.user(name)._replace(**changes)
        async with bench.store.transaction() as tx:
            tx.put(USERS, user)

    bench.run(change())


def test_a_mail_leads_to_a_new_password(bench: Bench, box: Mailbox):
    reply = reset(bench, token_by_mail(bench, box))
    assert reply["status"] == "success"
    assert "session_token" not in reply
    assert bench.try_login("alice", GOOD)["code"] == "INVALID_CREDENTIALS"
    assert bench.try_login("alice", NEW)["status"] == "success"
    assert [m["Subject"] for m in box.send()] == ["Your password was changed"]


def test_the_mail_address_will_do_for_a_name(bench: Bench, box: Mailbox):
    bench.ask(action="request_password_reset", email=" Alice@Example.org ")
    assert box.code("alice@example.org")


def test_the_answer_tells_nothing_about_accounts(bench: Bench, box: Mailbox):
    bench.register("bobby")
    change_user(bench, "bobby", status="suspended")
    box.send()
    sizes, replies = [], []
    for name in ("alice", "bobby", "nobody", "no@example.org", "alice"):
        before = bench.store.head.sequence
        replies.append(ask_for_reset(bench, name))
        sizes.append(bench.store.head.sequence - before)
    assert all(reply == replies[0] for reply in replies)
    assert sizes == [1] * 5
    arrived = box.send()
    assert {m["To"] for m in arrived if "Choose" in m["Subject"]} == {"alice@example.org"}  # fmt: skip
    assert bench.store.count(OUTBOX) == 0


def test_a_token_is_good_once(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    assert reset(bench, token)["status"] == "success"
    assert reset(bench, token, "another pass 2")["code"] == "INVALID_LINK"
    assert bench.try_login("alice", NEW)["status"] == "success"


def test_fifty_at_once_are_one(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    message = {"action": "reset_password", "token": token}
    messages = [message | {"new_password": f"another pass {n}"} for n in range(50)]
    replies = bench.ask_all(messages)
    codes = [reply.get("code", "success") for reply in replies]
    assert codes.count("success") == 1
    assert set(codes) <= {"success", "INVALID_LINK", "BUSY"}
    winner = messages[codes.index("success")]["new_password"]
    assert bench.try_login("alice", winner)["status"] == "success"


@pytest.mark.parametrize(("after_s", "code"), [(HOUR_S - 1, None), (HOUR_S, "INVALID_LINK")])  # fmt: skip
def test_a_token_is_good_for_an_hour(
    bench: Bench, box: Mailbox, after_s: int, code: str | None
):
    token = token_by_mail(bench, box)
    bench.clock.advance(after_s)
    assert reset(bench, token).get("code") == code


def test_the_hour_begins_when_the_mail_leaves(bench: Bench, box: Mailbox):
    ask_for_reset(bench)
    bench.clock.advance(2 * HOUR_S)
    token = box.code("alice@example.org")
    assert reset(bench, token)["status"] == "success"


def test_a_clock_set_back_does_not_prolong_a_token(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    bench.clock.set_wall_clock(-DAY_S)
    assert reset(bench, token)["code"] == "INVALID_LINK"


def test_a_token_survives_a_restart(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    bench.restart()
    assert reset(bench, token)["status"] == "success"
    bench.restart()
    assert reset(bench, token)["code"] == "INVALID_LINK"


def test_a_newer_mail_voids_the_older(bench: Bench, box: Mailbox):
    older, newer = token_by_mail(bench, box), token_by_mail(bench, box)
    assert reset(bench, older)["code"] == "INVALID_LINK"
    assert reset(bench, newer)["status"] == "success"


def test_a_password_changed_meanwhile_voids_the_token(bench: Bench, box: Mailbox):
    token, alice = token_by_mail(bench, box), bench.login("alice")
    bench.clock.advance(1)
    changed = bench.ask(
        action="change_password",
        session_token=alice,
        current_password=GOOD,
        new_password="another pass 2",
    )
    assert changed["status"] == "success"
    assert reset(bench, token)["code"] == "INVALID_LINK"


def test_an_address_changed_meanwhile_voids_the_token(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    change_user(bench, "alice", email="other@example.org")
    assert reset(bench, token)["code"] == "INVALID_LINK"


@pytest.mark.parametrize("change", [{"status": "inactive"}, {"status": "suspended"}])
def test_an_account_that_is_not_in_use_gets_no_password(
    bench: Bench, box: Mailbox, change: dict
):
    token = token_by_mail(bench, box)
    change_user(bench, "alice", **change)
    assert reset(bench, token)["code"] == "INVALID_LINK"
    ask_for_reset(bench)
    assert box.send() == []


def test_tokens_of_others_and_nonsense_are_refused(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    bench.register("bobby")
    user_id, secret = token.split(".")
    bobby = bench.user_id("bobby")
    for wrong in ("", ".", token[:-1], f"{bobby}.{secret}", f"{user_id}.", secret, f"{user_id}.{'A' * 43}", "x" * 256):  # fmt: skip
        reply = reset(bench, wrong)
        assert (reply["code"], reply["message"]) == (
            "INVALID_LINK",
            "The link or code is not valid, or not any more",
        )
    assert reset(bench, token)["status"] == "success"


def test_a_password_that_breaks_the_rules_leaves_the_token_good(
    bench: Bench, box: Mailbox
):
    token = token_by_mail(bench, box)
    assert reset(bench, token, "short")["code"] == "POLICY_VIOLATION"
    assert reset(bench, token, "alice-and-more")["code"] == "POLICY_VIOLATION"
    assert reset(bench, token)["status"] == "success"


def test_every_session_ends(bench: Bench, box: Mailbox):
    tokens = [bench.login("alice") for _ in range(3)]
    reply = reset(bench, token_by_mail(bench, box))
    assert reply["sessions_ended"] == 3
    for token in tokens:
        shown = bench.ask(action="get_user", session_token=token)
        assert shown["code"] == "INVALID_SESSION"


def test_who_resets_is_no_longer_shut_out(bench: Bench, box: Mailbox):
    for _ in range(5):
        bench.try_login("alice", "wrong", HERE)
    token = token_by_mail(bench, box)
    assert bench.try_login("alice", GOOD, HERE)["code"] == "INVALID_CREDENTIALS"
    reply = bench.ask(source=HERE, action="reset_password", token=token, new_password=NEW)  # fmt: skip
    assert reply["status"] == "success"
    assert bench.try_login("alice", NEW, HERE)["status"] == "success"


def test_who_had_the_mail_owns_the_address(bench: Bench, box: Mailbox):
    assert not bench.user("alice").email_verified
    reset(bench, token_by_mail(bench, box))
    assert bench.user("alice").email_verified


def test_an_account_gets_three_such_mails_an_hour(bench: Bench, box: Mailbox):
    for _ in range(5):
        ask_for_reset(bench)
        box.send()
    assert len(box.received) == 3
    box.restart()
    ask_for_reset(bench)
    assert box.send() == []
    bench.clock.advance(HOUR_S)
    ask_for_reset(bench)
    assert len(box.send()) == 1


def test_one_address_asks_three_times_an_hour(bench: Bench, box: Mailbox):
    replies = [
        bench.ask(source=HERE, action="request_password_reset", username=name)
        for name in ("alice", "bobby", "nobody", "alice")
    ]
    assert [r.get("code") for r in replies] == [None, None, None, "RATE_LIMITED"]
    assert replies[3]["retry_after"] > 0


def test_without_a_mail_server_it_says_so_and_nothing_of_accounts(standard: Bench):
    standard.register("alice")
    known, unknown = ask_for_reset(standard), ask_for_reset(standard, "nobody")
    assert known == unknown
    assert known["code"] == "NOT_CONFIGURED"


def test_each_step_is_audited_and_no_token_is_in_it(bench: Bench, box: Mailbox):
    entries = bench.audited_by(lambda: reset(bench, token_by_mail(bench, box)))
    told = [(e["event"], e["outcome"], e.get("subject")) for e in entries]
    alice = bench.user_id("alice")
    assert told == [
        ("password_reset_requested", "done", alice),
        ("mail_sent", "done", alice),
        ("password_reset", "done", alice),
    ]
    secret = code_in(box.received[0]).partition(".")[2]
    assert secret not in repr([entry.data for entry in bench.audit()])


def test_spent_links_are_purged_and_those_of_erased_accounts(make_bench):
    bench = make_bench(settings=MAIL, deleted_kept_s=0)
    box = Mailbox(bench)
    for name in ("alice", "bobby"):
        bench.register(name)
        ask_for_reset(bench, name)
    box.send()
    assert bench.store.count(ONE_TIME) == 2
    bobby = bench.login("bobby")
    gone = bench.ask(action="delete_user", session_token=bobby, password=GOOD)
    assert gone["status"] == "success"
    assert bench.store.count(ONE_TIME) == 1
    bench.purge()
    assert bench.store.count(ONE_TIME) == 1
    bench.clock.advance(HOUR_S)
    bench.purge()
    assert bench.store.count(ONE_TIME) == 0


# --- handed out by an administrator ---


@pytest.mark.parametrize("profile", ["standard", "hipaa", "compat"])
def test_an_administrator_hands_out_a_token_where_there_is_no_mail(
    make_bench, profile: str
):
    bench = make_bench(profile=profile)
    bench.register("alice", STRONG)
    admin, alice = bench.admin(), bench.user_id("alice")
    password = "admin123" if profile == "compat" else "Chosen-By-Myself-1!"
    issue = {
        "action": "issue_link",
        "session_token": admin,
        "user_id": alice,
        "password": password,
    }
    [entry] = bench.audited_by(lambda: bench.ask(**issue, purpose="reset"))
    assert (entry["event"], entry["subject"]) == ("link_issued", alice)
    assert entry["details"] == {"purpose": "reset"}
    token = bench.ask(**issue, purpose="reset")["token"]
    new = "Quite-Another-77!"
    assert reset(bench, token, new)["status"] == "success"
    assert bench.try_login("alice", new)["status"] == "success"
    assert not bench.user("alice").email_verified
    token = bench.ask(**issue, purpose="verify")["token"]
    assert reset(bench, token, new)["code"] == "INVALID_LINK"
    assert bench.ask(action="verify_email", token=token)["status"] == "success"
    assert bench.user("alice").email_verified


def test_only_administrators_hand_out_tokens_and_prove_themselves(standard: Bench):
    alice, admin = standard.member("alice"), standard.admin()
    issue = {"action": "issue_link", "user_id": standard.user_id("alice"), "purpose": "reset"}  # fmt: skip
    assert standard.ask(**issue, session_token=alice)["code"] == "PERMISSION_DENIED"
    assert "token" in standard.ask(**issue, session_token=admin)
    standard.clock.advance(16 * 60)
    old = standard.ask(**issue, session_token=admin)
    assert old["code"] == "REAUTHENTICATION_REQUIRED"
    wrong = standard.ask(**issue, session_token=admin, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    nobody = issue | {"user_id": "0" * 36}
    assert standard.ask(**nobody, session_token=admin)["code"] == "NOT_FOUND"


def test_a_lost_answer_is_repeated_with_the_key(bench: Bench, box: Mailbox):
    token = token_by_mail(bench, box)
    first = reset(bench, token, idempotency_key="k" * 20)
    assert reset(bench, token, idempotency_key="k" * 20) == first
    assert first["status"] == "success"


def test_a_login_under_way_meets_the_new_password(bench: Bench, box: Mailbox):
    """Whichever commits first, no session of the old password is left."""
    token = token_by_mail(bench, box)
    message = {"action": "reset_password", "token": token, "new_password": NEW}
    replies = bench.ask_all([login("alice"), message, login("alice")])
    assert replies[1]["status"] == "success"
    for reply in (replies[0], replies[2]):
        if reply["status"] == "success":
            old = {"action": "get_user", "session_token": reply["session_token"]}
            assert bench.ask(**old)["code"] == "INVALID_SESSION"


def test_who_is_recovered_by_the_operator_has_no_link_left(bench: Bench):
    bench.admin()
    token = planted_token(bench, "admin", Purpose.RESET)
    revert = planted_token(bench, "admin", Purpose.REVERT_ADDRESS)
    admin, tx = bench.user("admin"), bench.store.transaction()
    bench.clock.advance(1)
    now = bench.clock.now
    bench.run(recover(tx, admin, admin.password_hash, bench.profile, now))
    bench.run(tx.commit())
    assert reset(bench, token)["code"] == "INVALID_LINK"
    taken_back = bench.ask(action="revert_email", token=revert)
    assert taken_back["code"] == "INVALID_LINK"


def test_a_new_password_still_wants_the_second_factor(bench: Bench, box: Mailbox):
    set_up(bench, bench.login("alice"))
    box.send()
    box.received.clear()
    assert reset(bench, token_by_mail(bench, box))["status"] == "success"
    assert bench.try_login("alice", NEW)["code"] == "MFA_REQUIRED"
