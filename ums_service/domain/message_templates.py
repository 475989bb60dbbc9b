"""Words for what people send often, with gaps that they fill."""

from collections.abc import Mapping
from typing import Final

from ums_service.domain.errors import InvalidInput
from ums_service.domain.notice_words import Words

TITLE_CHARS_MAX: Final = 100
BODY_CHARS_MAX: Final = 1_000
_GAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "maintenance": ("begins", "ends", "what"),
    "reminder": ("what", "when"),
}
_WORDS: Final[Mapping[str, Words]] = {
    "maintenance": Words("Maintenance", "From {begins} to {ends}: {what}"),
    "reminder": Words("A reminder", "{what}, {when}"),
}


def filled(name: str, data: Mapping[str, str]) -> Words:
    """The words of a template with its gaps filled.

    Raises:
        InvalidInput: not exactly its gaps are given, or they make it too long.
    """
    gaps = _GAPS[name]
    if sorted(data) != sorted(gaps) or not all(text.strip() for text in data.values()):
        raise InvalidInput("data", f"should have {', '.join(gaps)}")
    words = Words(*(text.format_map(data) for text in _WORDS[name]))
    if len(words.title) > TITLE_CHARS_MAX or len(words.body) > BODY_CHARS_MAX:
        raise InvalidInput("data", f"at most {BODY_CHARS_MAX} characters in all")
    return words
