"""What can be done with sessions: see them, check them, prove oneself, end them."""

import errno

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, Message, login, update
from tests.service.token_holders import is_revoked, member, must_renew, renewed
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.chores.evictions import Evictions
from ums_service.domain.sessions import EVICTED_MAX, Evicted, Reason

HOUR_S = 3600
FROM = "198.51.100.7"


def alive(bench: Bench, token: str) -> bool:
    return bench.ask(action="get_user", session_token=token)["status"] == "success"


def listed(bench: Bench, token: str, **more) -> list[Message]:
    reply = bench.ask(action="list_sessions", session_token=token, **more)
    assert reply["status"] == "success", reply
    return list(reply["sessions"])


def revoke(bench: Bench, token: str, **more) -> Message:
    return bench.ask(action="revoke_session", session_token=token, **more)


def verified(bench: Bench, by: str, **more) -> Message:
    return bench.ask(action="verify_session", session_token=by, **more)


# --- verify_session ---


def test_a_session_is_verified_with_all_that_a_service_needs(standard: Bench):
    standard.register("alice")
    reply = standard.try_login("alice")
    expected = {
        "status": "success",
        "active": True,
        "user_id": standard.user_id("alice"),
        "username": "alice",
        "roles": ["user"],
        "session_id": reply["session_id"],
        "expires_at": reply["session_expires_at"],
        "methods": ["pwd"],
    }
    token = reply["session_token"]
    assert verified(standard, token) == expected
    other = standard.member("bobby")
    assert verified(standard, other, token=token) == expected
    assert verified(standard, other)["username"] == "bobby"


def test_two_sessions_of_one_account_are_told_apart(standard: Bench):
    one, other = standard.member("alice"), standard.login("alice")
    ids = [verified(standard, token)["session_id"] for token in (one, other, one)]
    assert ids[0] == ids[2] != ids[1]


def test_a_changed_account_is_told_at_once(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    assert verified(standard, alice)["roles"] == ["user"]
    standard.ask(**update(alice, username="alicia"))
    standard.ask(**update(admin, standard.user_id("alicia"), role="moderator"))
    reply = verified(standard, alice)
    assert (reply["username"], reply["roles"]) == ("alicia", ["moderator"])


def test_an_ended_session_is_not_active(standard: Bench):
    service, alice = standard.member("bobby"), standard.member("alice")
    standard.clock.advance(7 * HOUR_S)
    assert verified(standard, service, token=alice)["active"]  # and it is used by that
    standard.clock.advance(7 * HOUR_S)
    assert verified(standard, service, token=alice)["active"]
    standard.ask(action="logout", session_token=alice)
    inactive = {"status": "success", "active": False}
    assert verified(standard, service, token=alice) == inactive
    assert verified(standard, service, token="x" * 43) == inactive
    assert verified(standard, alice)["code"] == "INVALID_SESSION"


def test_verifying_leaves_no_entry(standard: Bench):
    alice = standard.member("alice")
    assert standard.audited_by(lambda: verified(standard, alice)) == []
    assert standard.audited_by(lambda: verified(standard, alice, token=alice)) == []


# --- list_sessions ---


def test_the_list_shows_every_login_and_which_is_this(standard: Bench):
    standard.register("alice")
    said = {"user_agent": "Mozilla/5.0", "device_name": "Alice's laptop"}
    first = standard.ask(**login("alice"), client=said, source=FROM)
    standard.clock.advance(60)
    second = standard.login("alice")
    standard.clock.advance(60)
    assert alive(standard, first["session_token"])
    standard.clock.advance(1)
    assert listed(standard, second) == [
        {
            "session_id": first["session_id"],
            "created_at": "2026-03-01T12:00:00.000000+00:00",
            "last_used_at": "2026-03-01T12:02:00+00:00",
            "expires_at": first["session_expires_at"],
            "address": FROM,
            "user_agent": "Mozilla/5.0",
            "device_name": "Alice's laptop",
            "methods": ["pwd"],
            "has_tokens": False,
            "is_current": False,
        },
        {
            "session_id": verified(standard, second)["session_id"],
            "created_at": "2026-03-01T12:01:00.000000+00:00",
            "last_used_at": "2026-03-01T12:02:01+00:00",
            "expires_at": "2026-03-02T12:01:00+00:00",
            "address": "127.0.0.1",
            "user_agent": "",
            "device_name": "",
            "methods": ["pwd"],
            "has_tokens": False,
            "is_current": True,
        },
    ]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Firefox", ("", "")),
        ([], ("", "")),
        ({"user_agent": 7, "device_name": None}, ("", "")),
        ({"user_agent": "a\nb\x00c\u202ed", "device_name": " x "}, ("abcd", "x")),
        ({"user_agent": "y" * 999, "ip": "203.0.113.1"}, ("y" * 255, "")),
        ({"device_name": "z" * 999}, ("", "z" * 100)),
    ],
    ids=str,
)
def test_what_a_client_says_of_itself_is_cut_and_never_refused(
    standard: Bench, said: object, shown: tuple[str, str]
):
    standard.register("alice")
    token = standard.ask(**login("alice"), client=said)["session_token"]
    [entry] = listed(standard, token)
    assert (entry["user_agent"], entry["device_name"]) == shown
    assert entry["address"] == "127.0.0.1"


