"""The fields of the profile of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gui.controllers.account import PROFILE
from gui.controllers.finding import PRIMARY_ROLES
from gui.controllers.users import Person
from gui.widgets.forms import FieldSpec


def profile_fields(person: Person, *, can: bool) -> list[FieldSpec]:
    """The fields of the profile; they can be changed by those who `can`."""
    kind: Any = "text" if can else "fixed"
    now = person.values["role"]
    role = FieldSpec("role", "Primary role", "fixed", now)
    if can:
        choices = tuple(dict.fromkeys((*PRIMARY_ROLES, now)))
        role = replace(role, kind="choice", choices=choices)
    return [
        *(
            FieldSpec(
                name,
                text,
                "lines" if name == "notes" and can else kind,
                person.values[name],
                required=name in ("username", "email") and can,
            )
            for name, text in PROFILE
        ),
        role,
    ]
