"""All accounts: found as one types, in a table; one of them in full beside it."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from typing_extensions import override

from gui.controllers.users import STATUSES, FoundUsers, Search, Users
from gui.views.finder import FinderPage
from gui.views.person import PersonPane
from gui.views.stage import Stage
from gui.widgets.basics import Frame, button, choice
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.table import Column, Row

ANY = "any status"
COLUMNS = (
    Column("username", "User name", 120, "username"),
    Column("full_name", "Full name", 160, "full_name"),
    Column("email", "Mail address", 190, "email"),
    Column("role", "Role", 90, "role"),
    Column("status", "Status", 90, "status"),
    Column("last", "Last sign-in", 140, "last_login"),
    Column("created", "Created", 140, "created_at"),
)


class UsersPage(FinderPage):
    """Search, sort, select; make an account."""

    title = "Users"
    thing = "account"
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    narrow: ClassVar[tuple[str, ...]] = (
        "username",
        "full_name",
        "email",
        "role",
        "status",
    )
    pane_width = 430
    look_after_ms = 60

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        self.users = Users(stage.desk)
        self._order = ("username", False)
        super().__init__(parent, stage, name=name)
        self.table.sort_by("username", descending=False)
        self.table.on_sort = self._sort

    @override
    def make_pane(self, parent: Any) -> PersonPane:
        self.person = PersonPane(parent, self.stage, self.users, self._changed)
        return self.person

    @override
    def fill_bar(self, bar: Frame) -> None:
        self.status = choice(bar, (ANY, *STATUSES), name="status", width=14)
        self.status.pack(side="left")
        self.status.bind("<<ComboboxSelected>>", lambda _: self.look())
        if self.stage.desk.may("users.create"):
            button(bar, "New user…", self.create, kind="primary", name="new").pack(
                side="right"
            )

    # --- finding

    @property
    def search(self) -> Search:
        """What was asked for last."""
        return cast("Search", self.asked)

    @override
    def wanted(self) -> Search:
        status = self.status.get()
        return Search(
            self.query.get().strip(), "" if status == ANY else status, "", *self._order
        )

    @override
    def finder(self, wanted: Search) -> FoundUsers:
        return FoundUsers(self.stage.desk, wanted)

    @property
    @override
    def narrowed(self) -> bool:
        return bool(self.search.query or self.search.status)

    @override
    def came(self, select: str = "") -> None:
        self.notice.clear()
        self.table.clear_selection()
        self.selected(None)
        super().came(select)

    @override
    def tell(self) -> None:
        super().tell()
        chosen = len(self.table.selected)
        if chosen > 1:
            text = self.count.cget("text")
            self.count.configure(text=f"{text}  ·  {chosen} selected")

    def _sort(self, name: str, descending: bool) -> None:  # noqa: FBT001 - called by the table
        self._order = (name, descending)
        self.find()

    @override
    def selected(self, row: Row | None) -> None:
        super().selected(row)
        self.tell()
        if row is None:
            self.person.clear()

    def _changed(self) -> None:
        """An account is other than before: find anew, where the list is."""
        top = self.table.top
        found = self.found

        def came() -> None:
            self.table.refresh()
            self.tell()

        found.begin(came, self.failing(self.find))
        self.table.top = top

    # --- making

    @override
    def create(self) -> None:
        """Ask for a new account."""
        self.stage.ask(
            Question(
                "New user",
                "Without a password the service makes one up, for the first sign-in only.",
                fields=(
                    FieldSpec("username", "User name", required=True),
                    FieldSpec("email", "Mail address", required=True),
                    FieldSpec("full_name", "Full name"),
                    FieldSpec("role", "Role", value="user", required=True),
                    FieldSpec("phone", "Phone"),
                    FieldSpec("city", "City"),
                    FieldSpec("password", "Password", "password"),
                ),
                columns=2,
                confirm="Make the account",
                command=self.users.create_command,
            ),
            self.users.create,
            self._created,
        )

    def _created(self, made: tuple[str, str]) -> None:
        username, password = made
        self.stage.toasts.show(f"{username} is there.")
        self.find()
        if password:
            self.stage.show_secret(
                f"The first password of {username}",
                "It is shown only now, and has to be changed at the first sign-in.",
                password,
            )
