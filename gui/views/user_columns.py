"""The columns of the list of accounts: those there are, and those that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from gui.controllers.choices import Look
from gui.views.stage import Stage
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column
from gui.widgets.table import Table

COLUMNS: Final = (
    Column("username", "User name", 130, "username"),
    Column("full_name", "Full name", 160, "full_name"),
    Column("email", "Mail address", 190, "email"),
    Column("role", "Role", 90, "role"),
    Column("status", "Status", 110, "status"),
    Column("last", "Last sign-in", 140, "last_login"),
    Column("created", "Created", 140, "created_at"),
    Column("phone", "Phone", 110),
    Column("city", "City", 110),
    Column("country", "Country", 110),
    Column("verified", "Verified", 70),
    Column("change", "Must change", 90),
    Column("updated", "Changed", 140, "updated_at"),
)
USUAL: Final = tuple(column.name for column in COLUMNS[:7])
LOOK: Final = "users"


class ChosenColumns:
    """What somebody has made of the table, remembered with the other choices."""

    def __init__(self, stage: Stage) -> None:
        """As it was the last time."""
        self._stage = stage
        self._look = stage.looks.get(LOOK, Look(USUAL))

    @property
    def shown(self) -> Sequence[str]:
        """The columns that were chosen, as far as they are there."""
        known = [column.name for column in COLUMNS]
        return [name for name in self._look.columns if name in known] or USUAL

    def apply_to(self, table: Table) -> None:
        """Give a table the widths, and listen to what becomes of them."""
        names = {column.name for column in COLUMNS}
        kept = self._look.widths
        table.meant |= {name: kept[name] for name in kept if name in names}

        def dragged() -> None:
            self._keep(
                replace(
                    self._look,
                    widths={n: w for n, w in table.meant.items() if n in names},
                )
            )

        table.on_widths = dragged

    def _keep(self, look: Look) -> None:
        self._look = self._stage.looks[LOOK] = look

    def ask(self, changed: Callable[[], object]) -> None:
        """Ask which columns there are to be."""

        def chosen(answers: dict[str, str], sheet: Any) -> None:
            names = tuple(c.name for c in COLUMNS if answers[c.name])
            if not names:
                sheet.say("One column has to be there.")
                return
            sheet.close()
            self._keep(replace(self._look, columns=names))
            changed()

        shown = self.shown
        self._stage.dialogs.open(
            Question(
                "Columns",
                "Their widths are those that you drag the headings to.",
                fields=[
                    FieldSpec(c.name, c.title, "check", "yes" * (c.name in shown))
                    for c in COLUMNS
                ],
                columns=2,
                confirm="Show these",
            ),
            chosen,
        )