def test_no_token_is_in_the_list(standard: Bench):
    tokens = member(standard)
    shown = str(listed(standard, tokens["session_token"]))
    for name in ("session_token", "refresh_token", "access_token"):
        assert tokens[name] not in shown


def test_a_login_that_tokens_can_open_again_stays_in_the_list(standard: Bench):
    tokens = member(standard)
    standard.restart()
    standard.clock.advance(1)
    token = standard.login("alice")
    asleep, here = listed(standard, token)
    assert asleep["session_id"] == tokens["session_id"]
    assert (asleep["has_tokens"], asleep["is_current"]) == (True, False)
    assert asleep["expires_at"] == tokens["refresh_expires_at"]
    again = must_renew(standard, tokens)
    opened, here_again = listed(standard, token)
    assert opened["session_id"] == tokens["session_id"]
    assert opened["created_at"] == asleep["created_at"]
    assert here_again["session_id"] == here["session_id"]
    assert revoke(standard, token, session_id=tokens["session_id"])["revoked"] == 1
    assert renewed(standard, again)["code"] == "INVALID_TOKEN"
    assert len(listed(standard, token)) == 1


def test_ended_sessions_are_not_listed(standard: Bench):
    standard.member("alice")
    standard.clock.advance(8 * HOUR_S)
    token = standard.login("alice")
    assert [entry["is_current"] for entry in listed(standard, token)] == [True]


def test_an_administrator_sees_those_of_another_and_that_is_audited(standard: Bench):
    admin, _ = standard.admin(), standard.member("alice")
    alice_id = standard.user_id("alice")
    [entry] = standard.audited_by(lambda: listed(standard, admin, user_id=alice_id))
    assert (entry["event"], entry["subject"]) == ("sessions_listed", alice_id)
    [shown] = listed(standard, admin, user_id=alice_id)
    assert not shown["is_current"]
    unknown = standard.ask(action="list_sessions", session_token=admin, user_id="0" * 8)
    assert unknown["code"] == "NOT_FOUND"


# --- revoke_session and logout ---


def test_one_session_ends_and_the_others_go_on(standard: Bench):
    mine, other = standard.member("alice"), standard.login("alice")
    other_id = verified(standard, other)["session_id"]
    [entry] = standard.audited_by(lambda: revoke(standard, mine, session_id=other_id))
    assert (entry["event"], entry["details"]) == (
        "session_revoked",
        {"session_id": other_id},
    )
    assert alive(standard, mine)
    assert not alive(standard, other)
    again = revoke(standard, mine, session_id=other_id)
    assert (again["code"], again["message"]) == ("NOT_FOUND", "No such session")


@pytest.mark.parametrize("except_current", [False, True])
def test_all_sessions_end_or_all_others(standard: Bench, except_current: bool):
    mine, *others = [
        standard.member("alice"), standard.login("alice"), standard.login("alice"),
    ]  # fmt: skip
    tokens = member(standard, "bobby")
    reply = revoke(standard, mine, all=True, except_current=except_current)
    assert reply["revoked"] == 3 - except_current
    assert alive(standard, mine) is except_current
    assert not any(alive(standard, token) for token in others)
    assert alive(standard, tokens["session_token"])


def test_nobody_ends_a_session_of_somebody_else(standard: Bench):
    mine, other = standard.member("alice"), standard.member("bobby")
    other_id = verified(standard, other)["session_id"]
    assert revoke(standard, mine, session_id=other_id)["code"] == "NOT_FOUND"
    bobby_id = standard.user_id("bobby")
    reply = revoke(standard, mine, session_id=other_id, user_id=bobby_id)
    assert reply["code"] == "PERMISSION_DENIED"
    assert alive(standard, other)
    admin = standard.admin()
    reply = revoke(standard, admin, session_id=other_id, user_id=bobby_id)
    assert reply["revoked"] == 1
    assert not alive(standard, other)
    assert alive(standard, admin)


