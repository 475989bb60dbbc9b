"""The dialog for a new account."""

from __future__ import annotations

from gui.controllers.finding import PRIMARY_ROLES
from gui.controllers.users import Users
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec


def new_user(users: Users) -> Question:
    """What is asked for."""
    return Question(
        "New user",
        "Without a password the service makes one up, for the first sign-in only.",
        fields=(
            FieldSpec("username", "User name", required=True),
            FieldSpec("email", "Mail address", required=True),
            FieldSpec("full_name", "Full name"),
            FieldSpec("role", "Role", "choice", "user", choices=PRIMARY_ROLES),
            FieldSpec("phone", "Phone"),
            FieldSpec("city", "City"),
            FieldSpec("password", "Password", "password"),
        ),
        columns=2,
        confirm="Make the account",
        command=users.create_command,
    )
