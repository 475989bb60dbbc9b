"""What an action takes and answers, read from its classes."""

import types
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ums_client.protocol.actions import Action
from ums_client.protocol.service import ActionDescription, FieldDescription

_WORDS: Final = {str: "text", int: "integer", float: "number", bool: "boolean"}


@cache
def describe(action: Action) -> ActionDescription:
    """The public description of one action, made when it is first asked for."""
    request = action.request
    return ActionDescription(
        name=action.name,
        summary=" ".join((request.__doc__ or "").split()),
        access=action.access.value,
        permission=action.permission.value if action.permission else None,
        repeat=action.repeat.value,
        wrapper=request.wrapper,
        fields=[
            _field(n, f, outer=n in request.outer)
            for n, f in request.model_fields.items()
        ],
        reply=[_field(n, f) for n, f in request.reply_type().model_fields.items()],
    )


def _field(name: str, info: FieldInfo, *, outer: bool = False) -> FieldDescription:
    return FieldDescription(
        name=name,
        type=_type(info.annotation),
        required=info.is_required(),
        secret=not info.repr,
        outer=outer,
    )


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        kinds = [_type(a) for a in arguments if a is not type(None)]
        return " or ".join(kinds)
    if origin is Literal:
        return " | ".join(str(a) for a in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return "object"
    if hasattr(annotation, "__metadata__"):
        return _type(annotation.__origin__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__
    return _WORDS.get(annotation, "any")
