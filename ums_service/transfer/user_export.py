"""Accounts as files for others: JSON lines, a JSON list, CSV."""

import csv
import io
from typing import Any

from pydantic_core import to_json

from ums_client.protocol.user_files import is_formula
from ums_service.audit.export import lines

Shown = dict[str, Any]


def size_of(user: Shown) -> int:
    """About the bytes that an account takes in a file."""
    return len(to_json(user))


def written(shown: list[Shown], names: list[str], kind: str, *, header: bool) -> str:
    """The text of a page; no cell of CSV begins like a formula (`audit.export`)."""
    if kind == "jsonl":
        return lines(shown).decode()
    if kind == "json":
        return to_json(shown).decode()
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(names)
    for user in shown:
        writer.writerow([_cell(user[name]) for name in names])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None or value == {}:
        return ""
    text = value if type(value) is str else to_json(value).decode()
    return f"'{text}" if is_formula(text) else text
