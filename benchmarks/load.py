"""The load generator: runs in a process of its own and accounts for itself.

Knows connections and clocks, not what is asked.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle
from pathlib import Path
from typing import Final

from benchmarks import zmtp
from benchmarks.peers import LoadFailed, Peer

ANSWER_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.05
_clock = time.perf_counter


@dataclass(frozen=True, slots=True)
class Sample:
    """What a load saw. Latencies in the order of the replies; `cpu_s` is its own."""

    seconds: float
    cpu_s: float
    latencies_s: list[float]
    sent_at_s: list[float]

    @property
    def requests(self) -> int:
        """How many were answered."""
        return len(self.latencies_s)


def lock_step(
    endpoint: str, clients: Sequence[Sequence[bytes]], seconds: float
) -> Sample:
    """Each client sends its requests in turn, over and over, one at a time."""
    return _lock_step(endpoint, [cycle(_framed(bodies)) for bodies in clients], seconds)


def once(endpoint: str, clients: Sequence[Sequence[bytes]]) -> Sample:
    """Each client sends each of its requests once, one at a time."""
    return _lock_step(
        endpoint, [iter(_framed(bodies)) for bodies in clients], float("inf")
    )


def _framed(bodies: Sequence[bytes]) -> list[bytes]:
    return [zmtp.message(body) for body in bodies]


def _lock_step(endpoint: str, clients: list[Iterator[bytes]], seconds: float) -> Sample:
    by_descriptor = {p.fileno(): p for p in [Peer(endpoint, c) for c in clients]}
    poll = select.epoll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    latencies_s: list[float] = []
    cpu_s, begin_s = time.process_time(), _clock()
    now_s, end_s = begin_s, begin_s + seconds
    busy = sum(peer.send(now_s) for peer in by_descriptor.values())
    while busy:
        ready = poll.poll(ANSWER_WITHIN_S)
        if not ready:
            raise LoadFailed(f"no answer within {ANSWER_WITHIN_S} s")
        for descriptor, _ in ready:
            peer = by_descriptor[descriptor]
            if peer.receive() is None:
                continue
            now_s = _clock()
            latencies_s.append(now_s - peer.started_s)
            if now_s >= end_s or not peer.send(now_s):
                busy -= 1
    sample = Sample(now_s - begin_s, time.process_time() - cpu_s, latencies_s, [])
    poll.close()
    for peer in by_descriptor.values():
        peer.close()
    return sample


@dataclass(frozen=True, slots=True)
class Pace:
    """So many requests a second, until the time is over or a file is there."""

    per_s: float
    seconds: float
    until: Path | None = None

    def has_ended(self) -> bool:
        """Whether the file is there."""
        return self.until is not None and self.until.exists()


def paced(endpoint: str, clients: Sequence[bytes], pace: Pace) -> Sample:
    """Requests at even distances, whether earlier ones were answered or not.

    A latency counts from the sending; where all clients still waited for a reply, from
    the moment the request was due.
    """
    idle = deque(Peer(endpoint, cycle([zmtp.message(body)])) for body in clients)
    everyone = list(idle)
    latencies_s: list[float] = []
    sent_at_s: list[float] = []
    cpu_s, begin_s = time.process_time(), _clock()
    due_s, look_s, starved = begin_s, begin_s, False
    while (now_s := _clock()) < begin_s + pace.seconds:
        if now_s >= look_s:
            look_s = now_s + _LOOK_EVERY_S
            if pace.has_ended():
                break
        while due_s <= now_s and idle:
            idle.popleft().send(due_s if starved else now_s)
            due_s += 1 / pace.per_s
        starved = due_s <= now_s
        wait_s = _LOOK_EVERY_S if starved else due_s - now_s
        for peer in select.select(everyone, (), (), wait_s)[0]:
            if peer.receive() is not None:
                sent_at_s.append(peer.started_s)
                latencies_s.append(_clock() - peer.started_s)
                idle.append(peer)
    for peer in everyone:
        peer.close()
    return Sample(
        _clock() - begin_s, time.process_time() - cpu_s, latencies_s, sent_at_s
    )


def joined(samples: Sequence[Sample]) -> list[float]:
    """The latencies of several samples, in seconds."""
    return list(chain.from_iterable(sample.latencies_s for sample in samples))
