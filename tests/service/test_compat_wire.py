"""Under `compat` on the wire: plain sockets of every kind that programs use."""

import json
from typing import Any

import pytest
import zmq

from tests.service.compat_cases import (
    created,
    error,
)
from tests.service.harness import Message, login, pack, unpack, update
from tests.service.running import RunningService, ask, peer, receive


def test_admin_logs_in_over_a_plain_req_socket(shared_compat: RunningService):
    with peer(shared_compat.endpoint, zmq.REQ, rcvtimeo=5_000) as socket:
        socket.send_json(login("admin", "admin123"))
        reply = socket.recv_json()
    assert reply["status"] == "success"
    assert len(reply["session_token"]) == 43


@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER], ids=["REQ", "DEALER"])
@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_a_whole_day_of_the_original_example_works(
    shared_compat: RunningService, kind: int, encoding: str
):
    name = f"bob_{kind}_{encoding}"
    to_bytes, from_bytes = {
        "json": (lambda m: json.dumps(m).encode(), json.loads),
        "msgpack": (pack, unpack),
    }[encoding]
    with peer(shared_compat.endpoint, kind) as socket:

        def call(**message: Any) -> Message:
            socket.send(to_bytes(message))
            return dict(from_bytes(receive(socket)[-1]))

        user_data = {
            "username": name,
            "email": f"{name}@example.org",
            "password": "Test123!",
        }
        assert call(action="create_user", user_data=user_data) == created(
            name, f"{name}@example.org"
        )
        session = call(**login(name, "Test123!"))
        token = session["session_token"]
        assert call(action="get_user", session_token=token)["user"] == session["user"]
        changed = call(**update(token, full_name="Bob", email=f"{name}@new.org"))[
            "user"
        ]
        assert (changed["full_name"], changed["email"]) == ("Bob", f"{name}@new.org")
        new = {"password": "NewPass456!", "current_password": "Test123!"}
        assert call(**update(token, **new))["status"] == "success"
        users = call(action="list_users", session_token=token)["users"]
        assert {"username": name, "full_name": "Bob", "role": "user"} in users
        assert call(action="health_check")["status"] == "healthy"
        assert call(action="logout", session_token=token)["status"] == "success"
        token = call(**login(f"{name}@new.org", "NewPass456!"))["session_token"]
        gone = call(action="delete_user", session_token=token, password="NewPass456!")
        assert gone == {"status": "success", "message": "Account deleted successfully"}


HEALTH_BODY = b'{"action": "health_check"}'


@pytest.mark.parametrize(
    "envelope", [[], [b""], [b"7", b""]], ids=["none", "delimiter", "correlated"]
)
def test_a_dealer_gets_back_the_envelope_it_sent(
    shared_compat: RunningService, envelope: list[bytes]
):
    with peer(shared_compat.endpoint) as socket:
        socket.send_multipart([*envelope, HEALTH_BODY])
        *back, body = receive(socket)
    assert back == envelope
    assert json.loads(body)["status"] == "healthy"


def test_an_envelope_of_more_frames_than_any_client_sends_is_refused(
    shared_compat: RunningService,
):
    with peer(shared_compat.endpoint) as socket:
        socket.send_multipart([b"1", b"2", b"", HEALTH_BODY])
        assert json.loads(receive(socket)[-1])["status"] == "error"


def test_a_relaxed_req_socket_drops_the_late_reply_and_gets_its_own(
    shared_compat: RunningService,
):
    with peer(shared_compat.endpoint, zmq.REQ) as socket:
        socket.setsockopt(zmq.REQ_CORRELATE, 1)
        socket.setsockopt(zmq.REQ_RELAXED, 1)
        for number in range(5):
            socket.send_json({"action": "health_check", "request_id": number})
        assert json.loads(receive(socket)[-1])["request_id"] == 4
        assert not socket.poll(100)


def test_one_socket_may_change_its_encoding(shared_compat: RunningService):
    with peer(shared_compat.endpoint) as socket:
        socket.send(pack({"action": "health_check"}))
        assert unpack(receive(socket)[-1])["status"] == "healthy"
        socket.send(b"\n\t " + HEALTH_BODY)
        assert json.loads(receive(socket)[-1])["status"] == "healthy"


def test_a_multi_part_request_is_told_that_it_is_no_message(
    shared_compat: RunningService,
):
    with peer(shared_compat.endpoint, zmq.REQ) as socket:
        socket.send_multipart([HEALTH_BODY, HEALTH_BODY])
        assert json.loads(receive(socket)[-1]) == error("Invalid JSON format")
    assert (
        ask(shared_compat.endpoint, {"action": "health_check"})["status"] == "healthy"
    )
