"""The field in which one of the attributes that count is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from gui.widgets.forms import FieldSpec


def attribute_field(choices: Sequence[str], value: str = "") -> FieldSpec:
    """A name is found by a part of it; where none have come it is typed."""
    return FieldSpec(
        "attribute",
        "Attribute",
        "find",
        value,
        choices=choices,
        required=True,
        hint="Type a part of the name",
    )
