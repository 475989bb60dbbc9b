"""Files of accounts as they are imported: CSV, JSON and JSON lines, to plain rows.

Both ends read them: the client to send a large file in batches, the service where text
is sent as it is. A row is a map of field names to values; what they must be is judged
by the service, row by row.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

from ums_client.protocol.codec import decode_text
from ums_client.protocol.errors import InvalidMessage

Format = Literal["csv", "json", "jsonl"]
Row = dict[str, Any]

NOT_IMPORTED: Final = frozenset(
    {"user_id", "created_at", "updated_at", "last_login", "locked_down"}
)
"""Columns that an export has and an import leaves out, so that one can be read again."""
FORMULA_STARTS: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    *"\uff1d\uff0b\uff0d\uff20",
)
"""Cells that begin so get an apostrophe in front in an export; here it goes again.
The last four are the full-width forms of the first (OWASP, CSV injection)."""
_ROWS_DEPTH: Final = 2
_ROW_DEPTH: Final = 3
_METADATA_DEPTH: Final = 4
"""How deep they lie in a message that has its rows in `users`."""
_YES, _NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
_FLAGS: Final = frozenset({"email_verified", "must_change_password"})


class UnreadableFile(ValueError):
    """The text is no such file; says where."""


def read_rows(lines: Iterable[str], kind: Format) -> Iterator[Row]:
    """The rows of a file, one after the other; only JSON is held as a whole.

    Raises:
        UnreadableFile: a line is not what the format asks for.
    """
    if kind == "csv":
        return _of_csv(lines)
    return _of_json("".join(lines)) if kind == "json" else _of_json_lines(lines)


def is_formula(text: str) -> bool:
    """Whether a cell needs an apostrophe in front: also one that would lose its own."""
    return text.lstrip("'").startswith(FORMULA_STARTS)


def without_ignored(row: Row) -> Row:
    """The row without what an export has and an import leaves out."""
    return {name: row[name] for name in row if name not in NOT_IMPORTED}


def _of_csv(lines: Iterable[str]) -> Iterator[Row]:
    reader = csv.reader(lines, strict=True)
    try:
        head = next(reader, None)
        if head is None:
            return
        names = [name.strip().lstrip("\ufeff").lower() for name in head]
        if len(set(names)) != len(names) or not all(names):
            raise UnreadableFile("line 1: each column should have a name of its own")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(names):
                raise UnreadableFile(
                    f"line {reader.line_num}: {len(cells)} cells for {len(names)} columns"
                )
            yield _of_cells(names, cells)
    except csv.Error as error:
        raise UnreadableFile(f"line {reader.line_num}: {error}") from None


def _of_cells(names: list[str], cells: list[str]) -> Row:
    """A row; empty cells are left out."""
    return {
        name: _value(name, cell)
        for name, cell in zip(names, cells, strict=True)
        if cell and name not in NOT_IMPORTED
    }


def _value(name: str, cell: str) -> Any:
    if cell[0] == "'" and is_formula(cell):
        cell = cell[1:]
    if name in _FLAGS and cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    if name == "metadata":
        try:
            return decode_text(cell, depth=_METADATA_DEPTH)
        except InvalidMessage:
            return cell  # refused with its row: metadata is an object
    return cell


def _of_json_lines(lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"line {number}"
        yield _of_object(_parsed(line, place, _ROW_DEPTH), place)


def _of_json(text: str) -> Iterator[Row]:
    rows = _parsed(text, "the file", _ROWS_DEPTH)
    if type(rows) is not list:
        raise UnreadableFile("the file should hold a list of objects")
    for number, row in enumerate(rows, 1):
        yield _of_object(row, f"row {number}")


def _of_object(row: Any, place: str) -> Row:
    if type(row) is not dict:
        raise UnreadableFile(f"{place}: should be an object")
    return without_ignored(row)


def _parsed(text: str, place: str, depth: int) -> Any:
    try:
        return decode_text(text, depth=depth)
    except InvalidMessage as error:
        raise UnreadableFile(f"{place}: {error}") from None
