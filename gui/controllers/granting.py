"""Roles and labs of many accounts.

Who has a role or is in a lab already is left alone and told so: what was done to the
others can then be taken back without taking anything from anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from typing_extensions import override

from gui.controllers.deeds import (
    TAKEN_BACK,
    Bulk,
    Deed,
    Result,
    Task,
    call,
    checked,
    one_by_one,
    tried,
)
from gui.controllers.picked import Pick
from ums_client import Client
from ums_client.errors import WrongState
from ums_client.protocol.assignments import AssignRole, GetUserPermissions, RoleHeld
from ums_client.protocol.lab_members import AddLabMember, GetUserLabs, RemoveLabMember

LabRole: TypeAlias = Literal["viewer", "member", "admin"]


@dataclass(frozen=True)
class GiveRole(Bulk):
    """Give a role that counts everywhere to those who do not have it."""

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def lacks(pick: Pick) -> None:
            if _held(client, pick, self.role):
                raise WrongState("It has that role already")

        return tried(lacks, self, client, picks)

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        deed = TakeRole("remove_role", TAKEN_BACK, role=self.role)
        return [(deed, tuple(picks))] if picks else []


@dataclass(frozen=True)
class TakeRole(Bulk):
    """Take a role that counts everywhere from those to whom it was given."""

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def held(pick: Pick) -> RoleHeld:
            found = _held(client, pick, self.role)
            if found is None:
                raise WrongState("It does not have that role")
            if found.primary:
                raise WrongState("It is the primary role of the account")
            return found

        return tried(held, self, client, picks)

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        """Give it back to each with the end that it had there."""
        ends: dict[str | None, list[Pick]] = {}
        for pick in picks:
            if pick.before is not None:
                ends.setdefault(pick.before.expires_at, []).append(pick)
        return [(GiveBack(self.role, end), tuple(ends[end])) for end in ends]


@dataclass(frozen=True)
class GiveBack(Deed):
    """Give a role with the end that it had before."""

    role: str
    expires_at: str | None

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return [Result(pick, ok=True) for pick in picks]

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        more: dict[str, Any] = {}
        if self.expires_at is not None:
            more["expires_at"] = self.expires_at

        def give(pick: Pick) -> None:
            request = AssignRole(
                user_ids=[pick.user_id], roles=[self.role], reason=TAKEN_BACK, **more
            )
            call(client, request)

        return one_by_one(picks, give)


@dataclass(frozen=True)
class JoinLab(Deed):
    """Make those who are no members of a lab members of it."""

    lab_id: str
    role: LabRole

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def outside(pick: Pick) -> None:
            role = _role_in(client, pick, self.lab_id)
            if role is not None:
                raise WrongState(f"It is there already, as {role}")

        return checked(picks, outside)

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def join(pick: Pick) -> None:
            request = AddLabMember(
                lab_id=self.lab_id, user_id=pick.user_id, role=self.role
            )
            call(client, request)

        return one_by_one(picks, join)

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        return [(LeaveLab(self.lab_id), tuple(picks))] if picks else []


@dataclass(frozen=True)
class LeaveLab(Deed):
    """Take members out of a lab."""

    lab_id: str

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def role_there(pick: Pick) -> str:
            role = _role_in(client, pick, self.lab_id)
            if role is None:
                raise WrongState("It is no member there")
            return role

        return checked(picks, role_there)

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def leave(pick: Pick) -> None:
            call(client, RemoveLabMember(lab_id=self.lab_id, user_id=pick.user_id))

        return one_by_one(picks, leave)

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        """Put them back as what they were; what they were given there is lost."""
        roles: dict[str, list[Pick]] = {}
        for pick in picks:
            if pick.before is not None:
                roles.setdefault(pick.before, []).append(pick)
        return [
            (JoinLab(self.lab_id, cast("LabRole", role)), tuple(roles[role]))
            for role in roles
        ]


def _held(client: Client, pick: Pick, role: str) -> RoleHeld | None:
    """How an account has a role everywhere, if it has it."""
    reply = client.call(GetUserPermissions(user_id=pick.user_id))
    held = [h for h in reply.roles if h.role == role and h.lab_id is None]
    return held[0] if held else None


def _role_in(client: Client, pick: Pick, lab_id: str) -> str | None:
    """What an account is in a lab, if it is a member."""
    reply = client.call(GetUserLabs(user_id=pick.user_id))
    roles = [m.role for m in reply.memberships if m.lab_id == lab_id]
    return roles[0] if roles else None
