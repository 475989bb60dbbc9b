"""Replies and errors as people and programs read them.

It knows the shape of values; it must not know single actions. Text that came over the
wire is shown without control characters: a name must not move the cursor.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from ums_client.errors import UmsError
from ums_client.protocol.message import Reply

Row: TypeAlias = Mapping[str, Any]
_DRAWN: Final = frozenset("█▀▄ \n")


def values_of(reply: Reply, *, with_tokens: bool) -> dict[str, Any]:
    """What a reply said, as JSON values; a kept token only where it is asked for.

    What it did not say is left out: of others a list tells names and roles only, and a
    default would look like a fact.
    """
    hidden = set() if with_tokens else {"session_token", "setup_token"}
    return reply.model_dump(mode="json", exclude=hidden, exclude_unset=True)


def as_json(values: Row) -> str:
    """One object on one line."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def error_values(error: UmsError) -> dict[str, Any]:
    """What a program may want to know of an error."""
    known = {
        "status": "error",
        "message": error.message,
        "error": type(error).__name__,
        "code": error.code,
        "details": error.details,
        "retry_after": error.retry_after,
        "incident": error.incident,
        "may_have_been_executed": getattr(error, "may_have_been_executed", None),
    }
    return {name: value for name, value in known.items() if value is not None}


def as_text(values: Row) -> str:
    """One `name: value` on a line; lists of objects as tables.

    Empty fields are left out, and pictures that a terminal cannot show.
    """
    return "\n".join(_block(values, ""))


def error_text(error: UmsError) -> str:
    """One line that says what went wrong."""
    incident = f" (incident {error.incident})" if error.incident else ""
    return _shown(f"{error.message}{incident}")


def _block(values: Row, indent: str) -> Iterator[str]:
    for name, value in values.items():
        if value in (None, "", [], {}) or _is_png(value):
            continue
        if isinstance(value, Mapping):
            yield f"{indent}{_shown(name)}:"
            yield from _block(value, indent + "  ")
        elif isinstance(value, list) and isinstance(value[0], Mapping):
            yield f"{indent}{_shown(name)}:"
            yield from _rows(value, indent + "  ")
        elif _is_drawing(value):
            yield f"{indent}{_shown(name)}:"
            yield from value.split("\n")
        else:
            yield f"{indent}{_shown(name)}: {_cell(value)}"


def _is_png(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("data:image/png")


def _is_drawing(value: Any) -> bool:
    """Lines of blocks and blanks, as of a QR code: the only text shown as lines."""
    return isinstance(value, str) and "\n" in value and set(value) <= _DRAWN


def _rows(rows: list[Row], indent: str) -> Iterator[str]:
    if any(_is_nested(value) for row in rows for value in row.values()):
        for row in rows:
            yield from _block(row, indent)
            yield ""
    else:
        yield from _table(rows, indent)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, Mapping)) and len(value) > 0


def _table(rows: list[Row], indent: str) -> Iterator[str]:
    names = [
        name
        for name in rows[0]
        if any(row.get(name) not in (None, "", [], {}) for row in rows)
    ]
    lines = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"{indent}{'  '.join(cells)}".rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return _shown(value)
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    return json.dumps(value)


def _shown(text: str) -> str:
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in text
    )
