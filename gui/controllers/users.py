"""What administrators do with accounts: find, make, change, suspend, delete them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gui.background import Job
from gui.controllers.account import Values, facts_of, profile_of, update_of
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import listed, moment, state_of
from ums_client.protocol.accounts import (
    CreateUser,
    CreateUserReply,
    DeleteUser,
    GetUser,
    GetUserReply,
    UpdateUser,
    User,
)
from ums_client.protocol.assignments import GetUserPermissions, GetUserPermissionsReply
from ums_client.protocol.deletions import RestoreUser
from ums_client.protocol.lockouts import UnlockUser
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import ForcePasswordChange
from ums_client.protocol.statuses import SetUserStatus

FailedWith = Callable[[Problem], object]


@dataclass(frozen=True, slots=True)
class Person:
    """One account: what can be changed of it, and what cannot.

    It is `locked` after too many failed sign-ins, which only `Users.get` finds out, and
    `locked_down` by its owner.
    """

    user_id: str
    values: Values
    facts: tuple[tuple[str, str], ...]
    status: str
    locked_down: bool
    locked: bool = False

    @property
    def state(self) -> str:
        """Its status, and what else keeps people out."""
        return state_of(self.status, locked=self.locked, locked_down=self.locked_down)


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account may do: its roles, and each permission with its reason."""

    roles: tuple[Item, ...]
    permissions: tuple[Item, ...]
    is_admin: bool


class Users:
    """All accounts."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def get(
        self, user_id: str, then: Callable[[Person], object], failed: FailedWith
    ) -> Job:
        """Read one account."""
        return self.desk.ask(
            lambda: GetUser(user_id=user_id, include=["security"]),
            lambda reply: then(_guarded(reply)),
            failed,
        )

    def rights(
        self, user_id: str, then: Callable[[Rights], object], failed: FailedWith
    ) -> Job:
        """Tell what an account may do, and why."""
        return self.desk.ask(
            lambda: GetUserPermissions(user_id=user_id),
            lambda reply: then(_rights(reply)),
            failed,
        )

    def create(
        self,
        values: Values,
        then: Callable[[tuple[str, str]], object],
        failed: FailedWith,
    ) -> None:
        """Make an account; `then` gets its name and a password that was made up."""

        def made(reply: CreateUserReply) -> None:
            then((reply.username, reply.temporary_password or ""))

        self.desk.ask(lambda: CreateUser(**new_fields(values)), made, failed)

    def update(
        self,
        user_id: str,
        changes: Values,
        then: Callable[[Person], object],
        failed: FailedWith,
    ) -> None:
        """Change an account; only `changes` are sent."""
        self.desk.ask(
            lambda: update_of(changes, user_id),
            lambda reply: then(_person(reply.user)),
            failed,
        )

    def set_status(
        self,
        user_id: str,
        status: str,
        values: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Take an account out of use, or back into it."""
        self.desk.ask(
            lambda: SetUserStatus(user_id=user_id, **status_fields(status, values)),
            then,
            failed,
        )

    def unlock(
        self, user_id: str, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Forget failed sign-ins; `then` gets what that meant, in a sentence."""

        def told(reply: Any) -> None:
            then(
                "The account was locked and is open again."
                if reply.was_locked
                else "The account was not locked; failed sign-ins are forgotten."
            )

        self.desk.ask(lambda: UnlockUser(user_id=user_id), told, failed)

    def force_change(
        self,
        user_id: str,
        mode: str,
        reason: str,
        then: Callable[[str], object],
        failed: FailedWith,
    ) -> None:
        """Have another password chosen; `then` gets a temporary one, if there is."""
        fields: dict[str, Any] = {"mode": mode, "reason": reason or None}
        self.desk.ask(
            lambda: ForcePasswordChange(user_id=user_id, **fields),
            lambda reply: then(reply.temporary_password or ""),
            failed,
        )

    def delete(
        self,
        user_id: str,
        values: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Delete an account, so that it can be brought back, or for good."""
        mode: Any = "erase" if values.get("erase") else "soft"
        self.desk.ask(
            lambda: DeleteUser(
                user_id=user_id,
                password=values["password"],
                mode=mode,
                reason=values.get("reason") or None,
            ),
            then,
            failed,
        )

    def restore(
        self, user_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Bring a deleted account back."""
        self.desk.ask(lambda: RestoreUser(user_id=user_id), then, failed)

    # --- the same from a shell

    def _command(self, request: type[Request[Any]], **fields: Any) -> str:
        return shell_command(self.desk.place, request, **fields)

    def create_command(self, values: Values) -> str:
        """The command for `create`."""
        return self._command(CreateUser, **new_fields(values))

    def update_command(self, user_id: str, changes: Values) -> str:
        """The command for `update`."""
        return self._command(UpdateUser, user_id=user_id, **changes)

    def status_command(self, user_id: str, status: str, values: Values) -> str:
        """The command for `set_status`."""
        return self._command(
            SetUserStatus, user_id=user_id, **status_fields(status, values)
        )

    def force_command(self, user_id: str, mode: str, reason: str) -> str:
        """The command for `force_change`."""
        return self._command(
            ForcePasswordChange, user_id=user_id, mode=mode, reason=reason
        )

    def delete_command(self, user_id: str, values: Values) -> str:
        """The command for `delete`."""
        return self._command(
            DeleteUser,
            user_id=user_id,
            mode="erase" if values.get("erase") else "soft",
            reason=values.get("reason"),
        )


def new_fields(values: Values) -> dict[str, Any]:
    """The fields of a new account, as typed: without a password one is made up."""
    fields: dict[str, Any] = {name: text for name, text in values.items() if text}
    if "password" not in fields:
        fields["generate_password"] = True
    return fields


def status_fields(status: str, values: Values) -> dict[str, Any]:
    """The fields of a change of status, as typed."""
    days = values.get("days", "").strip()
    fields: dict[str, Any] = {"status": status, "reason": values.get("reason", "")}
    return fields | ({"duration_days": int(days)} if days else {})


def _person(user: User) -> Person:
    values = {**profile_of(user), "role": user.role}
    return Person(user.user_id, values, facts_of(user), user.status, user.locked_down)


def _guarded(reply: GetUserReply) -> Person:
    locked = reply.security is not None and reply.security.locked
    return replace(_person(reply.user), locked=locked)


def _rights(reply: GetUserPermissionsReply) -> Rights:
    roles = [
        Item(
            f"{held.role} {held.lab_id or ''}",
            (
                held.role,
                "primary" if held.primary else "assigned",
                held.lab_id or "everywhere",
                moment(held.expires_at) if held.expires_at else "without end",
            ),
            "" if held.active else "muted",
        )
        for held in reply.roles
    ]
    permissions = [
        Item(
            decision.permission,
            (
                decision.permission,
                "yes" if decision.allowed else "no",
                listed(
                    [f"{s.kind.replace('_', ' ')} {s.name}" for s in decision.sources]
                )
                or decision.by,
            ),
            "" if decision.allowed else "muted",
        )
        for decision in reply.permission_details
    ]
    return Rights(tuple(roles), tuple(permissions), reply.is_admin)
