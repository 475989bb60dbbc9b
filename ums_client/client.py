"""The blocking client: a typed value in, a typed value out.

    with Client() as client:
        client.call(Login(username="alice", password=password))
        print(client.call(GetUser()).user.email)

It knows threads and waiting; what a call is, is in `core` and `exchange`.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Semaphore
from types import TracebackType
from typing import Self

import zmq
from typing_extensions import override

from ums_client.connection import Connection
from ums_client.core import ClientCore
from ums_client.defaults import LOGOUT_DEADLINE_S
from ums_client.errors import UmsError
from ums_client.protocol.message import R, Request
from ums_client.protocol.sessions import Logout


class Client(ClientCore[Connection, Semaphore]):
    """A client of the service. Safe to use from several threads at once.

    All threads share its session. It connects when it is first needed, and again when
    a connection breaks. Do not carry it over a fork.
    """

    def call(
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
        with self._connection(until_s) as connection:
            return connection.hold(
                self._conversation(request, idempotency_key, until_s)
            )

    def close(self) -> None:
        """Log out, unless told otherwise, and close the connections.

        Takes at most `LOGOUT_DEADLINE_S`, whatever the service does. Calls in other
        threads end as they would have; new ones are refused.
        """
        if self._must_log_out:
            with suppress(UmsError):  # a session nobody can end now expires by itself
                self.call(Logout(), deadline_s=LOGOUT_DEADLINE_S)
        if not self._forwards:
            self._pool.close()

    def __enter__(self) -> Self:
        """Nothing is connected yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @contextmanager
    def _connection(self, until_s: float) -> Generator[Connection, None, None]:
        if not self._slots.acquire(timeout=self._left_s(until_s)):
            raise self._no_connection()
        try:
            connection = self._pool.take()
            try:
                yield connection
            finally:
                self._pool.put_back(connection)
        finally:
            self._slots.release()

    @override
    def _make_connection(self) -> Connection:
        return Connection(
            zmq.Context.shadow(self._context.underlying),
            self._target,
            clock=self._surroundings.clock,
            jitter=self._surroundings.jitter,
        )

    @override
    def _make_slots(self, count: int) -> Semaphore:
        return Semaphore(count)
