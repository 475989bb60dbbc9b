"""My profile: what is known about whoever is signed in."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.account import PROFILE, Account
from gui.views.lock_down import ask_lock_down
from gui.views.stage import Page, Stage
from gui.widgets.basics import ScrolledFrame, button, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec, Form

_HINTS = {
    "username": "You sign in with it.",
    "email": "A new address counts once the mail to it is answered.",
    "date_of_birth": "For example 1990-05-17",
}


class ProfilePage(Page):
    """Change it; only what was changed is sent."""

    title = "My profile"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty fields, until `open`."""
        super().__init__(parent, stage, name=name)
        self.account = Account(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        scrolled = ScrolledFrame(self.body)
        scrolled.container.grid(row=0, column=0, sticky="nsew")
        inside = frame(scrolled)
        inside.pack(fill="both", expand=True)
        inside.columnconfigure(0, weight=1)
        specs = [
            FieldSpec(
                field,
                text,
                "lines" if field == "notes" else "text",
                hint=_HINTS.get(field, ""),
                required=field in ("username", "email"),
            )
            for field, text in PROFILE
        ]
        self.form = Form(inside, specs, columns=2, name="form")
        self.form.grid(row=0, column=0, sticky="new")
        self.facts = frame(inside, name="facts")
        self.facts.grid(row=0, column=1, sticky="n", padx=(px(self, 40), px(self, 20)))
        self._actions()

    def _actions(self) -> None:
        row, gap = frame(self.body, name="actions"), px(self, 8)
        row.grid(row=1, column=0, sticky="ew", pady=(px(self, 12), 0))
        self.save = button(row, "Save changes", self._save, kind="primary", name="save")
        self.save.pack(side="left")
        self.undo = button(row, "Undo changes", self._undo, name="undo")
        self.undo.pack(side="left", padx=gap)
        self.changed = label(row, look="secondary", name="changed")
        self.changed.pack(side="left", padx=gap)
        button(
            row, "Delete my account…", self._delete, kind="danger", name="delete"
        ).pack(side="right")
        button(row, "Lock down…", self._lock_down, kind="danger", name="lockdown").pack(
            side="right", padx=gap
        )
        self.form.on_change(self._typed)
        self.form.on_return(self._save)
        self._typed()

    @override
    def open(self) -> None:
        """Fetch it, unless something was typed that is not saved."""
        if self.form.changes():
            return
        self.begin("Fetching your profile…")
        self.account.load(self._show, self.failing(self.open))

    @property
    @override
    def at_risk(self) -> bool:
        return bool(self.form.changes())

    def _show(self, values: dict[str, str], facts: tuple[tuple[str, str], ...]) -> None:
        self.end()
        self.form.fill(values)
        self._typed()
        for child in self.facts.winfo_children():
            child.destroy()
        for name, text in facts:
            label(self.facts, name, font="small", look="secondary").pack(anchor="w")
            label(self.facts, text).pack(anchor="w", pady=(0, px(self, 8)))
        button(self.facts, "Verify address…", self.verify, name="verify").pack(
            anchor="w", pady=px(self, 8)
        )
        self.form.focus_first()

    def _typed(self) -> None:
        count = len(self.form.changes())
        state = "normal" if count else "disabled"
        self.save.configure(state=state)
        self.undo.configure(state=state)
        text = {0: "", 1: "1 change is not saved."}
        self.changed.configure(text=text.get(count, f"{count} changes are not saved."))

    def _undo(self) -> None:
        self.form.fill(self.account.values)
        self._typed()

    def _save(self) -> None:
        changes = self.form.changes()
        if not changes or self.spinner.running or not self.form.judge():
            return
        self.begin("Saving…")

        def saved(values: dict[str, str], note: str) -> None:
            self.end()
            self.form.fill(values)
            self._typed()
            if "A mail went to" in note:
                self.stage.toasts.show(note, action="Enter code…", command=self.verify)
            else:
                self.stage.toasts.show(note)

        self.account.save(changes, saved, self.failing(self._save, self.form))

    def verify(self) -> None:
        """Ask for the code that came to a mail address."""

        def done(email: str) -> None:
            self.stage.toasts.show(f"{email} is your verified address.")
            self.open()

        sheet = self.stage.ask(
            Question(
                "Verify a mail address",
                "A mail with a code went to the address. A new address counts as soon as "
                "the code is given here.",
                fields=(FieldSpec("code", "Code from the mail", required=True),),
                confirm="Verify",
                command=lambda _: self.account.verify_command(),
                extra="Send another mail",
            ),
            lambda v, done, failed: self.account.verify_address(
                v["code"].strip(), done, failed
            ),
            done,
        )
        sheet.on_extra = lambda: self.account.send_verification(
            lambda _: sheet.say("A mail is on its way.", "success"),
            lambda problem: sheet.fail(problem.text),
        )

    def _lock_down(self) -> None:
        ask_lock_down(self.stage)

    def _delete(self) -> None:
        account = self.account
        self.stage.ask(
            Question(
                "Delete my account",
                "",
                (
                    "You are signed out everywhere and cannot sign in any more.",
                    "Your user name and mail address are free for others.",
                    "An administrator can bring the account back for a while.",
                ),
                (FieldSpec("password", "Your password", "password", required=True),),
                confirm="Delete my account",
                danger=True,
                command=lambda _: account.delete_command(),
            ),
            lambda v, done, failed: account.delete(v["password"], done, failed),
            lambda _: self._over("Your account is deleted."),
        )

    def _over(self, text: str) -> None:
        toasts, desk = self.stage.toasts, self.stage.desk
        desk.sign_in_as(None)
        toasts.show(text)
