"""The wire as it is: only zmq and json, a REQ socket, and the messages as they travel.

    python -m examples.plain_zeromq [tcp://127.0.0.1:5556]

Registers somebody, logs in, reads, changes and deletes the account again. A REQ socket
that got no answer cannot be used again; a real program takes the client instead.
"""

import json
import secrets
import sys

import zmq

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5556"
PASSWORD = "correct-horse-42"


def call(socket: zmq.Socket[bytes], **request: object) -> dict[str, object]:
    """Send one JSON object and read one back; an error ends the program."""
    socket.send(json.dumps(request).encode())
    reply: dict[str, object] = json.loads(socket.recv())
    if reply["status"] == "error":
        sys.exit(f"{request['action']}: {reply['message']}")
    print(f"{request['action']}: {reply['status']}")
    return reply


def main() -> None:
    name = f"example-{secrets.token_hex(4)}"
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.rcvtimeo = 5_000
        socket.connect(ENDPOINT)
        call(
            socket,
            action="create_user",
            user_data={
                "username": name,
                "email": f"{name}@example.org",
                "password": PASSWORD,
            },
        )
        login = call(
            socket,
            action="login",
            credentials={"username": name, "password": PASSWORD},
        )
        token = login["session_token"]
        call(socket, action="get_user", session_token=token)
        changed = call(
            socket,
            action="update_user",
            session_token=token,
            update_data={"full_name": "Example Person", "city": "Ulm"},
        )
        print(json.dumps(changed["user"], indent=2))
        call(socket, action="delete_user", session_token=token, password=PASSWORD)


if __name__ == "__main__":
    main()
