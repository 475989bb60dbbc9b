"""What can be done to many accounts, and what each asks for and means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_BACK: Final = "It can be taken back here as long as this window is open."


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done to many; `fields` are what it asks for.

    `done` ends the sentence `3 accounts are ...`.
    """

    name: str
    title: str
    permission: str
    done: str
    lines: tuple[str, ...]
    fields: tuple[str, ...] = ("reason",)
    danger: bool = False


_ENDS: Final = "Their sessions end at once, and they cannot sign in."
OFFERS: Final = (
    Offer(
        "suspend",
        "Suspend",
        "users.status",
        "suspended",
        (_ENDS, "The owners are told by mail, with the reason.", _BACK),
        danger=True,
    ),
    Offer(
        "deactivate",
        "Deactivate",
        "users.status",
        "deactivated",
        (_ENDS, _BACK),
        danger=True,
    ),
    Offer(
        "activate",
        "Activate",
        "users.status",
        "active again",
        ("They can sign in again.", _BACK),
    ),
    Offer(
        "unlock",
        "Unlock",
        "users.status",
        "unlocked",
        ("Failed sign-ins are forgotten.",),
        (),
    ),
    Offer(
        "end_sessions",
        "End all sessions",
        "users.status",
        "signed out",
        ("They are signed out everywhere. This cannot be taken back.",),
        (),
        danger=True,
    ),
    Offer(
        "force_password_change",
        "Force a password change",
        "credentials.manage",
        "to choose another password",
        ("Their sessions end, and the next sign-in asks for another password.",),
        danger=True,
    ),
    Offer(
        "reset_password",
        "Mail a link for a new password",
        "credentials.manage",
        "sent a link",
        ("Each owner gets a mail. The old password stays until the link is used.",),
        (),
    ),
    Offer(
        "assign_role",
        "Give a role",
        "roles.assign",
        "given the role",
        ("It counts everywhere, beside what they have.", _BACK),
        ("role", "reason"),
    ),
    Offer(
        "remove_role",
        "Take a role away",
        "roles.assign",
        "without the role",
        ("Primary roles stay: they are changed with the account.", _BACK),
        ("role", "reason"),
        danger=True,
    ),
    Offer(
        "join_lab",
        "Add to a lab",
        "labs.manage",
        "members of the lab",
        (_BACK,),
        ("lab", "lab_role"),
    ),
    Offer(
        "leave_lab",
        "Take out of a lab",
        "labs.manage",
        "out of the lab",
        (
            "What they were given in the lab ends.",
            "Taking it back makes them members again, without what they were given.",
        ),
        ("lab",),
        danger=True,
    ),
    Offer(
        "delete",
        "Delete",
        "users.delete",
        "deleted",
        (
            "They are signed out everywhere; their names and addresses are free.",
            "They can be brought back for a while, from here or under Deleted….",
        ),
        ("reason", "password"),
        danger=True,
    ),
)
