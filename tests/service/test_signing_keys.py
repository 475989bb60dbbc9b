"""Keys that sign tokens: made once, renewed, dropped, and never told."""

import jwt
import pytest

from tests.service.harness import (
    Bench,
    Message,
    login,
)
from tests.service.token_holders import (
    DAY_S,
    member,
    must_renew,
    now,
    verifier,
    with_tokens,
)
from ums_client.errors import (
    UnknownSigningKey,
)
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID


def test_the_keys_are_made_once_by_many_at_once(standard: Bench):
    standard.register("alice")
    standard.register("bobby")
    asked = [login(name) for name in ("alice", "bobby") * 3]
    for message in asked:
        message["credentials"]["tokens"] = True
    replies = standard.ask_all(asked)
    assert {reply["status"] for reply in replies} == {"success"}
    assert len(standard.ask(action="get_signing_keys")["keys"]) == 1
    check = verifier(standard)
    for reply in replies:
        check.verify(reply["access_token"], now(standard))


def test_there_are_no_keys_before_the_first_token(standard: Bench):
    told = standard.ask(action="get_signing_keys")
    assert (told["keys"], told["algorithms"]) == ([], [])


def test_no_private_part_is_told(make_bench):
    for algorithm in ("EdDSA", "RS256"):
        bench = make_bench(settings={"token_algorithm": algorithm})
        member(bench)
        [key] = bench.ask(action="get_signing_keys")["keys"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert (key["alg"], key["use"]) == (algorithm, "sig")


def rotate(bench: Bench, **more) -> Message:
    return bench.ask(action="rotate_signing_key", session_token=bench.admin(), **more)


def test_tokens_of_the_old_key_stay_good_until_they_expire(standard: Bench):
    old = member(standard)
    stale = verifier(standard)
    key_id = rotate(standard)["key_id"]
    new = with_tokens(standard, "alice")
    assert jwt.get_unverified_header(new["access_token"])["kid"] == key_id
    fresh = verifier(standard)
    fresh.verify(old["access_token"], now(standard))
    fresh.verify(new["access_token"], now(standard))
    with pytest.raises(UnknownSigningKey):
        stale.verify(new["access_token"], now(standard))
    told = standard.ask(action="get_signing_keys")
    stale.replace_keys(told["keys"])
    stale.verify(new["access_token"], now(standard))
    ring = standard.store.get(KEY_RINGS, RING_ID)
    assert [bool(key.private) for key in ring.keys] == [True, False]
    standard.clock.advance(900 + 120)
    assert [k["kid"] for k in standard.ask(action="get_signing_keys")["keys"]] == (
        [key_id]
    )
    standard.purge()
    assert len(standard.store.get(KEY_RINGS, RING_ID).keys) == 1


def test_a_compromised_key_is_dropped_at_once(standard: Bench):
    old = member(standard)
    rotate(standard, compromised=True)
    with pytest.raises(UnknownSigningKey):
        verifier(standard).verify(old["access_token"], now(standard))
    token = old["session_token"]
    reply = standard.ask(
        action="verify_session", session_token=token, token=old["access_token"]
    )
    assert reply == {"status": "success", "active": False}
    assert must_renew(standard, old)


def test_a_key_is_renewed_when_it_is_ninety_days_old(standard: Bench):
    member(standard)
    [first] = standard.ask(action="get_signing_keys")["keys"]

    standard.clock.advance(90 * DAY_S - 1)
    assert standard.audited_by(standard.purge) == []
    standard.clock.advance(1)
    [entry] = standard.audited_by(standard.purge)
    assert entry["event"] == "signing_key_rotated"
    new, old = standard.ask(action="get_signing_keys")["keys"]
    assert old == first
    assert entry["details"] == {"key_id": new["kid"]}
    assert standard.audited_by(standard.purge) == []


def test_another_algorithm_takes_another_key(standard: Bench):
    old = member(standard)
    standard.restart(token_algorithm="RS256")
    new = with_tokens(standard, "alice")
    check = verifier(standard)
    check.verify(old["access_token"], now(standard))
    check.verify(new["access_token"], now(standard))
    assert jwt.get_unverified_header(new["access_token"])["alg"] == "RS256"


def test_keys_survive_a_restart(standard: Bench):
    old = member(standard)
    standard.restart()
    verifier(standard).verify(old["access_token"], now(standard))


def test_only_a_fresh_administrator_rotates(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")

    def code(token: str) -> str | None:
        reply = standard.ask(action="rotate_signing_key", session_token=token)
        return reply.get("code")

    assert code(alice) == "PERMISSION_DENIED"
    assert code(admin) is None
    standard.clock.advance(601)
    assert code(admin) == "REAUTHENTICATION_REQUIRED"
