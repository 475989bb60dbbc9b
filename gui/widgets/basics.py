"""The widgets that pages are made of, in the few looks that the program has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from tkinter import PhotoImage
from typing import Any, Final, Literal, cast

import ttkbootstrap as ttk

from gui.widgets.root import Root

Kind = Literal["primary", "plain", "danger", "quiet"]
_LOOKS: dict[Kind, str] = {
    "primary": "primary",
    "plain": "default",
    "danger": "danger outline",
    "quiet": "ghost",
}
Widget = ttk.Frame | ttk.Label | ttk.Button | ttk.Entry
Frame = ttk.Frame
Notebook = ttk.Notebook


def root_of(widget: Any) -> Root:
    """The window that a widget is part of."""
    return cast("Root", widget._root())  # noqa: SLF001 - tkinter has no other name for it


def px(widget: Any, at_100_percent: int) -> int:
    """A length in pixels at the scale of the window."""
    return root_of(widget).px(at_100_percent)


def frame(parent: Any, padding: int = 0, *, name: str | None = None) -> ttk.Frame:
    """A box; `padding` is in pixels at 100 %."""
    more: dict[str, Any] = {} if name is None else {"name": name}
    return ttk.Frame(parent, padding=px(parent, padding), **more)


def label(
    parent: Any,
    text: str = "",
    *,
    font: str = "text",
    look: str = "",
    wrap: int = 0,
    name: str | None = None,
) -> ttk.Label:
    """Text; `wrap` is the width in pixels at 100 % after which it goes on below."""
    more: dict[str, Any] = {} if name is None else {"name": name}
    if look:
        more["bootstyle"] = look
    if wrap:
        more["wraplength"] = px(parent, wrap)
    return ttk.Label(
        parent, text=text, font=root_of(parent).fonts[font], justify="left", **more
    )


def wrap_to_width(text: ttk.Label, most: int) -> None:
    """Let text go on below where it is as wide as it can be, `most` pixels at 100 %."""
    limit = px(text, most)

    def fit(event: Any) -> None:
        text.configure(wraplength=min(limit, event.width))

    text.bind("<Configure>", fit)


def button(
    parent: Any,
    text: str,
    command: Callable[[], object],
    *,
    kind: Kind = "plain",
    icon: str = "",
    name: str | None = None,
) -> ttk.Button:
    """A button; Space and Return press it when it has the focus."""
    more: dict[str, Any] = {} if name is None else {"name": name}
    if icon:
        more["icon"] = icon
    made = ttk.Button(
        parent, text=text, command=command, bootstyle=_LOOKS[kind], **more
    )
    made.configure(cursor="hand2")
    return made


def wrap_within(box: Any, lines: Sequence[ttk.Label]) -> None:
    """Have lines of text go on below where the box ends."""
    edge, least = px(box, 20), px(box, 120)

    def fit(event: Any) -> None:
        for line in lines:
            line.configure(wraplength=max(event.width - edge, least))

    box.bind("<Configure>", fit, add="+")


def align_left(made: ttk.Button) -> None:
    """Make it a line of a list: low, its text at the left. Once more after a new look."""
    style = root_of(made).style
    style.configure(made.cget("style"), anchor="w", padding=(px(made, 8), px(made, 3)))


def tooltip(widget: Any, text: str) -> None:
    """Explain a widget when the pointer rests on it."""
    ttk.ToolTip(widget, text=text, wraplength=px(widget, 320))


def picture(png_base64: str) -> PhotoImage:
    """An image; keep a reference to it as long as it is shown."""
    return PhotoImage(data=png_base64)


def copy_text(widget: Any, text: str) -> None:
    """Put text on the clipboard."""
    root = root_of(widget)
    root.clipboard_clear()
    root.clipboard_append(text)


def entry(parent: Any, *, name: str, width: int) -> ttk.Entry:
    """A field without a label of its own; `width` in characters."""
    return ttk.Entry(parent, name=name, width=width)


def choice(
    parent: Any, values: Sequence[str], *, name: str, width: int
) -> ttk.Combobox:
    """A list that unfolds, with the first of its values chosen."""
    made = ttk.Combobox(
        parent, values=list(values), state="readonly", name=name, width=width
    )
    made.set(values[0])
    return made


def toggle(
    parent: Any, text: str, command: Callable[[], object], *, name: str
) -> ttk.Checkbutton:
    """A switch, off at first."""
    made = ttk.Checkbutton(
        parent, text=text, command=command, bootstyle="round toggle", name=name
    )
    made.state(["!alternate"])
    return made


_RIGHT_MOST: Final = 0.7
"""Of the width, for the right pane of a split: the left one can still be read."""


class ScrolledFrame(ttk.ScrolledFrame):
    """A frame that scrolls where it is too low, and to what gets the focus in it.

    `container` is what the parent puts where it belongs. With `reading` it has the focus
    itself: there is nothing else in it that could, and arrows and pages scroll it.
    """

    def __init__(self, parent: Any, *, reading: bool = False) -> None:
        """Empty."""
        super().__init__(parent, auto_hide=True)
        if reading:
            self._canvas.configure(takefocus=True, highlightthickness=1)
            for key, by, what in (
                ("Up", -1, "units"), ("Down", 1, "units"),
                ("Prior", -1, "pages"), ("Next", 1, "pages"),
            ):  # fmt: skip
                self._canvas.bind(
                    f"<{key}>",
                    lambda _, by=by, what=what: self.yview_scroll(by, what),  # type: ignore[misc]
                )
            self._colour()
            root_of(self).bind("<<ThemeChosen>>", lambda _: self._colour(), add="+")

    def _colour(self) -> None:
        """The frame around it is seen while it has the focus."""
        if self._canvas.winfo_exists():
            root = root_of(self)
            self._canvas.configure(
                highlightbackground=root.colour("bg"),
                highlightcolor=root.colour("primary"),
            )

    def show_child(self, child: Any) -> None:
        """Scroll as far as needed to show a child, and what is said below it."""
        top = child.winfo_rooty() - self.winfo_rooty() - px(self, 24)
        end = top + child.winfo_height() + px(self, 64)
        whole, seen = self.winfo_height(), self._canvas.winfo_height()
        above = self._canvas.canvasy(0)
        if top < above:
            self.yview_moveto(max(top, 0) / whole)
        elif end > above + seen:
            self.yview_moveto((end - seen) / whole)


class Split(ttk.Panedwindow):
    """A wide pane and, at its right, one that can be hidden; the border can be moved."""

    def __init__(self, parent: Any, right_width: int) -> None:
        """`right_width` is in pixels at 100 %."""
        super().__init__(parent, orient="horizontal")
        self.left = _pane(self, 1, "left")
        self.right = _pane(self, px(parent, right_width), "right")
        self.add(self.left, weight=1)
        self.add(self.right, weight=0)
        self._right_width = px(parent, right_width)
        self.bind("<Configure>", lambda _: self._fit(), add="+")

    def _fit(self) -> None:
        """Leave the left pane some of the room where there is little."""
        room = self.winfo_width()
        if len(self.panes()) > 1 and room - self.sashpos(0) > room * _RIGHT_MOST:
            self.sashpos(0, round(room * (1 - _RIGHT_MOST)))

    def reveal(self, *, right: bool) -> None:
        """Show the right pane, or give its room to the left one."""
        is_there = str(self.right) in [str(pane) for pane in self.panes()]
        if right and not is_there:
            most = round(self.winfo_width() * _RIGHT_MOST)
            if self.winfo_ismapped():
                self.right.configure(width=min(self._right_width, most))
            self.add(self.right, weight=0)
        elif not right and is_there:
            self.forget(self.right)


def _pane(parent: Any, width: int, name: str) -> ttk.Frame:
    """A frame that is as wide as it is told, whatever is in it."""
    made = ttk.Frame(parent, width=width, name=name)
    made.grid_propagate(flag=False)
    made.columnconfigure(0, weight=1)
    made.rowconfigure(0, weight=1)
    return made
