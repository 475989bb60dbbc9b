"""Doing things a little later, at most once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

TYPING_MS: Final = 200
"""So long after the last key what was typed is taken as meant."""


class Debounce:
    """Calls `work` once, when nothing has asked for it again for a while."""

    def __init__(
        self, widget: Any, work: Callable[[], object], after_ms: int = TYPING_MS
    ) -> None:
        """It ends with its widget."""
        self._widget, self._work, self._after_ms = widget, work, after_ms
        self._timer = ""
        widget.bind("<Destroy>", lambda _: self.cancel(), add="+")

    def poke(self, *_: object) -> None:
        """Do it soon; wait anew if that was asked for already."""
        self.cancel()
        self._timer = self._widget.after(self._after_ms, self._run)

    def cancel(self) -> None:
        """Do it not."""
        if self._timer:
            self._widget.after_cancel(self._timer)
            self._timer = ""

    def _run(self) -> None:
        self._timer = ""
        self._work()
