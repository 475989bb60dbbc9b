"""What administrators do with roles: what they allow and deny, and who has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.known import Known
from gui.controllers.labs import words_of
from gui.controllers.paged import PAGE_SIZE, Pages
from gui.controllers.problems import Problem
from gui.controllers.who import WHO, find_account
from gui.controllers.wording import moment
from ums_client.protocol.assignments import AssignRole, RevokeRole
from ums_client.protocol.message import Request
from ums_client.protocol.permissions import Permission
from ums_client.protocol.roles import (
    DeleteRole,
    ListRoles,
    RoleHolder,
    RoleView,
    SaveRole,
    SetRolePermissions,
)

FailedWith = Callable[[Problem], object]
Values = dict[str, str]

EFFECTS: Final = ("allow", "deny", "revoke")
_PRIMARY: Final = (
    "It is the primary role of the account, or was taken away already: "
    "a primary role is changed with the account."
)
PERMISSIONS: Final = tuple(str(permission) for permission in Permission)


class FoundRoles(Pages):
    """The roles whose name or description has `query` in it, page by page."""

    def __init__(self, desk: Desk, query: str = "") -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.query = desk, query.strip()

    @override
    def ask(
        self,
        page: int,
        then: Callable[[Sequence[Item], int], object],
        failed: FailedWith,
    ) -> Job:
        """Fetch a page."""
        return self.desk.ask(
            lambda: ListRoles(
                query=self.query or None, page=page + 1, page_size=PAGE_SIZE
            ),
            lambda reply: then([_item(role) for role in reply.roles], reply.total),
            failed,
        )


@dataclass(frozen=True, slots=True)
class Role:
    """One role: what can be changed of it, what it allows and denies, who has it."""

    name: str
    values: Values
    built_in: bool
    facts: str
    permissions: tuple[Item, ...]
    holders: tuple[Item, ...]
    holder_count: int


class Roles:
    """All roles."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk, self.known = desk, Known(desk)

    @property
    def permissions(self) -> Sequence[str]:
        """Those that are known; at least those of the service."""
        return self.known.permissions or PERMISSIONS

    def get(self, name: str, then: Callable[[Role], object], failed: FailedWith) -> Job:
        """Read one role in full."""

        def came(reply: Any) -> None:
            if reply.roles:
                then(_role(reply.roles[0]))
            else:
                failed(Problem("The role does not exist any more."))

        return self.desk.ask(
            lambda: ListRoles(name=name, include=["permissions", "children", "users"]),
            came,
            failed,
        )

    def save(
        self, values: Values, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Make a role, or change that of the name; `then` gets the name."""
        self.desk.ask(
            lambda: SaveRole(**_fields(values)),
            lambda reply: then(reply.role.name),
            failed,
        )

    def set_permissions(
        self, role: str, values: Values, then: Callable[[Any], object], failed: Any
    ) -> None:
        """Let a role allow or deny permissions, or neither."""
        self.desk.ask(
            lambda: SetRolePermissions(**_effects(role, values)), then, failed
        )

    def delete(
        self, name: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Delete a role that nobody has."""
        self.desk.ask(lambda: DeleteRole(name=name), then, failed)

    def assign(
        self,
        role: str,
        values: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Give a role to an account, named as people name it."""

        def found(user: Any) -> None:
            self.desk.ask(
                lambda: AssignRole(**_assigned(role, user.user_id, values)),
                then,
                failed,
            )

        find_account(self.desk, values[WHO], found, failed)

    def revoke(
        self,
        role: str,
        holder: Item,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Take a role away from one who has it in addition."""

        def done(reply: Any) -> None:
            if reply.revoked:
                then(reply)
            else:
                failed(Problem(_PRIMARY))

        self.desk.ask(lambda: RevokeRole(**_revoked(role, holder)), done, failed)

    # --- the same from a shell

    def _command(self, request: type[Request[Any]], **fields: Any) -> str:
        return shell_command(self.desk.place, request, **fields)

    def save_command(self, values: Values) -> str:
        """The command for `save`."""
        return self._command(SaveRole, **_fields(values))

    def set_command(self, role: str, values: Values) -> str:
        """The command for `set_permissions`."""
        return self._command(SetRolePermissions, **_effects(role, values))

    def delete_command(self, name: str) -> str:
        """The command for `delete`."""
        return self._command(DeleteRole, name=name)

    def revoke_command(self, role: str, holder: Item) -> str:
        """The command for `revoke`."""
        return self._command(RevokeRole, **_revoked(role, holder))


def days_wrong(text: str) -> str:
    """What is wrong with a number of days, or nothing."""
    good = text.strip().isdigit() and int(text) > 0
    return "" if good else "A whole number of days, from 1 on."


def _fields(values: Values) -> dict[str, Any]:
    fields: dict[str, Any] = dict(values)
    if not fields.get("like"):
        fields.pop("like", None)
    if "active" in fields:
        fields["active"] = bool(fields["active"])
    return fields


def _effects(role: str, values: Values) -> dict[str, Any]:
    return {
        "roles": [role],
        "permissions": words_of(values["permissions"]),
        "effect": values["effect"],
        "expires_at": values.get("expires_at", "").strip() or None,
    }


def _assigned(role: str, user_id: str, values: Values) -> dict[str, Any]:
    days = values.get("days", "").strip()
    return {
        "user_ids": [user_id],
        "roles": [role],
        "reason": values.get("reason", ""),
        "expires_in_days": int(days) if days else None,
    }


def _revoked(role: str, holder: Item) -> dict[str, Any]:
    user_id, _, lab_id = holder.key.partition(" ")
    return {"user_ids": [user_id], "roles": [role], "lab_id": lab_id or None}


def _item(role: RoleView) -> Item:
    kind = "built in" if role.built_in else role.category
    state = "active" if role.active else "inactive"
    cells = (role.name, role.description or role.display_name, kind, state)
    return Item(role.name, cells, "" if role.active else "muted")


def _role(role: RoleView) -> Role:
    ends = role.ends or {}

    def rows(names: Sequence[str] | None, effect: str, mark: str) -> list[Item]:
        found = names or ()
        return [
            Item(n, (n, effect, moment(ends[n]) if n in ends else ""), mark)
            for n in found
        ]

    permissions = (
        *rows(role.denied, "denies", "danger"),
        *rows(role.permissions, "allows", ""),
        *rows(role.inherited, f"inherits from {role.parent}", "muted"),
    )
    facts = ["Built in." if role.built_in else f"Category {role.category}."]
    facts += [f"Below {role.parent}."] if role.parent else []
    facts += [f"Above {', '.join(role.children)}."] if role.children else []
    facts += [] if role.active else ["Not active: it gives nothing to anybody."]
    facts += [f"Changed {moment(role.updated_at)}."] if role.updated_at else []
    return Role(
        role.name,
        {
            "display_name": role.display_name,
            "description": role.description,
            "parent": role.parent or "",
            "active": "yes" * role.active,
        },
        role.built_in,
        " ".join(facts),
        permissions,
        tuple(_holder(holder) for holder in role.users or ()),
        role.user_count or 0,
    )


def _holder(holder: RoleHolder) -> Item:
    until = moment(holder.expires_at) if holder.expires_at else "without end"
    where = holder.lab_id or "everywhere"
    return Item(
        f"{holder.user_id} {holder.lab_id or ''}", (holder.username, where, until)
    )
