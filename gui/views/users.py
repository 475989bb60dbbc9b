"""All accounts: found as one types, in a table; one of them in full beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

from typing_extensions import override

from gui.controllers.finding import FoundUsers, Search, filters, locked_ids
from gui.controllers.users import Users
from gui.views.bulk import BulkWizard
from gui.views.deleted import DeletedView
from gui.views.export import ExportView
from gui.views.finder import FinderPage
from gui.views.import_wizard import ImportView
from gui.views.new_user import new_user
from gui.views.person import PersonPane
from gui.views.picks import PickBar
from gui.views.stage import Stage
from gui.views.user_columns import COLUMNS, ChosenColumns
from gui.views.user_filters import UserFilters
from gui.widgets.basics import Frame, button, px
from gui.widgets.checks import CheckTable
from gui.widgets.rows import Column, Row


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
        self._locked: frozenset[str] = frozenset()
        self._order = ("username", False)
        self.chosen = ChosenColumns(stage)
        super().__init__(parent, stage, name=name)
        self.table.sort_by("username", descending=False)
        self.table.on_sort = self._sort
        self.picks = self._make_picks()
        self.picks.show(self.found, self.search)

    @override
    def make_table(self, parent: Any) -> CheckTable:
        self.rows = CheckTable(parent, COLUMNS)
        self.chosen.apply_to(self.rows)
        return self.rows

    @override
    def make_pane(self, parent: Any) -> PersonPane:
        self.person = PersonPane(parent, self.stage, self.users, self._changed)
        return self.person

    @override
    def fill_bar(self, bar: Frame) -> None:
        if self.stage.desk.may("users.create"):
            button(bar, "New user…", self.create, kind="primary", name="new").pack(
                side="right"
            )
        may = self.stage.desk.may
        for permission, text, name, command in (
            ("users.read", "Columns…", "columns", self.choose_columns),
            ("users.read", "Export…", "export", self.export),
            ("users.create", "Import…", "import", self.import_file),
            ("users.delete", "Deleted…", "deleted", self.show_deleted),
        ):
            if may(permission):
                made = button(self.head, text, command, kind="quiet", name=name)
                made.pack(side="right")
        self.filters = UserFilters(self.body, self.look)
        self.filters.grid(row=1, column=0, sticky="ew", pady=(0, px(self, 8)))

    def _make_picks(self) -> PickBar:
        made = PickBar(self.body, self.stage, self.rows, self.failing(self.find))
        made.grid(row=3, column=0, sticky="ew")
        made.grid_remove()
        made.add_button("Change them…", self.change_picked, "change")
        made.add_button("Export them…", self.export, "exportpicked", kind="plain")
        return made

    @override
    def open(self) -> None:
        filters(self.stage.desk, self.filters.offer_roles, self.filters.offer_labs)
        self._fetch_locked()
        super().open()

    def _fetch_locked(self) -> None:
        """Ask who is locked: what is found while typing does not tell it."""

        def came(ids: frozenset[str]) -> None:
            others, self._locked = ids != self._locked, ids
            if others and self.winfo_exists():
                self.table.refresh()

        self.stage.desk.work(locked_ids, came, lambda _: None)

    @override
    def hot_keys(self) -> dict[str, Callable[[], object]]:
        """Also one for those that are selected."""
        return {**super().hot_keys(), "<Control-e>": self.change_picked}

    @property
    @override
    def at_risk(self) -> bool:
        return self.person.at_risk

    # --- finding

    @property
    def search(self) -> Search:
        """What was asked for last."""
        return cast("Search", self.asked)

    @override
    def wanted(self) -> Search:
        return self.filters.search(self.query.get().strip(), self._order)

    @override
    def finder(self, wanted: Search) -> FoundUsers:
        return FoundUsers(self.stage.desk, wanted, lambda: self._locked)

    @property
    @override
    def narrowed(self) -> bool:
        return self.search.narrowed

    @override
    def came(self, select: str = "") -> None:
        self.notice.clear()
        self.table.clear_selection()
        self.selected(None)
        self.picks.show(self.found, self.search)
        super().came(select)

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

        self._fetch_locked()
        found.begin(came, self.failing(self.find))
        self.table.top = top

    @property
    @override
    def wide(self) -> Sequence[str]:
        return self.chosen.shown

    def choose_columns(self) -> None:
        """Ask which columns the list has."""
        self.chosen.ask(lambda: self.reveal(pane=bool(self.table.selected)))

    # --- with those that are picked

    def change_picked(self) -> None:
        """Ask what is to be done with them."""
        if self.picks.picked:
            BulkWizard(
                self.stage,
                list(self.picks.picked),
                self.filters.roles,
                self._changed_many,
            )

    def _changed_many(self) -> None:
        self.picks.picked.clear()
        self.table.clear_selection()
        self.selected(None)
        self._changed()

    def export(self) -> None:
        """Ask what is to be taken out, and where to."""
        ExportView(self.stage, self.search, self.found.total, list(self.picks.picked))

    def import_file(self) -> None:
        """Ask for a file of accounts."""
        ImportView(self.stage, self._changed_many)

    def show_deleted(self) -> None:
        """List the accounts that can be brought back."""
        DeletedView(self.stage, self._changed_many)

    # --- making

    @override
    def create(self) -> None:
        """Ask for a new account."""
        self.stage.ask(
            new_user(self.users),
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
