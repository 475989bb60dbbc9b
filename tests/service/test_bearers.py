"""An access token where a session token is asked for."""

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, Message, update


def tokens(bench: Bench, name: str = "alice") -> Message:
    bench.register(name)
    credentials = {"username": name, "password": GOOD, "tokens": True}
    return bench.ask(action="login", credentials=credentials)


def get(bench: Bench, token: str) -> Message:
    return bench.ask(action="get_user", session_token=token)


def test_an_access_token_does_what_an_open_session_can(standard: Bench):
    made = tokens(standard)
    assert get(standard, made["access_token"])["user"]["username"] == "alice"
    changed = standard.ask(**update(made["access_token"], city="Oxford"))
    assert changed["status"] == "success"
    listed = standard.ask(action="list_sessions", session_token=made["access_token"])
    assert [session["is_current"] for session in listed["sessions"]] == [True]


def test_it_ends_with_its_session_at_once(standard: Bench):
    made = tokens(standard)
    standard.ask(action="logout", session_token=made["session_token"])
    assert get(standard, made["access_token"])["code"] == "INVALID_SESSION"
    other = tokens(standard, "bobby")
    standard.ask(action="logout", session_token=other["access_token"])
    assert get(standard, other["session_token"])["code"] == "INVALID_SESSION"


def test_it_ends_with_its_time_and_with_the_service(standard: Bench):
    made = tokens(standard)
    standard.clock.advance(15 * 60 + 60)
    assert get(standard, made["access_token"])["code"] == "INVALID_SESSION"
    assert get(standard, made["session_token"])["status"] == "success"
    other = tokens(standard, "bobby")
    standard.restart()
    assert get(standard, other["access_token"])["code"] == "INVALID_SESSION"
    refresh = {"action": "refresh_token", "refresh_token": other["refresh_token"]}
    renewed = standard.ask(**refresh)["access_token"]
    assert get(standard, renewed)["status"] == "success"


def test_it_is_never_a_proof_of_the_last_minutes(standard: Bench):
    made = tokens(standard)
    rename = update(made["access_token"], username="alicia")
    assert standard.ask(**rename)["code"] == "REAUTHENTICATION_REQUIRED"
    own = update(made["session_token"], username="alicia")
    assert standard.ask(**own)["status"] == "success"


def test_a_factor_proved_in_its_session_is_not_proved_for_it(standard: Bench):
    made = tokens(standard)
    set_up(standard, made["session_token"])
    access = standard.ask(action="refresh_token", refresh_token=made["refresh_token"])
    remove = {"action": "disable_mfa", "password": GOOD}
    refused = standard.ask(**remove, session_token=access["access_token"])
    assert refused["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.ask(**remove, session_token=made["session_token"])["status"] == (
        "success"
    )


@pytest.mark.parametrize("change", ["signature", "payload", "feed"])
def test_what_was_altered_or_is_no_access_token_is_refused(
    standard: Bench, change: str
):
    head, payload, signature = tokens(standard)["access_token"].split(".")
    if change == "signature":
        signature = ("A" if signature[0] != "A" else "B") + signature[1:]
    elif change == "payload":
        payload = payload[:-4] + "AAAA"
    token = f"{head}.{payload}.{signature}"
    if change == "feed":
        token = standard.ask(action="get_revocations")["revocations"]
    assert get(standard, token)["code"] == "INVALID_SESSION"
