"""All accounts: found as one types, in a table; one of them in full beside it."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.users import STATUSES, FoundUsers, Search, Users
from gui.controllers.wording import counted
from gui.views.lists import ItemSource
from gui.views.person import PersonPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import Split, button, choice, entry, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.table import Column, Row, Table
from gui.widgets.timing import Debounce

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
NARROW = ("username", "full_name", "email", "role", "status")


class UsersPage(Page):
    """Search, sort, select; make an account."""

    title = "Users"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.users = Users(stage.desk)
        self.search = Search()
        self.found = FoundUsers(stage.desk, self.search)
        self.person: PersonPane
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        self._bar()
        self.panes = Split(self.body, 430)
        self.panes.grid(row=1, column=0, sticky="nsew")
        left = self.panes.left
        self.table = Table(left, COLUMNS)
        self.table.grid(row=0, column=0, sticky="nsew")
        self.table.sort_by("username", descending=False)
        self.table.on_sort = self._sort
        self.table.on_select = self._selected
        self.table.on_open = lambda _: self.person.focus()
        self.count = label(left, font="small", look="secondary", name="count")
        self.count.grid(row=1, column=0, sticky="w", pady=px(self, 4))
        self.person = PersonPane(self.panes.right, stage, self.users, self._changed)
        self.person.grid(row=0, column=0, sticky="nsew")
        self._reveal(person=False)

    def _bar(self) -> None:
        bar, gap = frame(self.body, name="bar"), px(self, 8)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Search").pack(side="left")
        self.query = entry(bar, name="query", width=28)
        self.query.pack(side="left", padx=gap)
        self.status = choice(bar, (ANY, *STATUSES), name="status", width=14)
        self.status.pack(side="left")
        if self.stage.desk.may("users.create"):
            button(bar, "New user…", self.create, kind="primary", name="new").pack(
                side="right"
            )
        typed = Debounce(self.query, self.look, after_ms=120)
        self.query.bind("<KeyRelease>", typed.poke)
        self.query.bind("<Down>", lambda _: self.table.focus_rows())
        self.query.bind("<Return>", lambda _: self.table.focus_rows())
        self.query.bind("<Escape>", lambda _: self._clear())
        self.status.bind("<<ComboboxSelected>>", lambda _: self.look())

    @override
    def open(self) -> None:
        """Find anew; the search is as it was."""
        window = self.stage.root
        window.bind("<Control-f>", lambda _: self.query.focus_set())
        window.bind("<Control-n>", lambda _: self.create())
        self.find()
        self.query.focus_set()

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        for key in ("<Control-f>", "<Control-n>"):
            self.stage.root.unbind(key)

    # --- finding

    def look(self) -> None:
        """Find, if something else is wanted than before."""
        status = self.status.get()
        wanted = Search(
            self.query.get(),
            "" if status == ANY else status,
            "",
            self.search.sort_by,
            self.search.descending,
        )
        if wanted != self.search:
            self.search = wanted
            self.find()

    def find(self) -> None:
        """Fetch the first page of what is wanted."""
        found = FoundUsers(self.stage.desk, self.search)
        found.changed = self.table.refresh
        found.failed = self.failing(self.find)
        self.spinner.start("Searching…")

        def came() -> None:
            self.end()
            self.notice.clear()
            self.found = found
            self.table.clear_selection()
            self.table.show(ItemSource(found))
            self._selected(None)

        self.found.cancel()
        self.found = found
        found.begin(came, self.failing(self.find))

    def _tell(self) -> None:
        total, chosen = self.found.total, len(self.table.selected)
        text = counted(total, "account")
        if chosen:
            text += f"  ·  {chosen} selected"
        self.count.configure(text=text)
        wanted = self.search.query or self.search.status
        self.table.say(
            "" if total else "No account is like that." if wanted else "No account."
        )

    def _clear(self) -> None:
        self.query.delete(0, "end")
        self.look()

    def _sort(self, name: str, descending: bool) -> None:  # noqa: FBT001 - called by the table
        old = self.search
        self.search = Search(old.query, old.status, old.role, name, descending)
        self.find()

    def _selected(self, row: Row | None) -> None:
        self._tell()
        self._reveal(person=row is not None)
        if row is not None:
            self.person.show(row.key)
        else:
            self.person.clear()

    def _reveal(self, *, person: bool) -> None:
        """Somebody in full takes the room of the columns that matter least."""
        self.panes.reveal(right=person)
        self.table.show_columns(NARROW if person else [c.name for c in COLUMNS])

    def _changed(self) -> None:
        """An account is other than before: find anew, where the list is."""
        top = self.table.top
        found = self.found

        def came() -> None:
            self.table.refresh()
            self._tell()

        found.begin(came, self.failing(self.find))
        self.table.top = top

    # --- making

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
