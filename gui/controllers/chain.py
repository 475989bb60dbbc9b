"""Steps that are done one after the other beside the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from ums_client import Client

T = TypeVar("T")


class Chain(Generic[T]):
    """`told` gets what each step brings; `ended` is called after the last or a stop.

    After a problem `go_on` begins again with the step that failed.
    """

    def __init__(
        self,
        desk: Desk,
        steps: Sequence[Callable[[Client], T]],
        *,
        told: Callable[[T], object],
        ended: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Nothing is done before `go_on`."""
        self.done, self.total = 0, len(steps)
        self.stopped = False
        self._desk, self._steps = desk, steps
        self._told, self._ended, self._failed = told, ended, failed

    def go_on(self) -> None:
        """Do what is left."""
        if self.stopped or self.done == self.total:
            self._ended()
            return

        def came(value: T) -> None:
            self.done += 1
            self._told(value)
            self.go_on()

        self._desk.work(self._steps[self.done], came, self._failed)

    def stop(self) -> None:
        """End after the step it is at; what is done stays done."""
        self.stopped = True
