"""Short messages: beside what they are about, or for a moment at the edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import ttkbootstrap as ttk

from gui.widgets.basics import button, frame, label, px, root_of

Tone = Literal["info", "success", "warning", "danger"]
_ICONS: Final[dict[Tone, str]] = {
    "info": "info-circle",
    "success": "check-circle",
    "warning": "exclamation-triangle",
    "danger": "x-circle",
}
SHOWN_MS: Final = 5_000
SHOWN_WITH_ACTION_MS: Final = 15_000


class Notice(ttk.Frame):
    """A line that says what is the matter, with a button where something can be done.

    It takes no room while there is nothing to say. `text` is what it says.
    """

    def __init__(self, parent: Any, *, wrap: int = 560) -> None:
        """Empty. The parent puts it where messages belong, with `grid`."""
        super().__init__(parent)
        self._wrap = wrap
        self.text = ""
        self.action: ttk.Button | None = None

    def show(
        self,
        text: str,
        tone: Tone = "danger",
        *,
        action: str = "",
        command: Callable[[], object] | None = None,
    ) -> None:
        """Say something, in place of what was said before."""
        self.clear()
        self.text = text
        ttk.Separator(self, orient="vertical", bootstyle=tone).pack(
            side="left", fill="y", padx=(0, px(self, 8))
        )
        icon = ttk.Label(self, icon=_ICONS[tone], bootstyle=tone)
        icon.pack(side="left", padx=(0, px(self, 6)), anchor="n")
        if command is not None:
            self.action = button(self, action, command, name="action")
            self.action.pack(side="right", padx=(px(self, 8), 0), anchor="n")
        said = label(self, text, look=tone, wrap=self._wrap)
        said.pack(side="left", fill="x")
        self.grid()

    def clear(self) -> None:
        """Say nothing."""
        for child in self.winfo_children():
            child.destroy()
        self.text, self.action = "", None
        if self.winfo_manager() == "grid":
            self.grid_remove()


class Spinner(ttk.Frame):
    """A bar that moves while something is awaited, with a word about what."""

    def __init__(self, parent: Any) -> None:
        """At rest, and invisible."""
        super().__init__(parent)
        self._bar = ttk.Progressbar(
            self, mode="indeterminate", bootstyle="primary", length=px(self, 120)
        )
        self._text = label(self, look="secondary", font="small")
        self._text.pack(side="left", padx=(0, px(self, 8)))
        self.running = False

    def start(self, text: str = "One moment…") -> None:
        """Show that something is on its way."""
        self._text.configure(text=text)
        if not self.running:
            self.running = True
            self._bar.pack(side="left")
            self._bar.start(20)

    def stop(self) -> None:
        """Show that it came."""
        self.running = False
        self._bar.stop()
        self._bar.pack_forget()
        self._text.configure(text="")


class Toasts:
    """Messages in the lower right corner of the window; they go away by themselves."""

    def __init__(self, window: Any) -> None:
        """Nothing is shown yet."""
        self._window = window
        self._shown: ttk.Frame | None = None
        self._timer = ""
        self._act: Callable[[], object] | None = None
        self.text = ""

    def show(
        self,
        text: str,
        tone: Tone = "success",
        *,
        action: str = "",
        command: Callable[[], object] | None = None,
    ) -> None:
        """Show a message for some seconds, in place of the one before."""
        self.hide()
        self.text = text
        root = root_of(self._window)
        box = ttk.Frame(
            self._window, bootstyle="dark", padding=root.px(12), name="toast"
        )
        ttk.Label(
            box,
            text=f"{'✓' if tone == 'success' else '!'}  {text}",
            bootstyle="@dark",
            wraplength=root.px(360),
            foreground="#ffffff" if tone == "success" else "#ffda6a",
        ).pack(side="left")
        if command is not None:

            def act() -> None:
                self.hide()
                command()

            self._act = act
            name = f"{action} (Ctrl+Z)" if action == "Undo" else action
            button(box, name, act, kind="primary", name="undo").pack(
                side="left", padx=(root.px(12), 0)
            )
        box.place(relx=1.0, rely=1.0, x=-root.px(20), y=-root.px(44), anchor="se")
        box.lift()
        self._shown = box
        self._timer = root.after(
            SHOWN_MS if command is None else SHOWN_WITH_ACTION_MS, self.hide
        )

    def act(self) -> None:
        """Do what the message offers, as its button does; nothing if it offers nothing."""
        if self._act is not None:
            self._act()

    def hide(self) -> None:
        """Take the message away."""
        self._act = None
        if self._shown is not None:
            root_of(self._window).after_cancel(self._timer)
            self._shown.destroy()
            self._shown = None


def empty_state(
    parent: Any,
    title: str,
    text: str,
    *,
    icon: str = "inbox",
    action: str = "",
    command: Callable[[], object] | None = None,
) -> ttk.Frame:
    """What stands where a list would be, if there is nothing in it."""
    box = frame(parent, 24)
    ttk.Label(box, icon=icon, icon_size=px(parent, 32), bootstyle="secondary").pack()
    label(box, title, font="heading").pack(pady=(px(parent, 8), 0))
    said = label(box, text, look="secondary", wrap=420)
    said.pack(pady=px(parent, 6))
    most, sides, least = px(parent, 420), px(parent, 48), px(parent, 120)

    def fit(event: Any) -> None:
        said.configure(wraplength=min(most, max(event.width - sides, least)))

    box.bind("<Configure>", fit)
    if command is not None:
        button(box, action, command, kind="primary").pack(pady=px(parent, 6))
    return box
