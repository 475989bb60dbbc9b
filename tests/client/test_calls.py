"""One suite for both clients: what a call gives, and what of a session stays."""

import threading
import time

import pytest

from tests.client.doubles import FakeService, polite, refusal
from ums_client import (
    ChangePassword,
    CreateUser,
    DeleteUser,
    Encoding,
    GetUser,
    HealthCheck,
    Login,
    Logout,
    Patience,
    UpdateUser,
    errors,
    new_idempotency_key,
)
from ums_client.protocol.factors import VerifyMfa

HASTY = Patience(reply_s=0.2, pause_s=0.02, pause_max_s=0.1)
NEW_USER = CreateUser(
    username="alice", email="a@example.org", password="correct-horse-42"
)
PASSWORD = "correct-horse-42"


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_request_is_answered_with_its_typed_reply(make_client, service, encoding):
    with make_client(service.endpoint, encoding=encoding) as client:
        reply = client.call(NEW_USER)
    assert (reply.username, reply.email) == ("alice", "a@example.org")
    assert service.received[0]["user_data"]["username"] == "alice"
    assert service.received[0]["request_id"]


def test_login_begins_the_session_and_later_requests_carry_it(make_client, service):
    with make_client(service.endpoint) as client:
        client.call(HealthCheck())
        client.call(Login(username="alice", password=PASSWORD))
        client.call(GetUser())
    health, login, get_user, logout = service.received
    assert "session_token" not in health
    assert "session_token" not in login
    assert get_user["session_token"] == "token-of-alice"
    assert (logout["action"], logout["session_token"]) == ("logout", "token-of-alice")


def test_what_the_client_is_goes_with_requests_without_a_session(make_client, service):
    name = "Alice's laptop"
    with make_client(
        service.endpoint, device_name=name, logout_on_close=False
    ) as client:
        client.call(Login(username="alice", password="x"))
        client.call(GetUser())
    login, get_user = service.received
    assert login["client"] == {"device_name": "Alice's laptop"}
    assert "client" not in get_user


def test_a_public_action_is_not_told_the_session_token(make_client, service):
    with make_client(service.endpoint, logout_on_close=False) as client:
        client.session_token = "older"
        client.call(Login(username="alice", password=PASSWORD))
    assert "session_token" not in service.received[0]


@pytest.mark.parametrize(
    "request_",
    [Logout(), DeleteUser(password=PASSWORD), DeleteUser(user_id="a1")],
    ids=["logout", "deletion", "deletion by id"],
)
def test_the_session_is_forgotten_when_it_has_ended(make_client, service, request_):
    with make_client(service.endpoint) as client:
        client.call(Login(username="alice", password=PASSWORD))
        client.call(request_)
        assert client.session_token is None
    assert service.actions().count("logout") == isinstance(request_, Logout)


def test_deleting_somebody_else_keeps_the_session(make_client, service):
    with make_client(service.endpoint, logout_on_close=False) as client:
        client.call(Login(username="alice", password=PASSWORD))
        client.call(DeleteUser(user_id="b2", password=PASSWORD))
        assert client.session_token == "token-of-alice"


def test_an_invalid_session_is_reported_and_forgotten(make_client):
    with (
        FakeService(lambda _: refusal("INVALID_SESSION")) as service,
        make_client(service.endpoint) as client,
    ):
        client.session_token = "ended long ago"
        with pytest.raises(errors.InvalidSession):
            client.call(GetUser())
        assert client.session_token is None


def test_a_client_told_not_to_log_out_keeps_the_session_alive(make_client, service):
    with make_client(service.endpoint, logout_on_close=False) as client:
        client.call(Login(username="alice", password=PASSWORD))
    assert service.actions() == ["login"]


def test_closing_never_hangs_on_a_service_that_is_gone(make_client):
    service = FakeService()
    service.start()
    client = make_client(service.endpoint)
    client.call(Login(username="alice", password=PASSWORD))
    service.stop()
    begin = time.monotonic()
    client.close()
    assert time.monotonic() - begin < 2


def test_a_closed_client_refuses_calls(service):
    from ums_client import Client

    client = Client(service.endpoint)
    client.close()
    client.close()
    with pytest.raises(errors.ClientClosed):
        client.call(HealthCheck())


def test_a_refusal_carries_all_that_the_service_said(make_client):
    details = [{"field": "email", "message": "taken"}]
    said = refusal("CONFLICT", details=details, incident="i-7")
    with (
        FakeService(lambda _: dict(said)) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.Conflict) as caught,
    ):
        client.call(NEW_USER)
    error = caught.value
    assert str(error) == "refused: CONFLICT"
    assert (error.code, error.details, error.incident) == ("CONFLICT", details, "i-7")
    assert error.request_id == service.received[0]["request_id"]


def test_the_token_to_change_a_password_comes_with_its_refusal(make_client):
    said = refusal("PASSWORD_CHANGE_REQUIRED", password_change_token="change-me")
    with (
        FakeService(lambda _: dict(said)) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.PasswordChangeRequired) as caught,
    ):
        client.call(Login(username="admin", password=PASSWORD))
    assert caught.value.password_change_token == "change-me"
    assert "change-me" not in repr(caught.value) + str(caught.value)


def test_what_completes_a_login_comes_with_its_refusal(make_client):
    options = {"challenge": "abc"}
    said = refusal(
        "MFA_REQUIRED",
        requires_mfa=True,
        mfa_token="complete-me",
        mfa_methods=["totp", "passkey"],
        passkey_options=options,
    )
    with (
        FakeService(lambda _: dict(said)) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.MfaRequired) as caught,
    ):
        client.call(Login(username="alice", password=PASSWORD))
    assert caught.value.mfa_token == "complete-me"
    assert caught.value.methods == ("totp", "passkey")
    assert caught.value.passkey_options == options
    assert "complete-me" not in repr(caught.value) + str(caught.value)


