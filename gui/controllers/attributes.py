"""Attributes: which there are, which roles of labs have them, who was given one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.who import blaming_who, find_account
from gui.controllers.wording import moment
from ums_client.protocol.attributes import (
    AttributeView,
    DeleteAttribute,
    GrantUserAttribute,
    ListAttributes,
    ListRoleAttributes,
    ListRoleAttributesReply,
    ListUserAttributes,
    ListUserAttributesReply,
    RevokeUserAttribute,
    SaveAttribute,
    SetRoleAttribute,
)
from ums_client.protocol.message import Request

FailedWith = Callable[[Problem], object]
Then = Callable[[Any], object]
Values = dict[str, str]
CATEGORIES: Final = ("lab", "system", "billing", "reports", "admin")
ROLES: Final = ("viewer", "member", "admin")
HAS, HAS_HERE, TAKEN, LACKS = "yes", "yes, by this lab", "taken by this lab", "-"


class Grants(Streamed):
    """What members of one lab were given beside what their role has."""

    def __init__(self, desk: Desk, lab_id: str) -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.lab_id = desk, lab_id

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page; its cursor is its number."""
        page = int(cursor or 1)

        def came(reply: ListUserAttributesReply) -> None:
            last = reply.page * reply.page_size >= reply.total
            then(_grants(reply), None if last else str(page + 1))

        return self.desk.ask(
            lambda: ListUserAttributes(lab_id=self.lab_id, page=page), came, failed
        )


class Attributes:
    """All attributes."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def definitions(
        self, then: Callable[[tuple[Item, ...]], object], failed: FailedWith
    ) -> None:
        """List them all, also those that count for nothing."""
        self.desk.ask(
            lambda: ListAttributes(include_inactive=True),
            lambda reply: then(tuple(_definition(one) for one in reply.attributes)),
            failed,
        )

    def save(self, values: Values, then: Then, failed: FailedWith) -> None:
        """Make one, or change the one of that name."""
        self.desk.ask(lambda: SaveAttribute(**_saved(values)), then, failed)

    def delete(self, name: str, then: Then, failed: FailedWith) -> None:
        """Delete one that somebody made."""
        self.desk.ask(lambda: DeleteAttribute(name=name), then, failed)

    def of_roles(
        self,
        lab_id: str,
        then: Callable[[tuple[Item, ...]], object],
        failed: FailedWith,
    ) -> None:
        """Tell what the roles of a lab have; without one, of labs in general."""
        self.desk.ask(
            lambda: ListRoleAttributes(lab_id=lab_id or None),
            lambda reply: then(_by_attribute(reply)),
            failed,
        )

    def set_role(
        self,
        fields: dict[str, Any],
        then: Then,
        failed: FailedWith,
    ) -> None:
        """Let a role have an attribute or not (`role`, `attribute`, `granted`)."""
        self.desk.ask(lambda: SetRoleAttribute(**fields), then, failed)

    def grant(
        self, lab_id: str, values: Values, then: Then, failed: FailedWith
    ) -> None:
        """Give a member an attribute, for some days or without end."""
        days = values["days"].strip()
        find_account(
            self.desk,
            values["account"],
            lambda user: self.desk.ask(
                lambda: GrantUserAttribute(
                    lab_id=lab_id,
                    user_id=user.user_id,
                    attribute=values["attribute"].strip(),
                    expires_in_days=int(days) if days else None,
                ),
                then,
                blaming_who(failed),
            ),
            blaming_who(failed),
        )

    def grant_again(
        self, lab_id: str, item: Item, then: Then, failed: FailedWith
    ) -> None:
        """Give back what was taken away, for as long as it was given."""
        user_id, name, until = item.key.split(" ", 2)
        self.desk.ask(
            lambda: GrantUserAttribute(
                lab_id=lab_id, user_id=user_id, attribute=name, expires_at=until or None
            ),
            then,
            failed,
        )

    def revoke(self, lab_id: str, item: Item, then: Then, failed: FailedWith) -> None:
        """Take away what was given."""
        user_id, name, _ = item.key.split(" ", 2)
        self.desk.ask(
            lambda: RevokeUserAttribute(lab_id=lab_id, user_id=user_id, attribute=name),
            then,
            failed,
        )

    # --- the same from a shell

    def _command(self, request: type[Request[Any]], **fields: Any) -> str:
        return shell_command(self.desk.place, request, **fields)

    def save_command(self, values: Values) -> str:
        """The command for `save`."""
        return self._command(SaveAttribute, **_saved(values))

    def delete_command(self, name: str) -> str:
        """The command for `delete`."""
        return self._command(DeleteAttribute, name=name)

    def role_command(self, fields: dict[str, Any]) -> str:
        """The command for `set_role`."""
        return self._command(SetRoleAttribute, **fields)

    def grant_command(self, lab_id: str, values: Values) -> str:
        """The command for `grant`; the account is named by its id there."""
        return self._command(
            GrantUserAttribute,
            lab_id=lab_id,
            user_id=f"<id of {values['account'] or 'the account'}>",
            attribute=values["attribute"],
            expires_in_days=values["days"],
        )

    def revoke_command(self, lab_id: str, item: Item) -> str:
        """The command for `revoke`."""
        user_id, name, _ = item.key.split(" ", 2)
        return self._command(
            RevokeUserAttribute, lab_id=lab_id, user_id=user_id, attribute=name
        )


def _saved(values: Values) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: values[name].strip()
        for name in ("name", "category", "display_name", "description")
        if values.get(name, "").strip()
    }
    return fields | {"active": bool(values.get("active"))}


def _definition(one: AttributeView) -> Item:
    cells = (
        one.name,
        one.category,
        one.display_name,
        one.description,
        "active" if one.active else "counts for nothing",
        "of the service" if one.built_in else "made here",
    )
    return Item(one.name, cells, "" if one.active else "muted")


def _by_attribute(reply: ListRoleAttributesReply) -> tuple[Item, ...]:
    """One row for each attribute that some role has, or was taken from one."""
    has: dict[str, dict[str, str]] = {}
    for role in reply.roles:
        for one in role.attributes:
            how = HAS_HERE if one.scope == "lab" else HAS
            has.setdefault(one.name, {})[role.role] = how
        for name in role.taken:
            has.setdefault(name, {}).setdefault(role.role, TAKEN)
    return tuple(
        Item(name, (name, *(roles.get(role, LACKS) for role in ROLES)))
        for name, roles in sorted(has.items())
    )


def _grants(reply: ListUserAttributesReply) -> list[Item]:
    return [
        Item(
            f"{user.user_id} {one.name} {one.expires_at or ''}",
            (
                user.username,
                one.name,
                moment(one.granted_at),
                moment(one.expires_at) if one.expires_at else "without end",
                "has ended" if one.is_expired else "counts",
            ),
            "muted" if one.is_expired else "",
        )
        for user in reply.users
        for one in user.attributes
    ]
