"""Roles: found as one types, in a table; one of them in full beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import override

from gui.controllers.known import or_none
from gui.controllers.roles import FoundRoles, Roles
from gui.views.finder import FinderPage
from gui.views.role_pane import RolePane
from gui.views.stage import Stage
from gui.widgets.basics import Frame, button
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class RolesPage(FinderPage):
    """Search, select; make a role."""

    title = "Roles"
    thing = "role"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("name", "Name", 150),
        Column("description", "Description", 280),
        Column("kind", "Kind", 80),
        Column("state", "State", 70),
    )
    narrow: ClassVar[tuple[str, ...]] = ("name", "kind")

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        self.roles = Roles(stage.desk)
        super().__init__(parent, stage, name=name)

    @override
    def make_pane(self, parent: Any) -> RolePane:
        self.role = RolePane(parent, self.stage, self.roles, self._changed, self.lost)
        return self.role

    @override
    def open(self) -> None:
        self.roles.known.fetch_for_roles()
        super().open()

    @override
    def lost(self) -> None:
        self.roles.known.fetch_for_roles()
        super().lost()

    def _changed(self, name: str) -> None:
        """There may be other names than before, too."""
        self.roles.known.fetch_for_roles()
        self.find(name)

    @override
    def fill_bar(self, bar: Frame) -> None:
        button(bar, "New role…", self.create, kind="primary", name="new").pack(
            side="right"
        )

    @override
    def wanted(self) -> str:
        return self.query.get().strip()

    @override
    def finder(self, wanted: str) -> FoundRoles:
        return FoundRoles(self.stage.desk, wanted)

    @override
    def create(self) -> None:
        """Ask for a new role."""
        known = self.roles.known
        self.stage.ask(
            Question(
                "New role",
                "What it allows is set afterwards, or taken over from another role.",
                fields=(
                    FieldSpec(
                        "name", "Name", required=True, hint="a to z, 0 to 9, _ . and -"
                    ),
                    FieldSpec("description", "Description"),
                    FieldSpec(
                        "like",
                        "Begin like this role or template",
                        "choice",
                        choices=or_none((*known.roles, *known.templates)),
                    ),
                    FieldSpec(
                        "parent",
                        "Below this role",
                        "choice",
                        choices=or_none(known.roles),
                        hint="It inherits from there",
                    ),
                ),
                confirm="Make the role",
                command=self.roles.save_command,
            ),
            self.roles.save,
            self._created,
        )

    def _created(self, name: str) -> None:
        self.stage.toasts.show(f"{name} is there.")
        self._changed(name)
