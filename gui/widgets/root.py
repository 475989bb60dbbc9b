"""The one window of the process: theme, scale, keys, the ticking of its loop."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter.font import Font, nametofont
from types import TracebackType
from typing import Any, Final, Literal

import ttkbootstrap as ttk
from typing_extensions import override

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
THEMES: Final[dict[Theme, str]] = {"light": "bootstrap-light", "dark": "bootstrap-dark"}


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
        self._pressed: tuple[str, int] = ("", 0)
        self._bind_buttons()
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
    def readable_info(self) -> str:
        """The colour of hints for text: the cyan of the theme is lost on white too."""
        return _DARK_CYAN if self.theme == "light" else self.colour("info")

    @property
    def readable_warning(self) -> str:
        """The colour of warnings for text: the yellow of the theme is lost on white."""
        return _DARK_YELLOW if self.theme == "light" else self.colour("warning")

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
            "bind", "TButton", "<Button-1>", f"if {{[{stray} %W %t]}} break\n{press}"
        )

    def _is_stray(self, widget: str, time_ms: str) -> bool:
        """Whether a press is the second of a double click that began on another button.

        What the first one did may have put that button under the pointer.
        """
        (before, then_ms), now_ms = self._pressed, int(time_ms)
        self._pressed = (widget, now_ms)
        return widget != before and 0 < now_ms - then_ms < _DOUBLE_CLICK_MS

    def _mend_styles(self) -> None:
        """Rows high enough for their text, and text not in the corner of its cell."""
        line = self.fonts["text"].metrics("linespace")
        for style in ("Treeview", "Table.Treeview", "primary.Table.Treeview"):
            self.style.configure(style, rowheight=line + self.px(12))
        for look, colour in (
            ("warning", self.readable_warning),
            ("info", self.readable_info),
        ):
            ttk.Label(self, bootstyle=look).destroy()  # makes the style
            self.style.configure(f"{look}.TLabel", foreground=colour)


def _press(event: tk.Event[Any]) -> str:
    if event.widget.instate(["!disabled"]):
        event.widget.invoke()
    return "break"


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
