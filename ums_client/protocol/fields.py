"""The types that fields of messages are made of: shape and size, no rules of business.

Lengths count code points, as the sender wrote them (no normalisation happens before
the length is checked: normalising long text is costly and can make it longer).
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, JsonValue, StringConstraints
from pydantic_core import to_json

from ums_client.protocol.limits import METADATA_BYTES_MAX, PASSWORD_BYTES_MAX

_NOT_IN_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_IN_LINES: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def _line(value: str) -> str:
    if _NOT_IN_LINE.search(value):
        raise ValueError("should be one line without control characters")
    return value


def _lines(value: str) -> str:
    if _NOT_IN_LINES.search(value):
        raise ValueError("should have no control characters but tabs and line ends")
    return value


def _password_size(value: str) -> str:
    if len(value.encode()) > PASSWORD_BYTES_MAX:
        raise ValueError(f"at most {PASSWORD_BYTES_MAX} bytes")
    return value


def _metadata_size(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(to_json(value)) > METADATA_BYTES_MAX:
        raise ValueError(f"at most {METADATA_BYTES_MAX} bytes as JSON")
    return value


Name = Annotated[str, Field(max_length=254), AfterValidator(_line)]
"""A user name or mail address as typed; the service normalises and judges it."""
UserId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f-]*$")]
LabId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f-]+$")]
Password = Annotated[str, AfterValidator(_password_size)]
"""Never trimmed; at most 1,024 bytes of UTF-8. Its fields are kept out of `repr`."""
Secret = Annotated[str, Field(max_length=256)]
"""A token. Its fields are kept out of `repr`."""
Token = Annotated[str, Field(max_length=4_096)]
"""A session token or a signed one, which is longer. Kept out of `repr`, too."""
SessionId = Annotated[str, Field(max_length=64)]
Code = Annotated[str, Field(max_length=32)]
"""A one-time or backup code, as people type it. Its fields are kept out of `repr`."""
ShortText = Annotated[str, Field(max_length=100), AfterValidator(_line)]
Text = Annotated[str, Field(max_length=300), AfterValidator(_line)]
Lines = Annotated[str, Field(max_length=4_000), AfterValidator(_lines)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_metadata_size)]
