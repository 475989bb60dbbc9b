"""My data: consents, and a copy of everything that is known."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from typing_extensions import override

from gui.controllers.privacy import GIVEN, Agreements, Privacy
from gui.controllers.problems import Problem
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import button, frame, label, px
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column

FILE_NAME: Final = "my-data.json"
COLUMNS: Final = (
    Column("type", "About", 170),
    Column("version", "Version", 110),
    Column("answer", "Answer", 110),
    Column("at", "When", 160),
    Column("source", "Given in", 160),
)


class PrivacyPage(Page):
    """Give and withdraw consents; take a copy of one's data."""

    title = "My data"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.privacy = Privacy(stage.desk)
        self.agreements = Agreements((), (), 0)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure((0, 1), weight=1)
        self.consents = ListPane(self.body, "Consents", COLUMNS, name="consents")
        self.consents.grid(row=0, column=0, sticky="nsew")
        self.withdraw = self.consents.add_button(
            "Withdraw…", self._withdraw, name="withdraw", kind="danger"
        )
        self.consents.add_button("Give…", self._give, name="give", kind="primary")
        self.consents.on_selected = self._selected
        self.history = ListPane(self.body, "All answers", COLUMNS, name="history")
        self.history.grid(row=1, column=0, sticky="nsew", pady=(px(self, 16), 0))
        self._export_pane()
        self._selected()

    def _export_pane(self) -> None:
        row = frame(self.body, name="copy")
        row.grid(row=2, column=0, sticky="ew", pady=(px(self, 16), 0))
        button(
            row, "Export my data…", self.export, icon="download", name="export"
        ).pack(side="left")
        label(
            row,
            "Everything that the service knows of you, as one file.",
            look="secondary",
        ).pack(side="left", padx=px(self, 12))

    @override
    def open(self) -> None:
        """Fetch the consents."""
        self.begin()
        self.privacy.load(self._show, self.failing(self.open))

    def _show(self, agreements: Agreements) -> None:
        self.end()
        self.agreements = agreements
        self.consents.show(
            agreements.items,
            nothing=("No consent", "Nothing is asked of you, and you gave none."),
        )
        self.history.show(
            agreements.history,
            nothing=("No answer yet", "Every answer is kept and shown here."),
        )
        if agreements.missing:
            self.notice.show("Your consent is asked for below.", "warning")
        self._selected()

    def _selected(self) -> None:
        chosen = self.consents.selected
        can = len(chosen) == 1 and chosen[0].cells[2] == GIVEN
        self.withdraw.configure(state="normal" if can else "disabled")

    # --- consents

    def _give(self) -> None:
        kinds = self.agreements.to_give()
        if not kinds:
            self.notice.show("All consents are given.", "info")
            return
        selected = [i.key for i in self.consents.selected if i.key in kinds]
        self.stage.ask(
            Question(
                "Give a consent",
                "It is given to the version that the service asks for now. You can "
                "withdraw it at any time.",
                fields=(
                    FieldSpec(
                        "kind", "To", "choice", (selected or kinds)[0], choices=kinds
                    ),
                ),
                confirm="I consent",
                command=lambda v: self.privacy.set_command(v["kind"], granted=True),
            ),
            lambda v, done, failed: self.privacy.set(
                v["kind"], done, failed, granted=True
            ),
            lambda _: self.open(),
        )

    def _withdraw(self) -> None:
        item = self.consents.selected[0]
        self.stage.ask(
            Question(
                f"Withdraw: {item.cells[0]}",
                "",
                (
                    "From now on nothing may be done that rests on it.",
                    "That you gave it once stays in the list of answers.",
                    "You can give it again.",
                ),
                confirm="Withdraw",
                danger=True,
                command=lambda _: self.privacy.set_command(item.key, granted=False),
            ),
            lambda _, done, failed: self.privacy.set(
                item.key, done, failed, granted=False
            ),
            lambda _: self._withdrawn(item.key),
        )

    def _withdrawn(self, kind: str) -> None:
        self.open()

        def again() -> None:
            self.privacy.set(
                kind, lambda _: self.open(), self.failing(self.open), granted=True
            )

        self.stage.toasts.show("Withdrawn.", action="Give it again", command=again)

    # --- a copy of all

    def export(self) -> None:
        """Ask for the password, fetch everything, ask where to keep it."""
        self.stage.dialogs.open(
            Question(
                "Export my data",
                "",
                (
                    "Everything that the service knows of you becomes one file (JSON).",
                    "Passwords, keys and codes are not in it.",
                    "Only you can read the file; keep it so.",
                    "That it was made is noted in the audit log.",
                ),
                (FieldSpec("password", "Your password", "password", required=True),),
                confirm="Export",
                command=lambda _: self.privacy.export_command(),
            ),
            self._fetch,
        )

    def _fetch(self, answers: dict[str, str], sheet: Sheet) -> None:
        def failed(problem: Problem) -> None:
            sheet.fail(problem.text, problem.field)

        def progress(entries: int) -> None:
            if sheet.winfo_exists():
                sheet.spinner.start(f"{entries:,} entries…")

        def then(text: str) -> None:
            if sheet.winfo_exists():  # who closed it does not want it any more
                sheet.close()
                self.after_idle(partial(self._keep, text))

        sheet.wait()
        self.privacy.export(answers["password"], progress, then, failed)

    def _keep(self, text: str) -> None:
        try:
            path = self.stage.dialogs.save_text(FILE_NAME, text)
        except OSError as error:
            self.notice.show(
                f"The file cannot be written: {error.strerror}.",
                action="Try again",
                command=partial(self._keep, text),
            )
            return
        if path:
            self.notice.clear()
            self.stage.toasts.show(f"Saved to {path}.")
