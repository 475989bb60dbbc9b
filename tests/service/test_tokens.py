"""Tokens for other services: what is issued, and what the service says of them."""

import jwt
import pytest

from tests.service.harness import (
    STRONG,
    Bench,
    Message,
)
from tests.service.token_holders import (
    DAY_S,
    end_by_logout,
    feed,
    forged,
    member,
    must_renew,
    now,
    renewed,
    verifier,
    with_tokens,
)
from ums_service.domain.families import FAMILIES
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID

# --- what is issued ---


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
@pytest.mark.parametrize(
    ("profile", "access_s", "refresh_s"),
    [("standard", 900, 7 * DAY_S), ("hipaa", 3600, 30 * DAY_S)],
)
def test_an_access_token_says_who_where_and_how_long(
    make_bench, algorithm: str, profile: str, access_s: int, refresh_s: int
):
    settings = {
        "token_algorithm": algorithm,
        "token_issuer": "https://ums.example.org",
        "token_audience": "lab",
    }
    bench = make_bench(profile=profile, settings=settings)
    reply = member(bench, password=STRONG)
    assert (reply["token_type"], reply["expires_in"]) == ("Bearer", access_s)
    header = jwt.get_unverified_header(reply["access_token"])
    [key] = bench.ask(action="get_signing_keys")["keys"]
    assert header == {"alg": algorithm, "typ": "at+jwt", "kid": key["kid"]}
    bearer = verifier(bench).verify(reply["access_token"], now(bench))
    assert bearer.user_id == bench.user_id("alice")
    assert bearer.session_id == reply["session_id"]
    assert bearer.roles == ("user",)
    assert bearer.claims["iss"] == "https://ums.example.org"
    assert bearer.claims["aud"] == "lab"
    assert bearer.claims["nbf"] == bearer.issued_at == now(bench)
    assert bearer.expires_at == now(bench) + access_s
    again = with_tokens(bench, "alice", STRONG)
    assert verifier(bench).verify(again["access_token"], now(bench)).token_id != (
        bearer.token_id
    )
    bench.clock.advance(refresh_s - 1)
    reply = must_renew(bench, reply)
    assert reply["expires_in"] == 1  # not past the end of the family
    bench.clock.advance(1)
    assert renewed(bench, reply)["code"] == "INVALID_TOKEN"


def test_nobody_gets_tokens_who_does_not_ask(either: Bench):
    either.register("alice")
    reply = either.try_login("alice")
    assert not {"access_token", "refresh_token", "token_type"} & reply.keys()
    assert either.store.count(FAMILIES) == either.store.count(KEY_RINGS) == 0


def test_no_token_is_in_the_store_or_in_the_audit_log(standard: Bench):
    tokens = member(standard)
    renewed_tokens = must_renew(standard, tokens)
    stored = repr(list(standard.store.scan(FAMILIES))) + repr(standard.audit())
    documents = repr([standard.store.get_document(FAMILIES, standard.user_id("alice"))])
    for reply in (tokens, renewed_tokens):
        secret = reply["refresh_token"].rpartition(".")[2]
        for part in (secret, secret[:43], reply["access_token"]):
            assert part not in stored + documents
    assert "secret" not in repr(standard.store.get(FAMILIES, standard.user_id("alice")))
    ring = standard.store.get(KEY_RINGS, RING_ID)
    assert ring is not None
    assert "private" not in repr(ring)


# --- asking the service ---


def checked(bench: Bench, by: str, token: str) -> Message:
    return bench.ask(action="verify_session", session_token=by, token=token)


def test_the_service_tells_of_an_access_token_at_once_that_it_ended(standard: Bench):
    service, tokens = standard.member("bobby"), member(standard)
    reply = checked(standard, service, tokens["access_token"])
    assert reply == {
        "status": "success",
        "active": True,
        "user_id": standard.user_id("alice"),
        "username": "alice",
        "roles": ["user"],
        "session_id": tokens["session_id"],
        "expires_at": "2026-03-01T12:15:00+00:00",
        "methods": ["pwd"],
    }
    standard.restart()
    service = standard.login("bobby")
    assert checked(standard, service, tokens["access_token"])["active"]
    tokens = must_renew(standard, tokens)
    end_by_logout(standard, tokens)
    reply = checked(standard, service, tokens["access_token"])
    assert reply == {"status": "success", "active": False}


def test_the_service_believes_no_token_that_is_none(standard: Bench):
    service, tokens = standard.member("bobby"), member(standard)
    bad = [
        tokens["refresh_token"],
        forged(tokens["access_token"], alg="none"),
        forged(tokens["access_token"], kid="x"),
        tokens["access_token"][:-3] + "AAA",
        feed(standard)["revocations"],
        "eyJ",
        "",
        "x" * 43,
    ]
    for token in bad:
        assert checked(standard, service, token) == {
            "status": "success",
            "active": False,
        }
    standard.clock.advance(900)
    assert not checked(standard, service, tokens["access_token"])["active"]
