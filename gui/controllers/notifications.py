"""What the person at the window was told, and how they want to be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.wording import moment, said
from ums_client.protocol.notifications import (
    ListNotifications,
    ListNotificationsReply,
    MarkNotifications,
    NotificationView,
    TestNotification,
)

FailedWith = Callable[[Problem], object]
Facts: TypeAlias = tuple[tuple[str, str], ...]
PAGE: Final = 100
CHANNELS: Final = {
    "in_app": "In this program",
    "email": "Mail",
    "push": "Telephones and browsers",
}
_DELIVERY: Final = {
    "queued": "The mail waits",
    "failed": "The mail could not be sent",
    "handed_over": "The mail was handed over",
}
_TONES: Final = {"high": "warning", "urgent": "danger"}


class Unread:
    """How many notifications have not been read; whoever listens is told."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is known yet."""
        self.desk = desk

    def count(self) -> None:
        """Find out, in silence where the service cannot tell."""
        self.desk.ask(
            lambda: ListNotifications(limit=1),
            lambda reply: tell_unread(self.desk, reply.unread),
            lambda _: None,
        )


def tell_unread(desk: Desk, count: int) -> None:
    """Tell whoever shows the number."""
    for listener in desk.heard.unread:
        listener(count)


class Inbox(Streamed):
    """Notifications, the newest first; read ones stay as the history."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        super().__init__()
        self.desk = desk
        self.only_unread = False
        self.unread = 0
        self._views: dict[str, NotificationView] = {}

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page."""
        where = int(cursor) if cursor else None

        def came(reply: ListNotificationsReply) -> None:
            self._views |= {str(v.notification_id): v for v in reply.notifications}
            self._is(reply.unread)
            following = None if reply.next_cursor is None else str(reply.next_cursor)
            then([_item(view) for view in reply.notifications], following)

        return self.desk.ask(
            lambda: ListNotifications(
                unread=True if self.only_unread else None, limit=PAGE, cursor=where
            ),
            came,
            failed,
        )

    def _is(self, unread: int) -> None:
        self.unread = unread
        tell_unread(self.desk, unread)

    def read(self, key: str) -> tuple[str, str, Facts] | None:
        """Title, body and facts of one."""
        view = self._views.get(key)
        if view is None:
            return None
        facts = {
            "When": moment(view.created_at),
            "From": _sender(view),
            "About": said(view.type),
            "Told by": ", ".join(CHANNELS[channel] for channel in view.channels),
            "Mail": _DELIVERY.get(view.delivery or "", ""),
            "Read": moment(view.read_at) if view.read_at else "",
        }
        return (
            view.title,
            view.body,
            tuple((name, text) for name, text in facts.items() if text),
        )

    def is_unread(self, key: str) -> bool:
        """Whether it has not been read."""
        view = self._views.get(key)
        return view is not None and view.read_at is None

    def mark(
        self,
        keys: Sequence[str],
        then: Callable[[], object],
        failed: FailedWith,
        *,
        read: bool = True,
    ) -> None:
        """Mark these as read, or as not read; without `keys` all."""
        numbers = [int(key) for key in keys]

        def marked(reply: Any) -> None:
            self._is(reply.unread)
            then()

        self.desk.ask(
            lambda: MarkNotifications(
                notification_ids=numbers or None, all=not numbers, read=read
            ),
            marked,
            failed,
        )

    def mark_all_command(self) -> str:
        """The command that marks all as read."""
        return shell_command(self.desk.place, MarkNotifications, all=True)

    def test(
        self, channel: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Have a test sent by one of `CHANNELS`."""
        self.desk.ask(lambda: TestNotification(channel=_channel(channel)), then, failed)

    def test_command(self, channel: str) -> str:
        """The command for `test`."""
        return shell_command(
            self.desk.place, TestNotification, channel=_channel(channel)
        )


def _channel(title: str) -> Any:
    return next(name for name, known in CHANNELS.items() if known == title)


def _sender(view: NotificationView) -> str:
    if not view.sender:
        return "the service"
    lab = f" in the lab {view.lab_id}" if view.lab_id else ""
    return f"account {view.sender}{lab}"


def _item(view: NotificationView) -> Item:
    is_new = view.read_at is None
    cells = (
        "●" if is_new else "",
        view.title,
        "the service" if not view.sender else "a person",
        moment(view.created_at),
    )
    tone = _TONES.get(view.priority, "") if is_new else "muted"
    return Item(str(view.notification_id), cells, tone)
