"""Dialogs, all opened by one service that a test can replace.

A dialog is told what to ask (`Question`) and what to do with the answers. It stays open,
with what was typed, until that has succeeded (`Sheet.close`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import filedialog
from typing import Any, Protocol, TypeAlias

import ttkbootstrap as ttk
from typing_extensions import override

from gui.widgets.basics import button, copy_text, frame, label, picture, px, root_of
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.notice import Notice, Spinner, Tone
from gui.widgets.panel import Panel
from gui.widgets.printing import print_text
from gui.widgets.wizard import Wizard

Answers: TypeAlias = dict[str, str]
NOTICE_ROW, COMMAND_ROW, BUTTONS_ROW = 50, 51, 52
"""Behind all that a question can have; what is hidden keeps its row."""
OTHERS, LINES_LEAST = 235, 6
"""Beside what is shown and copied: pixels at 100 % that a dialog needs; of it, lines."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a dialog says and asks.

    `consequences` says what will happen, line by line. `command` makes from the answers
    the shell command that does the same. `secret` is text to be shown and copied,
    `picture` a PNG in base64. Without `confirm` there is only a button to close. `extra`
    is a button that leaves the dialog open (`Sheet.on_extra`). What is shown `once` is
    closed by its button only: one Return too many, or Escape, would lose it.
    """

    title: str
    text: str = ""
    consequences: Sequence[str] = ()
    fields: Sequence[FieldSpec] = ()
    columns: int = 1
    confirm: str = ""
    danger: bool = False
    command: Callable[[Answers], str] | None = None
    secret: str = ""
    save_as: str = ""
    picture: str = ""
    close: str = "Cancel"
    extra: str = ""
    once: bool = False


Submit: TypeAlias = "Callable[[Answers, Sheet], object]"


class Dialogs(Protocol):
    """Whoever asks people something."""

    def open(self, question: Question, submit: Submit | None = None) -> Sheet:
        """Ask; `submit` gets each confirmed set of answers."""
        ...

    def save_text(self, name: str, text: str) -> str:
        """Have text saved to a file; returns its path, or nothing if it was not."""
        ...

    def pick_file(self, title: str) -> str:
        """Have a file chosen; returns its path, or nothing."""
        ...

    def pick_place(self, name: str) -> str:
        """Have a place for a new file chosen; returns its path, or nothing."""
        ...

    def wizard(self, title: str) -> Wizard:
        """Open a window that leads through steps."""
        ...


class WindowDialogs:
    """Dialogs as windows in front of the main one."""

    def __init__(self, window: Any) -> None:
        """`window` is what they stand in front of."""
        self._window = window

    def open(self, question: Question, submit: Submit | None = None) -> Sheet:
        """Open a dialog; returns at once."""
        return Sheet(self._window, self, question, submit)

    def save_text(self, name: str, text: str) -> str:
        """Ask where, and write a file that only its owner can read.

        Raises:
            OSError: the file cannot be written.
        """
        path = self.pick_place(name)
        if path:
            write_private(path, text)
        return path

    @property
    def _front(self) -> Any:
        """The dialog that has the keys, or the window: what is asked comes before it."""
        return self._window.grab_current() or self._window

    def pick_file(self, title: str) -> str:
        """Ask which."""
        asked = filedialog.askopenfilename(parent=self._front, title=title)
        return str(asked or "")

    def pick_place(self, name: str) -> str:
        """Ask where."""
        asked = filedialog.asksaveasfilename(parent=self._front, initialfile=name)
        return str(asked or "")

    def wizard(self, title: str) -> Wizard:
        """Open one; returns at once."""
        return Wizard(self._window, title)


def write_private(path: str, text: str) -> None:
    """Write a file of mode 0600, all or nothing; one of that name is replaced.

    Raises:
        OSError: it cannot be written.
    """
    handle, draft = tempfile.mkstemp(  # of mode 0600
        prefix=".", suffix=".new", dir=Path(path).parent
    )
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise


class Sheet(Panel):
    """One dialog. Escape closes it, Return confirms it."""

    def __init__(
        self,
        window: Any,
        dialogs: Dialogs,
        question: Question,
        submit: Submit | None = None,
    ) -> None:
        """Opens at once, with the focus in its first field."""
        super().__init__(window, question.title)
        self.question = question
        self._dialogs = dialogs
        self._submit = submit
        self.on_extra: Callable[[], object] = lambda: None
        self._build()
        self.appear()
        self._focus_first()

    def _build(self) -> None:
        question, gap = self.question, px(self.master, 10)
        box = self.box
        label(box, question.title, font="heading").grid(sticky="w", pady=(0, gap))
        if question.text:
            label(box, question.text, wrap=440).grid(sticky="w", pady=(0, gap))
        for line in question.consequences:
            look = "danger" if question.danger else ""
            label(box, f"•  {line}", wrap=430, look=look).grid(sticky="w")
        if question.picture:
            self._image = picture(question.picture)
            ttk.Label(box, image=self._image, background="#ffffff").grid(pady=gap)
        if question.secret:
            self._show_secret(box)
        self.form = Form(box, question.fields, columns=question.columns, name="form")
        if question.fields:
            self.form.grid(sticky="ew", pady=(gap, 0))
            self.form.on_return(self.confirm)
        self.notice = Notice(box, wrap=380)
        self.notice.grid(row=NOTICE_ROW, sticky="ew", pady=gap)
        self.notice.clear()
        self._command = self._show_command(box)
        self._buttons(box)

    def _show_secret(self, box: Any) -> None:
        lines = self.question.secret.splitlines()
        width = max(46, *(len(line) + 1 for line in lines))
        font, others = root_of(self.master).fonts["fixed"], px(self.master, OTHERS)
        room = (self.winfo_screenheight() - others) // font.metrics("linespace")
        height = min(len(lines), max(room, LINES_LEAST))
        text = ttk.Text(box, height=height, width=width, wrap="none", name="secret")
        text.configure(font=font)
        text.insert("1.0", self.question.secret)
        text.configure(state="disabled", takefocus=True)
        text.grid(sticky="ew", pady=px(self.master, 6))
        if height < len(lines):
            label(box, "Up and Down show the rest.", look="secondary").grid(sticky="w")
        for key, by in (("Up", -1), ("Down", 1)):
            text.bind(f"<{key}>", lambda _, by=by: text.yview_scroll(by, "units"))  # type: ignore[misc]
        self._secret = text
        row = frame(box)
        row.grid(sticky="w")
        button(row, "Copy", self._copy, icon="clipboard", name="copy").pack(side="left")
        if self.question.save_as:
            button(row, "Save…", self._save, icon="download", name="save").pack(
                side="left", padx=px(self.master, 6)
            )
            button(row, "Print", self._print, icon="printer", name="print").pack(
                side="left"
            )

    def _copy(self) -> None:
        copy_text(self, self.question.secret)
        self.say("Copied to the clipboard.", "success")

    def _save(self) -> None:
        try:
            path = self._dialogs.save_text(
                self.question.save_as, self.question.secret + "\n"
            )
        except OSError as error:
            self.say(f"The file cannot be written: {error.strerror}.")
            return
        if path:
            self.say(f"Saved to {path}.", "success")

    def _print(self) -> None:
        def told(trouble: str) -> None:
            if trouble:
                self.say(f"It cannot be printed: {trouble}.")
            else:
                self.say("It is on its way to the printer.", "success")

        try:
            print_text(self, f"{self.question.title}\n\n{self.question.secret}\n", told)
        except OSError as error:
            told(error.strerror or "it cannot be started")

    def _show_command(self, box: Any) -> Any:
        """A line that can be selected; hidden until it is asked for."""
        if self.question.command is None:
            return None
        entry = ttk.Text(box, height=3, width=46, wrap="word", name="command")
        entry.configure(font=root_of(self.master).fonts["fixed"], takefocus=True)
        entry.grid(row=COMMAND_ROW, sticky="ew", pady=(0, px(self.master, 10)))
        entry.grid_remove()
        return entry

    def _toggle_command(self) -> None:
        if self._command.winfo_manager():
            self._command.grid_remove()
            return
        make = self.question.command
        assert make is not None, "there is no button otherwise"
        self._command.configure(state="normal")
        self._command.delete("1.0", "end")
        self._command.insert("1.0", make(self.form.values()))
        self._command.configure(state="disabled")
        self._command.grid()
        self.wm_geometry("")  # as large as it needs to be now

    def _buttons(self, box: Any) -> None:
        """The one for the shell command stands first, but Tab comes to it last."""
        row, gap = frame(box, name="buttons"), px(self.master, 8)
        row.grid(row=BUTTONS_ROW, sticky="ew")
        row.columnconfigure(0, weight=1)
        self.spinner = Spinner(row)
        self.spinner.grid(row=0, column=1)
        if self.question.extra:
            button(row, self.question.extra, self._extra, name="extra").grid(
                row=0, column=2
            )
        self.cancel = button(row, self.question.close, self.close, name="cancel")
        self.cancel.grid(row=0, column=3, padx=gap)
        if self.question.confirm:
            self.ok = button(
                row,
                self.question.confirm,
                self.confirm,
                kind="danger" if self.question.danger else "primary",
                name="ok",
            )
            self.ok.grid(row=0, column=4)
        if self._command is not None:
            button(
                row,
                "As shell command",
                self._toggle_command,
                kind="quiet",
                name="shell",
            ).grid(row=0, column=0, sticky="w")

    def _extra(self) -> None:
        self.on_extra()

    def _focus_first(self) -> None:
        if self.question.fields:
            self.form.focus_first()
        elif self.question.once or (
            self.question.secret and self._secret.yview() != (0.0, 1.0)
        ):
            self._secret.focus_set()
        else:
            self.cancel.focus_set()
        if self.question.once:
            self.bind("<Escape>", lambda _: self.cancel.focus_set())

    @property
    @override
    def at_risk(self) -> bool:
        """Also what is shown only once."""
        return self.question.once or super().at_risk

    def confirm(self) -> None:
        """Hand the answers over, if nothing is wrong with them."""
        if self._submit is None or self.spinner.running or not self.form.judge():
            return
        self.notice.clear()
        self._submit(self.form.values(), self)

    def wait(self, text: str = "One moment…") -> None:
        """Show that the answers are on their way."""
        self.notice.clear()
        self.ok.configure(state="disabled")
        self.spinner.start(text)

    def fail(self, text: str, field: str = "") -> None:
        """Say why it did not work, beside the field if there is one; stay open."""
        if not self.winfo_exists():
            return
        self.spinner.stop()
        self.ok.configure(state="normal")
        if not (field and self.form.blame(field, text)):
            self.say(text)

    def say(self, text: str, tone: Tone = "danger") -> None:
        """Show a message above the buttons."""
        self.notice.show(text, tone)

    @override
    def __repr__(self) -> str:
        """By its title: the fields may hold secrets."""
        return f"Sheet({self.question.title!r})"
