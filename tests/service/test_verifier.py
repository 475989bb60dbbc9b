"""Tokens verified elsewhere: what another service believes, and what not."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.service.harness import (
    Bench,
    Message,
)
from tests.service.token_holders import (
    feed,
    forged,
    member,
    now,
    verifier,
)
from ums_client.errors import (
    TokenExpired,
    TokenRefused,
    UnknownSigningKey,
)
from ums_client.verifier import TokenVerifier


def test_a_token_is_good_for_its_time_and_the_leeway(standard: Bench):
    token, at = member(standard)["access_token"], now(standard)
    check = verifier(standard, leeway_s=30)
    for good in (at - 30, at, at + 929):
        check.verify(token, good)
    for bad in (at - 31, at + 930):
        with pytest.raises(TokenExpired):
            check.verify(token, bad)


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"typ": "JWT"}, {"kid": "x"}],
    ids=str,
)
def test_another_header_is_refused(standard: Bench, header: Message):
    token = member(standard)["access_token"]
    with pytest.raises(TokenRefused):
        verifier(standard).verify(forged(token, **header), now(standard))


def test_a_token_signed_with_the_public_key_as_secret_is_refused(standard: Bench):
    token = member(standard)["access_token"]
    [key] = standard.ask(action="get_signing_keys")["keys"]
    claims = jwt.decode(token, options={"verify_signature": False})
    secret = jwt.utils.base64url_decode(key["x"])
    false = jwt.encode(claims, secret, "HS256", {"kid": key["kid"], "typ": "at+jwt"})
    with pytest.raises(TokenRefused):
        verifier(standard).verify(false, now(standard))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_a_changed_part_is_refused(standard: Bench, part: int):
    parts = member(standard)["access_token"].split(".")
    flipped = "B" if parts[part][10] != "B" else "C"
    parts[part] = parts[part][:10] + flipped + parts[part][11:]
    with pytest.raises(TokenRefused):
        verifier(standard).verify(".".join(parts), now(standard))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "eyJ.eyJ.x", "x" * 20_000, "☃.☃.☃"]
)
def test_what_is_no_token_is_refused(standard: Bench, text: str):
    member(standard)
    with pytest.raises(TokenRefused):
        verifier(standard).verify(text, now(standard))
    with pytest.raises(TokenRefused):
        verifier(standard).update(text)


@pytest.mark.parametrize(("issuer", "audience"), [("ums", "x"), ("x", "ums-services")])
def test_another_issuer_or_audience_is_refused(
    standard: Bench, issuer: str, audience: str
):
    token = member(standard)["access_token"]
    keys = standard.ask(action="get_signing_keys")["keys"]
    with pytest.raises(TokenRefused, match="issuer or audience"):
        TokenVerifier(keys, issuer, audience).verify(token, now(standard))


def test_a_list_of_revocations_is_no_access_token_and_the_reverse(standard: Bench):
    token = member(standard)["access_token"]
    check = verifier(standard)
    with pytest.raises(TokenRefused, match="another type"):
        check.verify(feed(standard)["revocations"], now(standard))
    with pytest.raises(TokenRefused, match="another type"):
        check.update(token)


def test_keys_of_other_kinds_are_left_aside():
    keys = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "alg": "EdDSA"},
    ]
    assert TokenVerifier(keys, "i", "a")._keys == {}


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u"])
def test_a_key_that_the_token_brings_along_is_not_believed(
    standard: Bench, header: str
):
    token = member(standard)["access_token"]
    key_id = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, options={"verify_signature": False})
    mine = Ed25519PrivateKey.generate()
    public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(mine.public_key()))
    brought = public if header == "jwk" else "https://attacker.example/keys"
    for kid, refusal in ((key_id, TokenRefused), ("mine", UnknownSigningKey)):
        headers = {"kid": kid, "typ": "at+jwt", header: brought}
        false = jwt.encode(claims, mine, "EdDSA", headers)
        with pytest.raises(refusal):
            verifier(standard).verify(false, now(standard))
