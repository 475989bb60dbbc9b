"""Starting a coroutine at once and making a task only of one that waits.

Python 3.11 has no eager tasks; a task for each message would halve the rate.
"""

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Suspended(Generic[T]):
    """A coroutine that has begun and waits; await it to have the rest done."""

    __slots__ = ("_coroutine", "_waited_for")

    def __init__(self, coroutine: Coroutine[Any, Any, T], waited_for: Any) -> None:
        self._coroutine = coroutine
        self._waited_for = waited_for

    def __await__(self) -> Generator[Any, Any, T]:
        """Hand what it waits for to the task that awaits, then let it go on."""
        coroutine, waited_for = self._coroutine, self._waited_for
        while True:
            value, thrown = None, None
            try:
                value = yield waited_for
            except BaseException as error:  # noqa: BLE001 - cancellation must pass, too
                thrown = error
            try:
                waited_for = (
                    coroutine.throw(thrown) if thrown else coroutine.send(value)
                )
            except StopIteration as end:
                result: T = end.value
                return result


def start(coroutine: Coroutine[Any, Any, T]) -> T | Suspended[T]:
    """The result of a coroutine that does not wait, or its rest."""
    try:
        waited_for = coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    return Suspended(coroutine, waited_for)
