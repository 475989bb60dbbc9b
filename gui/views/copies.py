"""The dialogs about the store: a backup, and room in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gui.controllers.health import (
    back_up,
    back_up_command,
    compact,
    compact_command,
)
from gui.controllers.problems import Problem
from gui.views.stage import Stage
from gui.widgets.dialogs import Answers, Question, Sheet

_SECOND_MS: Final = 1_000


def ask_backup(stage: Stage) -> Sheet:
    """Ask whether to make a backup; its name and digest are shown afterwards."""

    def submit(_: Answers, sheet: Sheet) -> None:
        stop = _count_seconds(sheet, "The backup is made and verified")

        def done(told: str) -> None:
            stop()
            sheet.close()
            stage.dialogs.open(
                Question(
                    "The backup is there",
                    "It was verified in full. Keep its digest elsewhere: it shows later "
                    "whether the file is still the same.",
                    secret=told,
                    close="Close",
                )
            )

        def failed(problem: Problem) -> None:
            stop()
            _tell(stage, sheet, problem)

        back_up(stage.desk, done, failed)

    return stage.dialogs.open(
        Question(
            "Back up the store",
            "",
            (
                (
                    "A file is written on the machine of the service, where its operator "
                    "wants backups."
                ),
                "The service goes on meanwhile. It takes the longer the more is stored.",
                "The backup is encrypted like the store: its key is needed to read it.",
                "Closing this window does not stop it.",
            ),
            confirm="Back up",
            close="Close",
            command=lambda _: back_up_command(stage.desk),
        ),
        submit,
    )


def ask_compact(stage: Stage, done: Callable[[], object]) -> Sheet:
    """Ask whether to write the journals into a new base."""

    def submit(_: Answers, sheet: Sheet) -> None:
        stop = _count_seconds(sheet, "The store is written anew")

        def finished(told: str) -> None:
            stop()
            sheet.close()
            stage.toasts.show(told)
            done()

        def failed(problem: Problem) -> None:
            stop()
            _tell(stage, sheet, problem)

        compact(stage.desk, finished, failed)

    return stage.dialogs.open(
        Question(
            "Compact the store",
            "",
            (
                "The journals are written into a new base; no account is changed.",
                (
                    "It happens by itself when they have grown. The service goes on "
                    "meanwhile."
                ),
            ),
            confirm="Compact",
            close="Close",
            command=lambda _: compact_command(stage.desk),
        ),
        submit,
    )


def _tell(stage: Stage, sheet: Sheet, problem: Problem) -> None:
    """Say why it did not work, also to who has closed the dialog meanwhile."""
    if sheet.winfo_exists():
        sheet.fail(problem.text)
    else:
        stage.toasts.show(problem.text, "warning")


def _count_seconds(sheet: Sheet, text: str) -> Callable[[], None]:
    """Tell how long it has taken, each second, until what is returned is called."""
    seconds, timer = 0, ""

    def tick() -> None:
        nonlocal seconds, timer
        if sheet.winfo_exists():
            sheet.spinner.start(f"{text}: {seconds} s")
            seconds += 1
            timer = sheet.master.after(_SECOND_MS, tick)

    def stop() -> None:
        sheet.master.after_cancel(timer)

    sheet.wait(text)
    tick()
    return stop
