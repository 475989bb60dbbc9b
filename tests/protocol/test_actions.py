"""The table of actions agrees with itself and with the classes it names."""

import pytest

from ums_client.protocol.actions import (
    ACTION_BY_NAME,
    ACTION_BY_REQUEST,
    ACTIONS,
    Access,
    Audit,
    Rate,
    Repeat,
)
from ums_client.protocol.errors import ErrorCode
from ums_client.protocol.message import Reply
from ums_client.protocol.policies import UpdatePolicy

by_name = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)

CHANGE_NOTHING = {Rate.READ, Rate.CHECK}
OF_POLICIES = set(UpdatePolicy.model_fields)
"""What labs ask of passwords, and no password."""


def test_names_and_requests_are_unique():
    assert len(ACTION_BY_NAME) == len(ACTION_BY_REQUEST) == len(ACTIONS)


@by_name
def test_a_name_is_the_name_of_its_request_in_snake_case(action):
    words = action.name.split("_")
    assert action.request.__name__ == "".join(word.capitalize() for word in words)


@by_name
def test_a_request_names_its_reply_and_says_what_it_does(action):
    reply = action.request.reply_type()
    assert issubclass(reply, Reply)
    assert reply.__name__ == f"{action.request.__name__}Reply"
    assert action.request.__doc__
    assert reply.__doc__


@by_name
def test_what_may_be_repeated_freely_is_a_read_and_the_reverse(action):
    once_more = action.name == "refresh_token"  # its repetition gets the same answer
    changes_nothing = action.rate in CHANGE_NOTHING or once_more
    assert (action.repeat is Repeat.SAFE) == changes_nothing


@by_name
def test_what_changes_something_is_audited(action):
    if action.rate not in CHANGE_NOTHING:
        assert action.audit is not Audit.NONE


@by_name
def test_a_row_is_complete(action):
    assert isinstance(action.access, Access)
    assert isinstance(action.rate, Rate)
    assert isinstance(action.audit, Audit)
    assert isinstance(action.repeat, Repeat)


@by_name
def test_secret_fields_are_kept_out_of_repr(action):
    reply = action.request.reply_type()
    for model in (action.request, reply):
        for name, field in model.model_fields.items():
            if field.annotation is bool or name.startswith("must_"):
                continue
            if name.endswith(("_at", "_in_days")) or name in OF_POLICIES:
                continue
            if "password" in name or name.endswith("token"):
                assert field.repr is False, f"{model.__name__}.{name}"


@by_name
def test_no_field_has_the_name_of_a_key_of_the_envelope(action):
    envelope = {"action", "session_token", "request_id", "idempotency_key", "client"}
    assert not envelope & set(action.request.model_fields)


@by_name
def test_what_stands_beside_a_wrapper_is_a_field(action):
    assert action.request.outer <= set(action.request.model_fields)
    assert action.request.wrapper is not None or not action.request.outer


def test_a_code_is_upper_case_and_has_a_sentence():
    for code in ErrorCode:
        assert code.value == code.name == code.name.upper()
        assert code.meaning.endswith(".")


@pytest.mark.parametrize("code", ErrorCode)
def test_a_code_is_text_and_can_be_found_by_it(code):
    assert f"{code}" == code.value
    assert ErrorCode(code.value) is code
