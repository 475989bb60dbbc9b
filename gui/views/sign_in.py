"""The page before a session: one card, whose content follows the steps of signing in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gui.controllers.passwords import PasswordJudge
from gui.controllers.problems import Problem
from gui.controllers.signin import SignIn, Step
from gui.views.factor_cards import METHODS, Card, factor_card, passkey_card
from gui.views.password_meter import watch_strength
from gui.views.stage import Stage, tell
from gui.widgets.basics import Frame, button, frame, label, picture, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.notice import Notice, Spinner

NOTICE_ROW = 10
"""Below the title; what is hidden keeps its row."""


class SignInView(Frame):
    """Stands in the middle of the window until somebody is signed in."""

    def __init__(
        self, parent: Any, stage: Stage, flow: SignIn, connection: Callable[[], object]
    ) -> None:
        """`connection` opens the dialog that tells where the service is."""
        super().__init__(parent, name="signin")
        self.stage, self.flow = stage, flow
        self._connection = connection
        self._judge = PasswordJudge(stage.desk)
        self.columnconfigure(0, weight=1)
        self.rowconfigure((0, 2), weight=1)
        flow.on_step = self.draw
        flow.on_backup_codes = self._show_backup_codes
        self.card: Frame | None = None
        self.draw()

    # --- drawing

    def draw(self) -> None:
        """Show the step that is due."""
        if self.flow.step is Step.DONE:
            return
        if self.card is not None:
            self.card.destroy()
        made = self._cards()[self.flow.step]()
        gap = px(self, 8)
        self.card = card = frame(self, 28, name="card")
        card.grid(row=1, column=0)
        card.columnconfigure(0, weight=1, minsize=px(self, 380))
        label(card, made.title, font="title", name="title").grid(sticky="w")
        if made.text:
            label(card, made.text, look="secondary", wrap=380).grid(
                sticky="w", pady=gap
            )
        if self.flow.step is Step.CONFIRM:
            self._show_qr(card)
        self.notice = Notice(card, wrap=280)
        self.notice.grid(row=NOTICE_ROW, sticky="ew", pady=gap)
        self.notice.clear()
        if self.flow.note:
            self.notice.show(self.flow.note, "info")
        self.form = Form(card, made.fields, name="form")
        self.form.grid(row=NOTICE_ROW + 1, sticky="ew", pady=(gap, 0))
        row = frame(card, name="buttons")
        row.grid(row=NOTICE_ROW + 2, sticky="ew", pady=gap)
        self.ok = button(
            row, made.confirm, lambda: self._send(made), kind="primary", name="ok"
        )
        self.ok.pack(side="left")
        self.spinner = Spinner(row)
        self.spinner.pack(side="left", padx=gap)
        self.form.on_return(lambda: self._send(made))
        if made.strength_of:
            watch_strength(self.form.field(made.strength_of), self._judge, self._names)
        self._links(card, made.links)
        self.update_idletasks()  # a field that is not there yet gets no focus, nor keys
        self.form.focus_first()
        self.stage.root.title(f"{made.title} - UMS")

    def _links(
        self, card: Any, links: Sequence[tuple[str, Callable[[], object]]]
    ) -> None:
        row = frame(card, name="links")
        row.grid(row=NOTICE_ROW + 3, sticky="w", pady=(px(self, 6), 0))
        for number, (text, command) in enumerate(links):
            made = button(row, text, command, kind="quiet", name=f"link{number}")
            made.grid(row=number // 3, column=number % 3, sticky="w")

    def _show_qr(self, card: Any) -> None:
        self._image = picture(self.flow.kept.qr_png)
        box = label(card)
        box.configure(image=self._image, background="#ffffff")
        box.grid(pady=px(self, 6))
        label(
            card, f"Or type this key: {self.flow.kept.secret}", font="small", wrap=380
        ).grid()

    def _names(self) -> tuple[str, str]:
        values = self.form.values()
        return values.get("username", self.flow.kept.username), values.get("email", "")

    # --- doing

    def _send(self, card: Card) -> None:
        if self.spinner.running or not self.form.judge():
            return
        values = self.form.values()
        if "repeat" in values and values["repeat"] != values["new"]:
            self.form.blame("repeat", "The two are not the same.")
            return
        self.notice.clear()
        self.ok.configure(state="disabled")
        self.spinner.start(card.waiting)
        shown, form = self.card, self.form

        def failed(problem: Problem) -> None:
            if shown is None or not shown.winfo_exists() or shown is not self.card:
                return
            self.spinner.stop()
            self.ok.configure(state="normal")
            tell(self.notice, problem, lambda: self._send(card), form)

        card.send(values, failed)

    def _show_backup_codes(self, codes: tuple[str, ...]) -> None:
        self.stage.show_secret(
            "Backup codes",
            "Each of these opens your account once, if your phone is lost. "
            "They are shown only now: print or save them.",
            "\n".join(codes),
            save_as="ums-backup-codes.txt",
        )

    # --- the steps

    def _cards(self) -> dict[Step, Callable[[], Card]]:
        return {
            Step.PASSWORD: self._password,
            Step.FACTOR: lambda: factor_card(self.flow, self._back(), self._send_code),
            Step.PASSKEY: lambda: passkey_card(self.flow, self._back()),
            Step.NEW_PASSWORD: self._new_password,
            Step.SET_UP_FACTOR: self._set_up,
            Step.CONFIRM: self._confirm,
            Step.ADDRESS: self._address,
            Step.REGISTER: self._register,
            Step.FORGOT: self._forgot,
            Step.RESET: self._reset,
            Step.ACTIVATE: self._activate,
        }

    def _back(self) -> tuple[str, Callable[[], object]]:
        return "Back to sign-in", self.flow.begin_again

    def _password(self) -> Card:
        flow, place = self.flow, self.stage.desk.place
        return Card(
            "Sign in",
            (
                FieldSpec(
                    "username",
                    "User name or mail address",
                    value=flow.kept.username,
                    required=True,
                ),
                FieldSpec("password", "Password", "password", required=True),
                FieldSpec(
                    "remember",
                    "Remember this computer",
                    "check",
                    hint="Then failures of others do not shut you out here.",
                ),
            ),
            "Sign in",
            lambda v, failed: flow.sign_in(
                v["username"].strip(),
                v["password"],
                failed,
                remember=bool(v["remember"]),
            ),
            text="  ·  ".join(dict.fromkeys((place.name, place.endpoint))),
            links=(
                ("Register", lambda: flow.go(Step.REGISTER)),
                ("Forgot password?", lambda: flow.go(Step.FORGOT)),
                ("I have a code", lambda: flow.go(Step.ACTIVATE)),
                ("Use a passkey", lambda: flow.go(Step.PASSKEY)),
                ("Connection…", self._connection),
            ),
        )

    def _send_code(self, method: str) -> None:
        self.spinner.start("Sending…")
        form, notice, spinner = self.form, self.notice, self.spinner

        def sent(hint: str) -> None:
            spinner.stop()
            notice.show(f"A code is on its way to {hint}.", "success")
            if "method" in form.fields:
                form.field("method").value = METHODS[method]

        def failed(problem: Problem) -> None:
            spinner.stop()
            tell(notice, problem, lambda: self._send_code(method))

        self.flow.send_code(method, sent, failed)

    def _new_fields(self) -> tuple[FieldSpec, ...]:
        return (
            FieldSpec("new", "New password", "password", required=True),
            FieldSpec("repeat", "New password, once more", "password", required=True),
        )

    def _new_password(self) -> Card:
        return Card(
            "Choose a new password",
            self._new_fields(),
            "Change and sign in",
            lambda v, failed: self.flow.choose_password(v["new"], _as_new(failed)),
            links=(self._back(),),
            strength_of="new",
        )

    def _set_up(self) -> Card:
        return Card(
            "Second factor needed",
            (),
            "Set up an authenticator",
            lambda _, failed: self.flow.set_up_factor(failed),
            text="This account needs a second factor: an app on your phone that shows a "
            "code whenever you sign in.",
            links=(self._back(),),
        )

    def _confirm(self) -> Card:
        return Card(
            "Scan this",
            (FieldSpec("code", "Code that the app shows now", required=True),),
            "Confirm",
            lambda v, failed: self.flow.confirm_factor(v["code"].strip(), failed),
            links=(self._back(),),
        )

    def _address(self) -> Card:
        return Card(
            "Verify your mail address",
            (FieldSpec("code", "Code from the mail", required=True),),
            "Verify and sign in",
            lambda v, failed: self.flow.verify_address(v["code"].strip(), failed),
            text="A mail with a code was sent to your address.",
            links=(("Send it again…", self._resend), self._back()),
        )

    def _resend(self) -> None:
        self.stage.ask(
            Question(
                "Send the mail again",
                fields=(FieldSpec("email", "Mail address", required=True),),
                confirm="Send",
            ),
            lambda v, done, failed: self.flow.resend(
                v["email"].strip(), lambda: done(None), failed
            ),
            lambda _: self.notice.show("A mail is on its way.", "success"),
        )

    def _register(self) -> Card:
        return Card(
            "Register",
            (
                FieldSpec("username", "User name", required=True),
                FieldSpec("email", "Mail address", required=True),
                FieldSpec("full_name", "Full name"),
                FieldSpec("password", "Password", "password", required=True),
                FieldSpec("terms", "I accept the terms of use", "check"),
                FieldSpec("privacy", "I accept the privacy notice", "check"),
                FieldSpec("marketing", "Send me news", "check"),
            ),
            "Register",
            self.flow.register,
            links=(self._back(),),
            strength_of="password",
        )

    def _forgot(self) -> Card:
        return Card(
            "Forgot your password?",
            (
                FieldSpec(
                    "who",
                    "User name or mail address",
                    value=self.flow.kept.username,
                    required=True,
                ),
            ),
            "Send me a code",
            lambda v, failed: self.flow.ask_for_reset(v["who"].strip(), failed),
            text="A mail with a code goes to the address of the account.",
            links=(("I have a code", lambda: self.flow.go(Step.RESET)), self._back()),
        )

    def _reset(self) -> Card:
        return Card(
            "Set a new password",
            (
                FieldSpec("code", "Code from the mail", required=True),
                *self._new_fields(),
            ),
            "Set password",
            lambda v, failed: self.flow.reset(
                v["code"].strip(), v["new"], _as_new(failed)
            ),
            links=(self._back(),),
            strength_of="new",
        )

    def _activate(self) -> Card:
        return Card(
            "Take up your account",
            (
                FieldSpec("code", "Code from the mail", required=True),
                FieldSpec(
                    "new",
                    "Password",
                    "password",
                    hint="Needed where the account was made without one.",
                ),
            ),
            "Take it up",
            lambda v, failed: self.flow.activate(
                v["code"].strip(), v["new"], _as_new(failed)
            ),
            text="For an account that somebody made for you.",
            links=(
                ("Reset a password", lambda: self.flow.go(Step.RESET)),
                self._back(),
            ),
            strength_of="new",
        )


def _as_new(failed: Callable[[Problem], None]) -> Callable[[Problem], None]:
    """Tell what the service says of `password` beside the field of the new one."""

    def told(problem: Problem) -> None:
        names = {"password": "new", "new_password": "new", "token": "code"}
        faults = tuple((names.get(name, name), text) for name, text in problem.faults)
        failed(Problem(problem.text, faults, problem.again, problem.lost))

    return told
