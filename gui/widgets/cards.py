"""Numbers that are to be seen at once."""

from __future__ import annotations

from typing import Any

import ttkbootstrap as ttk

from gui.widgets.basics import frame, label, px


def card(
    parent: Any, title: str, number: str, note: str, *, look: str = ""
) -> ttk.Frame:
    """A number with its title above and a note below; `look` says that it matters."""
    box = frame(parent)
    ttk.Separator(box, orient="vertical", bootstyle=look or "primary").pack(
        side="left", fill="y", padx=(0, px(parent, 10))
    )
    label(box, title, font="small", look="secondary").pack(anchor="w")
    label(box, number, font="title", look=look).pack(anchor="w")
    label(box, note, font="small", look="secondary", wrap=145).pack(anchor="w")
    return box
