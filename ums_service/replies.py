"""Replies to bytes: success and refusal, in the encoding of the request.

Under `compat` a refusal has exactly the original's two keys, and notes that the
original does not know are left out.
"""

import math
from typing import Any, Final

from ums_client.protocol.actions import Action
from ums_client.protocol.codec import Encoding, encode
from ums_client.protocol.errors import ErrorCode
from ums_service.answer import Answer
from ums_service.refusal_log import Refused
from ums_service.refusals import Told

_TEXTS: Final = {
    ("logout", ErrorCode.INVALID_SESSION): "Invalid session",
    ("update_user", ErrorCode.INVALID_CREDENTIALS): "Current password is incorrect",
    ("change_password", ErrorCode.INVALID_CREDENTIALS): "Current password is incorrect",
    ("delete_user", ErrorCode.INVALID_CREDENTIALS): "Incorrect password",
    ("delete_user", ErrorCode.REAUTHENTICATION_REQUIRED): "Incorrect password",
}
"""Where one refusal has another text in one action."""

_ORIGINAL_CODES: Final = frozenset(
    {
        ErrorCode.INVALID_REQUEST,
        ErrorCode.UNKNOWN_ACTION,
        ErrorCode.INVALID_CREDENTIALS,
        ErrorCode.REAUTHENTICATION_REQUIRED,
        ErrorCode.INVALID_SESSION,
        ErrorCode.ACCOUNT_INACTIVE,
        ErrorCode.CONFLICT,
        ErrorCode.POLICY_VIOLATION,
    }
)
"""Refusals that the original service has, too: there it gives only a text."""


class Replies:
    """Writes replies for one profile."""

    def __init__(self, *, original: bool) -> None:
        self._original = original

    def success(self, answer: Answer[Any], ignored: list[str]) -> dict[str, Any]:
        """The reply as a map: its status first, then its fields."""
        message = {"status": answer.kind.status_word, **answer.fields}
        if ignored and not self._original:
            message["ignored"] = ignored
        return message

    def refusal(self, refused: Refused) -> dict[str, Any]:
        """The refusal as a map."""
        told, incident = refused.told, refused.incident
        text = self._text(told, refused.action)
        message: dict[str, Any] = {"status": "error", "message": text}
        if self._original and told.code in _ORIGINAL_CODES:
            return message
        message["code"] = told.code.value
        if told.details is not None:
            message["details"] = told.details
        if told.retry_after is not None:
            message["retry_after"] = math.ceil(told.retry_after * 10) / 10
        if incident is not None:
            message["incident"] = incident
        return {**message, **(told.extra or {})}

    def _text(self, told: Told, action: Action | None) -> str:
        name = action.name if action else ""
        if self._original and name == "login" and told.details is not None:
            return "Login failed"  # what the original says of malformed credentials
        return _TEXTS.get((name, told.code), told.message)

    def write(
        self, message: dict[str, Any], request_id: str | int | None, encoding: Encoding
    ) -> bytes:
        """The bytes of a reply, with the request's id where it had one."""
        if request_id is not None:
            message["request_id"] = request_id
        return encode(message, encoding)