def test_the_token_to_set_up_a_factor_comes_with_its_refusal(make_client):
    said = refusal("MFA_SETUP_REQUIRED", mfa_setup_token="set-me-up")
    with (
        FakeService(lambda _: dict(said)) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.MfaSetupRequired) as caught,
    ):
        client.call(Login(username="alice", password=PASSWORD))
    assert caught.value.mfa_setup_token == "set-me-up"


def test_a_completed_login_is_the_session_of_the_client(make_client):
    with FakeService() as service, make_client(service.endpoint) as client:
        client.call(VerifyMfa(mfa_token="complete-me", code="123456"))
        client.call(GetUser())
    assert service.received[0] | {"request_id": ""} == {
        "action": "verify_mfa",
        "mfa_token": "complete-me",
        "code": "123456",
        "request_id": "",
    }
    assert service.received[1]["session_token"] == "token-of-alice"


def test_a_refusal_without_a_code_is_a_plain_one(make_client):
    def original(_):
        return {"status": "error", "message": "Username already exists"}

    with (
        FakeService(original) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.RequestRefused, match="already exists") as caught,
    ):
        client.call(NEW_USER)
    assert type(caught.value) is errors.RequestRefused
    assert caught.value.code is None


def test_a_request_too_large_for_the_service_is_not_sent(make_client, service):
    metadata = {str(number): "x" * 100 for number in range(140)}
    notes = "\N{GRINNING FACE}" * 4_000
    huge = UpdateUser(
        notes=notes, metadata=metadata, password="\N{GRINNING FACE}" * 256
    )
    with make_client(service.endpoint) as client:
        client.call(huge)
        client.session_token = "t" * 40_000
        with pytest.raises(errors.MessageTooLarge) as caught:
            client.call(huge)
        client.session_token = None
    assert caught.value.size_bytes > caught.value.limit_bytes == 65_536
    assert len(service.received) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"status":"splendid"}',
        b'{"status":"success"}',
        b'{"status":"error","message":7}',
        b'{"status":"error","message":"m","retry_after":-1}',
        b"",
    ],
)
def test_a_reply_outside_the_contract_is_an_error_of_its_own(make_client, body):
    with (
        FakeService(lambda _: body) as service,
        make_client(service.endpoint) as client,
        pytest.raises(errors.InvalidReply, match="get_user"),
    ):
        client.call(GetUser())


def test_every_reply_belongs_to_its_caller(make_client):
    """Eight threads, 500 calls; each names itself and must get its own name back."""
    wrong: list[tuple[str, str]] = []
    with FakeService() as service, make_client(service.endpoint) as client:

        def work(thread):
            for number in range(63):
                name = f"user-{thread}-{number}"
                reply = client.call(NEW_USER.model_copy(update={"username": name}))
                if reply.username != name:
                    wrong.append((name, reply.username))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert not wrong
    assert len(service.received) == 504


def test_calls_beyond_the_pool_wait_their_turn_until_their_deadline(make_client):
    go = threading.Event()

    def held(message):
        go.wait(10)
        return polite(message)

    with (
        FakeService(held) as service,
        make_client(service.endpoint, connections_max=1) as client,
    ):
        first = threading.Thread(target=client.call, args=(HealthCheck(),))
        first.start()
        assert service.arrived.wait(10)
        with pytest.raises(errors.DeadlineExceeded, match="in use") as caught:
            client.call(NEW_USER, deadline_s=0.2)
        assert not caught.value.may_have_been_executed
        go.set()
        first.join(10)
        client.call(NEW_USER)
    assert service.actions() == ["health_check", "create_user"]


def test_secrets_do_not_appear_in_the_repr_of_anything(make_client, service):
    with make_client(service.endpoint) as client:
        login = Login(username="alice", password=PASSWORD)
        reply = client.call(login)
        shown = repr((client, login, reply, NEW_USER, DeleteUser(password=PASSWORD)))
        shown += repr(ChangePassword(current_password=PASSWORD, new_password=PASSWORD))
    assert PASSWORD not in shown
    assert "token-of-alice" not in shown


@pytest.mark.parametrize("deadline_s", [0, -1, float("inf"), float("nan")])
def test_a_deadline_that_is_no_time_is_refused(make_client, service, deadline_s):
    with pytest.raises(errors.BadConfiguration):
        make_client(service.endpoint, deadline_s=deadline_s)


@pytest.mark.parametrize("endpoint", ["", "localhost:5556", "http://x:1", "tcp://x:y"])
def test_an_endpoint_that_is_none_is_refused_by_the_first_call(make_client, endpoint):
    with make_client(endpoint) as client, pytest.raises(errors.BadConfiguration):
        client.call(HealthCheck())


def test_a_key_for_an_action_that_takes_none_is_refused(make_client, service):
    with make_client(service.endpoint) as client:
        with pytest.raises(ValueError, match="takes no idempotency key"):
            client.call(GetUser(), idempotency_key=new_idempotency_key())
        with pytest.raises(ValueError, match="16 to 128"):
            client.call(NEW_USER, idempotency_key="short")
    assert service.received == []


def test_a_value_that_cannot_be_written_is_a_value_error(make_client, service):
    huge = UpdateUser(metadata={"a": 2**70})
    with (
        make_client(service.endpoint, encoding=Encoding.MSGPACK) as client,
        pytest.raises(ValueError, match="cannot carry"),
    ):
        client.call(huge)
    assert service.received == []
