"""Labs: found as one types, in a table; one of them with its members beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from typing_extensions import override

from gui.controllers.labs import FoundLabs, Labs
from gui.controllers.who import WHO
from gui.views.finder import FinderPage
from gui.views.lab_pane import LabPane
from gui.views.stage import Stage
from gui.widgets.basics import Frame, button, toggle
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class LabsPage(FinderPage):
    """Search, select; make a lab."""

    title = "Labs"
    thing = "lab"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("name", "Name", 170),
        Column("code", "Code", 80),
        Column("state", "State", 70),
        Column("created", "Made", 130),
    )
    narrow: ClassVar[tuple[str, ...]] = ("name", "code")

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        self.labs = Labs(stage.desk)
        super().__init__(parent, stage, name=name)

    @override
    def make_pane(self, parent: Any) -> LabPane:
        self.lab = LabPane(parent, self.stage, self.labs, self.find, self.lost)
        return self.lab

    @override
    def fill_bar(self, bar: Frame) -> None:
        self.inactive = toggle(bar, "Also inactive ones", self.look, name="inactive")
        self.inactive.pack(side="left")
        if self.stage.desk.may("labs.manage"):
            button(bar, "New lab…", self.create, kind="primary", name="new").pack(
                side="right"
            )

    @override
    def wanted(self) -> tuple[str, bool]:
        return self.query.get().strip(), self.inactive.instate(["selected"])

    @override
    def finder(self, wanted: tuple[str, bool]) -> FoundLabs:
        query, inactive = wanted
        return FoundLabs(self.stage.desk, query, inactive=inactive)

    @override
    def create(self) -> None:
        """Ask for a new lab."""
        if not self.stage.desk.may("labs.manage"):
            return
        self.stage.ask(
            Question(
                "New lab",
                "The code never changes. Its administrator can add the other members.",
                fields=(
                    FieldSpec("name", "Name", required=True),
                    FieldSpec(
                        "code",
                        "Code",
                        required=True,
                        hint="2 to 20 of A to Z, 0 to 9, - and _",
                    ),
                    FieldSpec("description", "Description", "lines"),
                    FieldSpec(
                        WHO,
                        "First administrator",
                        hint="User name or mail address; may be empty",
                    ),
                ),
                confirm="Make the lab",
                command=self.labs.create_command,
            ),
            self.labs.create,
            self._created,
        )

    def _created(self, made: tuple[str, str]) -> None:
        lab_id, trouble = made
        self.find(lab_id)
        if trouble:
            self.notice.show(trouble, "warning")
        else:
            self.stage.toasts.show("The lab is there.")
