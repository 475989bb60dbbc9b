"""Entries of the audit log as a PDF. Loaded only for that: reportlab is an extra."""

import io
from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import to_json
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer

_COLUMNS: Final = (
    ("number", 34),
    ("at", 112),
    ("event", 86),
    ("outcome", 56),
    ("actor", 106),
    ("subject", 106),
    ("address", 76),
    ("details", 194),
)


def document(entries: Iterable[dict[str, Any]], title: str) -> bytes:
    """A table of the entries, its head on each page."""
    styles = getSampleStyleSheet()
    small = styles["BodyText"].clone("small", fontSize=6, leading=7)
    rows = [[name for name, _ in _COLUMNS]]
    rows += [
        [Paragraph(_markup(text), small) for text in _row(entry)] for entry in entries
    ]
    grid = [
        ("FONTSIZE", (0, 0), (-1, 0), 7),
        ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    body = LongTable(
        rows, colWidths=[width for _, width in _COLUMNS], repeatRows=1, style=grid
    )
    made = io.BytesIO()
    pages = SimpleDocTemplate(
        made, pagesize=landscape(A4), title=title, leftMargin=24, rightMargin=24
    )
    heading = Paragraph(_markup(title), styles["Heading2"])
    pages.build([heading, Spacer(1, 6), body])
    return made.getvalue()


def _row(entry: dict[str, Any]) -> list[str]:
    more = [entry.get("changes"), entry.get("details")]
    return [
        str(entry["number"]),
        str(entry.get("at", "")),
        str(entry.get("event", "")),
        " ".join(filter(None, (entry.get("outcome"), entry.get("code")))),
        str(entry.get("actor_name") or entry.get("actor") or ""),
        str(entry.get("subject_name") or entry.get("subject") or ""),
        str(entry.get("address") or ""),
        " ".join(to_json(one).decode() for one in more if one),
    ]


def _markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
