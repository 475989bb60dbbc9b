"""The one window of the process: theme, scale, keys, the ticking of its loop."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter.font import Font, nametofont
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Protocol, runtime_checkable

import ttkbootstrap as ttk
from typing_extensions import override

from gui.widgets.type_ahead import TypeAhead

Theme = Literal["light", "dark"]
TICK_MS: Final = 25
"""How often finished work is looked for: 0.5 % of one core when there is none."""
_POINTS_PER_INCH: Final = 72
_DPI_AT_100_PERCENT: Final = 96
_DPI_MAX: Final = 384
_DARK_YELLOW: Final = "#7a5300"
"""7:1 on white."""
_DARK_CYAN: Final = "#055160"
"""8.8:1 on white."""
_DOUBLE_CLICK_MS: Final = 400
_DOUBLE_CLICK_PX: Final = 5
THEMES: Final[dict[Theme, str]] = {"light": "bootstrap-light", "dark": "bootstrap-dark"}


class Press(NamedTuple):
    """A press of the mouse on a button: when, and where on the screen."""

    widget: str
    time_ms: int
    x: int
    y: int


@runtime_checkable
class Scrolling(Protocol):
    """What scrolls by itself to a widget in it that gets the focus."""

    def show_child(self, child: Any) -> None:
        """Show that widget."""
        ...


class Root(ttk.App):
    """The main window. There can be only one at a time."""

    def __init__(self, title: str, *, theme: Theme, scale_percent: int = 0) -> None:
        """`scale_percent` 0 takes what the desktop asks for."""
        self.on_fault: Callable[[BaseException], object] | None = None
        dpi = (
            scale_percent * _DPI_AT_100_PERCENT / 100
            if scale_percent
            else _desktop_dpi()
        )
        self._factor = dpi / _DPI_AT_100_PERCENT
        super().__init__(
            title=title, theme=THEMES[theme], scaling=dpi / _POINTS_PER_INCH
        )
        self.theme: Theme = theme
        self.fonts = _make_fonts(self)
        self._ticking = ""
        self._was_at = "."
        self.bind_all("<FocusIn>", self._remember_focus, add="+")
        self._pressed = Press("", 0, 0, 0)
        self._bind_buttons()
        TypeAhead(self)
        for event, command in (
            ("<<NextWindow>>", "tk_focusNext"),
            ("<<PrevWindow>>", "tk_focusPrev"),
        ):
            self.bind_all(event, lambda e, by=command: self._tab(e.widget, by))  # type: ignore[misc]
        self._mend_styles()

    def px(self, at_100_percent: int) -> int:
        """A length in pixels at the scale of this window."""
        return round(at_100_percent * self._factor)

    def change_theme(self, theme: Theme) -> None:
        """Draw everything light or dark from now on."""
        self.theme = theme
        self.theme_use(THEMES[theme])
        self._mend_styles()
        self.event_generate("<<ThemeChosen>>")

    def colour(self, name: str) -> str:
        """A colour of the theme, such as `danger` or `fg`, as #rrggbb."""
        return str(getattr(self.style.colors, name))

    @property
    def readable_warning(self) -> str:
        """The colour of warnings for text: the yellow of the theme is lost on white."""
        return _DARK_YELLOW if self.theme == "light" else self.colour("warning")

    @property
    def readable_info(self) -> str:
        """The colour of hints for text: neither is the cyan of the theme seen there."""
        return _DARK_CYAN if self.theme == "light" else self.colour("info")

    def every_tick(self, work: Callable[[], None]) -> None:
        """Call `work` from the loop, again and again, until the window is gone."""

        def tick() -> None:
            self._ticking = self.after(TICK_MS, tick)
            work()

        self._ticking = self.after(TICK_MS, tick)

    @override
    def destroy(self) -> None:
        """End the window; nothing ticks afterwards."""
        if self._ticking:
            self.after_cancel(self._ticking)
        super().destroy()

    @override
    def report_callback_exception(
        self,
        exc: type[BaseException],
        val: BaseException,
        tb: TracebackType | None,
    ) -> object:
        """Tell whoever listens; otherwise as tkinter does, on stderr."""
        if self.on_fault is not None:
            return self.on_fault(val)
        return super().report_callback_exception(exc, val, tb)

    def _bind_buttons(self) -> None:
        """Space presses, as everywhere else; ttkbootstrap takes that binding away."""
        for kind in ("TButton", "TMenubutton"):
            self.bind_class(kind, "<Key-space>", _press)
        for kind in ("TCheckbutton", "TRadiobutton"):
            self.bind_class(kind, "<Key-Return>", _press)

        self.bind_class("TCombobox", "<FocusOut>", _unmark, add="+")

        for kind in ("TEntry", "TCombobox", "Text"):  # these keys are of the window
            for key in ("k", "t", "n", "f"):
                self.unbind_class(kind, f"<Control-Key-{key}>")
        self.bind_class(
            "TCombobox",
            "<<ComboboxSelected>>",
            lambda event: event.widget.selection_clear(),
            add="+",
        )
        press = self.tk.call("bind", "TButton", "<Button-1>")
        stray = self.register(self._is_stray)
        self.tk.call(
            "bind",
            "TButton",
            "<Button-1>",
            f"if {{[{stray} %W %t %X %Y]}} break\n{press}",
        )

    def _is_stray(self, widget: str, *where: str) -> bool:
        """Whether a press is the second of a double click that began on another button.

        What the first one did may have put that button under the pointer, which has not
        moved; who presses one button after the other has moved it.
        """
        before, now = self._pressed, Press(widget, *map(int, where))
        self._pressed = now
        apart = max(abs(now.x - before.x), abs(now.y - before.y))
        soon = 0 < now.time_ms - before.time_ms < _DOUBLE_CLICK_MS
        return widget != before.widget and soon and apart <= self.px(_DOUBLE_CLICK_PX)

    def _tab(self, widget: tk.Misc | str, by: str) -> None:
        """Put the focus into the next field or the one before, in the order of the eye.

        An unfolded list, of which tkinter knows but the name, goes on by itself.
        """
        if isinstance(widget, str):
            return
        _order_as_seen(widget.winfo_toplevel())
        start = str(widget)
        if start == ".":
            start = self._was_at
        while not self.tk.getboolean(self.tk.call("winfo", "exists", start)) or (
            not self.tk.getboolean(self.tk.call("winfo", "viewable", start))
        ):
            start = start.rpartition(".")[0] or "."
        self.tk.call("tk::TabToWindow", self.tk.call(by, start))

    def _remember_focus(self, event: tk.Event[Any]) -> None:
        """Where the focus is: Tab goes on from there when what had it is gone.

        What scrolls shows it.
        """
        if str(event.widget) == ".":
            return
        self._was_at = str(event.widget)
        box = event.widget if isinstance(event.widget, tk.Misc) else None
        while box is not None:
            if isinstance(box, Scrolling):
                box.show_child(event.widget)
            box = box.master

    def _mend_styles(self) -> None:
        """Rows high enough for their text, and lists and tabs that show the focus."""
        line, here = self.fonts["text"].metrics("linespace"), self.colour("primary")
        self.style.configure("TNotebook.Tab", focuscolor=here)
        for style in ("Treeview", "Table.Treeview", "primary.Table.Treeview"):
            self.style.configure(style, rowheight=line + self.px(12))
            self.style.map(
                style,
                bordercolor=[("focus", here)],
                lightcolor=[("focus", here)],
                darkcolor=[("focus", here)],
            )
        for look, colour in (
            ("warning", self.readable_warning),
            ("info", self.readable_info),
        ):
            ttk.Label(self, bootstyle=look).destroy()  # makes the style
            self.style.configure(f"{look}.TLabel", foreground=colour)