@pytest.mark.parametrize("which", [{}, {"all": True, "session_id": "x"}], ids=str)
def test_revoking_says_which_or_all(standard: Bench, which: Message):
    reply = revoke(standard, standard.member("alice"), **which)
    assert reply["code"] == "INVALID_REQUEST"


def test_the_current_session_is_kept_also_when_it_is_named(standard: Bench):
    mine = standard.member("alice")
    own_id = verified(standard, mine)["session_id"]
    reply = revoke(standard, mine, session_id=own_id, except_current=True)
    assert reply["revoked"] == 0
    assert alive(standard, mine)
    assert revoke(standard, mine, session_id=own_id)["revoked"] == 1
    assert not alive(standard, mine)


def test_revoking_with_a_key_is_answered_again_after_its_own_end(standard: Bench):
    mine = standard.member("alice")
    request = {"all": True, "idempotency_key": "k" * 16}
    first = revoke(standard, mine, **request)
    assert revoke(standard, mine, **request) == first


def test_logout_of_all_sessions_says_how_many(standard: Bench):
    mine, other = standard.member("alice"), standard.login("alice")
    reply = standard.ask(action="logout", session_token=mine, all_sessions=True)
    assert reply["sessions_ended"] == 2
    assert not alive(standard, mine)
    assert not alive(standard, other)


def test_logout_of_all_sessions_has_the_originals_reply(compat: Bench):
    mine, other = compat.member("alice"), compat.login("alice")
    reply = compat.ask(action="logout", session_token=mine, all_sessions=True)
    assert reply == {"status": "success", "message": "Logged out successfully"}
    assert not alive(compat, other)


# --- making room ---


def test_who_makes_room_is_entered_in_the_log_soon_after(make_bench):
    bench = make_bench(sessions_per_user=2)
    bench.register("alice")
    first = bench.try_login("alice")
    bench.login("alice")

    def evict() -> None:
        bench.login("alice")

    assert [e["event"] for e in bench.audited_by(evict)] == ["login"]
    rounds = Evictions(bench.store, bench.sessions)

    def note() -> None:
        bench.do(rounds.round)

    [entry] = bench.audited_by(note)
    assert (entry["event"], entry["subject"]) == (
        "session_evicted",
        bench.user_id("alice"),
    )
    assert entry["details"] == {
        "session_id": first["session_id"],
        "reason": "limit_of_account",
    }
    assert bench.audited_by(note) == []


def test_what_made_room_for_a_plain_login_loses_its_tokens(make_bench):
    bench = make_bench(sessions_per_user=2)
    tokens = member(bench)
    bench.login("alice")
    bench.login("alice")
    bench.do(Evictions(bench.store, bench.sessions).round)
    assert renewed(bench, tokens)["code"] == "INVALID_TOKEN"
    assert is_revoked(bench, tokens)


def test_what_made_room_in_a_full_service_can_be_opened_again(make_bench):
    bench = make_bench(settings={"sessions_max": 1})
    tokens = member(bench)
    bench.member("bobby")
    note = Evictions(bench.store, bench.sessions).round
    [entry] = bench.audited_by(lambda: bench.do(note))
    assert entry["details"]["reason"] == "limit_of_service"
    assert alive(bench, must_renew(bench, tokens)["session_token"])


def test_entries_of_who_made_room_wait_for_the_disk():
    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault), sessions_per_user=1) as bench:
        bench.member("alice")
        ids = [listed(bench, bench.login("alice"))[0]["session_id"] for _ in range(3)]
        note = Evictions(bench.store, bench.sessions).round
        fault.number = fault.counts[Call.WRITE] + 1
        bench.do(note)
        fault.mended = True
        entries = bench.audited_by(lambda: bench.do(note))
        assert [e["details"]["session_id"] for e in entries[1:]] == ids[:2]
        assert len(entries) == 3


def test_the_list_of_who_made_room_is_bounded(standard: Bench):
    sessions = standard.sessions
    many = [Evicted("u", str(n), Reason.SERVICE) for n in range(EVICTED_MAX)]
    sessions.put_back_evicted(many)
    sessions.put_back_evicted([Evicted("u", "late", Reason.SERVICE)])
    taken = sessions.take_evicted(most=EVICTED_MAX + 1)
    assert taken == many


# --- recent proof ---


@pytest.mark.parametrize(("age_s", "fresh"), [(600, True), (601, False)])
def test_a_proof_is_recent_for_ten_minutes(standard: Bench, age_s: int, fresh: bool):
    alice = standard.member("alice")
    standard.clock.advance(age_s)
    reply = standard.ask(**update(alice, username="alicia"))
    assert (reply.get("code") == "REAUTHENTICATION_REQUIRED") is not fresh


