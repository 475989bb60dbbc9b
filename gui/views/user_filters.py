"""What accounts can be found by beside words: a row of lists that unfold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from gui.controllers.finding import STATUSES, Search
from gui.widgets.basics import Frame, button, choice, frame, px

ROWS: Final = 3
ANY_STATUS: Final = "any status"
ANY_ROLE: Final = "any role"
ANY_LAB: Final = "any lab"
_VERIFIED: Final = {"any address": None, "verified": True, "not verified": False}
_FACTOR: Final = {"any factor": None, "second factor": True, "no factor": False}
_SIGNED_IN: Final = {
    "signed in or not": None,
    "never signed in": True,
    "signed in": False,
}


class UserFilters(Frame):
    """Status, role, lab, address, factor, sign-in; the first of each means any."""

    def __init__(self, parent: Any, changed: Callable[[], object]) -> None:
        """`changed` is called when something else is chosen."""
        super().__init__(parent, name="filters")
        self._changed = changed
        self._labs: dict[str, str] = {}
        self._rows = [frame(self) for _ in range(ROWS)]
        self.status = self._choice("state", (ANY_STATUS, *STATUSES), 11)
        self.role = self._choice("role", (ANY_ROLE,), 12)
        self.lab = self._choice("lab", (ANY_LAB,), 14)
        self.verified = self._choice("verified", tuple(_VERIFIED), 11)
        self.factor = self._choice("factor", tuple(_FACTOR), 12)
        self.signed_in = self._choice("signedin", tuple(_SIGNED_IN), 14)
        self._clear = button(self, "Show all", self.clear, kind="quiet", name="showall")
        self._boxes = (
            (self.status, ANY_STATUS),
            (self.role, ANY_ROLE),
            (self.lab, ANY_LAB),
            (self.verified, next(iter(_VERIFIED))),
            (self.factor, next(iter(_FACTOR))),
            (self.signed_in, next(iter(_SIGNED_IN))),
        )
        self._flow()
        self.bind("<Configure>", lambda _: self._flow())

    def _flow(self) -> None:
        """Go on in another row where there is no more room."""
        room, used, at, gap = self.winfo_width(), 0, 0, px(self, 6)
        shown = [box for box, _ in self._boxes]
        for row in self._rows:
            row.pack_forget()
        self._rows[0].pack(anchor="w")
        for made in (*shown, self._clear) if self._narrowed else shown:
            width = made.winfo_reqwidth() + gap
            if used and used + width > room > 1 and at + 1 < ROWS:
                at, used = at + 1, 0
                self._rows[at].pack(anchor="w", pady=(gap, 0))
            made.pack(in_=self._rows[at], side="left", padx=(0, gap))
            used += width

    @property
    def _narrowed(self) -> bool:
        return any(box.get() != first for box, first in self._boxes)

    def _choice(self, name: str, values: Sequence[str], width: int) -> Any:
        made = choice(self, values, name=name, width=width)
        made.bind("<<ComboboxSelected>>", lambda _: self._chosen())
        return made

    def _chosen(self) -> None:
        self._clear.pack_forget()
        self._flow()
        self._changed()

    def clear(self) -> None:
        """Leave nothing out."""
        for box, first in self._boxes:
            box.set(first)
        self._chosen()

    def offer_roles(self, names: Sequence[str]) -> None:
        """Let these roles be chosen."""
        self.role.configure(values=[ANY_ROLE, *names])

    def offer_labs(self, labs: dict[str, str]) -> None:
        """Let these labs be chosen: their ids by what they are called."""
        self._labs = labs
        self.lab.configure(values=[ANY_LAB, *labs])

    @property
    def roles(self) -> list[str]:
        """The roles that can be chosen."""
        return list(self.role.cget("values"))[1:]

    def search(self, query: str, order: tuple[str, bool]) -> Search:
        """What is wanted."""
        status, role = self.status.get(), self.role.get()
        return Search(
            query,
            "" if status == ANY_STATUS else status,
            "" if role == ANY_ROLE else role,
            self._labs.get(self.lab.get(), ""),
            _VERIFIED[self.verified.get()],
            _FACTOR[self.factor.get()],
            _SIGNED_IN[self.signed_in.get()],
            *order,
        )
