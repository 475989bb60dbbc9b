"""The table of actions joined with the handlers, checked before the first request."""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType
from typing import Any, Final, get_args, get_origin

from ums_client.protocol.actions import Access, Action, Audit, Rate, Repeat
from ums_client.protocol.message import Request
from ums_service.calls.answer import Answer
from ums_service.calls.call import Call

Handler = Callable[[Any, Call], Coroutine[Any, Any, Answer[Any]]]
_COLUMNS: Final[dict[str, type]] = {
    "access": Access,
    "rate": Rate,
    "audit": Audit,
    "repeat": Repeat,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One action and who handles it."""

    action: Action
    handler: Handler
    names_account: bool
    """Whether the request has a field for the account that it is about."""
    names_lab: bool
    """Whether the request has a field for the lab in which it is to happen."""
    _empty: list[Request[Any]] = field(default_factory=list)
    """The request without any field, once it was made: it need not be made again."""

    def request_of(self, fields: dict[str, Any]) -> tuple[Request[Any], list[str]]:
        """The request with these fields, and the names of those that were ignored.

        Raises:
            InvalidMessage: names the first field that is wrong.
        """
        if fields:
            return self.action.request.from_fields(fields)
        if not self._empty:
            self._empty.append(self.action.request.from_fields({})[0])
        return self._empty[0], []


class IncompleteCatalogue(Exception):
    """Actions and handlers do not fit together: our bug, found at start-up."""


def rows(
    actions: Iterable[Action], handlers: Mapping[type[Request[Any]], Handler]
) -> dict[str, Row]:
    """Join both tables.

    Raises:
        IncompleteCatalogue: an action without handler, access, rate, audit or repeat,
            or without the permission that its access takes;
            a handler without action or of the wrong shape; a name or request that
            occurs twice.
    """
    result: dict[str, Row] = {}
    for action in actions:
        if action.name in result:
            raise IncompleteCatalogue(f"{action.name} occurs twice")
        handler = handlers.get(action.request)
        if handler is None:
            raise IncompleteCatalogue(f"{action.name} has no handler")
        result[action.name] = _row(action, handler)
    strays = handlers.keys() - {row.action.request for row in result.values()}
    if strays:
        raise IncompleteCatalogue(f"no action for {[s.__name__ for s in strays]}")
    if len({row.action.request for row in result.values()}) != len(result):
        raise IncompleteCatalogue("one request serves two actions")
    return result


@cache
def _row(action: Action, handler: Handler) -> Row:
    """Both, checked once for all services of a process."""
    _check_columns(action)
    _check_shape(action, handler)
    fields = action.request.model_fields
    return Row(action, handler, "user_id" in fields, "lab_id" in fields)


def _check_columns(action: Action) -> None:
    for column, kind in _COLUMNS.items():
        if not isinstance(getattr(action, column), kind):
            raise IncompleteCatalogue(f"{action.name}: no {column} is given")
    needs = action.access in (Access.OWN, Access.GRANTED)
    none = action.permission is None
    if (none and needs) or (not none and action.access is Access.PUBLIC):
        raise IncompleteCatalogue(f"{action.name}: its access and permission differ")
    if action.access is Access.OWN and "user_id" not in action.request.model_fields:
        raise IncompleteCatalogue(f"{action.name}: its request names no account")


def _check_shape(action: Action, handler: Handler) -> None:
    hints = inspect.get_annotations(handler, eval_str=True)
    answer: Any = hints.pop("return", None)
    origin: Any = get_origin(answer)
    right = (
        inspect.iscoroutinefunction(handler)
        and isinstance(handler, FunctionType)
        and handler.__code__.co_argcount == len(hints)  # `signature` takes far longer
        and [*hints.values()] == [action.request, Call]
        and origin is Answer
        and get_args(answer) == (action.request.reply_type(),)
    )
    if not right:
        raise IncompleteCatalogue(f"{action.name}: the handler has the wrong shape")
