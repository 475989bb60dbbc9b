"""Requests and their envelope: what is taken, what is refused, and by which name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums_client.protocol.accounts import (
    CreateUser,
    DeleteUser,
    GetUser,
    ListUsers,
    UpdateUser,
)
from ums_client.protocol.codec import Encoding, decode, encode
from ums_client.protocol.errors import InvalidMessage
from ums_client.protocol.message import Envelope, open_envelope, request_id_of
from ums_client.protocol.passwords import ChangePassword
from ums_client.protocol.sessions import Login


def test_the_fields_of_a_wrapped_action_travel_inside_its_wrapper():
    request = UpdateUser(user_id="a1", city="Ulm", notes=None)
    assert request.fields() == {
        "user_id": "a1",
        "update_data": {"city": "Ulm", "notes": None},
    }
    assert Login(username="a", password="b").fields() == {
        "credentials": {"username": "a", "password": "b"}
    }
    assert GetUser().fields() == {}


def test_what_was_not_given_does_not_travel():
    assert UpdateUser().fields() == {"update_data": {}}
    assert ListUsers(page=2).fields() == {"page": 2}


line = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60
)
profile = {
    "full_name": line,
    "phone": line,
    "city": line,
    "date_of_birth": line,
    "notes": st.text(st.sampled_from("ab\t\n\r\N{SNOWMAN}"), max_size=60),
    "username": line,
    "email": line,
    "password": st.text(st.characters(codec="utf-8"), max_size=60),
    "metadata": st.dictionaries(
        line,
        st.none() | st.booleans() | st.integers(-5, 5) | st.lists(line, max_size=2),
    ),
}
page = st.integers(1, 100)
requests = st.one_of(
    st.builds(
        lambda given: CreateUser(**given), st.fixed_dictionaries({}, optional=profile)
    ),
    st.builds(
        lambda given: UpdateUser(**given),
        st.fixed_dictionaries({}, optional={**profile, "user_id": st.just("a-1")}),
    ),
    st.builds(ListUsers, page=page, page_size=page),
    st.builds(Login, username=line, password=line),
    st.builds(DeleteUser, password=line),
    st.builds(ChangePassword, current_password=line, new_password=line),
)


@given(requests, st.sampled_from(Encoding))
def test_a_request_arrives_as_it_was_sent(request_, encoding):
    message = {"action": "any", "request_id": 7, **request_.fields()}
    received = decode(encode(message, encoding))
    assert open_envelope(received) == Envelope("any", None, 7, None)
    again, ignored = type(request_).from_fields(received)
    assert again == request_
    assert again.fields() == request_.fields()
    assert ignored == []


def test_an_original_action_ignores_unknown_fields_and_names_them():
    request, ignored = CreateUser.from_fields(
        {"extra": 1, "user_data": {"city": "Ulm", "shoe_size": 44, "status": "active"}}
    )
    assert request == CreateUser(city="Ulm")
    assert sorted(ignored) == ["extra", "user_data.shoe_size", "user_data.status"]
    assert GetUser.from_fields({"x": 1}) == (GetUser(), ["x"])


def test_a_field_of_the_envelope_of_an_action_is_not_taken_from_its_wrapper():
    request, ignored = UpdateUser.from_fields({"update_data": {"user_id": "a1"}})
    assert request == UpdateUser()
    assert ignored == ["update_data.user_id"]


def test_a_new_action_refuses_unknown_fields_by_name():
    with pytest.raises(InvalidMessage) as caught:
        ChangePassword.from_fields(
            {"current_password": "a", "new_password": "b", "role": "admin"}
        )
    assert caught.value.field == "role"


def test_a_missing_field_is_named():
    with pytest.raises(InvalidMessage) as caught:
        ChangePassword.from_fields({"current_password": "a"})
    assert caught.value.field == "new_password"


@pytest.mark.parametrize("wrapper", [None, {}, "absent"])
def test_an_absent_or_empty_wrapper_gives_an_empty_request(wrapper):
    fields = {} if wrapper == "absent" else {"credentials": wrapper}
    assert Login.from_fields(fields) == (Login(), [])


@pytest.mark.parametrize("wrapper", [[], "text", 7, True, 0, "", False])
def test_a_wrapper_that_is_no_object_is_refused(wrapper):
    with pytest.raises(InvalidMessage) as caught:
        Login.from_fields({"credentials": wrapper})
    assert caught.value.field == "credentials"


REFUSED = [
    (CreateUser, {"user_data": {"full_name": 7}}, "user_data.full_name"),
    (CreateUser, {"user_data": {"full_name": ["a"]}}, "user_data.full_name"),
    (CreateUser, {"user_data": {"username": {}}}, "user_data.username"),
    (CreateUser, {"user_data": {"username": "a\x00b"}}, "user_data.username"),
    (CreateUser, {"user_data": {"username": "a\nb"}}, "user_data.username"),
    (CreateUser, {"user_data": {"username": "a" * 255}}, "user_data.username"),
    (CreateUser, {"user_data": {"email": "a\x7f@b"}}, "user_data.email"),
    (CreateUser, {"user_data": {"city": "x" * 101}}, "user_data.city"),
    (CreateUser, {"user_data": {"full_name": "x" * 301}}, "user_data.full_name"),
    (CreateUser, {"user_data": {"full_name": "\x85"}}, "user_data.full_name"),
    (CreateUser, {"user_data": {"notes": "x" * 4_001}}, "user_data.notes"),
    (CreateUser, {"user_data": {"notes": "\x1b[2J"}}, "user_data.notes"),
    (CreateUser, {"user_data": {"password": "x" * 1_025}}, "user_data.password"),
    (CreateUser, {"user_data": {"password": "\xe4" * 513}}, "user_data.password"),
    (CreateUser, {"user_data": {"metadata": []}}, "user_data.metadata"),
    (
        CreateUser,
        {"user_data": {"metadata": {"a": "x" * 16_400}}},
        "user_data.metadata",
    ),
    (GetUser, {"user_id": "A1"}, "user_id"),
    (GetUser, {"user_id": "a1\n"}, "user_id"),
    (GetUser, {"user_id": "a" * 65}, "user_id"),
    (UpdateUser, {"user_id": 7, "update_data": {}}, "user_id"),
    (ListUsers, {"page": 0}, "page"),
    (ListUsers, {"page": True}, "page"),
    (ListUsers, {"page": 1.0}, "page"),
    (ListUsers, {"page": "1"}, "page"),
    (ListUsers, {"page_size": 101}, "page_size"),
    (
        ChangePassword,
        {
            "current_password": "a",
            "new_password": "b",
            "password_change_token": "x" * 257,
        },
        "password_change_token",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "field"), REFUSED)
def test_a_field_of_wrong_shape_is_refused_by_name(kind, fields, field):
    with pytest.raises(InvalidMessage) as caught:
        kind.from_fields(fields)
    assert caught.value.field == field
    assert "pydantic" not in str(caught.value)


def test_lengths_count_code_points_not_bytes():
    assert CreateUser(full_name="\N{GRINNING FACE}" * 300).full_name
    assert CreateUser(password="\xe4" * 512).password
    assert CreateUser(notes="tab\tand\r\nlines").notes


def test_a_password_is_never_in_the_reason_nor_in_the_repr():
    secret = "correct-horse-42" * 100
    with pytest.raises(InvalidMessage) as caught:
        Login.from_fields({"credentials": {"password": secret}})
    assert "horse" not in str(caught.value)
    assert "horse" not in repr(Login(password="correct-horse"))


def test_the_envelope_is_taken_out_of_the_message():
    message = {
        "action": "get_user",
        "session_token": "t",
        "request_id": "r",
        "idempotency_key": "k" * 16,
        "client": {"address": "203.0.113.1"},
        "user_id": "a1",
    }
    said = message["client"]
    opened = open_envelope(message)
    assert opened == Envelope("get_user", "t", "r", "k" * 16, said)
    assert message == {"user_id": "a1"}
    assert open_envelope({}) == Envelope(None, None, None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", 7),
        ("action", ["login"]),
        ("session_token", ["t"]),
        ("session_token", {}),
        ("session_token", False),
        ("request_id", 1.5),
        ("request_id", True),
        ("request_id", []),
        ("request_id", "x" * 129),
        ("request_id", 2**53 + 1),
        ("idempotency_key", 7),
        ("idempotency_key", "k" * 15),
        ("idempotency_key", "k" * 129),
    ],
)
def test_a_faulty_envelope_is_refused_by_the_name_of_its_key(field, value):
    with pytest.raises(InvalidMessage) as caught:
        open_envelope({"action": "login", field: value})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("request_id", "echoed"),
    [(None, None), (7, 7), ("r", "r"), ([], None), (True, None), ("x" * 129, None)],
)
def test_only_a_proper_request_id_is_echoed(request_id, echoed):
    assert request_id_of({"request_id": request_id}) == echoed
    assert request_id_of({}) is None
