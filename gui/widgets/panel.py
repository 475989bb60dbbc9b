"""A window in front of the main one: it opens, is alone with the keys, and closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ttkbootstrap as ttk

from gui.widgets.basics import Frame, frame, px, root_of
from gui.widgets.forms import Form


class Panel(ttk.Toplevel):
    """What dialogs and wizards have in common. Escape closes it.

    Where another is in front of it, it gets the keys back when that one closes.
    """

    def __init__(self, window: Any, title: str, *, resizable: bool = False) -> None:
        """Nothing is seen before `appear`."""
        super().__init__(title=title, master=window, resizable=(resizable, resizable))
        self.withdraw()
        self.on_closed: Callable[[], object] | None = None
        self._came_from = window.focus_get()
        self._behind = window.grab_current()
        self.configure(background=root_of(window).colour("secondary"))
        self.box: Frame = frame(self, 20, name="box")
        self.box.pack(fill="both", expand=True, padx=1, pady=1)
        self.box.columnconfigure(0, weight=1)
        self.bind("<Escape>", lambda _: self.close())
        self.protocol("WM_DELETE_WINDOW", self.close)

    def appear(self) -> None:
        """Be seen, in the middle of the window, with the focus."""
        window = self.master
        self.transient(window)  # type: ignore[call-overload]
        self.update_idletasks()
        x = window.winfo_rootx() + (window.winfo_width() - self.winfo_reqwidth()) // 2
        y = window.winfo_rooty() + (window.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        self.wait_visibility()
        self.grab_set()
        self.focus_force()

    @property
    def at_risk(self) -> bool:
        """Whether closing it would lose what is nowhere else yet."""
        return any(form.unsaved for form in _forms(self))

    def px(self, at_100_percent: int) -> int:
        """A length in pixels at the scale of the window."""
        return px(self.master, at_100_percent)

    def close(self) -> None:
        """Close; keys and focus go back to where they were."""
        if not self.winfo_exists():
            return
        had_keys = bool(self.tk.call("focus"))
        self.grab_release()
        self.destroy()
        if self._behind is not None and self._behind.winfo_exists():
            self._behind.grab_set()
        if self._came_from is not None and self._came_from.winfo_exists():
            if had_keys:  # who has another program in front keeps it there
                self._came_from.focus_force()
            else:
                self._came_from.focus_set()
        if self.on_closed is not None:
            self.on_closed()


def panels(window: Any) -> list[Panel]:
    """Those that are open in front of a window, the last opened last."""
    return [child for child in window.winfo_children() if isinstance(child, Panel)]


def _forms(box: Any) -> Iterator[Form]:
    for child in box.winfo_children():
        if isinstance(child, Form):
            yield child
        else:
            yield from _forms(child)
