"""One server under load: its rate, and what each request cost on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load import Sample, lock_step
from benchmarks.run import median_of, percentile
from benchmarks.servers import Server
from benchmarks.workers import Worker

_US = 1e6


@dataclass(frozen=True, slots=True)
class Driven:
    """What the load saw and what the server spent meanwhile."""

    sample: Sample
    server_cpu_s: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.sample.requests / self.sample.seconds

    @property
    def server_us(self) -> float:
        """CPU microseconds of the server for each request."""
        return self.server_cpu_s / self.sample.requests * _US

    @property
    def generator_us(self) -> float:
        """CPU microseconds of the load generator for each request."""
        return self.sample.cpu_s / self.sample.requests * _US

    @property
    def median_us(self) -> float:
        """The median latency."""
        return median(self.sample.latencies_s) * _US


def drive(
    worker: Worker, server: Server, clients: Sequence[Sequence[bytes]], seconds: float
) -> Driven:
    """Load the server from `worker`, each client in lock-step."""
    before_s = server.cpu_s()
    sample = worker.run(lock_step, server.endpoint, clients, seconds)
    return Driven(sample, server.cpu_s() - before_s)


def cost_note(name: str, all_driven: Sequence[Driven]) -> str:
    """CPU of server and generator for each request, and the latencies."""
    server_us = median_of(all_driven, lambda d: d.server_us)
    generator_us = median_of(all_driven, lambda d: d.generator_us)
    p50 = median_of(all_driven, lambda d: d.median_us)
    p99 = median_of(all_driven, lambda d: percentile(d.sample.latencies_s, 0.99) * _US)
    return (
        f"{name}: server {server_us:.1f} us of CPU per request, generator "
        f"{generator_us:.1f} us; latency p50 {p50:,.0f} us, p99 {p99:,.0f} us"
    )


def spread_note(ratios: Sequence[float]) -> str:
    """How far the rounds lie apart."""
    return f"ratio in each round: {', '.join(f'{ratio:.3f}' for ratio in ratios)}"


def latency_note(name: str, latencies_s: Sequence[float]) -> str:
    """Percentiles in milliseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    told = (f"{n} {percentile(latencies_s, s) * 1e3:.2f}" for n, s in shares.items())
    return f"{name}: {', '.join(told)} ms of {len(latencies_s):,} requests"
