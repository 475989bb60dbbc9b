"""Before somebody leaves: what would be lost of what they have typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gui.views.stage import Stage
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.panel import panels


class Leaving:
    """Asks, if there is such; once, however often somebody wants to leave."""

    def __init__(self, stage: Stage, pages: Callable[[], Sequence[str]]) -> None:
        """`pages` are the titles of those with something that is not saved yet."""
        self._stage, self._pages = stage, pages
        self._sheet: Sheet | None = None

    def wish(
        self,
        verb: str,
        leave: Callable[[], object],
        stay: Callable[[], object] = lambda: None,
    ) -> None:
        """Call `leave`; if something would be lost, only where that is said to be right."""
        if self._sheet is not None and self._sheet.winfo_exists():
            return
        dialogs = [p.title() for p in panels(self._stage.root) if p.at_risk]
        titles = (*dialogs, *self._pages())
        if titles:
            self._sheet = self._ask(verb, titles, leave, stay)
        else:
            leave()

    def _ask(
        self,
        verb: str,
        titles: Sequence[str],
        leave: Callable[[], object],
        stay: Callable[[], object],
    ) -> Sheet:
        leaving = []

        def submit(_: dict[str, str], sheet: Sheet) -> None:
            leaving.append(True)
            sheet.close()
            leave()

        sheet = self._stage.dialogs.open(
            Question(
                verb,
                "This is not saved, and would be lost:",
                titles,
                confirm=f"{verb} all the same",
                danger=True,
                close="Stay",
            ),
            submit,
        )
        sheet.on_closed = lambda: None if leaving else stay()
        return sheet
