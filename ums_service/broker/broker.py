"""One loop, one socket: requests are answered as they come, in as few steps as can be.

Handlers are started where they are received; one that has to wait (for a hash or for
the disk) goes on when that is there. Sends never block: a peer that does not read loses its
replies, nobody else's.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import zmq

from ums_service.broker.eager import Suspended, start
from ums_service.broker.envelope import Incoming, Receiver
from ums_service.broker.frames import Frames
from ums_service.broker.outbox import Outbox
from ums_service.broker.sockets import descriptor

DRAIN_MAX: Final = 64
"""Messages taken before other work of the loop gets its turn."""
IN_FLIGHT_MAX: Final = 2_048
"""Requests that may wait at once. Past it the socket is not read, and senders wait in
their own queues: memory stays bounded whatever they send."""
RETRY_S: Final = 0.05
REBIND_WITHIN_S: Final = 5.0
FLUSH_EVERY_S: Final = 0.005
SENT_TOGETHER: Final = 8
"""Replies that are sent together: each one sent alone wakes ZeroMQ's thread, which costs
both threads more than half of an answer does. An early one waits for the others."""
_log = logging.getLogger(__name__)

Answer = Callable[[bytes, str], Coroutine[Any, Any, bytes]]


class Broker:
    """Moves messages between a ROUTER socket and `answer`. Belongs to the loop.

    `local_address` as for `Receiver`.
    """

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        answer: Answer,
        *,
        local_address: str | None,
        frames_of: Callable[[zmq.Socket[bytes]], Frames] = Frames,
    ) -> None:
        self._socket = socket
        self._answer = answer
        self._local_address = local_address
        self._waiting: dict[Suspended[bytes], list[bytes]] = {}  # and their envelopes
        self._ready: deque[tuple[list[bytes], bytes]] = deque()
        self._idle = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drain_scheduled = False
        self._frames_of = frames_of
        self._use(socket)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to answer."""
        self._loop = loop
        loop.add_reader(descriptor(self._socket), self._drain)
        self._schedule_drain()

    async def stop(self, *, within_s: float) -> int:
        """Take no more requests; let those in flight end. Returns how many did not."""
        if self._loop is not None:
            self._loop.remove_reader(descriptor(self._socket))
            self._loop = None
        self._send_ready()
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        if self._waiting:
            self._idle.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), within_s)
        late = list(self._waiting)
        for request in late:
            request.cancel()
        while self.outbox.flush() and loop.time() < until_s:
            await asyncio.sleep(FLUSH_EVERY_S)
        self.outbox.close()
        return len(late)

    async def rebind(self, bind: Callable[[], zmq.Socket[bytes]]) -> None:
        """Drop every connection and what ZeroMQ holds for it; honest peers come back.

        Replies to requests in flight are lost. Raises what `bind` raises, when the
        address is not free again in time.
        """
        loop = self._loop
        if loop is None:
            return
        self._loop = None  # nothing is read until a socket is bound again
        loop.remove_reader(descriptor(self._socket))
        self.outbox.close()
        self._socket.close(linger=0)
        until_s = loop.time() + REBIND_WITHIN_S
        while True:
            try:
                self._socket = bind()
                break
            except OSError:
                if loop.time() > until_s:
                    raise
                await asyncio.sleep(RETRY_S)
        self._use(self._socket)
        self.start(loop)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _use(self, socket: zmq.Socket[bytes]) -> None:
        self._frames = self._frames_of(socket)
        self._receiver = Receiver(self._frames, local_address=self._local_address)
        self.outbox = Outbox(self._frames, self._schedule_drain)

    def _schedule_drain(self) -> None:
        """Look for messages soon.

        ZeroMQ's descriptor tells of new ones once, and any call on the socket may be
        the one that swallows it: after each, look again.
        """
        if self._loop is not None and not self._drain_scheduled:
            self._drain_scheduled = True
            self._loop.call_soon(self._drain)

    def _drain(self) -> None:
        self._drain_scheduled = False
        if self._loop is None:
            return
        try:
            self._send_ready()
            self._take_some()
        except zmq.Again:
            return
        except (zmq.ZMQError, MemoryError, OSError):
            # the descriptor will not tell again: look again by ourselves
            _log.exception("a message could not be taken")
            self._loop.call_later(RETRY_S, self._schedule_drain)

    def _take_some(self) -> None:
        try:
            self._answer_some()
        finally:
            if self._ready:
                self._send_ready()
                self._look_again()

    def _look_again(self) -> None:
        """Go on where sending has swallowed the news of a message.

        Asking takes in all that came until now; of what comes later the descriptor
        tells.
        """
        if self._frames.is_readable():
            self._schedule_drain()

    def _answer_some(self) -> None:
        for number in range(DRAIN_MAX):
            if len(self._waiting) >= IN_FLIGHT_MAX:
                return  # the next one that ends schedules a drain
            # asking is cheaper than the exception for an empty socket, but not
            # cheaper than neither: after a second message there is likely a third
            if number == 1 and not self._frames.is_readable():
                return
            incoming = self._receiver.receive()
            if incoming is not None:
                self._begin(incoming)
            elif self._receiver.skips:
                break
        self._schedule_drain()

    def _begin(self, incoming: Incoming) -> None:
        reply = start(self._answer(incoming.body, incoming.address))
        if isinstance(reply, Suspended):
            assert self._loop is not None
            self._waiting[reply] = incoming.envelope
            reply.finish(self._loop, self._ended)
        else:
            self._reply(incoming.envelope, reply)

    def _ended(self, request: Suspended[bytes], end: bytes | BaseException) -> None:
        envelope = self._waiting.pop(request)
        if isinstance(end, bytes):
            self._reply(envelope, end)
        elif not isinstance(end, asyncio.CancelledError):
            _log.error("a request ended without reply", exc_info=end)
        if not self._waiting:
            self._idle.set()
        self._schedule_drain()

    def _reply(self, envelope: list[bytes], body: bytes) -> None:
        self._ready.append((envelope, body))
        if len(self._ready) >= SENT_TOGETHER or self._loop is None:
            self._send_ready()

    def _send_ready(self) -> None:
        while self._ready:
            self.outbox.send(*self._ready.popleft())
