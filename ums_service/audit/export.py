"""Entries of the audit log as files for others: JSON lines, CSV, PDF.

A PDF needs the library reportlab, which is loaded only for that.
"""

import csv
import io
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any, Final, Literal

from pydantic_core import to_json

from ums_client.protocol.user_files import is_formula
from ums_service.domain.errors import NotConfigured

Format = Literal["jsonl", "csv", "pdf"]
Shown = dict[str, Any]

PDF_ENTRIES_MAX: Final = 20_000
"""A PDF is laid out in memory, about 20 KB for an entry; and nobody reads more."""
COLUMNS: Final = (
    "number",
    "at",
    "severity",
    "event",
    "outcome",
    "code",
    "actor",
    "actor_name",
    "subject",
    "subject_name",
    "lab_id",
    "address",
    "user_agent",
    "request_id",
    "changes",
    "details",
)
_LINE_ENDS: Final = {code: f"\\u{code:04x}" for code in (0x7F, 0x85, 0x2028, 0x2029)}
"""JSON allows them in texts; many programs end a line there."""


def lines(entries: Iterable[Shown]) -> bytes:
    """One JSON object a line, whatever the reader takes for the end of one."""
    return b"".join(
        to_json(entry).decode().translate(_LINE_ENDS).encode() + b"\n"
        for entry in entries
    )


def table(entries: Iterable[Shown], *, header: bool) -> bytes:
    """CSV as RFC 4180 has it.

    No cell begins like a formula, which a spreadsheet would run (OWASP, CSV injection):
    such a cell gets an apostrophe in front.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_cell(entry.get(name)) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if type(value) is str else to_json(value).decode()
    return f"'{text}" if is_formula(text) else text


def document(entries: Iterable[Shown], title: str) -> bytes:
    """A PDF with a table of the entries.

    Raises:
        NotConfigured: reportlab is not installed.
    """
    try:
        maker = import_module("ums_service.audit.pdf")
    except ImportError:
        raise NotConfigured("PDF writer: install the extra ums[pdf]") from None
    made: bytes = maker.document(entries, title)
    return made


def rendered(entries: list[Shown], kind: Format, *, first: bool, title: str) -> bytes:
    """A page of an export.

    Pages of lines or CSV may be joined to one file; each PDF is a document of its own.
    """
    makers: dict[Format, Callable[[], bytes]] = {
        "jsonl": lambda: lines(entries),
        "csv": lambda: table(entries, header=first),
        "pdf": lambda: document(entries, title),
    }
    return makers[kind]()
