"""What is asked about a role: where it stands, and what it allows."""

from __future__ import annotations

from collections.abc import Callable

from gui.controllers.known import or_none
from gui.controllers.roles import EFFECTS, Role, Roles
from gui.widgets.dialogs import Answers, Question
from gui.widgets.forms import FieldSpec


def edit_role(
    roles: Roles, role: Role, changes: Callable[[Answers], Answers]
) -> Question:
    """Its description, place in the tree and state."""
    values = role.values
    others = [name for name in roles.known.roles if name != role.name]
    return Question(
        f"Edit {role.name}",
        "A role that is not active gives nothing, also to roles below it.",
        fields=(
            FieldSpec("display_name", "Title", value=values["display_name"]),
            FieldSpec("description", "Description", value=values["description"]),
            FieldSpec(
                "parent",
                "Below this role",
                "choice",
                values["parent"],
                choices=or_none(others, values["parent"]),
            ),
            FieldSpec("active", "Active", "check", values["active"]),
        ),
        confirm="Save",
        command=lambda answers: roles.save_command(changes(answers)),
    )


def allow_or_deny(roles: Roles, name: str) -> Question:
    """What it is to allow or deny, of what is known or with names of one's own."""
    return Question(
        f"What {name} allows",
        "A denial counts more than whatever allows the same.",
        fields=(
            FieldSpec(
                "permissions",
                "Permissions",
                "ticks",
                choices=roles.permissions,
                free=True,
                required=True,
                hint="Type to find, or a name of your own; Space or a click ticks.",
            ),
            FieldSpec("effect", "Effect", "choice", "allow", choices=EFFECTS),
            FieldSpec(
                "expires_at",
                "Only until",
                hint="Such as 2027-01-31; empty: without end",
            ),
        ),
        columns=2,
        confirm="Set",
        command=lambda answers: roles.set_command(name, answers),
    )
