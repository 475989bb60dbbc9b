"""Messages for who runs the service: what it measures, how it is set, copies of it."""

from typing import Literal

from pydantic import Field

from ums_client.protocol.message import Part, Reply, Request


class MetricSample(Part):
    """One number; `suffix` tells the parts of a histogram or summary apart."""

    value: float
    labels: dict[str, str] = Field(default_factory=dict)
    suffix: str = ""


class MetricFamily(Part):
    """All numbers of one meaning; the unit is in the name."""

    name: str
    type: str
    help: str
    samples: list[MetricSample]


class GetMetricsReply(Reply):
    """`text` for `prometheus`, `metrics` for `json`. Counts begin at the start."""

    text: str | None = None
    metrics: list[MetricFamily] | None = None


class GetMetrics(Request[GetMetricsReply]):
    """Ask for what the service measures, with `system.read`."""

    format: Literal["prometheus", "json"] = "prometheus"
