"""Starting a coroutine at once, and having its rest run without a task.

Python 3.11 has no eager tasks, and a task for each message that waits costs a tenth of
what a durable change costs in all. What runs here may await futures and
`asyncio.sleep(0)`, and whatever is made of these; what needs to know its own task
(`asyncio.timeout`) has none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")


class Suspended(Generic[T]):
    """A coroutine that has begun and waits. `finish` has the rest done."""

    __slots__ = ("_coroutine", "_loop", "_on_end", "_waited_for")

    def __init__(self, coroutine: Coroutine[Any, Any, T], waited_for: Any) -> None:
        self._coroutine: Final = coroutine
        self._waited_for = waited_for
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_end: Callable[[Suspended[T], T | BaseException], None] | None = None

    def finish(
        self,
        loop: asyncio.AbstractEventLoop,
        on_end: Callable[[Suspended[T], T | BaseException], None],
    ) -> None:
        """Go on when what it waits for is there; `on_end` gets the result or error."""
        self._loop = loop
        self._on_end = on_end
        self._wait_for(self._waited_for)

    def cancel(self) -> None:
        """End it where it waits; nothing happens once it has ended."""
        if self._on_end is not None:
            self._step(asyncio.CancelledError())

    def _wait_for(self, waited_for: Any) -> None:
        self._waited_for = waited_for
        if waited_for is None:
            assert self._loop is not None
            self._loop.call_soon(self._wake, None)
        else:
            waited_for._asyncio_future_blocking = False  # noqa: SLF001 - as a task does
            waited_for.add_done_callback(self._wake)

    def _wake(self, waited_for: Any) -> None:
        if self._on_end is not None and waited_for is self._waited_for:
            self._step(None)

    def _step(self, thrown: BaseException | None) -> None:
        on_end = self._on_end
        assert on_end is not None
        coroutine = self._coroutine
        try:
            waited_for = coroutine.throw(thrown) if thrown else coroutine.send(None)
        except StopIteration as end:
            self._on_end = None
            on_end(self, end.value)
        except BaseException as error:  # noqa: BLE001 - handed on, cancellation too
            self._on_end = None
            on_end(self, error)
        else:
            self._wait_for(waited_for)


def start(coroutine: Coroutine[Any, Any, T]) -> T | Suspended[T]:
    """The result of a coroutine that does not wait, or its rest."""
    try:
        waited_for = coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    return Suspended(coroutine, waited_for)
