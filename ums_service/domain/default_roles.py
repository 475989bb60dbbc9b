"""The roles that every new account is given."""

from typing import Final

from storage import Transaction
from ums_service.domain.entitlements import ENTITLEMENTS, AssignedRole, Entitlements
from ums_service.domain.moment import Moment
from ums_service.domain.roles import NEW_ACCOUNTS, STORED_ROLES

REASON: Final = "a role of every new account"


async def give_default_roles(tx: Transaction, user_id: str, now: Moment) -> list[str]:
    """Give a new account its roles; returns their names.

    Which these are must hold at the commit.
    """
    own = Entitlements(user_id)
    for name in await tx.ids_where(STORED_ROLES, "given_to", NEW_ACCOUNTS):
        role = await tx.get(STORED_ROLES, name)
        if role is not None:
            own = own.with_role(
                AssignedRole(name, None, None, REASON, "", now.text, role.role_id)
            )
    if own.roles:
        tx.put(ENTITLEMENTS, own)
    return [given.role for given in own.roles]
