"""Replies to bytes: success and refusal, in the encoding of the request.

Under `compat` a refusal has exactly the original's two keys, and notes that the
original does not know are left out.
"""

import math
from collections.abc import Hashable
from typing import Any, Final

from pydantic_core import to_json

from ums_client.protocol.actions import Action
from ums_client.protocol.codec import Encoding, encode
from ums_client.protocol.errors import ErrorCode
from ums_client.protocol.message import Reply
from ums_service.calls.answer import Answer
from ums_service.calls.refusals import Told
from ums_service.requests.refusal_log import Refused

_TEXTS: Final = {
    ("logout", ErrorCode.INVALID_SESSION): "Invalid session",
    ("update_user", ErrorCode.INVALID_CREDENTIALS): "Current password is incorrect",
    ("change_password", ErrorCode.INVALID_CREDENTIALS): "Current password is incorrect",
    ("delete_user", ErrorCode.INVALID_CREDENTIALS): "Incorrect password",
    ("delete_user", ErrorCode.REAUTHENTICATION_REQUIRED): "Incorrect password",
    ("reauthenticate", ErrorCode.INVALID_CREDENTIALS): "Current password is incorrect",
    ("revoke_session", ErrorCode.NOT_FOUND): "No such session",
    **{
        (name, ErrorCode.PERMISSION_DENIED): "No login from this address"
        for name in ("login", "verify_mfa", "finish_passkey_login")
    },
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


KEPT_MAX: Final = 4_096
"""Replies kept for being asked again: at about 1.2 KB each some 5 MB."""


class Replies:
    """Writes replies for one profile."""

    def __init__(self, *, original: bool) -> None:
        self._original = original
        self._made: dict[tuple[type[Reply], Hashable, Hashable], bytes] = {}

    def success(self, answer: Answer[Any], ignored: list[str]) -> dict[str, Any]:
        """The reply as a map: its status first, then its fields."""
        message = {"status": answer.kind.status_word, **answer.fields()}
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

    def json_of(self, answer: Answer[Any]) -> bytes:
        """The reply in JSON, kept while its source stays what it is.

        What is asked for most, one's own account with the same session, is made once
        for each change of the account. A stored value holds its revision, so two
        values that are equal are the same state of the same account.
        """
        key = answer.kind, answer.about, answer.source
        made = self._made.get(key)
        if made is None:
            made = encode(self.success(answer, []), Encoding.JSON)
            if len(self._made) >= KEPT_MAX:
                del self._made[next(iter(self._made))]
            self._made[key] = made
        return made

    def write(
        self,
        message: dict[str, Any] | bytes,
        request_id: str | int | None,
        encoding: Encoding,
    ) -> bytes:
        """The bytes of a reply, with the request's id where it had one."""
        if type(message) is bytes:
            if request_id is None:
                return message
            return b'%b,"request_id":%b}' % (message[:-1], to_json(request_id))
        assert type(message) is dict
        if request_id is not None:
            message["request_id"] = request_id
        return encode(message, encoding)
