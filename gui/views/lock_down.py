"""Shutting one's own account in a hurry."""

from __future__ import annotations

from gui.controllers.account import Account
from gui.views.stage import Stage
from gui.widgets.dialogs import Question, Sheet
from gui.widgets.forms import FieldSpec


def ask_lock_down(stage: Stage) -> Sheet:
    """Ask whether the account should be shut for everybody; then nobody is signed in."""
    account = Account(stage.desk)

    def locked() -> None:
        stage.desk.sign_in_as(None)
        stage.toasts.show("Your account is locked down. See your mail.")

    return stage.ask(
        Question(
            "Lock down my account",
            "Do this if somebody else may be in your account.",
            (
                "Every session ends now, also this one.",
                "A change of your mail address in the last days is taken back.",
                "Nobody can sign in before a new password is set by mail.",
            ),
            (FieldSpec("password", "Your password", "password", required=True),),
            confirm="Lock down",
            danger=True,
            command=lambda _: account.lock_down_command(),
        ),
        lambda v, done, failed: account.lock_down(v["password"], done, failed),
        lambda _: locked(),
    )
