"""The floor of every request: a ROUTER that answers at once, without a look at it.

A program of its own, with the service's own socket options.
"""

import sys

from ums_service.broker.sockets import bind_router, bound_endpoint, make_context


def main() -> None:
    """Answer with the first argument until killed."""
    reply = sys.argv[1].encode()
    socket = bind_router(make_context(), "tcp://127.0.0.1:*", curve_secret_key=None)
    print(f"echo on {bound_endpoint(socket)}", file=sys.stderr, flush=True)
    receive, send = socket.recv_multipart, socket.send_multipart
    while True:
        peer, delimiter, _ = receive()
        send([peer, delimiter, reply])


if __name__ == "__main__":
    main()
