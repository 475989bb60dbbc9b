"""Replies keep what their classes promise, in both encodings."""

import json
from itertools import count

import pytest

from tests.service.harness import (
    Bench,
    Message,
)
from tests.service.sample_requests import PRIVATE_KEY, PROFILES, mailing, requests
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_success_is_exactly_valid_for_its_class(make_bench, profile: str):
    bench = mailing(make_bench, profile)
    asked = requests(bench)
    assert set(asked) == set(ACTION_BY_NAME)
    for name, request in asked.items():
        kind = ACTION_BY_NAME[name].request.reply_type()
        reply = bench.ask(**request)
        assert reply.pop("status") == kind.status_word, name
        typed = kind.model_validate(reply, strict=True)
        assert typed.model_dump(exclude_unset=True) == reply, name


def test_the_note_about_ignored_fields_is_valid_for_all_original_replies(
    make_bench,
):
    bench = mailing(make_bench)
    for name, request in requests(bench).items():
        kind = ACTION_BY_NAME[name].request
        noise = {"colour": "red"} if kind.original else {}
        reply = bench.ask(**request, **noise)
        assert reply.get("ignored", []) == list(noise), name
        kind.reply_type().model_validate(reply, strict=True)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_action_echoes_the_id_of_its_request(make_bench, profile: str):
    bench = mailing(make_bench, profile)
    for number, (name, request) in enumerate(requests(bench).items()):
        assert bench.ask(**request, request_id=number)["request_id"] == number, name


FAULTY = [
    {"action": "fly"},
    {"action": 7},
    {"action": "get_user"},
    {"action": "get_user", "session_token": 7},
    {"action": "login", "credentials": 7},
    {"action": "login", "idempotency_key": "short"},
    {},
]


@pytest.mark.parametrize("request_id", [0, "", 1, -(2**53), "a", "x" * 128], ids=repr)
@pytest.mark.parametrize("message", FAULTY, ids=str)
def test_every_refusal_echoes_the_id_of_its_request(
    standard: Bench, message: Message, request_id: object
):
    reply = standard.ask(**message, request_id=request_id)
    assert reply["status"] == "error"
    assert reply["request_id"] == request_id


@pytest.mark.parametrize(
    "request_id", [True, 1.5, [], {}, 2**53 + 1, "x" * 129], ids=repr
)
def test_what_is_no_id_is_refused_and_not_echoed(standard: Bench, request_id: object):
    reply = standard.ask(action="health_check", request_id=request_id)
    assert reply["code"] == "INVALID_REQUEST"
    assert "request_id" not in reply


def shape_of(value: object) -> object:
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return type(value)


def make_predictable(bench: Bench) -> None:
    """Two benches that are asked the same give out the same tokens, ids and keys."""
    facilities, numbers = bench.service.facilities, count()
    for name, chars in (
        ("new_token", 43),
        ("new_user_id", 32),
        ("new_session_id", 22),
        ("new_device_id", 32),
        ("new_lab_id", 32),
        ("new_key_id", 16),
    ):
        made = lambda chars=chars: f"{next(numbers):0{chars}}"  # noqa: E731
        object.__setattr__(facilities, name, made)
    facilities.tokens._new_id = facilities.new_session_id
    facilities.tokens.new_private_key = lambda _: PRIVATE_KEY


def test_a_reply_to_msgpack_says_the_same_as_one_to_json(make_bench):
    import msgpack

    drawn = {
        "force_password_change",
        "setup_mfa",
        "confirm_mfa",
        "regenerate_backup_codes",
        "begin_passkey_enrolment",
        "finish_passkey_enrolment",
        "begin_passkey_login",
        "export_users",
        "get_bulk_job",  # how far it is by then
        "list_imports",  # who imported: a random id
    }
    measured = {"health_check", "get_metrics", "compact_store"}
    replies: list[dict[str, Message]] = []
    for to_bytes, from_bytes in (
        (lambda m: json.dumps(m).encode(), json.loads),
        (msgpack.packb, msgpack.unpackb),
    ):
        bench = mailing(make_bench, "compat")
        make_predictable(bench)
        asked = requests(bench).items()
        told = {
            n: from_bytes(bench.ask_bytes(to_bytes(request))) for n, request in asked
        }
        first = bench.user_id("admin")  # made before anything could be foretold
        replies.append(json.loads(json.dumps(told).replace(first, "the first one")))
    for name in ACTION_BY_NAME:
        both = [of_one_encoding[name] for of_one_encoding in replies]
        if name.endswith("_audit"):  # it tells random ids, or digests of them
            both = [shape_of(reply) for reply in both]
        assert both[0]["status"] == both[1]["status"], name
        # secrets are drawn anew each time, and no two measurements are the same
        same = list if name in drawn | measured else dict
        assert same(both[0]) == same(both[1]), name
