"""A file of accounts: chosen, looked at row by row, imported, taken back if need be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.chain import Chain
from gui.controllers.imports import (
    ON_EXISTING,
    WORDS,
    Import,
    Verdict,
    options_of,
    report,
)
from gui.controllers.problems import Problem
from gui.controllers.wording import counted
from gui.views.imports_back import ImportsBack
from gui.views.lists import row_of
from gui.views.stage import Stage
from gui.widgets.basics import Frame, choice, frame, label, px
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.rows import Column, Row, Rows
from gui.widgets.table import Table
from gui.widgets.wizard import Act

COLUMNS: Final = (
    Column("row", "Row", 50),
    Column("username", "User name", 130),
    Column("verdict", "Verdict", 80),
    Column("why", "What would change, or what is wrong", 460),
)
ALL_ROWS: Final = "all rows"
LINES_SHOWN: Final = 3


class ImportView:
    """Opens at once. `changed` is called when there are other accounts than before."""

    def __init__(self, stage: Stage, changed: Callable[[], object]) -> None:
        """Asks for the file."""
        self.stage, self._changed = stage, changed
        self.wizard = stage.dialogs.wizard("Import accounts")
        self.work: Import
        self.form: Form
        self._values: dict[str, str] = {}
        self._chain: Chain[Any] | None = None
        self.wizard.on_closed = self._stop
        self.ask()

    # --- the file

    def ask(self) -> None:
        """Which file, and what becomes of accounts that are there already."""
        room = self.wizard.step(
            "Import accounts",
            "CSV with a line of names first, JSON, or JSON lines. "
            "Nothing is changed before you have seen what would become of each row.",
            (
                Act("Earlier imports…", "earlier", self.earlier, "quiet"),
                Act("As shell command", "shell", self._show_command, "quiet"),
                Act("Look at it", "look", self._look, "primary"),
            ),
        )
        existing = list(ON_EXISTING)
        self.form = Form(
            room,
            (
                FieldSpec("path", "File", "file", required=True, browse=self._pick),
                FieldSpec(
                    "existing",
                    "An account that is there already",
                    "choice",
                    existing[0],
                    choices=existing,
                ),
                FieldSpec(
                    "invite",
                    "Mail each new account a link for choosing a password",
                    "check",
                ),
            ),
            name="form",
        )
        self.wizard.fill(self.form)
        self.form.fill(self._values)

    def _pick(self) -> str:
        return self.stage.dialogs.pick_file("Accounts to import")

    def _show_command(self) -> None:
        work = Import(self.stage.desk, options_of(self.form.values()))
        self.stage.show_secret("The same from a shell", "", work.command())

    def _look(self) -> None:
        if not self.form.judge():
            return
        self._values = self.form.values()
        self.work = Import(self.stage.desk, options_of(self._values))
        self.wizard.wait("Reading the file…")

        def failed(problem: Problem) -> None:
            if self.wizard.winfo_exists():
                self.wizard.idle()
                self.form.blame("path", problem.text)

        self.work.read(self._try, failed)

    # --- trial and import

    def _try(self) -> None:
        if self.wizard.winfo_exists():
            self._judge("Looking at the rows", self._tried, dry_run=True)

    def _judge(self, title: str, ended: Callable[[], object], *, dry_run: bool) -> None:
        wizard, work = self.wizard, self.work
        room = wizard.step(title, work.options.path)
        table = self._table(room)
        self._offer_stop()

        def told() -> None:
            if wizard.winfo_exists():
                done, total = len(work.verdicts), len(work.rows)
                wizard.wait(f"{done:,} of {total:,} rows", done, total)
                table.show(Rows([row_of(v.item) for v in work.verdicts[-50:]]))

        def over() -> None:
            if wizard.winfo_exists():
                ended()

        wizard.wait(f"0 of {len(work.rows):,} rows", 0, len(work.rows))
        self._chain = work.judge(told, over, self._failed, dry_run=dry_run)

    def _offer_stop(self) -> None:
        self.wizard.offer((Act("Stop", "stop", self._stop),))

    def _stop(self) -> None:
        if self._chain is not None:
            self._chain.stop()

    def _failed(self, problem: Problem) -> None:
        if not self.wizard.winfo_exists():
            return

        def again() -> None:
            self.wizard.notice.clear()
            self._offer_stop()
            if self._chain is not None:
                self._chain.go_on()

        def end() -> None:
            self._stop()
            again()

        self.wizard.say(problem.text, "warning" if problem.again else "danger")
        self.wizard.offer(
            (
                Act("Stop here", "stophere", end),
                Act("Go on", "goon", again, "primary"),
            )
        )

    def _tried(self) -> None:
        work = self.work
        number = work.count("create") + work.count("update")
        acts = [Act("Back", "back", self.ask)]
        complete = len(work.verdicts) == len(work.rows)
        if number and complete:
            text = f"Import {counted(number, 'row')}"
            acts.append(Act(text, "import", self._import, "primary"))
        text = work.summary()
        if not complete:
            text += " It was stopped: not all rows were looked at."
        self._show(self.wizard.step("What would become of it", text, acts))

    def _import(self) -> None:
        self._judge("Importing", self._imported, dry_run=False)

    def _imported(self) -> None:
        work = self.work
        self._changed()
        text = work.summary()
        if work.invited:
            text += f" {counted(work.invited, 'mail')} on the way."
        left = len(work.rows) - len(work.verdicts)
        if left:
            text += f" {counted(left, 'row')} not come to, as it was stopped."
        acts = [Act("Save the report…", "save", self._save)]
        if work.import_ids and self.stage.desk.may("users.delete"):
            back = ImportsBack(self.wizard, self.stage, self._changed)
            ids = work.import_ids
            acts.insert(0, Act("Take it back…", "revert", lambda: back.ask(ids)))
        self._show(self.wizard.step("What became of it", text, acts))
        self.wizard.buttons["close"].focus_set()

    # --- rows

    def _show(self, room: Frame) -> None:
        """The rows by verdict, the one that is selected in full below."""
        verdicts = {str(made.row): made for made in self.work.verdicts}
        bar, gap = frame(room), px(room, 6)
        bar.grid(row=0, column=0, sticky="w", pady=(0, gap))
        present = {made.verdict for made in self.work.verdicts}
        words = [word for verdict, word in WORDS.items() if verdict in present]
        which = choice(bar, (ALL_ROWS, *words), name="which", width=16)
        which.pack(side="left")
        table = self._table(room, row=1)
        below = label(room, wrap=700, name="row")
        below.grid(row=2, column=0, sticky="w", pady=(gap, 0))

        def selected(row: Row | None) -> None:
            below.configure(text="" if row is None else in_full(verdicts[row.key]))

        def show() -> None:
            wanted = which.get()
            shown = [
                row_of(made.item)
                for made in verdicts.values()
                if wanted in (ALL_ROWS, WORDS[made.verdict])
            ]
            table.show(Rows(shown))

        table.on_select = selected
        which.bind("<<ComboboxSelected>>", lambda _: show())
        show()

    def _table(self, room: Frame, row: int = 0) -> Table:
        room.rowconfigure(0, weight=0)
        room.rowconfigure(row, weight=1)
        made = Table(room, COLUMNS, name="rows")
        made.grid(row=row, column=0, sticky="nsew")
        return made

    def _save(self) -> None:
        try:
            path = self.stage.dialogs.save_text(
                "import.csv", report(self.work.verdicts)
            )
        except OSError as error:
            self.wizard.say(f"The file cannot be written: {error.strerror}.")
            return
        if path:
            self.wizard.say(f"Saved to {path}.", "success")

    def earlier(self) -> None:
        """Imports that can still be taken back."""
        ImportsBack(self.wizard, self.stage, self._changed).show(self.ask)


def in_full(made: Verdict) -> str:
    """A verdict, line by line."""
    lines = made.lines[:LINES_SHOWN]
    more = len(made.lines) - len(lines)
    text = "\n".join((f"Row {made.row}: {made.username}", *lines))
    return f"{text}\n… and {more} more" if more else text
