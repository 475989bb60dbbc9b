"""Messages for who runs the service: what it measures, how it is set, copies of it."""

from typing import Literal

from pydantic import Field, JsonValue

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


class ConfiguredValue(Part):
    """One setting or policy.

    `source` of a setting is `set` or `default`, of a policy `set` or `profile`. A
    `hidden` one has a value that is not told: a path, an address or a text.
    """

    name: str
    value: JsonValue
    source: str
    hidden: bool = False


class GetConfigReply(Reply):
    """How the service is set. `limits` are those of the wire, durations in seconds."""

    version: str
    profile: str
    settings: list[ConfiguredValue]
    policy: list[ConfiguredValue]
    limits: dict[str, int]
    features: dict[str, bool]


class GetConfig(Request[GetConfigReply]):
    """Ask how the service is set, with `system.read`; no secret and no path is told."""


class BackupStoreReply(Reply):
    """The file is in the directory for backups, durably, and was verified in full."""

    file: str
    bytes: int
    sha256: str


class BackupStore(Request[BackupStoreReply]):
    """Have a backup made on the machine of the service, with `system.admin`.

    After a recent proof. Its place is the operator's choice, its name the service's. It
    may take longer than a client waits: ask again with the same idempotency key.
    """


class CompactStoreReply(Reply):
    """What documents and journals take on the disk, before and after."""

    bytes_before: int
    bytes_after: int


class CompactStore(Request[CompactStoreReply]):
    """Write the journals into a new base now, with `system.admin`, after a recent proof.

    It happens by itself when they have grown; everything goes on meanwhile.
    """
