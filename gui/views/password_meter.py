"""The strength of a password below its field, while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gui.controllers.passwords import Judgement, PasswordJudge
from gui.widgets.forms import Field
from gui.widgets.timing import Debounce

_BLOCKS: Final = 10


def watch_strength(
    field: Field, judge: PasswordJudge, names: Callable[[], tuple[str, str]]
) -> None:
    """Show it from now on; `names` tells user name and mail address it is for."""

    def show(judgement: Judgement) -> None:
        if not field.widget.winfo_exists():
            return
        full = round(judgement.score / 100 * _BLOCKS)
        bar = "■" * full + "□" * (_BLOCKS - full)
        look = "success" if judgement.accepted else "danger"
        field.advise(f"{bar}  {judgement.word}. {judgement.text}".strip(), look)

    def look() -> None:
        username, email = names()
        judge.judge(field.value, username, email, show)

    debounce = Debounce(field.widget, look)

    def typed() -> None:
        judge.forget()
        if not field.value:
            field.blame("")
        debounce.poke()

    field.on_change(typed)
