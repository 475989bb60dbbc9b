"""A column of buttons that is as wide as it needs to be, and scrolls where it is too low."""

from __future__ import annotations

from typing import Any

import ttkbootstrap as ttk

from gui.widgets.basics import frame, px, root_of


class Rail(ttk.Frame):
    """What is packed into `inside`; the scroll bar is there only when it is needed."""

    def __init__(self, parent: Any, *, name: str) -> None:
        """Empty."""
        super().__init__(parent, name=name)
        self.rowconfigure(0, weight=1)
        self._canvas = ttk.Canvas(self, highlightthickness=0, borderwidth=0)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._canvas.yview)
        self._canvas.configure(yscrollcommand=self._scrolled)
        self.inside = frame(self._canvas)
        self._kept: Any = None
        self._step = px(self, 48)
        self._canvas.create_window(0, 0, anchor="nw", window=self.inside)
        self.inside.bind("<Configure>", lambda _: self._fit())
        self._canvas.bind("<Configure>", lambda _: self._fit())
        self._colour()
        root_of(self).bind("<<ThemeChosen>>", lambda _: self._colour(), add="+")

    def adopt(self, child: Any) -> None:
        """Scroll with the wheel over that child, and to it when it gets the focus."""
        child.bind("<FocusIn>", lambda _: self.see(child), add="+")
        child.bind(
            "<Button-4>", lambda _: self._canvas.yview_scroll(-self._step, "units")
        )
        child.bind(
            "<Button-5>", lambda _: self._canvas.yview_scroll(self._step, "units")
        )

    def keep(self, child: Any) -> None:
        """Show a child from now on, also when there is less room."""
        self._kept = child
        self.see(child)

    def see(self, child: Any) -> None:
        """Scroll as far as needed to show a child."""
        whole, top = self.inside.winfo_height(), child.winfo_y()
        seen = self._canvas.winfo_height()
        above = self._canvas.canvasy(0)
        if top < above:
            self._canvas.yview_moveto(top / whole)
        elif top + child.winfo_height() > above + seen:
            self._canvas.yview_moveto((top + child.winfo_height() - seen) / whole)

    def _fit(self) -> None:
        width, height = self.inside.winfo_reqwidth(), self.inside.winfo_reqheight()
        self._canvas.configure(
            width=width, scrollregion=(0, 0, width, height), yscrollincrement=1
        )
        if self._kept is not None:
            self.see(self._kept)

    def _scrolled(self, first: str, last: str) -> None:
        if float(first) <= 0 and float(last) >= 1:
            self._bar.grid_remove()
        else:
            self._bar.grid(row=0, column=1, sticky="ns")
        self._bar.set(first, last)

    def _colour(self) -> None:
        if self.winfo_exists():
            self._canvas.configure(background=root_of(self).colour("bg"))
