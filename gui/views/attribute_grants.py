"""What members of a lab were given beside what their role has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gui.controllers.attributes import Attributes, Grants
from gui.controllers.credentials import days_fault
from gui.controllers.who import WHO
from gui.views.attribute_field import attribute_field
from gui.views.lab_field import LabField
from gui.views.stage import Page
from gui.views.streams import StreamPane
from gui.widgets.basics import Frame, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class GrantsPane(Frame):
    """The grants of the lab that is named."""

    def __init__(
        self,
        parent: Any,
        page: Page,
        attributes: Attributes,
        names: Callable[[], Sequence[str]],
    ) -> None:
        """Empty, until a lab is named."""
        super().__init__(parent, name="grants")
        self.page, self.attributes, self._names = page, attributes, names
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.lab = LabField(
            self,
            page.stage.desk,
            self.fetch,
            page.failing(self.fetch),
            hint="Code, name or id",
        )
        self.lab.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 8)))
        self.list = StreamPane(
            self,
            "Given to members",
            (
                Column("username", "User name", 140),
                Column("attribute", "Attribute", 220),
                Column("since", "Since", 140),
                Column("until", "Until", 140),
                Column("state", "State", 90),
            ),
            name="given",
        )
        self.list.grid(row=1, column=0, sticky="nsew")
        self.list.add_button(
            "Take away…", self.revoke, name="revoke", kind="danger", needs_row=True
        )
        self.give_button = self.list.add_button(
            "Give…", self.give, name="give", kind="primary"
        )

    def fetch(self) -> None:
        """Ask what was given in the lab."""
        named = bool(self.lab.lab_id)
        self.give_button.configure(state="normal" if named else "disabled")
        if not named:
            self.page.end()
            self.list.show((), nothing=("No lab is named", "Name one above."))
            return
        grants = Grants(self.page.stage.desk, self.lab.lab_id)
        self.page.begin()

        def came() -> None:
            self.page.end()
            self.list.follow(
                grants,
                nothing=("Nothing was given", "Members have what their roles have."),
                failed=self.page.failing(self.fetch),
            )

        grants.begin(came, self.page.failing(self.fetch))

    def give(self) -> None:
        """Ask who should have what, and for how long."""
        lab_id = self.lab.lab_id
        self.page.stage.ask(
            Question(
                "Give an attribute",
                "",
                ("It counts in this lab only, beside what the role has.",),
                (
                    FieldSpec(
                        WHO,
                        "Member",
                        hint="User name or mail address",
                        required=True,
                    ),
                    attribute_field(self._names()),
                    FieldSpec(
                        "days",
                        "For so many days",
                        hint="Empty: without end",
                        check=days_fault,
                    ),
                ),
                columns=2,
                confirm="Give it",
                command=lambda v: self.attributes.grant_command(lab_id, v),
            ),
            lambda v, done, failed: self.attributes.grant(lab_id, v, done, failed),
            lambda reply: self._finished(f"{reply.grant.name} is given."),
        )

    def _finished(self, text: str) -> None:
        self.page.stage.toasts.show(text)
        self.fetch()

    def revoke(self) -> None:
        """Take away what is selected, after a question."""
        lab_id, item = self.lab.lab_id, self.list.selected[0]
        who, name = item.cells[:2]

        def taken(_: Any) -> None:
            self.fetch()
            self.page.stage.toasts.show(
                f"{who} has {name} no longer.",
                action="Undo",
                command=lambda: self.attributes.grant_again(
                    lab_id,
                    item,
                    lambda _: self._finished(f"{who} has {name} again."),
                    self.page.failing(self.fetch),
                ),
            )

        self.page.stage.ask(
            Question(
                f"Take {name} from {who}",
                "",
                (
                    "Programs that ask for it in this lab refuse it at once.",
                    "What the role of the member has stays.",
                ),
                confirm="Take it away",
                danger=True,
                command=lambda _: self.attributes.revoke_command(lab_id, item),
            ),
            lambda _, done, failed: self.attributes.revoke(lab_id, item, done, failed),
            taken,
        )
