"""The client for asyncio: the same calls as `client`, awaited.

    async with AsyncClient() as client:
        await client.call(Login(username="alice", password=password))
        print((await client.call(GetUser())).user.email)

It knows tasks and waiting; what a call is, is in `core` and `exchange`.
"""

from asyncio import Semaphore, timeout
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

import zmq.asyncio
from typing_extensions import override

from ums_client.async_connection import AsyncConnection
from ums_client.core import ClientCore
from ums_client.defaults import LOGOUT_DEADLINE_S
from ums_client.errors import UmsError
from ums_client.protocol.message import R, Request
from ums_client.protocol.sessions import Logout


class AsyncClient(ClientCore[AsyncConnection, Semaphore]):
    """A client of the service for the tasks of one event loop, which share its session.

    It connects when it is first needed, and again when a connection breaks. A call
    that is cancelled may have been executed.
    """

    async def call(
        self,
        request: Request[R],
        *,
        idempotency_key: str | None = None,
        deadline_s: float | None = None,
    ) -> R:
        """Send a request and wait for its reply.

        Reads are repeated by themselves when the reply is lost; so are writes that
        carry an idempotency key (`new_idempotency_key()`), which the service does once.
        BUSY and RATE_LIMITED are waited for while that fits into the deadline.

        Raises:
            RequestRefused: the service said no; a subclass tells why.
            NoAnswer: `may_have_been_executed` tells what that leaves open.
            InvalidReply: the service does not keep the contract.
            Misuse: too large a request, a wrong endpoint, a closed client.
            ValueError: the key has a wrong length, or the action takes none.
        """
        until_s = self._until(deadline_s)
        async with self._connection(until_s) as connection:
            return await connection.hold(
                self._conversation(request, idempotency_key, until_s)
            )

    async def close(self) -> None:
        """Log out, unless told otherwise, and close the connections.

        Takes at most `LOGOUT_DEADLINE_S`, whatever the service does. Calls of other
        tasks end as they would have; new ones are refused.
        """
        if self._must_log_out:
            with suppress(UmsError):  # a session nobody can end now expires by itself
                await self.call(Logout(), deadline_s=LOGOUT_DEADLINE_S)
        if not self._forwards:
            self._pool.close()

    async def __aenter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    @asynccontextmanager
    async def _connection(
        self, until_s: float
    ) -> AsyncGenerator[AsyncConnection, None]:
        try:
            async with timeout(self._left_s(until_s)):
                await self._slots.acquire()
        except TimeoutError:
            raise self._no_connection() from None
        try:
            connection = self._pool.take()
            try:
                yield connection
            finally:
                self._pool.put_back(connection)
        finally:
            self._slots.release()

    @override
    def _make_connection(self) -> AsyncConnection:
        return AsyncConnection(
            zmq.asyncio.Context.shadow(self._context.underlying),
            self._target,
            clock=self._surroundings.clock,
            jitter=self._surroundings.jitter,
        )

    @override
    def _make_slots(self, count: int) -> Semaphore:
        return Semaphore(count)