def test_a_proof_is_renewed_for_one_session_only(standard: Bench):
    mine, other = standard.member("alice"), standard.login("alice")
    standard.clock.advance(700)
    proof = {"action": "reauthenticate", "session_token": mine}
    reply = standard.ask(**proof, password=GOOD)
    assert reply["fresh_until"] == "2026-03-01T12:21:40+00:00"
    assert standard.ask(**update(mine, username="alicia"))["status"] == "success"
    refused = standard.ask(**update(other, username="alison"))
    assert refused["code"] == "REAUTHENTICATION_REQUIRED"


def test_a_wrong_password_proves_nothing_and_is_counted(standard: Bench):
    alice = standard.member("alice")
    standard.clock.advance(700)
    proof = {"action": "reauthenticate", "session_token": alice}
    for _ in range(5):
        reply = standard.ask(**proof, password="wrong")
        assert reply["code"] == "INVALID_CREDENTIALS"
    assert standard.ask(**proof, password=GOOD)["code"] == "INVALID_CREDENTIALS"
    reply = standard.ask(**update(alice, username="alicia"))
    assert reply["code"] == "REAUTHENTICATION_REQUIRED"


def test_where_there_is_a_factor_the_password_alone_is_no_proof(standard: Bench):
    alice = standard.member("alice")
    phone = set_up(standard, alice)
    proof = {"action": "reauthenticate", "session_token": alice, "password": GOOD}
    standard.clock.advance(600)
    assert standard.ask(**proof)["status"] == "success"  # proved when it was set up
    standard.clock.advance(601)
    assert standard.ask(**proof)["code"] == "REAUTHENTICATION_REQUIRED"
    wrong = standard.ask(**proof, mfa_code="000000")
    assert wrong["code"] == "INVALID_MFA_CODE"
    refused = standard.ask(**update(alice, username="alicia"))
    assert refused["code"] == "REAUTHENTICATION_REQUIRED"
    code = phone.code()
    assert standard.ask(**proof, mfa_code=code)["status"] == "success"
    assert standard.ask(**update(alice, username="alicia"))["status"] == "success"
    again = standard.ask(**proof | {"session_token": alice}, mfa_code=code)
    assert again["code"] == "INVALID_MFA_CODE"  # a code is good once


def test_the_clock_on_the_wall_makes_no_proof_recent(standard: Bench):
    alice = standard.member("alice")
    standard.clock.advance(700)
    standard.clock.set_wall_clock(-700)
    reply = standard.ask(**update(alice, username="alicia"))
    assert reply["code"] == "REAUTHENTICATION_REQUIRED"


# --- binding to an address ---


def test_a_bound_session_ends_when_it_comes_from_elsewhere(make_bench):
    bench = make_bench(session_binding="address")
    tokens = member(bench)
    token = tokens["session_token"]
    assert alive(bench, token)
    replies = []

    def move() -> None:
        moved = {"action": "get_user", "session_token": token}
        replies.append(bench.ask(source=FROM, **moved))

    entries = [e for e in bench.audited_by(move) if e["event"] == "session_moved"]
    assert replies[0]["code"] == "INVALID_SESSION"
    assert [(e["address"], e.get("actor"), e["details"]) for e in entries] == [
        (
            FROM,
            None,
            {"session_id": tokens["session_id"], "opened_from": "127.0.0.1"},
        )
    ]
    assert not alive(bench, token)
    assert renewed(bench, tokens)["code"] == "INVALID_TOKEN"
    assert is_revoked(bench, tokens)


def test_a_bound_refresh_token_ends_when_it_comes_from_elsewhere(make_bench):
    bench = make_bench(session_binding="address")
    tokens = member(bench)
    entries = bench.audited_by(lambda: renewed(bench, tokens, source=FROM))
    assert [entry["event"] for entry in entries] == ["session_moved", "token_refreshed"]
    assert renewed(bench, tokens)["code"] == "INVALID_TOKEN"
    assert not alive(bench, tokens["session_token"])


def test_a_service_may_ask_about_a_bound_session_from_where_it_is(make_bench):
    bench = make_bench(session_binding="address")
    alice = bench.member("alice")
    bench.register("bobby")
    service = bench.login("bobby", source=FROM)
    asked = {"action": "verify_session", "session_token": service, "token": alice}
    assert bench.ask(source=FROM, **asked)["active"]
    assert alive(bench, alice)


def test_an_unbound_session_may_roam(standard: Bench):
    alice = standard.member("alice")
    moved = {"action": "get_user", "session_token": alice}
    assert standard.ask(source=FROM, **moved)["status"] == "success"
