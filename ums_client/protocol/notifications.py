"""Messages about what people are told: their list, sending to them, their telephones."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from ums_client.protocol.fields import LabId, Lines, Secret, ShortText, Text, UserId
from ums_client.protocol.limits import (
    INTEGER_MAX,
    INTERVAL_MINUTES_MAX,
    INTERVAL_MINUTES_MIN,
    NOTIFICATION_CHARS_MAX,
    NOTIFIED_ACCOUNTS_MAX,
    PAGE_SIZE_MAX,
)
from ums_client.protocol.message import Reply, Request

_SPACE: Final = re.compile(r"\s*")


def _visible(value: str) -> str:
    if _SPACE.fullmatch(value):
        raise ValueError("should not be empty")
    return value


Channel = Literal["in_app", "email", "push"]


def _in_app() -> list[Channel]:
    return ["in_app"]


Priority = Literal["low", "normal", "high", "urgent"]
Number = Annotated[int, Field(ge=1, le=INTEGER_MAX)]
"""The number of a notification in the list of its account."""
Kind = Annotated[str, StringConstraints(max_length=50, pattern=r"^[a-z][a-z0-9_.-]*$")]
Title = Annotated[ShortText, AfterValidator(_visible)]
Body = Annotated[
    Lines, Field(max_length=NOTIFICATION_CHARS_MAX), AfterValidator(_visible)
]
JobId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]*$")]
JobState = Literal["waiting", "running", "done", "cancelled", "stopped"]
Time = Annotated[str, StringConstraints(max_length=40)]
"""ISO 8601; without an offset it is in `timezone`."""


class NotificationView(BaseModel):
    """What somebody was told. `sender` is empty for the service itself.

    `delivery` tells of the mail where there is one: it waits (`queued`), could not be
    sent (`failed`), or left the service (`handed_over`).
    """

    notification_id: int
    type: str
    title: str
    body: str
    priority: Priority
    channels: list[Channel]
    sender: str
    lab_id: str | None = None
    created_at: str
    read_at: str | None = None
    delivery: Literal["queued", "failed", "handed_over"] | None = None


class ListNotificationsReply(Reply):
    """The newest first. `unread` counts all that have not been read, on every page."""

    notifications: list[NotificationView]
    unread: int
    total: int
    next_cursor: int | None = None


class ListNotifications(Request[ListNotificationsReply]):
    """List what you were told, in the application or elsewhere.

    `total` counts what is listed by these fields, without the page.
    """

    type: Kind | None = None
    channel: Channel | None = None
    unread: bool | None = None
    limit: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX
    cursor: Number | None = None


class MarkNotificationsReply(Reply):
    """How many changed, and how many are not read now."""

    changed: int
    unread: int


class MarkNotifications(Request[MarkNotificationsReply]):
    """Mark some or `all` of your notifications as read, or as not read."""

    notification_ids: (
        Annotated[list[Number], Field(min_length=1, max_length=PAGE_SIZE_MAX)] | None
    ) = None
    all: bool = False
    read: bool = True


class SendNotificationReply(Reply):
    """What was noted durably, and is sent from now on or when its time comes.

    `list_scheduled` tells how far it is. `accounts` counts the accounts that are named;
    of a lab the members are found when it is sent.
    """

    message: str = ""
    job_id: str
    state: JobState
    accounts: int | None = None
    next_at: str


class SendNotification(Request[SendNotificationReply]):
    """Send something to accounts, or to the members of a lab, now or by a schedule.

    What is said is `title` and `body`, or a `template` with its `data`. Who does not
    want a channel is not told by it, mail waits for the end of quiet hours, and an
    account that had as many notifications in the last hour as it may gets none. `type`
    is a word for programs; those of the service itself cannot be sent. `schedule` repeats
    at the same time of the day in `timezone` until `end_date`; one for the 31st comes at
    the end of shorter months.
    """

    user_ids: (
        Annotated[list[UserId], Field(min_length=1, max_length=NOTIFIED_ACCOUNTS_MAX)]
        | None
    ) = None
    lab_id: LabId | None = None
    type: Kind = "message"
    title: Title | None = None
    body: Body | None = None
    template: Literal["maintenance", "reminder"] | None = None
    data: dict[ShortText, Text] | None = None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=3)] = Field(
        default_factory=_in_app
    )
    priority: Priority = "normal"
    scheduled_time: Time | None = None
    schedule: Literal["once", "daily", "weekly", "monthly", "interval"] = "once"
    interval_minutes: (
        Annotated[int, Field(ge=INTERVAL_MINUTES_MIN, le=INTERVAL_MINUTES_MAX)] | None
    ) = None
    timezone: ShortText | None = None
    end_date: Time | None = None


class ScheduledView(BaseModel):
    """One sending. `done` and `skipped` count accounts of the run that is on, or the last.

    `stopped` means that who sent it may not any more, or that the API key that asked for
    it (`key_id`) has ended.
    """

    job_id: str
    sender: str
    key_id: str | None = None
    lab_id: str | None = None
    type: str
    title: str
    body: str
    channels: list[Channel]
    priority: Priority
    state: JobState
    schedule: str
    timezone: str
    accounts: int | None = None
    done: int
    skipped: int
    runs: int
    created_at: str
    next_at: str | None = None
    end_at: str | None = None


class ListScheduledReply(Reply):
    """A page of sendings; `next_cursor` asks for the next."""

    scheduled: list[ScheduledView]
    next_cursor: str | None = None


class ListScheduled(Request[ListScheduledReply]):
    """List what you are sending and sent lately; with `all`, what everybody is.

    `all` takes notifications.send in the whole service.
    """

    state: JobState | None = None
    all: bool = False
    limit: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX
    cursor: JobId | None = None


class CancelScheduledReply(Reply):
    """Nobody is told any more; who was told stays told."""

    message: str = ""
    job_id: str
    done: int


class CancelScheduled(Request[CancelScheduledReply]):
    """Stop a sending, also one that is on: yours, or any with notifications.send."""

    job_id: JobId


class TestNotificationReply(Reply):
    """The test is on its way."""

    message: str = ""
    channel: Channel


class TestNotification(Request[TestNotificationReply]):
    """Send yourself a test, a few times in an hour."""

    channel: Channel = "in_app"


class PushDevice(BaseModel):
    """A telephone or browser that notifications can be pushed to."""

    device_id: str
    device_type: str
    device_name: str
    registered_at: str


class RegisterDeviceReply(Reply):
    """The device, and all that the account has."""

    message: str = ""
    device: PushDevice
    devices: list[PushDevice]


class RegisterDevice(Request[RegisterDeviceReply]):
    """Have notifications pushed to a telephone or browser.

    `device_token` is what the push service gave it. One that another account had
    belongs to yours from here on. The oldest makes room where there are too many.
    """

    device_token: Annotated[Secret, Field(min_length=1)] = Field(repr=False)
    device_type: Literal["android", "ios", "web"]
    device_name: ShortText = ""


class UnregisterDeviceReply(Reply):
    """Nothing is pushed there any more."""

    message: str = ""


class UnregisterDevice(Request[UnregisterDeviceReply]):
    """Have nothing pushed to a device of yours any more: by its id or its token."""

    device_id: Annotated[str, Field(max_length=64)] | None = None
    device_token: Secret | None = Field(default=None, repr=False)
