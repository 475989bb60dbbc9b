"""The connections of one client: as many as there are calls in flight, and reused.

It knows when connections are made and closed; it must not know how they talk, nor who
waits for one.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

from ums_client.errors import ClientClosed


class Disconnectable(Protocol):
    """What the pool must be able to do with a connection."""

    def disconnect(self) -> None:
        """Close the socket."""


C = TypeVar("C", bound=Disconnectable)


class Pool(Generic[C]):
    """Idle connections, the last used first. Safe to use from several threads at once.

    Closing never waits for a call in flight: the last connection that is put back ends
    what `finish` ends.
    """

    def __init__(self, make: Callable[[], C], finish: Callable[[], None]) -> None:
        self._make = make
        self._finish = finish
        self._lock = Lock()
        self._idle: list[C] = []
        self._in_use = 0
        self._closed = False

    def take(self) -> C:
        """An idle connection, or a new one.

        Raises:
            ClientClosed: the pool was closed.
        """
        with self._lock:
            if self._closed:
                raise ClientClosed("the client is closed")
            connection = self._idle.pop() if self._idle else self._make()
            self._in_use += 1
            return connection

    def put_back(self, connection: C) -> None:
        """Take back what `take` gave."""
        with self._lock:
            self._in_use -= 1
            if not self._closed:
                self._idle.append(connection)
                return
            is_last = self._in_use == 0
        connection.disconnect()
        if is_last:
            self._finish()

    def close(self) -> None:
        """Close the idle connections, now, and the others when they come back."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
            is_unused = self._in_use == 0
        for connection in idle:
            connection.disconnect()
        if is_unused:
            self._finish()
