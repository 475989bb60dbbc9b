"""Password and second factors of whoever is signed in."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.account import Account
from gui.controllers.credentials import Credentials, Enrolment, Factors
from gui.controllers.passwords import PasswordJudge
from gui.views.lists import ListPane
from gui.views.password_meter import watch_strength
from gui.views.stage import Page, Stage
from gui.widgets.basics import button, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.table import Column

_PROOF = (
    FieldSpec("password", "Your password", "password", required=True),
    FieldSpec("code", "Code of a second factor", hint="If you have one already."),
)


class SecurityPage(Page):
    """Change the password; set up, list and remove second factors."""

    title = "Password and factors"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.account = Account(stage.desk)
        self.credentials = Credentials(stage.desk)
        self.body.columnconfigure(1, weight=1)
        self.body.rowconfigure(0, weight=1)
        self._password_pane()
        self._factor_pane()

    def _password_pane(self) -> None:
        pane = frame(self.body, name="password")
        pane.grid(row=0, column=0, sticky="n", padx=(0, px(self, 40)))
        pane.columnconfigure(0, minsize=px(self, 360))
        label(pane, "Password", font="heading").grid(sticky="w")
        self.status = label(pane, look="secondary", wrap=360, name="status")
        self.status.grid(sticky="w", pady=px(self, 6))
        self.form = Form(
            pane,
            (
                FieldSpec("current", "Current password", "password", required=True),
                FieldSpec("new", "New password", "password", required=True),
                FieldSpec(
                    "repeat", "New password, once more", "password", required=True
                ),
            ),
            name="form",
        )
        self.form.grid(sticky="ew")
        self.form.on_return(self._change)
        button(
            pane, "Change password", self._change, kind="primary", name="change"
        ).grid(sticky="w", pady=px(self, 6))
        judge = PasswordJudge(self.stage.desk)
        watch_strength(self.form.field("new"), judge, lambda: self.account.names)

    def _factor_pane(self) -> None:
        self.factors = pane = ListPane(
            self.body,
            "Second factors",
            (
                Column("kind", "Kind", 150),
                Column("name", "Name", 140),
                Column("since", "Since", 150),
                Column("used", "Last used", 150),
            ),
            name="factors",
        )
        pane.grid(row=0, column=1, sticky="nsew")
        pane.add_button(
            "Remove…", self._remove, name="remove", kind="danger", needs_row=True
        )
        pane.add_button("Backup codes…", self._new_codes, name="codes")
        pane.add_button("Add…", self._add, name="add", kind="primary")
        self.codes_left = label(pane, look="secondary", name="left")
        self.codes_left.grid(row=2, column=0, sticky="w", pady=px(self, 6))

    @override
    def open(self) -> None:
        """Fetch both."""
        self.begin()
        failed = self.failing(self.open)
        self.account.load(lambda *_: None, failed)
        self.account.password_status(
            lambda text: self.status.configure(text=text), failed
        )
        self.credentials.factors(self._show, failed)

    def _show(self, factors: Factors) -> None:
        self.end()
        self.factors.show(
            factors.items,
            nothing=(
                "No second factor",
                (
                    "With one, your password alone opens nothing. "
                    "Add an authenticator app on your phone."
                ),
            ),
        )
        text = (
            f"{factors.backup_codes} backup codes are left." if factors.enabled else ""
        )
        if factors.required:
            text += " This account must have a second factor."
        self.codes_left.configure(text=text.strip())

    # --- password

    def _change(self) -> None:
        if self.spinner.running or not self.form.judge():
            return
        values = self.form.values()
        if values["new"] != values["repeat"]:
            self.form.blame("repeat", "The two are not the same.")
            return
        self.begin("Changing…")

        def changed(text: str) -> None:
            self.form.fill(dict.fromkeys(values, ""))
            self.stage.toasts.show(text)
            self.open()

        self.account.change_password(
            values["current"],
            values["new"],
            changed,
            self.failing(self._change, self.form),
        )

    # --- factors

    def _add(self) -> None:
        self.stage.ask(
            Question(
                "Add an authenticator",
                "An app on your phone that shows codes. An authenticator that is there "
                "already is replaced.",
                fields=(
                    FieldSpec(
                        "name", "Name of the device", hint="For example: my phone"
                    ),
                    *_PROOF,
                ),
                confirm="Go on",
            ),
            self.credentials.begin_totp,
            self._scan,
        )

    def _scan(self, enrolment: Enrolment) -> None:
        self.stage.ask(
            Question(
                "Scan this with your app",
                f"Or type this key into it: {enrolment.secret}",
                fields=(
                    FieldSpec("code", "Code that the app shows now", required=True),
                ),
                picture=enrolment.qr_png,
                confirm="Confirm",
            ),
            lambda v, done, failed: self.credentials.confirm_totp(
                enrolment.token, v["code"].strip(), done, failed
            ),
            self._added,
        )

    def _added(self, codes: tuple[str, ...]) -> None:
        self.open()
        self.stage.toasts.show("The authenticator counts from now on.")
        if codes:
            self._show_codes(codes)

    def _show_codes(self, codes: tuple[str, ...]) -> None:
        self.stage.show_secret(
            "Backup codes",
            "Each opens your account once, if your phone is lost. They are shown only "
            "now: print or save them.",
            "\n".join(codes),
            save_as="ums-backup-codes.txt",
        )

    def _new_codes(self) -> None:
        def made(codes: tuple[str, ...]) -> None:
            self.open()
            self._show_codes(codes)

        self.stage.ask(
            Question(
                "New backup codes",
                "",
                ("The backup codes that you have now are void.",),
                _PROOF,
                confirm="Make new codes",
            ),
            self.credentials.new_backup_codes,
            made,
        )

    def _remove(self) -> None:
        item = self.factors.selected[0]
        self.stage.ask(
            Question(
                f"Remove: {item.cells[0]} {item.cells[1]}".rstrip(),
                "",
                (
                    "It is not asked for any more when you sign in.",
                    "Your other sessions end.",
                ),
                _PROOF,
                confirm="Remove",
                danger=True,
            ),
            lambda v, done, failed: self.credentials.remove_factor(
                item, v, done, failed
            ),
            lambda _: self.open(),
        )
