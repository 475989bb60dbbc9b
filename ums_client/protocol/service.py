"""Messages about the service itself: is it well, what can it do."""

from typing import ClassVar, Literal

from pydantic import Field

from ums_client.protocol.message import Part, Reply, Request

Component = Literal[
    "store",
    "signing_keys",
    "limits",
    "commits",
    "hashing",
    "mail",
    "loop",
    "memory",
]


class HealthPart(Part):
    """One part of the service: `state` is `ok`, `degraded` or `failed`."""

    name: str
    state: str
    text: str


class HealthDetails(Part):
    """Figures for who may see them.

    `queues` has what runs or waits by its name, `store_bytes` the size of the files by
    their kind. `commits` of the latest groups of commits were measured.
    """

    uptime_s: int
    memory_bytes: int
    open_files: int
    queues: dict[str, int]
    accounts: int
    store_bytes: dict[str, int]
    commits: int
    commit_median_ms: float
    commit_worst_ms: float


class HealthCheckReply(Reply):
    """How the service is. `status` on the wire is `healthy`.

    `active_sessions` counts what the caller may see: all for an administrator, their
    own for others, none without a session. `state` is `ready`, `full` (the disk is:
    reads go on) or `read_only` (the disk failed).

    With a level `state` is the answer: `alive`; `ready` or `not_ready`, with `checks`;
    `healthy`, `degraded` or `unhealthy`, with `checks` and `details`. `ready` is false
    when nothing can be changed.
    """

    status_word: ClassVar[str] = "healthy"

    service: str
    timestamp: str
    storage: str
    active_sessions: int
    state: str = "ready"
    version: str = ""
    profile: str = ""
    ready: bool | None = None
    checks: list[HealthPart] | None = None
    details: HealthDetails | None = None
    ignored: list[str] = Field(default_factory=list)


class HealthCheck(Request[HealthCheckReply]):
    """Ask whether the service is well. Open to everybody, but for `detailed`.

    `live` tells that it answers at all, `ready` whether it can do its work, `detailed`,
    which takes `system.read`, how each part of it is. `component` leaves only that part
    among the checks.
    """

    original: ClassVar[bool] = True

    level: Literal["basic", "live", "ready", "detailed"] = "basic"
    component: Component | None = None


class FieldDescription(Part):
    """One field. `outer`: it stands beside the wrapper, not inside it."""

    name: str
    type: str
    required: bool
    secret: bool = False
    outer: bool = False


class ActionDescription(Part):
    """One action: what it does, who may call it, what it takes and answers."""

    name: str
    summary: str
    access: str
    permission: str | None = None
    """Needed for somebody else's account (`own`) or for anything (`granted`)."""
    repeat: str
    wrapper: str | None = None
    fields: list[FieldDescription]
    reply: list[FieldDescription]


class DescribeActionsReply(Reply):
    """The public surface of the service."""

    version: str
    actions: list[ActionDescription]


class DescribeActions(Request[DescribeActionsReply]):
    """List every action, or describe one."""

    name: str | None = None
