"""One suite for both clients: what a call does when its service is silent, late or gone."""

import threading
import time

import pytest

from tests.client.doubles import FakeService, polite, refusal
from ums_client import (
    CreateUser,
    GetUser,
    HealthCheck,
    ListUsers,
    Login,
    Patience,
    UpdateUser,
    errors,
    new_idempotency_key,
)

HASTY = Patience(reply_s=0.2, pause_s=0.02, pause_max_s=0.1)
NEW_USER = CreateUser(
    username="alice", email="a@example.org", password="correct-horse-42"
)
PASSWORD = "correct-horse-42"


def test_nobody_listening_is_unreachable_at_the_deadline(make_client):
    with FakeService() as gone:
        endpoint = gone.endpoint
    begin = time.monotonic()
    with make_client(endpoint) as client, pytest.raises(errors.Unreachable) as caught:
        client.call(HealthCheck(), deadline_s=0.3)
    assert 0.25 < time.monotonic() - begin < 2
    assert not caught.value.may_have_been_executed


def test_silence_ends_at_the_deadline_and_says_what_may_have_happened(make_client):
    with (
        FakeService(lambda _: None) as service,
        make_client(service.endpoint) as client,
    ):
        with pytest.raises(errors.DeadlineExceeded) as caught:
            client.call(NEW_USER, deadline_s=0.3)
        assert caught.value.may_have_been_executed
        assert service.actions() == ["create_user"]


def test_a_service_that_starts_late_is_waited_for(make_client):
    with FakeService() as early:
        port = early.port
    late = FakeService(port=port)
    starter = threading.Timer(0.3, late.start)
    starter.start()
    with make_client(late.endpoint) as client:
        assert client.call(HealthCheck()).service == "fake"
    starter.join()
    late.stop()


def test_replies_to_other_requests_are_discarded(make_client):
    def after_two_stale_ones(message):
        stale = {"status": "success", "user": {"username": "mallory"}}
        return [
            {**stale, "request_id": "another"},
            {**stale, "request_id": 7},
            polite(message),
        ]

    with (
        FakeService(after_two_stale_ones) as service,
        make_client(service.endpoint) as client,
    ):
        assert client.call(GetUser()).user.username == "alice"
        assert client.call(GetUser()).user.username == "alice"


def test_a_reply_that_comes_too_late_is_never_taken_for_the_next(make_client):
    """Not even when it has no id to tell it by."""
    go = threading.Event()

    def late(message):
        if message["action"] == "update_user":
            go.wait(10)
            late_user = {"username": "late"}
            return {"status": "success", "user": late_user, "request_id": None}
        return polite(message)

    with FakeService(late) as service, make_client(service.endpoint) as client:
        with pytest.raises(errors.DeadlineExceeded):
            client.call(UpdateUser(city="Ulm"), deadline_s=0.2)
        go.set()
        assert client.call(GetUser()).user.username == "alice"


def silent_once(action_reply=polite):
    """Lose the first reply, then answer."""
    lost = threading.Event()

    def handler(message):
        if not lost.is_set():
            lost.set()
            return None
        return action_reply(message)

    return handler


def test_a_read_whose_reply_is_lost_is_sent_again(make_client):
    with (
        FakeService(silent_once()) as service,
        make_client(service.endpoint, patience=HASTY) as client,
    ):
        assert client.call(GetUser()).user.username == "alice"
    first, second = service.received
    assert first == second


def test_a_write_with_its_key_is_sent_again_with_the_same_key(make_client):
    key = new_idempotency_key()
    with (
        FakeService(silent_once()) as service,
        make_client(service.endpoint, patience=HASTY) as client,
    ):
        client.call(NEW_USER, idempotency_key=key)
    assert [message["idempotency_key"] for message in service.received] == [key, key]


@pytest.mark.parametrize(
    "request_",
    [NEW_USER, Login(username="alice", password=PASSWORD)],
    ids=["write without key", "login"],
)
def test_what_must_not_be_done_twice_is_sent_once(make_client, request_):
    with (
        FakeService(silent_once()) as service,
        make_client(service.endpoint, patience=HASTY) as client,
        pytest.raises(errors.DeadlineExceeded),
    ):
        client.call(request_, deadline_s=1)
    assert len(service.received) == 1


def restarted_during(service, call):
    """Stop the service when a request has arrived, start it again, give the result."""
    first, service.handler = service.handler, lambda _: None
    results = []

    def work():
        try:
            results.append(call())
        except errors.UmsError as error:
            results.append(error)

    service.arrived.clear()
    worker = threading.Thread(target=work)
    worker.start()
    assert service.arrived.wait(10)
    service.stop()
    service.handler = first
    service.start()
    worker.join(20)
    return results[0]


def test_a_read_survives_a_restart_of_the_service(make_client, service):
    with make_client(service.endpoint, patience=Patience(reply_s=60)) as client:
        reply = restarted_during(service, lambda: client.call(ListUsers()))
        assert reply.count == 1
    assert service.actions() == ["list_users", "list_users"]


def test_a_write_without_key_is_lost_in_a_restart_and_says_so(make_client, service):
    with make_client(service.endpoint) as client:
        error = restarted_during(service, lambda: client.call(NEW_USER, deadline_s=30))
        assert isinstance(error, errors.AnswerLost)
        assert error.may_have_been_executed
        assert client.call(HealthCheck()).service == "fake"
    assert service.actions() == ["create_user", "health_check"]


def test_an_idle_connection_survives_a_restart_of_the_service(make_client, service):
    with make_client(service.endpoint) as client:
        client.call(HealthCheck())
        service.stop()
        service.start()
        client.call(NEW_USER)
    assert service.actions() == ["health_check", "create_user"]


@pytest.mark.parametrize("code", ["BUSY", "RATE_LIMITED"])
def test_a_busy_service_is_asked_again_when_it_says(make_client, code):
    asked_at = []

    def busy_once(message):
        asked_at.append(time.monotonic())
        if len(asked_at) == 1:
            return refusal(code, retry_after=0.3)
        return polite(message)

    with FakeService(busy_once) as service, make_client(service.endpoint) as client:
        client.call(NEW_USER)
    assert 0.3 <= asked_at[1] - asked_at[0] < 1


def test_a_wait_past_the_deadline_is_not_begun(make_client):
    busy = FakeService(lambda _: refusal("BUSY", retry_after=30))
    begin = time.monotonic()
    with busy as service, make_client(service.endpoint) as client:
        with pytest.raises(errors.Busy) as caught:
            client.call(HealthCheck(), deadline_s=5)
        assert caught.value.retry_after == 30
    assert time.monotonic() - begin < 2
