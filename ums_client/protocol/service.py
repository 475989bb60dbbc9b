"""Messages about the service itself: is it well, what can it do."""

from typing import ClassVar

from pydantic import Field

from ums_client.protocol.message import Part, Reply, Request


class HealthCheckReply(Reply):
    """How the service is. `status` on the wire is `healthy`.

    `active_sessions` counts what the caller may see: all for an administrator, their
    own for others, none without a session. `state` is `ready`, `full` (the disk is:
    reads go on) or `read_only` (the disk failed).
    """

    status_word: ClassVar[str] = "healthy"

    service: str
    timestamp: str
    storage: str
    active_sessions: int
    state: str = "ready"
    version: str = ""
    profile: str = ""
    ignored: list[str] = Field(default_factory=list)


class HealthCheck(Request[HealthCheckReply]):
    """Ask whether the service is well. Open to everybody."""

    original: ClassVar[bool] = True


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
