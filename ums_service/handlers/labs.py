"""Make, list, read, change and delete labs."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from ums_client.protocol.labs import (
    CreateLab,
    CreateLabReply,
    DeleteLab,
    DeleteLabReply,
    GetLab,
    GetLabReply,
    ListLabs,
    ListLabsReply,
    UpdateLab,
    UpdateLabReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain import labs
from ums_service.domain.attributes import LAB_ADMIN
from ums_service.domain.errors import (
    InvalidInput,
    MissingInput,
    NotFound,
    PermissionDenied,
)
from ums_service.domain.lab_scope import LabDirectory, LabScope
from ums_service.domain.labs import Lab
from ums_service.domain.users import USERS
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.lab_members import ENTERING, join

_AT_ONCE: Final = 100
"""Labs looked at before other requests get their turn: about a millisecond."""


async def create_lab(request: CreateLab, call: Call) -> Answer[CreateLabReply]:
    """Make a lab, perhaps with its first administrator."""
    name = labs.checked_name(request.name)
    lab = Lab(
        call.facilities.new_lab_id(),
        labs.checked_code(request.code),
        name,
        labs.name_key(name),
        request.description,
        created_at=call.now.text,
        updated_at=call.now.text,
    )
    await labs.save_new(call.tx, lab)
    call.details = {"name": lab.name, "code": lab.code}
    scope = call.in_lab(lab.lab_id, Permission.LABS_MANAGE)
    if request.admin_user_id is not None:
        user = await call.tx.get(USERS, request.admin_user_id)
        if user is None:
            raise NotFound
        await join(scope, user, LAB_ADMIN, call)
    return answer(CreateLabReply, message="Lab created", lab=_view(lab))


async def list_labs(request: ListLabs, call: Call) -> Answer[ListLabsReply]:
    """List all labs for who manages them, one's own for everybody else."""
    found = await _all(call) if call.may(Permission.LABS_MANAGE) else _own(call)
    if not request.include_inactive:
        found = [lab for lab in found if lab.active]
    if request.search is not None:
        part = labs.name_key(request.search)
        found = [
            lab for lab in found if part in lab.name_key or part in lab.code.casefold()
        ]
    found.sort(key=lambda lab: (lab.name_key, lab.lab_id))
    size = request.page_size
    first = (request.page - 1) * size
    return answer(
        ListLabsReply,
        labs=[_view(lab) for lab in found[first : first + size]],
        total=len(found),
        page=request.page,
        page_size=size,
        pages=-(-len(found) // size),
    )


async def get_lab(request: GetLab, call: Call) -> Answer[GetLabReply]:
    """Read a lab."""
    store, lab_id = call.facilities.store, request.lab_id
    if (lab_id is None) is (request.code is None):
        raise MissingInput("Either lab_id or code is required")
    if request.code is not None:
        lab_id = labs.id_of_code(store, request.code)
    scope = call.in_lab(lab_id or labs.NO_LAB, *ENTERING)
    lab = scope.read(store)
    own = scope.membership(store, call.own_session.user_id)
    mine = {"my_role": own.role} if own is not None and own.active else {}
    return answer(GetLabReply, lab=_view(lab), **mine)


async def update_lab(request: UpdateLab, call: Call) -> Answer[UpdateLabReply]:
    """Change a lab; its code never changes."""
    scope = call.in_lab(
        request.lab_id, Permission.LAB_SETTINGS_EDIT, Permission.LABS_MANAGE
    )
    if request.is_active is not None or request.features is not None:
        call.require(Permission.LABS_MANAGE, lab_ids=frozenset({scope.lab_id}))
        require_fresh(call)
    before = await scope.lab(call.tx)
    changes: dict[str, Any] = {}
    if request.name is not None:
        changes["name"] = labs.checked_name(request.name)
        changes["name_key"] = labs.name_key(changes["name"])
    if request.description is not None:
        changes["description"] = request.description
    if request.is_active is not None:
        changes["active"] = request.is_active
    if request.features is not None:
        changes["features"] = tuple(dict.fromkeys(request.features))
    after = replace(before, **changes, updated_at=call.now.text)
    await scope.save(call.tx, after)
    call.details = {"changed": [n for n in changes if n != "name_key"]}
    return answer(UpdateLabReply, message="Lab updated", lab=_view(after))


async def delete_lab(request: DeleteLab, call: Call) -> Answer[DeleteLabReply]:
    """Delete a lab: nothing in it counts any more, memberships go little by little."""
    scope = call.in_lab(request.lab_id, Permission.LABS_MANAGE)
    require_fresh(call)
    lab = await scope.lab(call.tx)
    if labs.normalise_code(request.confirm_code) != lab.code:
        raise InvalidInput("confirm_code", "should be the code of the lab")
    scope.end(call.tx, call.now)
    call.details = {"name": lab.name, "code": lab.code}
    return answer(DeleteLabReply, message="Lab deleted")


async def _all(call: Call) -> list[Lab]:
    store, found = call.facilities.store, []
    directory = LabDirectory(call.decided(), Permission.LABS_MANAGE, call.now)
    for number, lab_id in enumerate(directory.ids(store), start=1):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        lab = directory.read(store, lab_id)
        if lab is not None:
            found.append(lab)
    return found


def _own(call: Call) -> list[Lab]:
    caller, found = call.decided(), []
    for lab_id in caller.lab_ids:
        with suppress(PermissionDenied):  # their role lets them see nothing of it
            scope = LabScope(lab_id, caller, ENTERING, call.now)
            found.append(scope.read(call.facilities.store))
    return found


def _view(lab: Lab) -> dict[str, Any]:
    return {
        "lab_id": lab.lab_id,
        "name": lab.name,
        "code": lab.code,
        "description": lab.description,
        "is_active": lab.active,
        "features": list(lab.features),
        "created_at": lab.created_at,
        "updated_at": lab.updated_at,
    }
