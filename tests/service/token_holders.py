"""Programs that hold tokens for other services, and services that verify them."""

import json

import jwt

from tests.service.harness import (
    GOOD,
    Bench,
    Message,
    login,
)
from ums_client.errors import (
    TokenRevoked,
)
from ums_client.verifier import TokenVerifier

MINUTE_S, DAY_S = 60, 86_400
ELSEWHERE = "198.51.100.9"
NEW = "another pass 1"


def with_tokens(bench: Bench, name: str, password: str = GOOD, **more) -> Message:
    """The reply to a login that asks for tokens."""
    asked = login(name, password)
    asked["credentials"]["tokens"] = True
    reply = bench.ask(**asked, **more)
    assert reply["status"] == "success", reply
    return reply


def member(bench: Bench, name: str = "alice", password: str = GOOD) -> Message:
    bench.register(name, password)
    return with_tokens(bench, name, password)


def renewed(bench: Bench, tokens: Message, **more) -> Message:
    return bench.ask(
        action="refresh_token", refresh_token=tokens["refresh_token"], **more
    )


def must_renew(bench: Bench, tokens: Message) -> Message:
    reply = renewed(bench, tokens)
    assert reply["status"] == "success", reply
    return reply


def alive(bench: Bench, tokens: Message) -> bool:
    reply = bench.ask(action="get_user", session_token=tokens["session_token"])
    return bool(reply["status"] == "success")


def verifier(bench: Bench, **more) -> TokenVerifier:
    told = bench.ask(action="get_signing_keys")
    return TokenVerifier(told["keys"], told["issuer"], told["audience"], **more)


def now(bench: Bench) -> int:
    return bench.clock.now.epoch_s


def feed(bench: Bench, after: int = 0) -> Message:
    return bench.ask(action="get_revocations", after=after)


def is_revoked(bench: Bench, tokens: Message) -> bool:
    """What a verifier that starts now says of the access token."""
    check = verifier(bench)
    check.update(feed(bench)["revocations"])
    token = tokens["access_token"]
    made_at = jwt.decode(token, options={"verify_signature": False})["iat"]
    try:
        check.verify(token, made_at)
    except TokenRevoked:
        return True
    return False


def forged(token: str, **header: str) -> str:
    """The same claims under another header, unsigned."""
    parts = token.split(".")
    plain = jwt.get_unverified_header(token) | header
    first = jwt.utils.base64url_encode(json.dumps(plain).encode()).decode()
    return ".".join([first, *parts[1:]])


def end_by_logout(bench: Bench, tokens: Message) -> Message:
    return bench.ask(action="logout", session_token=tokens["session_token"])
