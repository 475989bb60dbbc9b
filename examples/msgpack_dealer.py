"""A DEALER socket and MessagePack: several requests under way at the same time.

    python -m examples.msgpack_dealer [tcp://127.0.0.1:5556]

Replies can come in another order than the requests; `request_id` tells which is which.
"""

import secrets
import sys

import msgpack
import zmq

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5556"
PASSWORD = "correct-horse-42"


def send(socket: zmq.Socket[bytes], **request: object) -> None:
    socket.send(msgpack.packb(request))


def receive(socket: zmq.Socket[bytes]) -> dict[str, object]:
    """Read one reply; an error ends the program."""
    reply: dict[str, object] = msgpack.unpackb(socket.recv())
    if reply["status"] == "error":
        sys.exit(f"{reply.get('request_id')}: {reply['message']}")
    return reply


def main() -> None:
    name = f"example-{secrets.token_hex(4)}"
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.rcvtimeo = 5_000
        socket.connect(ENDPOINT)
        person = {
            "username": name,
            "email": f"{name}@example.org",
            "password": PASSWORD,
        }
        send(socket, action="create_user", user_data=person)
        print("created", receive(socket)["username"])
        send(
            socket,
            action="login",
            credentials={"username": name, "password": PASSWORD},
        )
        token = receive(socket)["session_token"]

        for number in range(5):
            send(socket, action="get_user", session_token=token, request_id=number)
        answered = [receive(socket)["request_id"] for _ in range(5)]
        print("answered", answered)

        send(socket, action="delete_user", session_token=token, password=PASSWORD)
        print(receive(socket)["message"])


if __name__ == "__main__":
    main()
