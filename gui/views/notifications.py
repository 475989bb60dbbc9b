"""Notifications: what one was told, and how one wants to be told."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from gui.controllers.notifications import CHANNELS, Inbox
from gui.controllers.preferences import YES_OR_NO, Wishes, time_fault, zones
from gui.controllers.wording import counted
from gui.views.reader import Reader
from gui.views.stage import Page, Stage
from gui.views.streams import StreamPane
from gui.widgets.basics import Split, button, toggle
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column

NOTHING: Final = ("Nothing to read", "What happens to your account is told here.")


class NotificationsPage(Page):
    """Read them, mark them, choose how to be told."""

    title = "Notifications"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.inbox, self.wishes = Inbox(stage.desk), Wishes(stage.desk)
        button(
            self.head, "Preferences…", self.choose, icon="sliders", name="preferences"
        ).pack(side="right")
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        panes = Split(self.body, 330)
        panes.grid(row=0, column=0, sticky="nsew")
        self.list = pane = StreamPane(
            panes.left,
            "",
            (
                Column("new", "", 30),
                Column("title", "What", 320),
                Column("from", "From", 110),
                Column("when", "When", 150),
            ),
            name="inbox",
        )
        pane.grid(row=0, column=0, sticky="nsew")
        add = pane.add_button
        add("All read", self._mark_all, name="all_read")
        add("Not read", self._mark_unread, name="unread", needs_row=True)
        self.only_unread = toggle(pane.bar, "New only", self.look, name="only")
        pane.bar.add(self.only_unread)
        pane.on_selected = self._selected
        self.reader = Reader(panes.right)
        self._rest()

    @override
    def open(self) -> None:
        """Fetch the newest."""
        self.begin()
        self.inbox.begin(self._came, self.failing(self.open))

    def _came(self) -> None:
        self.end()
        self.list.follow(self.inbox, nothing=NOTHING, failed=self.failing(self.open))
        self._count()

    def _count(self) -> None:
        text = f"{self.inbox.unread:,} not read" if self.inbox.unread else "All read"
        self.list.title.configure(text=text)

    def look(self) -> None:
        """Fetch anew: all, or only those that were not read."""
        self.inbox.only_unread = self.only_unread.instate(["selected"])
        self.list.table.clear_selection()
        self._rest()
        self.open()

    # --- one of them

    def _rest(self) -> None:
        self.reader.rest("Nothing selected", "Select one to read it.", icon="bell")

    def _selected(self) -> None:
        chosen = self.list.selected
        found = self.inbox.read(chosen[0].key) if len(chosen) == 1 else None
        if found is None:
            self._rest()
            return
        self.reader.read(*found)
        key = chosen[0].key
        if self.inbox.is_unread(key) and not self.spinner.running:
            self._mark([key], read=True)

    # --- marking

    def _mark(self, keys: list[str], *, read: bool) -> None:
        self.begin()
        self.inbox.mark(keys, self._marked, self.failing(self.open), read=read)

    def _marked(self) -> None:
        self.open()

    def _mark_unread(self) -> None:
        keys = [item.key for item in self.list.selected]
        self.list.table.clear_selection()  # else it would be read again at once
        self._rest()
        self._mark(keys, read=False)

    def _mark_all(self) -> None:
        self.stage.ask(
            Question(
                "Mark all as read",
                "",
                (f"{counted(self.inbox.unread, 'notification')} count as read.",),
                confirm="Mark all",
                command=lambda _: self.inbox.mark_all_command(),
            ),
            lambda _, done, failed: self.inbox.mark([], lambda: done(None), failed),
            lambda _: self.open(),
        )

    # --- how to be told

    def choose(self) -> None:
        """Fetch the preferences, then ask for others."""
        self.begin()

        def came(values: dict[str, str]) -> None:
            self.end()
            self._ask(values)

        self.wishes.load(came, self.failing(self.choose))

    def _ask(self, values: dict[str, str]) -> None:
        wishes = self.wishes
        switches = [
            FieldSpec(name, text, "check", values[name]) for name, text in YES_OR_NO
        ]
        self.stage.ask(
            Question(
                "How you are told",
                "What concerns the safety of your account is told in any case. In quiet "
                "hours mail of people waits; nothing is lost.",
                fields=(
                    *switches,
                    FieldSpec(
                        "quiet_hours_start", "Quiet from", value=values["quiet_hours_start"],
                        hint="For example 22:00", check=time_fault,
                    ),
                    FieldSpec(
                        "quiet_hours_end", "Quiet until", value=values["quiet_hours_end"],
                        hint="For example 07:00", check=time_fault,
                    ),
                    FieldSpec(
                        "timezone", "By the clocks of", "choice", values["timezone"],
                        choices=zones(), free=True, hint="For example Europe/Berlin",
                    ),
                ),
                columns=2,
                confirm="Keep",
                command=wishes.command,
            ),
            wishes.save,
            lambda _: self.stage.toasts.show(
                "Your wishes count from now on.",
                action="Send a test…",
                command=self.test,
            ),
        )  # fmt: skip

    def test(self) -> None:
        """Ask by which way a test should come."""
        inbox, ways = self.inbox, tuple(CHANNELS.values())
        self.stage.ask(
            Question(
                "Send me a test",
                "A notification to yourself, to see that it arrives.",
                fields=(FieldSpec("channel", "By", "choice", ways[0], choices=ways),),
                confirm="Send",
                command=lambda v: inbox.test_command(v["channel"]),
            ),
            lambda v, done, failed: inbox.test(v["channel"], done, failed),
            lambda _: self.open(),
        )
