"""Attributes: which there are, and what the roles of labs have of them."""

from typing import Any, Final

from ums_client.protocol.attributes import (
    DeleteAttribute,
    DeleteAttributeReply,
    ListAttributes,
    ListAttributesReply,
    ListRoleAttributes,
    ListRoleAttributesReply,
    SaveAttribute,
    SaveAttributeReply,
    SetRoleAttribute,
    SetRoleAttributeReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.attribute_book import (
    AS_BUILT,
    ATTRIBUTE_BOOKS,
    BOOK_ID,
    EVERYWHERE,
    ROLE_MAPS,
    AttributeBook,
    Definition,
    RoleMap,
    attributes_of,
)
from ums_service.domain.attributes import LAB_ADMIN, LAB_ROLES
from ums_service.domain.errors import (
    BuiltIn,
    InvalidInput,
    NoSuchAttribute,
    PermissionDenied,
)
from ums_service.domain.lab_scope import LabScope
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import require_all

_CATEGORIES: Final = ("lab", "system", "billing", "reports", "admin")
_KEPT: Final = "lab.admin.manage"
"""What the administrators of a lab keep: else nobody in it could repair its map."""


async def list_attributes(
    request: ListAttributes, call: Call
) -> Answer[ListAttributesReply]:
    """List the attributes there are."""
    book = call.facilities.store.get(ATTRIBUTE_BOOKS, BOOK_ID) or AS_BUILT
    found = [
        _view(one)
        for _, one in sorted(book.every.items())
        if (one.active or request.include_inactive)
        and request.category in (None, one.category)
        and request.name in (None, one.name)
    ]
    return answer(ListAttributesReply, attributes=found, total=len(found))


async def save_attribute(
    request: SaveAttribute, call: Call
) -> Answer[SaveAttributeReply]:
    """Make an attribute, or change it."""
    require_fresh(call)
    book = await _book(call)
    before = book.find(request.name)
    given: dict[str, Any] = {
        name: value
        for name in ("category", "display_name", "description", "active")
        if (value := getattr(request, name)) is not None
    }
    after = (before or _new(request, book, call))._replace(**given)
    changed = book.with_one(after) if before else book.with_new(after)
    call.tx.put(ATTRIBUTE_BOOKS, changed)
    old, new = before._asdict() if before else {}, after._asdict()
    differ = {name for name in new if old.get(name) != new[name]} - {"serial"}
    call.details = {
        "attribute": after.name,
        "old": {name: old[name] for name in sorted(differ) if name in old},
        "new": {name: new[name] for name in sorted(differ)},
    }
    return answer(SaveAttributeReply, attribute=_view(after), created=before is None)


async def delete_attribute(
    request: DeleteAttribute, call: Call
) -> Answer[DeleteAttributeReply]:
    """Delete an attribute; what was granted of it counts for nothing from now on."""
    require_fresh(call)
    book = await _book(call)
    known = book.find(request.name)
    if known is None:
        raise NoSuchAttribute
    if known.built_in:
        raise BuiltIn
    call.tx.put(ATTRIBUTE_BOOKS, book.without(request.name))
    call.details = {"attribute": known.name, "old": known._asdict()}
    return answer(DeleteAttributeReply, message="Attribute deleted")


async def list_role_attributes(
    request: ListRoleAttributes, call: Call
) -> Answer[ListRoleAttributesReply]:
    """List what the roles of labs have."""
    if request.lab_id is not None:
        require_in_lab(request.lab_id, call)
    elif not call.may(Permission.ATTRIBUTES_MANAGE):
        raise PermissionDenied
    store = call.facilities.store
    book = store.get(ATTRIBUTE_BOOKS, BOOK_ID) or AS_BUILT
    scopes = _scopes(request.lab_id)
    maps = [store.get(ROLE_MAPS, scope) or RoleMap(scope) for scope in scopes]
    views = [_role_view(role, book, maps) for role in LAB_ROLES]
    return answer(ListRoleAttributesReply, roles=views)


async def set_role_attribute(
    request: SetRoleAttribute, call: Call
) -> Answer[SetRoleAttributeReply]:
    """Let a role of labs have an attribute or not."""
    scope = None
    if request.lab_id is not None:
        scope = require_in_lab(request.lab_id, call, Permission.LAB_ROLES_ASSIGN)
    else:
        call.require(Permission.ATTRIBUTES_MANAGE)
    require_fresh(call)
    book = await _book(call)
    known = book.find(request.attribute)
    if known is None or not known.active:
        raise NoSuchAttribute
    if not request.granted and (request.role, known.name) == (LAB_ADMIN, _KEPT):
        raise InvalidInput("attribute", "stays with the administrators of labs")
    require_all({known.name}, call, lab_id=request.lab_id, until_s=None)
    if scope is not None:
        await scope.lab(call.tx)
    maps = await _maps(request.lab_id, call)
    had = known.name in attributes_of(request.role, book, *maps)
    serial = known.serial if request.granted else None
    maps[-1] = maps[-1].with_entry(request.role, known.name, serial)
    call.tx.put(ROLE_MAPS, maps[-1])
    call.details = {
        "role": request.role,
        "attribute": known.name,
        "lab_id": request.lab_id,
        "old": had,
        "new": request.granted,
    }
    view = _role_view(request.role, book, maps)
    return answer(SetRoleAttributeReply, role=view)


def require_in_lab(lab_id: str, call: Call, *also: Permission) -> LabScope:
    """The lab, where the caller administers it or has one of the others there.

    Raises:
        PermissionDenied: they do not, or there is no such lab: never told apart.
    """
    wanted = also or (Permission.LAB_ROLES_ASSIGN,)
    return call.in_lab(lab_id, *wanted, Permission.LAB_ADMIN_MANAGE)


async def _book(call: Call) -> AttributeBook:
    return await call.tx.get(ATTRIBUTE_BOOKS, BOOK_ID) or AS_BUILT


async def _maps(lab_id: str | None, call: Call) -> list[RoleMap]:
    """The maps that count in a lab, or in labs in general; the last is its own."""
    return [
        await call.tx.get(ROLE_MAPS, scope) or RoleMap(scope)
        for scope in _scopes(lab_id)
    ]


def _scopes(lab_id: str | None) -> list[str]:
    return [EVERYWHERE] if lab_id is None else [EVERYWHERE, lab_id]


def _new(request: SaveAttribute, book: AttributeBook, call: Call) -> Definition:
    most = call.facilities.profile.attributes_max
    if len(book.every) >= most:
        raise InvalidInput("name", f"there are {most} attributes already")
    category = request.name.partition(".")[0]
    if request.category is None and category not in _CATEGORIES:
        raise InvalidInput("category", f"should be one of {', '.join(_CATEGORIES)}")
    return Definition(request.name, category)


def _view(one: Definition) -> dict[str, Any]:
    return {
        "name": one.name,
        "category": one.category,
        "display_name": one.display_name,
        "description": one.description,
        "active": one.active,
        "built_in": one.built_in,
    }


def _role_view(role: str, book: AttributeBook, maps: list[RoleMap]) -> dict[str, Any]:
    own = maps[-1]
    names = sorted(attributes_of(role, book, *maps))
    lab = own.scope != EVERYWHERE
    return {
        "role": role,
        "attributes": [
            {
                "name": name,
                "scope": "lab" if lab and own.has_entry(role, name) else "system",
            }
            for name in names
        ],
        "taken": sorted(
            name for name, one in own.roles.get(role, {}).items() if one is None
        ),
    }
