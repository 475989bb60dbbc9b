"""One account in full, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from gui.background import Job
from gui.controllers.audit import AuditLog, Wanted
from gui.controllers.credentials import Credentials, Factors, Item
from gui.controllers.person_labs import PersonLabs
from gui.controllers.problems import Problem
from gui.controllers.users import Person, Rights, Users
from gui.views.lists import ItemSource, ListPane
from gui.views.person_actions import PersonActions
from gui.views.person_fields import profile_fields
from gui.views.person_labs import LabsTab
from gui.views.sessions import SESSION_COLUMNS
from gui.views.stage import Stage, tell
from gui.widgets.basics import Frame, Notebook, ScrolledFrame, button, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.notice import Notice, Spinner, empty_state
from gui.widgets.rows import Column
from gui.widgets.table import Table

TABS: Final = ("Profile", "Roles", "Labs", "Sessions", "Factors", "Audit")
AUDIT_COLUMNS: Final = (
    Column("at", "When", 215),
    Column("event", "What", 140),
    Column("outcome", "Outcome", 95),
    Column("actor", "Who", 80),
)


class PersonPane(Frame):
    """Empty, until an account is shown."""

    def __init__(
        self, parent: Any, stage: Stage, users: Users, changed: Callable[[], object]
    ) -> None:
        """`changed` is called when the account is other than before."""
        super().__init__(parent, padding=(px(parent, 16), 0, 0, 0), name="person")
        self.stage, self.users, self._changed = stage, users, changed
        self.person: Person | None = None
        self._job: Job | None = None
        self._inside: Frame | None = None
        self.tabs: Notebook
        self.actions: PersonActions
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.clear()

    def clear(self) -> None:
        """Show nobody."""
        self.person = None
        self._replace(
            empty_state(
                self,
                "Nobody selected",
                "Select an account to see it here.",
                icon="person",
            )
        )

    def _replace(self, inside: Frame) -> None:
        if self._inside is not None:
            self._inside.destroy()
        self._inside = inside
        inside.grid(row=0, column=0, sticky="nsew")

    def show(self, user_id: str) -> None:
        """Fetch an account and show it; one that was asked for before is dropped."""
        if self._job is not None:
            self._job.cancel()
        self._job = self.users.get(user_id, self._show, self._failed)

    def _failed(self, problem: Problem) -> None:
        self.person = None
        self._replace(empty_state(self, "It cannot be shown", problem.text))

    def _show(self, person: Person) -> None:
        tab = 0 if self.person is None else self.tabs.index("current")
        pressed = "" if self.person is None else self.actions.with_focus
        self.person = person
        box, gap = frame(self), px(self, 6)
        box.columnconfigure(0, weight=1)
        box.rowconfigure(3, weight=1)
        head = frame(box)
        head.grid(row=0, column=0, sticky="ew")
        name = person.values["full_name"] or person.values["username"]
        label(head, name, font="heading", name="name").pack(side="left")
        look = "success" if person.state == "active" else "warning"
        label(head, person.state, look=look, name="status").pack(side="left", padx=gap)
        self.spinner = Spinner(head)
        self.spinner.pack(side="left")
        self.actions = PersonActions(
            box,
            self.stage,
            self.users,
            person,
            lambda: self._again(person.user_id),
            self._gone,
        )
        self.actions.grid(row=1, column=0, sticky="w", pady=gap)
        self.notice = Notice(box, wrap=320)
        self.notice.grid(row=2, column=0, sticky="ew")
        self.notice.clear()
        self.tabs = tabs = Notebook(box, name="tabs")
        tabs.grid(row=3, column=0, sticky="nsew")
        self._filled: set[int] = set()
        for title in TABS:
            tabs.add(frame(tabs, 8, name=f"tab{title.lower()}"), text=title)
        self._replace(box)
        self._profile_tab(self._tab(0))
        tabs.bind("<<NotebookTabChanged>>", lambda _: self._fill())
        tabs.select(tab)
        if pressed:
            self.actions.focus_on(pressed)

    def _tab(self, number: int) -> Any:
        tab = self.tabs.nametowidget(self.tabs.tabs()[number])
        tab.columnconfigure(0, weight=1)
        tab.rowconfigure(0, weight=1)
        return tab

    def _again(self, user_id: str) -> None:
        """Something was done with an account: show how it is, unless it is another's turn."""
        self._changed()
        if self.person is None or self.person.user_id == user_id:
            self.show(user_id)

    def _gone(self) -> None:
        """The account was deleted."""
        self._changed()
        self.clear()

    def _fill(self) -> None:
        """Fetch what a tab shows when it is first looked at."""
        number = self.tabs.index("current")
        if number in self._filled or self.person is None:
            return
        self._filled.add(number)
        fill = (
            lambda _: None,
            self._roles,
            self._labs,
            self._sessions,
            self._factors,
            self._audit,
        )
        fill[number](self._tab(number))

    def _problem(self, problem: Problem) -> None:
        if self.notice.winfo_exists():
            self.spinner.stop()
            tell(self.notice, problem, None)

    # --- profile

    def _profile_tab(self, tab: Any) -> None:
        person = self.person
        assert person is not None, "the tab is made for somebody"
        scrolled = ScrolledFrame(tab)
        scrolled.container.grid(row=0, column=0, sticky="nsew")
        can = self.stage.desk.may("users.update")
        self.form = Form(
            scrolled, profile_fields(person, can=can), columns=2, name="form"
        )
        self.form.pack(fill="both", expand=True)
        facts = "   ".join(f"{name}: {text}" for name, text in person.facts[2:])
        label(scrolled, facts, font="small", look="secondary", wrap=380).pack(
            anchor="w"
        )
        if can:
            self.save = button(
                tab, "Save changes", self._save, kind="primary", name="save"
            )
            self.save.grid(row=1, column=0, sticky="w", pady=(px(self, 8), 0))
            self.form.on_change(self._typed)
            self.form.on_return(self._save)
            self._typed()

    def _typed(self) -> None:
        self.save.configure(state="normal" if self.form.changes() else "disabled")

    @property
    def at_risk(self) -> bool:
        """Whether something of the profile was changed and is not saved yet."""
        return self.person is not None and bool(self.form.changes())

    def _save(self) -> None:
        person, changes, form = self.person, self.form.changes(), self.form
        if person is None or not changes or self.spinner.running or not form.judge():
            return
        self.spinner.start("Saving…")
        self.notice.clear()

        def saved(now: Person) -> None:
            self.stage.toasts.show(f"{now.values['username']} is saved.")
            self._changed()
            self._show(replace(now, locked=person.locked))

        def failed(problem: Problem) -> None:
            if form.winfo_exists():
                self.spinner.stop()
                tell(self.notice, problem, self._save, form)

        self.users.update(person.user_id, changes, saved, failed)

    # --- the other tabs

    def _roles(self, tab: Any) -> None:
        assert self.person is not None, "the tab is made for somebody"
        tab.rowconfigure(1, weight=2)
        roles = ListPane(
            tab,
            "Roles",
            (
                Column("role", "Role", 120),
                Column("how", "How", 80),
                Column("where", "Where", 90),
                Column("until", "Until", 100),
            ),
            name="held",
        )
        roles.grid(row=0, column=0, sticky="nsew")
        permissions = ListPane(
            tab,
            "May do",
            (
                Column("permission", "Permission", 140),
                Column("allowed", "May", 50),
                Column("why", "Why", 160),
            ),
            name="permissions",
        )
        permissions.grid(row=1, column=0, sticky="nsew", pady=(px(self, 10), 0))

        def came(rights: Rights) -> None:
            if tab.winfo_exists():
                roles.show(rights.roles, nothing=("No role", "Nothing is allowed."))
                why = "Administrators may do everything."
                if not rights.is_admin:
                    why = "Its own account, and what is open to everybody."
                permissions.show(rights.permissions, nothing=("No permission", why))

        self.users.rights(self.person.user_id, came, self._problem)

    def _labs(self, tab: Any) -> None:
        assert self.person is not None, "the tab is made for somebody"
        labs = PersonLabs(self.stage.desk, self.person.user_id)
        made = LabsTab(tab, self.stage, labs, self._problem)
        made.grid(row=0, column=0, sticky="nsew")

    def _credentials(self) -> Credentials:
        assert self.person is not None, "the tab is made for somebody"
        return Credentials(self.stage.desk, self.person.user_id)

    def _sessions(self, tab: Any) -> None:
        credentials = self._credentials()
        pane = ListPane(tab, "Sessions", SESSION_COLUMNS[:4], name="sessions")
        pane.grid(row=0, column=0, sticky="nsew")

        def load() -> None:
            credentials.sessions(show, self._problem)

        def show(items: list[Item]) -> None:
            if pane.winfo_exists():
                pane.show(items, nothing=("Not signed in", "There is no session."))

        def end() -> None:
            count = len(pane.items)
            self.stage.ask(
                Question(
                    "End all sessions",
                    "",
                    (f"{count} sessions of this account end at once.",),
                    confirm="End all",
                    danger=True,
                    command=lambda _: credentials.revoke_others_command(),
                ),
                lambda _, done, failed: credentials.revoke_others(done, failed),
                lambda _: load(),
            )

        pane.add_button("End all…", end, name="endall", kind="danger")
        load()

    def _factors(self, tab: Any) -> None:
        credentials = self._credentials()
        pane = ListPane(
            tab,
            "Second factors",
            (
                Column("kind", "Kind", 130),
                Column("name", "Name", 100),
                Column("since", "Since", 130),
            ),
            name="factors",
        )
        pane.grid(row=0, column=0, sticky="nsew")

        def load() -> None:
            credentials.factors(show, self._problem)

        def show(factors: Factors) -> None:
            if pane.winfo_exists():
                must = "The account must have one." if factors.required else ""
                pane.show(factors.items, nothing=("No second factor", must))

        def remove() -> None:
            item = pane.selected[0]
            self.stage.ask(
                Question(
                    f"Remove: {item.cells[0]}",
                    "For somebody who has lost it.",
                    (
                        "The sessions of the account end.",
                        "The password alone opens it, unless it must have a factor.",
                    ),
                    (FieldSpec("reason", "Reason", required=True),),
                    confirm="Remove",
                    danger=True,
                ),
                lambda v, done, failed: credentials.remove_factor(
                    item, v, done, failed
                ),
                lambda _: load(),
            )

        pane.add_button("Remove…", remove, name="remove", kind="danger", needs_row=True)
        load()

    def _audit(self, tab: Any) -> None:
        assert self.person is not None, "the tab is made for somebody"
        log = AuditLog(self.stage.desk, Wanted(user_id=self.person.user_id))
        table = Table(tab, AUDIT_COLUMNS)
        table.grid(row=0, column=0, sticky="nsew")
        log.failed = self._problem

        def more() -> None:
            if table.winfo_exists():
                table.refresh()

        def came() -> None:
            log.changed = more
            if table.winfo_exists():
                table.show(ItemSource(log))
                table.say("" if log.total else "No entry.")

        log.begin(came, self._problem)
