"""A window that leads through steps: each has its own widgets, buttons and progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ttkbootstrap as ttk

from gui.widgets.basics import Frame, Kind, button, frame, label
from gui.widgets.forms import Form
from gui.widgets.notice import Notice, Tone
from gui.widgets.panel import Panel

WIDTH: Final = 780
HEIGHT: Final = 540


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a step."""

    text: str
    name: str
    command: Callable[[], object]
    kind: Kind = "plain"


class Wizard(Panel):
    """Shows one step at a time. A Close button is always there."""

    def __init__(self, window: Any, title: str) -> None:
        """Opens at once, without a step."""
        super().__init__(window, title, resizable=True)
        gap, box = self.px(8), self.box
        self.minsize(self.px(560), self.px(380))
        room = self.px(40)  # at 200 % it may be larger than the window
        box.configure(
            width=min(self.px(WIDTH), window.winfo_width() - room),
            height=min(self.px(HEIGHT), window.winfo_height() - room),
        )
        box.grid_propagate(flag=False)
        box.rowconfigure(2, weight=1)
        self.heading = label(box, title, font="heading", name="heading")
        self.heading.grid(row=0, sticky="w", pady=(0, gap))
        self.text = label(box, wrap=WIDTH - 60, name="text")
        self.text.grid(row=1, sticky="w", pady=(0, gap))
        self._step: Frame = frame(box)
        self.notice = Notice(box, wrap=WIDTH - 180)
        self.notice.grid(row=3, sticky="ew", pady=gap)
        self.notice.clear()
        self._make_progress().grid(row=4, sticky="ew")
        self.row = frame(box, name="buttons")
        self.row.grid(row=5, sticky="ew", pady=(gap, 0))
        self.buttons: dict[str, Any] = {}
        self.appear()

    def _make_progress(self) -> Frame:
        self._progress = box = frame(self.box, name="progress")
        self._bar = ttk.Progressbar(box, bootstyle="primary", name="bar")
        self._bar.pack(fill="x")
        self.said = label(box, font="small", look="secondary", name="said")
        self.said.pack(anchor="w")
        return box

    def step(self, title: str, text: str = "", acts: Sequence[Act] = ()) -> Frame:
        """Show the next step; returns the room for its widgets.

        The last of `acts` is the one that goes on. It has the focus, unless it is one that
        nobody should press by mistake; then the one before it has.
        """
        self.heading.configure(text=title)
        self.text.configure(text=text)
        self.notice.clear()
        self.idle()
        self._step.destroy()
        self._step = made = frame(self.box, name="step")
        made.columnconfigure(0, weight=1)
        made.rowconfigure(0, weight=1)
        made.grid(row=2, sticky="nsew")
        self.offer(acts)
        return made

    def offer(self, acts: Sequence[Act]) -> None:
        """Show these buttons, and the one that closes."""
        for child in self.row.winfo_children():
            child.destroy()
        shut = Act("Close", "close", self.close)
        self.buttons = {}
        for act in (*reversed(acts), shut):
            made = button(self.row, act.text, act.command, kind=act.kind, name=act.name)
            made.pack(side="right", padx=(self.px(8), 0))
            self.buttons[act.name] = made
        safe = [act for act in (shut, *acts) if act.kind != "danger"]
        self.buttons[safe[-1].name].focus_set()

    def fill(self, form: Form) -> None:
        """Show a form as the step, with the focus where typing begins."""
        form.grid(row=0, column=0, sticky="new")
        form.master.rowconfigure(0, weight=0)
        form.on_return(self.go_on)
        form.focus_first()

    def go_on(self) -> None:
        """As if the last button had been pressed."""
        next(iter(self.buttons.values())).invoke()

    def wait(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show how far something is; without `total` that it goes on."""
        self._progress.grid()
        self.said.configure(text=text)
        if total:
            self._bar.stop()
            self._bar.configure(mode="determinate", maximum=total, value=done)
        elif str(self._bar.cget("mode")) != "indeterminate":
            self._bar.configure(mode="indeterminate")
            self._bar.start(20)

    def idle(self) -> None:
        """Nothing goes on."""
        self._bar.stop()
        self._bar.configure(mode="determinate", value=0)
        self._progress.grid_remove()

    def say(self, text: str, tone: Tone = "danger") -> None:
        """Show a message above the buttons."""
        self.notice.show(text, tone)
