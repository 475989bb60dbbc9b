"""A field in which people name a lab; what is typed is looked up after a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.who import find_lab
from gui.widgets.basics import Frame, entry, label, px
from gui.widgets.timing import Debounce

LOOK_MS: Final = 400


class LabField(Frame):
    """`lab_id` is the lab that was found last, empty for none; `changed` tells of it."""

    def __init__(
        self,
        parent: Any,
        desk: Desk,
        changed: Callable[[], object],
        failed: Callable[[Problem], object],
        *,
        hint: str,
    ) -> None:
        """No lab is named at first."""
        super().__init__(parent, name="labfield")
        self._desk, self._changed, self._failed = desk, changed, failed
        self.lab_id = self._typed = ""
        label(self, "Lab").pack(side="left")
        self.entry = entry(self, name="lab", width=24)
        self.entry.pack(side="left", padx=px(self, 8))
        label(self, hint, font="small", look="secondary").pack(side="left")
        typed = Debounce(self.entry, self.look, LOOK_MS)
        self.entry.bind("<KeyRelease>", typed.poke)
        self.entry.bind("<Return>", lambda _: self.look())

    def look(self) -> None:
        """Look up what is typed now, if it is something else."""
        text = self.entry.get().strip()
        if text == self._typed:
            return
        self._typed = text

        def found(lab_id: str) -> None:
            if text == self._typed and self.winfo_exists():
                self.lab_id = lab_id
                self._changed()

        find_lab(self._desk, text, found, self._failed)
