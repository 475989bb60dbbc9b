"""Deleted accounts, in a window of their own: bring back, or erase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.deeds import Deed, Erase, Restore
from gui.controllers.deleted import DeletedAccounts
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from gui.controllers.wording import counted
from gui.views.lists import ItemSource
from gui.views.runs import RunView
from gui.views.stage import Stage
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column
from gui.widgets.table import Table
from gui.widgets.wizard import Act

COLUMNS: Final = (
    Column("username", "User name", 140),
    Column("email", "Mail address", 220),
    Column("deleted", "Deleted", 140),
    Column("purge", "Erased after", 160),
)


class DeletedView:
    """Opens at once. `changed` is called when accounts are back."""

    def __init__(self, stage: Stage, changed: Callable[[], object]) -> None:
        """Fetches the first page."""
        self.stage, self._changed = stage, changed
        self.wizard = stage.dialogs.wizard("Deleted accounts")
        self.runs = RunView(self.wizard, stage)
        self.accounts = DeletedAccounts(stage.desk)
        self.table: Table
        self.show()

    def show(self) -> None:
        """Show them, the oldest first."""
        room = self.wizard.step(
            "Deleted accounts",
            "They can be brought back until they are erased by themselves.",
            (
                Act("Erase…", "erase", self._erase, "danger"),
                Act("Bring back…", "restore", self._restore, "primary"),
            ),
        )
        self.table = table = Table(room, COLUMNS, name="deletedusers")
        table.grid(row=0, column=0, sticky="nsew")
        table.on_select = lambda _: self._selected()
        table.on_open = lambda _: self._restore()
        self.accounts = accounts = DeletedAccounts(self.stage.desk)
        accounts.failed = self._failed

        def more() -> None:
            if table.winfo_exists():
                table.refresh()

        def came() -> None:
            accounts.changed = more
            if table.winfo_exists():
                self.wizard.idle()
                table.show(ItemSource(accounts))
                table.say("" if accounts.total else "No account is deleted.")
                table.focus_rows()

        self._selected()
        self.wizard.wait("One moment…")
        accounts.begin(came, self._failed)

    def _failed(self, problem: Problem) -> None:
        if self.wizard.winfo_exists():
            self.wizard.idle()
            self.wizard.say(problem.text)

    def _selected(self) -> None:
        number = len(self.table.selected)
        for name in ("erase", "restore"):
            state = "normal" if number else "disabled"
            self.wizard.buttons[name].configure(state=state)
        if number > 1:
            self.wizard.text.configure(text=f"{counted(number, 'account')} selected.")

    @property
    def _picks(self) -> tuple[Pick, ...]:
        return self.accounts.picks(self.table.selected)

    def _restore(self) -> None:
        picks = self._picks
        if len(picks) != 1:
            self._run("Bringing back", Restore(), picks, "back")
            return
        pick, accounts = picks[0], self.accounts
        self.stage.ask(
            Question(
                f"Bring {pick.username} back",
                "",
                (
                    "The account is as it was, with all that belongs to it.",
                    "It can sign in again, if it could before.",
                ),
                (
                    FieldSpec("username", "Another user name", hint="If it is taken"),
                    FieldSpec("email", "Another mail address", hint="If it is taken"),
                ),
                confirm="Bring back",
                command=lambda v: accounts.restore_command(pick.user_id, v),
            ),
            lambda v, done, failed: accounts.restore(pick.user_id, v, done, failed),
            lambda reply: self._is_back(reply.user.username),
        )

    def _is_back(self, username: str) -> None:
        self._changed()
        self.show()
        self.wizard.say(f"{username} is back.", "success")

    def _erase(self) -> None:
        picks = self._picks
        what = picks[0].username if len(picks) == 1 else counted(len(picks), "account")

        def erase(answers: dict[str, str], sheet: Any) -> None:
            sheet.close()
            self._run("Erasing", Erase(answers["password"]), picks, "erased")

        self.stage.dialogs.open(
            Question(
                f"Erase {what}",
                "",
                (
                    "Nothing is left but what the audit log says without names.",
                    "It cannot be undone.",
                    "Those on legal hold are left out.",
                ),
                (
                    FieldSpec(
                        "password", "Your own password", "password", required=True
                    ),
                ),
                confirm=f"Erase {what}",
                danger=True,
                command=lambda _: self.accounts.erase_command(picks),
            ),
            erase,
        )

    def _run(self, title: str, deed: Deed, picks: tuple[Pick, ...], done: str) -> None:
        def ended(_: Any) -> None:
            self._changed()
            again = Act("The others…", "others", self.show)
            self.runs.report(done, ended, again)

        self.runs.start(title, [(deed, picks)], ended, dry_run=False)
