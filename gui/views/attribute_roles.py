"""Which roles of labs have which attributes: in all labs, or in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gui.controllers.attributes import HAS, HAS_HERE, ROLES, Attributes
from gui.controllers.credentials import Item
from gui.views.attribute_field import attribute_field
from gui.views.lab_field import LabField
from gui.views.lists import ListPane
from gui.views.stage import Page
from gui.widgets.basics import Frame, px
from gui.widgets.dialogs import Answers, Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column

ALLOW, TAKE = "has it", "does not have it"


class RolesPane(Frame):
    """The map of the lab that is named, or of labs in general."""

    def __init__(
        self,
        parent: Any,
        page: Page,
        attributes: Attributes,
        names: Callable[[], Sequence[str]],
    ) -> None:
        """Empty, until `fetch`."""
        super().__init__(parent, name="rolemap")
        self.page, self.attributes, self._names = page, attributes, names
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.lab = LabField(
            self,
            page.stage.desk,
            self.fetch,
            page.failing(self.fetch),
            hint="Code, name or id; empty: what holds in all labs that set nothing else",
        )
        self.lab.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 8)))
        self.list = ListPane(
            self,
            "",
            (
                Column("attribute", "Attribute", 260),
                *(Column(role, role.capitalize(), 150) for role in ROLES),
            ),
            name="map",
        )
        self.list.grid(row=1, column=0, sticky="nsew")
        self.list.add_button("Set…", self.set, name="set", kind="primary")

    def fetch(self) -> None:
        """Ask what the roles have."""
        self.page.begin()
        self.attributes.of_roles(
            self.lab.lab_id, self._came, self.page.failing(self.fetch)
        )

    def _came(self, items: Sequence[Item]) -> None:
        self.page.end()
        where = "In this lab" if self.lab.lab_id else "In all labs"
        self.list.title.configure(text=where)
        self.list.show(items, nothing=("None", "No role has an attribute."))

    def set(self) -> None:
        """Ask which role should have what."""
        selected = self.list.selected
        name = selected[0].key if selected else ""
        where = (
            "in this lab" if self.lab.lab_id else "in all labs that set nothing else"
        )
        self.page.stage.ask(
            Question(
                "What a role has",
                "",
                (
                    f"It holds {where}, for all members of that role, at once.",
                    "Nobody can give what they lack themselves.",
                ),
                (
                    attribute_field(self._choices(name), name),
                    FieldSpec("role", "Role", "choice", ROLES[1], choices=ROLES),
                    FieldSpec("how", "It", "choice", ALLOW, choices=(ALLOW, TAKE)),
                ),
                columns=2,
                confirm="Set it",
                command=lambda v: self.attributes.role_command(self._fields(v)),
            ),
            lambda v, done, failed: self.attributes.set_role(
                self._fields(v), lambda _: done(v), failed
            ),
            self._done,
        )

    def _choices(self, name: str) -> Sequence[str]:
        """Those that count, and the one that is selected."""
        names = self._names()
        return sorted({*names, name} - {""}) if names else ()

    def _fields(self, answers: Answers) -> dict[str, Any]:
        return {
            "role": answers["role"],
            "attribute": answers["attribute"].strip(),
            "granted": answers["how"] == ALLOW,
            "lab_id": self.lab.lab_id or None,
        }

    def _done(self, answers: Answers) -> None:
        fields = self._fields(answers)
        had = self._had(fields["attribute"], fields["role"])
        self.fetch()
        text = (
            f"{fields['role'].capitalize()}s: {answers['how']}, {fields['attribute']}."
        )
        if had is fields["granted"]:
            self.page.stage.toasts.show(text)
            return
        self.page.stage.toasts.show(
            text,
            action="Undo",
            command=lambda: self.attributes.set_role(
                {**fields, "granted": had},
                lambda _: self.fetch(),
                self.page.failing(self.fetch),
            ),
        )

    def _had(self, attribute: str, role: str) -> bool:
        item = self.list.items.get(attribute)
        return item is not None and item.cells[1 + ROLES.index(role)] in (HAS, HAS_HERE)
