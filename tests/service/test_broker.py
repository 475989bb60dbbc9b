"""The broker and ZeroMQ's descriptor, which tells of new messages once."""

import asyncio
import select
import time

import zmq

from tests.service.harness import LIMIT_S
from ums_service.broker.broker import Broker
from ums_service.broker.frames import Frames
from ums_service.broker.sockets import bind_router, descriptor, make_context

_STALE_S = 0.01
"""ZeroMQ looks for news at each send, unless it did within the last millisecond."""


async def echo(body: bytes, address: str) -> bytes:
    return body


class MeanwhileFrames(Frames):
    """While a reply to `first` is sent, somebody else's message comes in."""

    def __init__(self, socket: zmq.Socket[bytes], other: "zmq.Socket[bytes]") -> None:
        super().__init__(socket)
        self._socket, self._other = socket, other

    def send(self, envelope: list[bytes], body: bytes) -> None:
        if body == b"first":
            self._other.send(b"meanwhile")
            assert select.select([descriptor(self._socket)], [], [], LIMIT_S)[0]
            time.sleep(_STALE_S)
        super().send(envelope, body)


async def received(socket: zmq.Socket[bytes]) -> bytes:
    assert await asyncio.to_thread(socket.poll, LIMIT_S * 1000), "not answered"
    return socket.recv()


def test_a_message_that_comes_while_a_reply_is_sent_is_answered():
    async def scene() -> bytes:
        context = make_context()
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=None)
        endpoint = router.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
        one, other = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
        broker = Broker(
            router,
            echo,
            local_address="127.0.0.1",
            frames_of=lambda socket: MeanwhileFrames(socket, other),
        )
        try:
            broker.start(asyncio.get_running_loop())
            for client in (one, other):
                client.connect(endpoint)
                client.send(b"hello")
                assert await received(client) == b"hello"
            one.send(b"first")
            assert await received(one) == b"first"
            return await received(other)
        finally:
            await broker.stop(within_s=1)
            for socket in (one, other, router):
                socket.close(linger=0)
            context.destroy(linger=0)

    assert asyncio.run(scene()) == b"meanwhile"
