"""Who may invite to what: asked when an invitation is made, and again when it is accepted."""

from typing import NamedTuple

from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.domain.authorisation import (
    NOTHING,
    WHOLE_SERVICE,
    Caller,
    has_all,
    may,
)
from ums_service.domain.errors import MissingInput, PermissionDenied
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.roles import Role
from ums_service.handlers.assignments import role_to_give
from ums_service.handlers.granting import line_of, require_lab_role

INVITING = (
    Permission.LAB_USERS_INVITE,
    Permission.INVITATIONS_MANAGE,
    Permission.LABS_MANAGE,
)


class Given(NamedTuple):
    """What an invitation gives to whoever accepts it."""

    roles: list[Role]
    scope: LabScope | None


async def given_by(
    inviter: Caller,
    roles: tuple[str, ...],
    lab_id: str | None,
    lab_role: str | None,
    call: Call,
) -> Given:
    """What the inviter can give of this, as it must still be at the commit.

    Raises:
        PermissionDenied: the inviter may not invite there, or lacks what it gives.
        NoSuchLab, NoSuchRole, InvalidInput: there is no such thing to give.
    """
    scope = None
    if lab_id is not None:
        if lab_role is None:
            raise MissingInput("A lab_role is required with a lab_id")
        scope = LabScope(lab_id, inviter, INVITING, call.now)
        await scope.lab(call.tx)
        require_lab_role(lab_role, lab_id, call, by=inviter)
    elif not may(
        inviter, Permission.INVITATIONS_MANAGE, WHOLE_SERVICE, call.now
    ).allowed:
        raise PermissionDenied
    if roles and call.key is not None:
        raise PermissionDenied  # what a key may do is not handed on
    labs = NOTHING if lab_id is None else frozenset({lab_id})
    found = [await role_to_give(name, call, field="roles") for name in roles]
    for role in found:
        names = NOTHING.union(*(one.names for one in await line_of(role, call)))
        if not has_all(inviter, names, labs, call.now, None):
            raise PermissionDenied
    return Given(found, scope)
