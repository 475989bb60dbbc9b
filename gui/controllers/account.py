"""What people do with their own account: profile, password, lock-down, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import counted, moment, state_of
from ums_client.protocol.accounts import DeleteUser, GetUser, UpdateUser, User
from ums_client.protocol.addresses import ResendVerification, VerifyEmail
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import (
    ChangePassword,
    GetPasswordStatus,
    GetPasswordStatusReply,
)
from ums_client.protocol.recovery import LockDown

FailedWith = Callable[[Problem], object]
Values = dict[str, str]

PROFILE: Final = (
    ("username", "User name"),
    ("email", "Mail address"),
    ("full_name", "Full name"),
    ("phone", "Phone"),
    ("address", "Street and number"),
    ("postal_code", "Postal code"),
    ("city", "City"),
    ("country", "Country"),
    ("date_of_birth", "Date of birth"),
    ("notes", "Notes"),
)
"""The fields that people change themselves, with their labels."""


def profile_of(user: User) -> Values:
    """What can be changed of an account, as text."""
    return {name: str(getattr(user, name)) for name, _ in PROFILE}


def facts_of(user: User) -> tuple[tuple[str, str], ...]:
    """What cannot be changed, with names."""
    verified = "verified" if user.email_verified else "not verified"
    return (
        ("Role", user.role),
        ("Status", state_of(user.status, locked_down=user.locked_down)),
        ("Mail address", verified),
        ("Member since", moment(user.created_at)),
        ("Last sign-in", moment(user.last_login)),
    )


class Account:
    """The account of whoever is signed in."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk
        self.values: Values = {}

    @property
    def names(self) -> tuple[str, str]:
        """User name and mail address, which a password must not contain."""
        me = self.desk.me
        username = self.values.get("username", "") or (me.username if me else "")
        return username, self.values.get("email", "")

    def load(
        self,
        then: Callable[[Values, tuple[tuple[str, str], ...]], object],
        failed: FailedWith,
    ) -> None:
        """Fetch it: what can be changed, and what cannot."""

        def got(reply: Any) -> None:
            self.values = profile_of(reply.user)
            then(self.values, facts_of(reply.user))

        self.desk.ask(GetUser, got, failed)

    def save(
        self, changes: Values, then: Callable[[Values, str], object], failed: FailedWith
    ) -> None:
        """Send what was changed, and nothing else; `then` gets what came of it."""

        def saved(reply: Any) -> None:
            self.values = profile_of(reply.user)
            note = "Saved."
            if reply.pending_email:
                note = (
                    f"Saved. A mail went to {reply.pending_email}: "
                    "the address counts once you have answered it."
                )
            then(self.values, note)

        self.desk.ask(lambda: update_of(changes), saved, failed)

    def verify_address(
        self, code: str, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Give the code of a mail; `then` gets the address that counts from now on."""
        self.desk.ask(
            lambda: VerifyEmail(token=code), lambda reply: then(reply.email), failed
        )

    def verify_command(self) -> str:
        """The command for `verify_address`."""
        return self.command(VerifyEmail, token="-")

    def send_verification(
        self, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Have another mail sent to the address that the account has."""
        email = self.values["email"]
        self.desk.ask(lambda: ResendVerification(email=email), then, failed)

    def password_status(
        self, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Tell how it stands with the password, in a sentence."""

        def told(reply: GetPasswordStatusReply) -> None:
            text = f"Last changed {moment(reply.password_changed_at)}."
            if reply.password_expires_at:
                text += f" It expires {moment(reply.password_expires_at)}."
            then(text)

        self.desk.ask(GetPasswordStatus, told, failed)

    def change_password(
        self, current: str, new: str, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Change it; other sessions of the account end."""

        def changed(reply: Any) -> None:
            ended = reply.sessions_ended
            others = f" Ended: {counted(ended, 'other session')}." if ended else ""
            then(f"The new password counts.{others}")

        def refused(problem: Problem) -> None:
            faults = tuple(
                ("new" if name in ("password", "new_password") else "current", text)
                for name, text in problem.faults
            )
            failed(Problem(problem.text, faults, problem.again, problem.lost))

        self.desk.ask(
            lambda: ChangePassword(current_password=current, new_password=new),
            changed,
            refused,
        )

    def lock_down(
        self, password: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Shut the account at once, for everybody."""
        self.desk.ask(lambda: LockDown(password=password), then, failed)

    def delete(
        self, password: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Delete the account."""
        self.desk.ask(lambda: DeleteUser(password=password), then, failed)

    def command(self, request: type[Request[Any]], **fields: Any) -> str:
        """The shell command that does the same."""
        return shell_command(self.desk.place, request, **fields)

    def delete_command(self) -> str:
        """The command for `delete`."""
        return self.command(DeleteUser, password="-")

    def lock_down_command(self) -> str:
        """The command for `lock_down`."""
        return self.command(LockDown, password="-")


def update_of(changes: Values, user_id: str = "") -> UpdateUser:
    """The request that changes these fields of an account."""
    fields: dict[str, Any] = dict(changes)
    if user_id:
        fields["user_id"] = user_id
    return UpdateUser(**fields)
