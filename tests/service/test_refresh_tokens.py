"""Refresh tokens: good once, answered again for a moment, and the end of a login when stolen."""

from dataclasses import replace

import pytest

from tests.service.harness import (
    GOOD,
    Bench,
    Message,
    update,
)
from tests.service.token_holders import (
    DAY_S,
    ELSEWHERE,
    MINUTE_S,
    alive,
    is_revoked,
    member,
    must_renew,
    now,
    renewed,
    verifier,
    with_tokens,
)
from ums_service.domain.families import FAMILIES
from ums_service.domain.refresh import RefreshToken


def test_a_refresh_token_is_good_once_and_its_successor_after_it(standard: Bench):
    first = member(standard)
    second = must_renew(standard, first)
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_id"] == first["session_id"]
    assert "session_token" not in second  # the session is still open
    standard.clock.advance(14 * MINUTE_S)
    third = must_renew(standard, second)
    bearer = verifier(standard).verify(third["access_token"], now(standard))
    assert bearer.expires_at == now(standard) + 900
    assert alive(standard, first)


def reuse_after_the_time(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.clock.advance(31)
    return renewed(bench, first)


def reuse_after_a_clock_jump(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.clock.set_wall_clock(-3600)
    return renewed(bench, first)


def reuse_from_elsewhere(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    return renewed(bench, first, source=ELSEWHERE)


def reuse_of_an_older_one(bench: Bench, first: Message) -> Message:
    must_renew(bench, must_renew(bench, first))
    return renewed(bench, first)


def reuse_after_a_restart(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.restart()
    bench.clock.advance(31)
    return renewed(bench, first)


@pytest.mark.parametrize(
    "reuse",
    [
        reuse_after_the_time,
        reuse_after_a_clock_jump,
        reuse_from_elsewhere,
        reuse_of_an_older_one,
        reuse_after_a_restart,
    ],
)
def test_a_spent_token_that_comes_again_ends_the_login(standard: Bench, reuse):
    first, other = member(standard), with_tokens(standard, "alice")
    current = replies = None

    def steal() -> None:
        nonlocal replies
        replies = reuse(standard, first)

    events = [e for e in standard.audited_by(steal) if e["event"] == "refresh_reuse"]
    assert replies == {
        "status": "error",
        "message": "Invalid or expired token",
        "code": "INVALID_TOKEN",
    }
    assert [e["details"] for e in events] == [{"session_id": first["session_id"]}]
    assert events[0]["subject"] == standard.user_id("alice")
    assert not alive(standard, first)
    assert is_revoked(standard, first)
    current = must_renew(standard, other)  # another login of the account goes on
    assert not is_revoked(standard, current)
    family = standard.store.get(FAMILIES, standard.user_id("alice"))
    assert [f.session_id for f in family.families] == [other["session_id"]]


def test_the_thief_and_the_owner_both_lose_what_the_thief_made(standard: Bench):
    first = member(standard)
    stolen = renewed(standard, first, source=ELSEWHERE)
    assert stolen["status"] == "success"  # the thief was faster
    assert renewed(standard, first)["code"] == "INVALID_TOKEN"
    assert renewed(standard, stolen, source=ELSEWHERE)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, stolen)


def test_a_repeated_request_gets_the_same_successor(standard: Bench):
    first = member(standard)
    second = must_renew(standard, first)
    standard.clock.advance(30)
    again = must_renew(standard, first)
    assert again["refresh_token"] == second["refresh_token"]
    assert must_renew(standard, again)["refresh_token"] != second["refresh_token"]


def test_a_repetition_after_a_restart_gets_the_same_session_too(standard: Bench):
    first = member(standard)
    standard.restart()
    second = must_renew(standard, first)  # its answer is lost
    again = must_renew(standard, first)
    assert again["refresh_token"] == second["refresh_token"]
    assert again["session_token"] == second["session_token"]
    assert len(standard.sessions) == 1
    standard.restart()
    third = must_renew(standard, first)
    assert third["session_token"] == second["session_token"]
    assert alive(standard, third)


def test_fifty_clients_with_one_token_rotate_it_once(standard: Bench):
    first = member(standard)
    standard.restart()
    request = {"action": "refresh_token", "refresh_token": first["refresh_token"]}
    replies = standard.ask_all([request] * 50)
    assert {reply["status"] for reply in replies} == {"success"}
    assert len({reply["refresh_token"] for reply in replies}) == 1
    assert len({reply["session_token"] for reply in replies}) == 1
    assert len(standard.sessions) == 1
    second = must_renew(standard, replies[0])
    assert second["refresh_token"] != replies[0]["refresh_token"]


def test_fifty_clients_from_two_places_end_the_login(standard: Bench):
    first = member(standard)
    request = {"action": "refresh_token", "refresh_token": first["refresh_token"]}
    standard.ask_all([request] * 25)
    replies = standard.ask_all([request] * 25, source=ELSEWHERE)
    assert {reply.get("code") for reply in replies} == {"INVALID_TOKEN"}
    assert not alive(standard, first)


def test_who_knows_the_ids_only_cannot_end_a_login(standard: Bench):
    first = member(standard)
    user_id, session_id, secret = first["refresh_token"].split(".")
    last = "A" if secret[-1] != "A" else "Q"
    guesses = [
        f"{user_id}.{session_id}.{'A' * 65}",
        f"{user_id}.{session_id}.{'A' * 43}{secret[43:]}",
        f"{user_id}.{session_id}.{secret[:-1]}{last}",
        f"{user_id}.{session_id}.{secret}A",
        f"{user_id}.{'A' * 22}.{secret}",
        f"{'0' * 36}.{session_id}.{secret}",
        f"{user_id}.{session_id}",
        f"{first['refresh_token']}.x",
        "..",
        "",
        "☃" * 80,
        first["access_token"][:256],
        first["session_token"],
    ]
    for guess in guesses:
        assert renewed(standard, {"refresh_token": guess})["code"] == "INVALID_TOKEN"
    assert must_renew(standard, first)
    assert alive(standard, first)


def test_a_token_of_one_family_is_none_of_another(standard: Bench):
    one, other = member(standard), with_tokens(standard, "alice")
    secret = one["refresh_token"].rpartition(".")[2]
    user_id = standard.user_id("alice")
    mixed = {"refresh_token": f"{user_id}.{other['session_id']}.{secret}"}
    assert renewed(standard, mixed)["code"] == "INVALID_TOKEN"
    assert must_renew(standard, other)


def test_a_refused_token_tells_nothing_apart(standard: Bench):
    first = member(standard)
    unknown = renewed(standard, {"refresh_token": f"{'0' * 36}.{'A' * 22}.{'A' * 65}"})
    must_renew(standard, must_renew(standard, first))
    assert renewed(standard, first) == unknown


def test_refreshing_outlives_the_session_and_a_restart(standard: Bench):
    tokens = member(standard)
    standard.clock.advance(DAY_S)  # the session is over, its tokens are not
    assert not alive(standard, tokens)
    tokens = must_renew(standard, tokens)
    assert alive(standard, tokens)
    standard.restart()
    assert not alive(standard, tokens)
    again = must_renew(standard, tokens)
    assert again["session_id"] == tokens["session_id"]
    assert again["session_token"] != tokens["session_token"]
    assert alive(standard, again)


def test_a_session_that_a_token_opened_is_no_proof_of_who_one_is(standard: Bench):
    tokens = member(standard)
    change = {"username": "alicia"}
    standard.restart()
    token = must_renew(standard, tokens)["session_token"]
    assert standard.ask(**update(token, **change))["code"] == (
        "REAUTHENTICATION_REQUIRED"
    )
    proof = {"action": "reauthenticate", "session_token": token, "password": GOOD}
    assert standard.ask(**proof)["status"] == "success"
    assert standard.ask(**update(token, **change))["status"] == "success"


def test_refreshing_keeps_the_session_in_use(standard: Bench):
    tokens = member(standard)
    session_token = tokens["session_token"]
    for _ in range(3):
        standard.clock.advance(7 * 3600)
        tokens = must_renew(standard, tokens)
    assert alive(standard, {"session_token": session_token})


@pytest.mark.parametrize("full_disk", [False, True])
def test_nothing_is_told_before_it_is_durable(full_disk: bool):
    import errno

    from tests.storage.doubles import Call, Fault, FaultyDisk
    from tests.storage.memory_disk import MemoryDisk

    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        first = member(bench)
        second = must_renew(bench, first) if not full_disk else None
        fault.number = fault.counts[Call.WRITE] + 1
        if second is not None:  # theft while the disk is full: nothing is handed out
            bench.clock.advance(31)
        assert renewed(bench, first)["code"] == "STORAGE_FULL"
        fault.mended = True
        assert alive(bench, first)
        if second is None:
            assert must_renew(bench, first)
        else:
            assert renewed(bench, first)["code"] == "INVALID_TOKEN"
            assert not alive(bench, first)


def test_the_parts_of_a_token_do_not_show_in_its_repr():
    token = RefreshToken("u", "s", "S" * 43, "T" * 22)
    assert "S" * 43 not in repr(token)
    assert "T" * 22 not in repr(token)
    assert RefreshToken.parse(token.text) == token
    assert replace(token, tag="x").text.endswith("Sx")


@pytest.mark.parametrize(("early_s", "good"), [(1, True), (0, False)])
def test_use_does_not_put_off_the_end_of_a_login(
    standard: Bench, early_s: int, good: bool
):
    tokens = member(standard)
    for _ in range(6):
        standard.clock.advance(DAY_S)
        tokens = must_renew(standard, tokens)
    standard.clock.advance(DAY_S - early_s)
    assert (renewed(standard, tokens)["status"] == "success") is good
