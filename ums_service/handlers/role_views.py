"""What of a role is shown, and who has it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from storage import document_of
from ums_service.calls.call import Call
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.moment import text_of
from ums_service.domain.roles import Role
from ums_service.domain.users import USERS
from ums_service.handlers.turns import taking_turns


class Holder(NamedTuple):
    """An account that has a role: as its primary one, everywhere, or in a lab."""

    user_id: str
    username: str
    lab_id: str | None
    until_s: int | None

    def view(self) -> dict[str, Any]:
        """It as shown."""
        return {
            "user_id": self.user_id,
            "username": self.username,
            "lab_id": self.lab_id,
            "expires_at": shown_end(self.until_s),
        }


def shown_end(until_s: int | None) -> str | None:
    """When something ends by itself, as shown."""
    return None if until_s is None else text_of(until_s)


def role_view(role: Role) -> dict[str, Any]:
    """What everybody may see of a role."""
    return {
        "name": role.name,
        "display_name": role.display_name,
        "description": role.description,
        "category": role.category,
        "parent": role.parent,
        "built_in": role.built_in,
        "template": role.template,
        "default": role.default,
        "active": role.active,
        "created_at": role.created_at,
        "updated_at": role.updated_at,
    }


def contents(role: Role) -> dict[str, Any]:
    """What the role itself allows and denies."""
    return {
        "permissions": sorted(role.allows),
        "denied": sorted(role.denies),
        "ends": {name: text_of(end) for name, end in sorted(role.ends.items())},
    }


async def holders(role: Role, call: Call) -> list[Holder]:
    """Every account that has the role now, whatever its status.

    For a primary role it reads all accounts, and others get their turn in between.
    """
    store = call.facilities.store
    user_ids = store.ids_where(ENTITLEMENTS, "holds", role.role_id or role.name)
    if role.built_in:
        user_ids = store.ids(USERS)
    found: list[Holder] = []
    async for _, user_id in taking_turns(user_ids):
        found += _as_held(role, user_id, call)
    return found


def _as_held(role: Role, user_id: str, call: Call) -> Iterator[Holder]:
    store = call.facilities.store
    value = store.get_value(USERS, user_id)
    if value is None:
        return  # deleted, and perhaps brought back later
    user = document_of(value)
    name = str(user["username"])
    if role.built_in and user.get("role", "user") == role.name:
        yield Holder(user_id, name, None, None)
    own = store.get(ENTITLEMENTS, user_id)
    for given in own.roles if own else ():
        if (given.role, given.role_id) != (role.name, role.role_id):
            continue
        if not given.has_ended(call.now):
            yield Holder(user_id, name, given.lab_id, given.until_s)
