"""How the window looks: light or dark, and how large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gui.controllers.choices import SCALES, Choices
from gui.views.stage import Stage
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.forms import FieldSpec

AUTO: Final = "As the desktop says"
THEMES: Final = {"Light": "light", "Dark": "dark"}


def ask_settings(
    stage: Stage, choices: Choices, use: Callable[[str, int], object]
) -> Sheet:
    """Ask for theme and scale; `use` gets them (percent, 0 as the desktop says)."""
    scales = {f"{percent} %" if percent else AUTO: percent for percent in SCALES}
    now = next(text for text, p in scales.items() if p == choices.scale_percent)

    def submit(answers: dict[str, str], sheet: Sheet) -> None:
        sheet.close()
        scale = scales[answers["scale"]]
        use(THEMES[answers["theme"]], scale)
        if scale != choices.scale_percent:
            stage.toasts.show("The size counts when you open the program again.")

    return stage.dialogs.open(
        Question(
            "Settings",
            fields=(
                FieldSpec(
                    "theme",
                    "Colours",
                    "choice",
                    choices.theme.capitalize(),
                    choices=tuple(THEMES),
                ),
                FieldSpec(
                    "scale",
                    "Size of everything",
                    "choice",
                    now,
                    choices=tuple(scales),
                    hint="Counts when the program is opened again.",
                ),
            ),
            confirm="Keep",
            command=lambda answers: _command(
                THEMES[answers["theme"]], scales[answers["scale"]]
            ),
        ),
        submit,
    )


def _command(theme: str, scale: int) -> str:
    return f"python -m gui --theme {theme} --scale {scale or 'auto'}"
