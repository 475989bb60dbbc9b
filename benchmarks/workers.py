"""Processes that measure, so that neither load nor floor runs in the one that asks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

_LOADED: Final = ("benchmarks.load", "benchmarks.stores")

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _context() -> BaseContext:
    """Of processes that have loaded what they measure with, and nothing else."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    return context


class Worker:
    """A process that runs one function at a time and sends back what it returns."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=_context())

    def begin(
        self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]:
        """Start the function; ask the future for its result."""
        return self._pool.submit(function, *args, **kwargs)

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The function's result."""
        return self.begin(function, *args, **kwargs).result()

    def __enter__(self) -> Self:
        """The process is started by the first function."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process behind the function that runs."""
        self._pool.shutdown()