def _order_as_seen(box: tk.Misc) -> None:
    """Let Tab follow what is packed: what is at the right or below comes last.

    By itself it goes as widgets were made and lie above each other.
    """
    packed = box.pack_slaves()
    far = [
        child for child in packed if child.pack_info()["side"] in ("right", "bottom")
    ]
    for child in [child for child in packed if child not in far] + far[::-1]:
        child.tkraise()
    for inner in box.winfo_children():
        if inner.winfo_ismapped():
            _order_as_seen(inner)


def _press(event: tk.Event[Any]) -> str:
    if event.widget.instate(["!disabled"]):
        event.widget.invoke()
    return "break"


def _unmark(event: tk.Event[Any]) -> None:
    """What was chosen is not marked as if it could be typed over."""
    event.widget.selection_clear()


def _desktop_dpi() -> float:
    """What the desktop asks for (`Xft.dpi`), else what the display is."""
    probe = tk.Tk(
        baseName="Xft", className="Xft"
    )  # so that its option `dpi` is Xft.dpi
    probe.withdraw()
    try:
        asked = probe.option_get("dpi", "Dpi")
        dpi = float(asked) if asked else float(probe.winfo_fpixels("1i"))
    except ValueError:
        dpi = _DPI_AT_100_PERCENT
    finally:
        probe.destroy()
    return min(max(dpi, _DPI_AT_100_PERCENT), _DPI_MAX)


def _make_fonts(root: tk.Misc) -> dict[str, Font]:
    base = nametofont("TkDefaultFont", root=root)
    size = abs(int(base.actual("size")))
    family = base.actual("family")

    def made(name: str, step: int, weight: Literal["normal", "bold"]) -> Font:
        return Font(
            root=root, name=name, family=family, size=size + step, weight=weight
        )

    return {
        "text": base,
        "small": made("UmsSmall", -1, "normal"),
        "strong": made("UmsStrong", 0, "bold"),
        "heading": made("UmsHeading", 3, "bold"),
        "title": made("UmsTitle", 8, "bold"),
        "fixed": nametofont("TkFixedFont", root=root),
    }
