"""The labs of one account: what it is there, and what it was given there beside that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.lab_members import LabRole
from gui.controllers.problems import Problem
from gui.controllers.wording import moment
from ums_client import Client
from ums_client.errors import PermissionDenied
from ums_client.protocol.attributes import (
    GetEffectiveAttributes,
    GrantedAttributeView,
    GrantUserAttribute,
    ListAttributes,
    ListUserAttributes,
    RevokeUserAttribute,
)
from ums_client.protocol.lab_members import (
    AddLabMember,
    GetUserLabs,
    MembershipInLab,
    RemoveLabMember,
    UpdateLabMember,
)
from ums_client.protocol.labs import GetLab
from ums_client.protocol.message import Request

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
ROLE_CELL, STATE_CELL = 2, 3
GIVEN: Final = "given"


@dataclass(frozen=True, slots=True)
class Given:
    """What an account has in a lab: all, and how what it was given ends."""

    items: tuple[Item, ...]
    ends: dict[str, str | None]


class PersonLabs:
    """Those of one account."""

    def __init__(self, desk: Desk, user_id: str) -> None:
        """Nothing is fetched yet."""
        self.desk, self.user_id = desk, user_id

    def load(self, then: Callable[[list[Item]], object], failed: FailedWith) -> Job:
        """List the labs that one may see."""
        return self.desk.ask(
            lambda: GetUserLabs(user_id=self.user_id),
            lambda reply: then([_lab(one) for one in reply.memberships]),
            failed,
        )

    def attributes(
        self, lab_id: str, then: Callable[[Given], object], failed: FailedWith
    ) -> Job:
        """What it has there, from its role or given; who gave it is for administrators."""

        def read(client: Client) -> Given:
            whom: dict[str, Any] = {"lab_id": lab_id, "user_id": self.user_id}
            names = client.call(GetEffectiveAttributes(**whom)).attributes
            try:
                users = client.call(ListUserAttributes(**whom)).users
            except PermissionDenied:
                users = []
            return _given(names, [one for user in users for one in user.attributes])

        return self.desk.work(read, then, failed)

    def attribute_names(self, then: Callable[[list[str]], object]) -> Job:
        """The attributes that can be given."""
        return self.desk.ask(
            ListAttributes,
            lambda reply: then([one.name for one in reply.attributes if one.active]),
            lambda _: then([]),
        )

    def join(
        self, values: Values, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Make it a member of the lab of a code."""

        def found(reply: Any) -> None:
            self.put_in(reply.lab.lab_id, values["role"], then, failed)

        self.desk.ask(
            lambda: GetLab(code=values["lab"].strip()),
            found,
            lambda problem: failed(Problem(problem.text, (("lab", problem.text),))),
        )

    def put_in(
        self, lab_id: str, role: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Make it a member of a lab."""
        self._ask(AddLabMember, then, failed, lab_id=lab_id, role=cast("LabRole", role))

    def change(
        self,
        lab_id: str,
        values: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Change what it is there, and whether that counts."""
        self._ask(UpdateLabMember, then, failed, lab_id=lab_id, **_changed(values))

    def leave(
        self, lab_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Take it out of a lab."""
        self._ask(RemoveLabMember, then, failed, lab_id=lab_id)

    def grant(
        self,
        lab_id: str,
        values: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Give it an attribute there, for some days or without an end."""
        self._ask(GrantUserAttribute, then, failed, lab_id=lab_id, **_granted(values))

    def give_back(
        self,
        lab_id: str,
        name: str,
        expires_at: str | None,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Give it an attribute with the end that it had."""
        more = {"expires_at": expires_at} if expires_at else {}
        self._ask(
            GrantUserAttribute, then, failed, lab_id=lab_id, attribute=name, **more
        )

    def revoke(
        self,
        lab_id: str,
        name: str,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Take back what it was given there."""
        self._ask(RevokeUserAttribute, then, failed, lab_id=lab_id, attribute=name)

    def _ask(
        self,
        request: Callable[..., Request[Any]],
        then: Callable[[Any], object],
        failed: FailedWith,
        **fields: Any,
    ) -> None:
        self.desk.ask(lambda: request(user_id=self.user_id, **fields), then, failed)

    # --- the same from a shell

    def _command(self, request: type[Request[Any]], **fields: Any) -> str:
        return shell_command(self.desk.place, request, user_id=self.user_id, **fields)

    def join_command(self, values: Values) -> str:
        """The commands for `join`: the first tells the id of the lab."""
        find = shell_command(self.desk.place, GetLab, code=values["lab"].strip())
        join = self._command(AddLabMember, lab_id="LAB_ID", role=values["role"])
        return f"{find}\n{join}"

    def change_command(self, lab_id: str, values: Values) -> str:
        """The command for `change`."""
        return self._command(UpdateLabMember, lab_id=lab_id, **_changed(values))

    def leave_command(self, lab_id: str) -> str:
        """The command for `leave`."""
        return self._command(RemoveLabMember, lab_id=lab_id)

    def grant_command(self, lab_id: str, values: Values) -> str:
        """The command for `grant`."""
        return self._command(GrantUserAttribute, lab_id=lab_id, **_granted(values))

    def revoke_command(self, lab_id: str, name: str) -> str:
        """The command for `revoke`."""
        return self._command(RevokeUserAttribute, lab_id=lab_id, attribute=name)


def _changed(values: Values) -> dict[str, Any]:
    return {
        "role": cast("LabRole", values["role"]),
        "is_active": bool(values["active"]),
    }


def _granted(values: Values) -> dict[str, Any]:
    days = values.get("days", "").strip()
    more = {"expires_in_days": int(days)} if days else {}
    return {"attribute": values["attribute"], **more}


def _lab(one: MembershipInLab) -> Item:
    cells = (
        one.name,
        one.code,
        one.role,
        "active" if one.is_active else "inactive",
        moment(one.joined_at),
    )
    return Item(one.lab_id, cells, "" if one.is_active else "muted")


def _given(names: list[str], given: list[GrantedAttributeView]) -> Given:
    """All that is there, and what was given and has ended."""
    by_name = {one.name: one for one in given}
    items = []
    for name in sorted({*names, *by_name}):
        one = by_name.get(name)
        how, until = "its role", ""
        if one is not None:
            how = GIVEN
            until = moment(one.expires_at) if one.expires_at else "without end"
        mark = "" if name in names else "muted"
        items.append(Item(name, (name, how, until), mark))
    return Given(tuple(items), {one.name: one.expires_at for one in given})
