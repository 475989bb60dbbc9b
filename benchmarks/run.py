"""How much is measured, and how it is summed up: medians over alternating rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.stores import Stores

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How long and how often is measured.

    Attributes:
        rounds: how often floor and subject alternate.
        seconds: how long each is loaded in a round.
        accounts: the sizes of store, small to large; the last two have targets.
        crowd: clients that write at the same time.
        small: the accounts of the store where the number does not matter.
        repeats: operations timed one by one in a round.
        starts: how often an empty service is started.
    """

    rounds: int
    seconds: float
    accounts: tuple[int, int, int]
    crowd: int = 64
    small: int = 1_000
    repeats: int
    starts: int


FULL = Scale(
    rounds=5, seconds=2.0, accounts=(10_000, 100_000, 1_000_000), repeats=20, starts=7
)
QUICK = Scale(
    rounds=3, seconds=0.5, accounts=(1_000, 10_000, 50_000), repeats=10, starts=3
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmarks: where, how much, and whom to tell of progress."""

    scratch: Path
    scale: Scale
    stores: Stores
    say: Callable[[str], None]

    def alternate(
        self, name: str, first: Callable[[], A], second: Callable[[], B]
    ) -> list[tuple[A, B]]:
        """Do both by turns, each round, and return what they returned."""
        pairs = []
        for number in range(1, self.scale.rounds + 1):
            self.say(f"{name}: round {number} of {self.scale.rounds}")
            pairs.append((first(), second()))
        return pairs


def median_of(items: Sequence[A], value: Callable[[A], float]) -> float:
    """The median of a value of each."""
    return median(value(item) for item in items)


def median_ratio(
    pairs: Sequence[tuple[A, B]], floor: Callable[[A], float], own: Callable[[B], float]
) -> float:
    """The median of the ratios, each taken within one round."""
    return median(own(b) / floor(a) for a, b in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
