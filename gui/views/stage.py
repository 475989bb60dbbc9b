"""What every page has at hand, and what pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gui.controllers.choices import Look
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.widgets.basics import Frame, frame, label, px
from gui.widgets.dialogs import Dialogs, Question, Sheet
from gui.widgets.forms import Form
from gui.widgets.notice import Notice, Spinner, Toasts
from gui.widgets.root import Root


@dataclass(frozen=True, slots=True)
class Stage:
    """The window, the connection, and the ways to speak to people.

    `looks` are those of tables that somebody has changed, by the name of their page.
    """

    root: Root
    desk: Desk
    dialogs: Dialogs
    toasts: Toasts
    looks: dict[str, Look] = field(default_factory=dict)

    def ask(
        self,
        question: Question,
        do: Callable[
            [dict[str, str], Callable[[Any], object], Callable[[Problem], object]],
            object,
        ],
        done: Callable[[Any], object],
    ) -> Sheet:
        """Ask in a dialog, have it done, close the dialog; it stays open on a problem.

        `do` gets the answers, and whom to tell when it is done or failed.
        """

        def submit(answers: dict[str, str], sheet: Sheet) -> None:
            def finished(result: Any) -> None:
                sheet.close()
                done(result)

            sheet.wait()
            do(
                answers,
                finished,
                lambda problem: sheet.fail(problem.text, problem.field),
            )

        return self.dialogs.open(question, submit)

    def show_secret(
        self, title: str, text: str, secret: str, save_as: str = ""
    ) -> Sheet:
        """Show something that is told only once."""
        return self.dialogs.open(
            Question(
                title,
                text,
                secret=secret,
                save_as=save_as,
                close="I have kept it",
                once=True,
            )
        )


class Page(Frame):
    """A page of the program: a title, room for messages, and what it shows."""

    title = ""

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Shows nothing before `open`."""
        super().__init__(parent, padding=px(parent, 20), name=name)
        self.stage = stage
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        self.head = frame(self, name="head")
        self.head.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 10)))
        label(self.head, self.title, font="title", name="title").pack(side="left")
        self.spinner = Spinner(self.head)
        self.spinner.pack(side="left", padx=px(self, 16))
        self.notice = Notice(self, wrap=760)
        self.notice.grid(row=1, column=0, sticky="ew", pady=(0, px(self, 8)))
        self.notice.clear()
        self.body = frame(self, name="body")
        self.body.grid(row=2, column=0, sticky="nsew")

    def open(self) -> None:
        """The page is in front now: fetch what it shows."""

    def close(self) -> None:
        """Another page is in front now."""

    @property
    def at_risk(self) -> bool:
        """Whether something was typed there that is not saved yet."""
        return False

    def begin(self, text: str = "One moment…") -> None:
        """Something was asked for."""
        self.notice.clear()
        self.spinner.start(text)

    def end(self) -> None:
        """It came."""
        self.spinner.stop()

    def failing(
        self, again: Callable[[], object], form: Form | None = None
    ) -> Callable[[Problem], None]:
        """What to call with a problem: it is told beside its field, or above the page."""

        def failed(problem: Problem) -> None:
            if not self.winfo_exists():
                return
            self.end()
            tell(self.notice, problem, again, form)

        return failed


def tell(
    notice: Notice,
    problem: Problem,
    again: Callable[[], object] | None,
    form: Form | None = None,
) -> None:
    """Tell a problem beside its fields where there are such, otherwise in the notice."""
    placed = [
        form is not None and form.blame(name, text) for name, text in problem.faults
    ]
    if placed and all(placed):
        return
    if problem.again and again is not None:
        notice.show(problem.text, "warning", action="Try again", command=again)
    else:
        notice.show(problem.text)
