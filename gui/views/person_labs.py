"""The labs of one account, and what it has in the one that is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.controllers.credentials import Item, days_fault
from gui.controllers.lab_members import ROLES
from gui.controllers.person_labs import (
    GIVEN,
    ROLE_CELL,
    STATE_CELL,
    Given,
    PersonLabs,
)
from gui.controllers.problems import Problem
from gui.views.lists import ListPane
from gui.views.stage import Stage
from gui.widgets.basics import Frame, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class LabsTab(Frame):
    """Two lists. `failed` is told what went wrong."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        labs: PersonLabs,
        failed: Callable[[Problem], object],
    ) -> None:
        """Fetches the labs."""
        super().__init__(parent, name="labstab")
        self.stage, self.labs, self._failed = stage, labs, failed
        self.columnconfigure(0, weight=1)
        self.rowconfigure((0, 1), weight=1)
        self._given = Given((), {})
        self._names: list[str] = []
        self.list = ListPane(
            self,
            "Labs",
            (
                Column("name", "Lab", 130),
                Column("code", "Code", 70),
                Column("role", "There as", 70),
                Column("state", "State", 60),
            ),
            name="memberships",
        )
        self.list.grid(row=0, column=0, sticky="nsew")
        self.given = ListPane(
            self,
            "Has there",
            (
                Column("attribute", "Attribute", 180),
                Column("how", "From", 70),
                Column("until", "Until", 110),
            ),
            name="attributes",
        )
        self.given.grid(row=1, column=0, sticky="nsew", pady=(px(self, 10), 0))
        self._buttons()
        self.list.on_selected = self._selected
        labs.attribute_names(self._names.extend)
        self.load()

    def _buttons(self) -> None:
        add = self.list.add_button
        add("Take out…", self.leave, name="leave", kind="danger", needs_row=True)
        add("Change…", self.change, name="changelab", needs_row=True)
        add("Add…", self.join, name="join")
        add = self.given.add_button
        self._revoke = add("Take back", self.revoke, name="revoke", needs_row=True)
        self._grant = add("Give…", self.grant, name="grant")
        self.given.on_selected = self._chosen
        self._show_given(Given((), {}))

    # --- what is shown

    def load(self, *_: object) -> None:
        """Fetch the labs."""
        self.labs.load(self._came, self._failed)

    def _came(self, items: list[Item]) -> None:
        if self.winfo_exists():
            self.list.show(items, nothing=("In no lab", "Add it to one by its code."))

    @property
    def lab(self) -> Item | None:
        """The lab that is selected."""
        selected = self.list.selected
        return selected[0] if selected else None

    def _selected(self) -> None:
        if not self.winfo_exists():
            return
        lab = self.lab
        if lab is None:
            self._show_given(Given((), {}))
        else:
            self.labs.attributes(
                lab.key, lambda given: self._show_of(lab, given), self._failed
            )

    def _show_of(self, lab: Item, given: Given) -> None:
        if self.winfo_exists() and self.lab is not None and self.lab.key == lab.key:
            self._show_given(given)

    def _show_given(self, given: Given) -> None:
        self._given = given
        nothing = ("Nothing", "Select a lab to see what the account has there.")
        if self.lab is not None:
            nothing = ("Nothing", "Neither from its role, nor given.")
        self.given.show(given.items, nothing=nothing)
        self._grant.configure(state="normal" if self.lab else "disabled")

    def _chosen(self) -> None:
        given = [item for item in self.given.selected if item.cells[1] == GIVEN]
        self._revoke.configure(state="normal" if given else "disabled")

    # --- memberships

    def join(self) -> None:
        """Ask for a lab."""
        self.stage.ask(
            Question(
                "Add to a lab",
                fields=(
                    FieldSpec("lab", "Lab", required=True, hint="Its code"),
                    FieldSpec("role", "There as", "choice", "member", choices=ROLES),
                ),
                confirm="Add",
                command=self.labs.join_command,
            ),
            self.labs.join,
            self.load,
        )

    def change(self) -> None:
        """Ask what it is to be there."""
        lab = self.list.selected[0]
        active = "yes" if lab.cells[STATE_CELL] == "active" else ""
        self.stage.ask(
            Question(
                f"Membership in {lab.cells[0]}",
                "",
                ("What is not active counts for nothing until it is again.",),
                (
                    FieldSpec(
                        "role",
                        "There as",
                        "choice",
                        lab.cells[ROLE_CELL],
                        choices=ROLES,
                    ),
                    FieldSpec("active", "Active", "check", active),
                ),
                confirm="Change",
                command=lambda v: self.labs.change_command(lab.key, v),
            ),
            lambda v, done, failed: self.labs.change(lab.key, v, done, failed),
            self.load,
        )

    def leave(self) -> None:
        """Ask whether it is to be taken out; that can be undone."""
        lab = self.list.selected[0]
        self.stage.ask(
            Question(
                f"Take out of {lab.cells[0]}",
                "",
                (
                    "What it was given in the lab ends.",
                    "Undoing makes it a member again, without what it was given.",
                ),
                confirm="Take out",
                danger=True,
                command=lambda _: self.labs.leave_command(lab.key),
            ),
            lambda _, done, failed: self.labs.leave(lab.key, done, failed),
            lambda _: self._left(lab),
        )

    def _left(self, lab: Item) -> None:
        self.load()
        self.stage.toasts.show(
            f"It is out of {lab.cells[0]}.",
            action="Undo",
            command=lambda: self.labs.put_in(
                lab.key, lab.cells[ROLE_CELL], self.load, self._failed
            ),
        )

    # --- attributes

    def grant(self) -> None:
        """Ask for an attribute."""
        lab = self.list.selected[0]
        self.stage.ask(
            Question(
                f"Give something in {lab.cells[0]}",
                "Beside what its role has there.",
                fields=(
                    FieldSpec(
                        "attribute",
                        "Attribute",
                        "choice",
                        choices=self._names,
                        required=True,
                    ),
                    FieldSpec(
                        "days",
                        "For so many days",
                        hint="Empty: without end",
                        check=days_fault,
                    ),
                ),
                confirm="Give",
                command=lambda v: self.labs.grant_command(lab.key, v),
            ),
            lambda v, done, failed: self.labs.grant(lab.key, v, done, failed),
            lambda _: self._selected(),
        )

    def revoke(self) -> None:
        """Take back what it was given; that can be undone."""
        lab, item = self.list.selected[0], self.given.selected[0]
        end = self._given.ends.get(item.key)
        self.stage.ask(
            Question(
                f"Take back {item.key}",
                "",
                ("What its role has in the lab stays.",),
                confirm="Take back",
                danger=True,
                command=lambda _: self.labs.revoke_command(lab.key, item.key),
            ),
            lambda _, done, failed: self.labs.revoke(lab.key, item.key, done, failed),
            lambda _: self._revoked(lab, item.key, end),
        )

    def _revoked(self, lab: Item, name: str, end: str | None) -> None:
        self._selected()
        self.stage.toasts.show(
            f"{name} is taken back.",
            action="Undo",
            command=lambda: self.labs.give_back(
                lab.key, name, end, lambda _: self._selected(), self._failed
            ),
        )
