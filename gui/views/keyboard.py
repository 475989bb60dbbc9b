"""What can be done with keys: the list of them, and the way to any page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gui.views.shell import Shell, key_of
from gui.views.stage import Stage
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.forms import FieldSpec

KEYS = (
    ("F1", "This list"),
    ("Ctrl+K", "Go to a page, to settings, sign out, by a part of the name"),
    ("Alt+1 to Alt+9, Alt+0", "The first ten pages of the rail"),
    ("Ctrl+Page Up, Page Down", "The page above or below"),
    ("F5", "Fetch what the page shows once more"),
    ("Tab, Shift+Tab", "Next and previous field"),
    ("Space, Return", "Press the button that has the focus"),
    ("Space in a list", "Tick the row, or unfold; letters find what begins so"),
    ("Ctrl+H in a password", "Show or hide what was typed"),
    ("Escape", "Close a dialog"),
    ("Ctrl+Z", "Undo, while the message below offers it"),
    ("Ctrl+F", "Search"),
    ("Ctrl+N", "New"),
    ("Ctrl+E", "Users: change those that are selected"),
    ("Ctrl+L", "Audit log: follow live, or no more"),
    ("Arrows, Page Up, Page Down", "Move in a table"),
    ("Ctrl with arrows in a list", "Sort by the column beside, or the other way"),
    ("Shift or Ctrl with a click", "Select several rows"),
    ("Space, Ctrl+A in a list", "Users: select the row, all (Shift+arrows: several)"),
    ("Ctrl+T", "Light or dark"),
    ("Ctrl+comma", "Settings"),
    ("Ctrl+Q", "Quit"),
)


def show_keys(stage: Stage) -> Sheet:
    """List the keys."""
    lines = "\n".join(f"{keys:<28}{what}" for keys, what in KEYS)
    return stage.dialogs.open(Question("Keys", secret=lines, close="Close"))


def ask_page(
    stage: Stage, shell: Shell, others: Mapping[str, Callable[[], object]]
) -> Sheet:
    """Ask which page to go to; each stands with the key that it has.

    `others` are what else can be gone to, and how.
    """
    names = {
        f"{entry.title}  ({key_of(number)})".removesuffix("  (Ctrl+K)"): entry.name
        for number, entry in enumerate(shell.entries, 1)
    }

    def submit(answers: dict[str, str], sheet: Sheet) -> None:
        sheet.close()
        chosen = answers["page"]
        if chosen in others:
            others[chosen]()
        else:
            shell.show(names[chosen])

    return stage.dialogs.open(
        Question(
            "Go to",
            fields=(FieldSpec("page", "Page", "find", choices=(*names, *others)),),
            confirm="Go",
        ),
        submit,
    )
