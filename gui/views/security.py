"""Password and second factors of whoever is signed in."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.account import Account
from gui.controllers.passwords import PasswordJudge
from gui.views.factors import FactorPane
from gui.views.password_meter import watch_strength
from gui.views.stage import Page, Stage
from gui.widgets.basics import button, frame, label, px
from gui.widgets.forms import FieldSpec, Form


class SecurityPage(Page):
    """Change the password; set up, list and remove second factors."""

    title = "Password and factors"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.account = Account(stage.desk)
        self.body.columnconfigure(1, weight=1)
        self.body.rowconfigure(0, weight=1)
        self._password_pane()
        self.factors = FactorPane(self.body, stage, self.open)
        self.factors.grid(row=0, column=1, sticky="nsew")

    def _password_pane(self) -> None:
        pane = frame(self.body, name="password")
        pane.grid(row=0, column=0, sticky="n", padx=(0, px(self, 32)))
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

    @override
    def open(self) -> None:
        """Fetch both."""
        self.begin()
        failed = self.failing(self.open)
        self.account.load(lambda *_: None, failed)
        self.account.password_status(
            lambda text: self.status.configure(text=text), failed
        )
        self.factors.load(self.end, failed)

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
