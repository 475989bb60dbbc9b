"""One DEALER connection that awaits; it replaces its socket when told.

The twin of `connection` on asyncio: the same steps, done with the sockets of
zmq.asyncio. One task at a time may use it.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import zmq
import zmq.asyncio

from ums_client.exchange import Conversation, Event, Outcome, Pause, Receive, Send, Step
from ums_client.link import (
    ENDS_RECEIVING,
    ENDS_SENDING,
    EVENTS,
    Link,
    Target,
    body_of,
    framed,
    milliseconds_until,
    prepare,
)
from ums_client.protocol.message import R


class _Wires(NamedTuple):
    """What is replaced together."""

    socket: zmq.asyncio.Socket
    monitor: zmq.asyncio.Socket
    poller: zmq.asyncio.Poller
    link: Link


class AsyncConnection:
    """A socket with its monitor, made when first needed, in the running loop."""

    def __init__(
        self,
        context: zmq.asyncio.Context,
        target: Target,
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        self._context = context
        self._target = target
        self._clock = clock
        self._jitter = jitter
        self._wires: _Wires | None = None
        self._owed = False

    async def hold(self, conversation: Conversation[R]) -> R:
        """Do the steps of an exchange until it ends, and return what it returns."""
        try:
            step = next(conversation)
            while True:
                step = conversation.send(await self._do(step))
        except StopIteration as end:
            reply: R = end.value
            return reply
        finally:
            if self._owed:
                self.disconnect()

    def disconnect(self) -> None:
        """Close the socket; the next step makes a new one."""
        if self._wires is not None:
            self._wires.socket.disable_monitor()
            self._wires.monitor.close(0)
            self._wires.socket.close(0)
        self._wires = None
        self._owed = False

    async def _do(self, step: Step) -> Event:
        match step:
            case Send():
                return await self._send(step)
            case Receive(until_s):
                return await self._receive(until_s)
            case Pause(until_s):
                await asyncio.sleep(max(0.0, until_s - self._clock()))
                return Outcome.PAUSED

    async def _send(self, step: Send) -> Outcome:
        if step.fresh:
            self.disconnect()
        wires = await self._caught_up()
        while not await self._sent(wires, step.body):
            wires.poller.modify(wires.socket, zmq.POLLOUT)
            failure = await self._wait(wires, ENDS_SENDING, step.until_s)
            if failure is not None:
                if failure is Outcome.REFUSED:
                    self.disconnect()
                return failure
        return Outcome.SENT

    async def _sent(self, wires: _Wires, body: bytes) -> bool:
        """Send, if there is a connection at this moment."""
        try:
            await wires.socket.send_multipart(framed(body), zmq.NOBLOCK)
        except zmq.Again:
            return False
        self._owed = True
        return True

    async def _receive(self, until_s: float) -> Event:
        wires = self._connected()
        self._owed = True
        wires.poller.modify(wires.socket, zmq.POLLIN)
        failure = await self._wait(wires, ENDS_RECEIVING, until_s)
        if failure is not None:
            return failure
        body = body_of(await wires.socket.recv_multipart())
        self._owed = False
        return body

    async def _wait(
        self, wires: _Wires, ends: frozenset[Outcome], until_s: float
    ) -> Outcome | None:
        """Wait until the socket is ready; says why not, if something ended it."""
        while True:
            left_ms = milliseconds_until(until_s, self._clock())
            ready = dict(await wires.poller.poll(left_ms))
            if wires.socket in ready:
                return None
            if wires.monitor not in ready:
                return wires.link.at_deadline()
            outcome = wires.link.observe(await wires.monitor.recv_multipart())
            if outcome in ends:
                # what arrived before the connection broke is not lost
                arrived = wires.socket in dict(await wires.poller.poll(0))
                return None if arrived else outcome

    def _connected(self) -> _Wires:
        if self._wires is None:
            socket = self._context.socket(zmq.DEALER)
            monitor = socket.get_monitor_socket(EVENTS)
            poller = zmq.asyncio.Poller()
            poller.register(socket, zmq.POLLIN)
            poller.register(monitor, zmq.POLLIN)
            self._wires = _Wires(socket, monitor, poller, Link(self._target))
            prepare(socket, self._target, self._jitter())
        return self._wires

    async def _caught_up(self) -> _Wires:
        """Take in what happened while the connection was idle: it ends no call."""
        wires = self._wires
        while wires is not None and await wires.monitor.poll(0):
            news = wires.link.observe(await wires.monitor.recv_multipart())
            if news is Outcome.REFUSED:  # libzmq does not try again after that
                self.disconnect()
                break
        return self._connected()
