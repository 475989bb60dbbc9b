"""A request made ready to send, and its reply read.

It knows the shape of the envelope and the tree of errors; it must not know sockets,
time, or what is done when no reply comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ums_client.errors import (
    REFUSALS,
    InvalidReply,
    MessageTooLarge,
    MfaRequired,
    MfaSetupRequired,
    PasswordChangeRequired,
    RequestRefused,
)
from ums_client.protocol.actions import ACTION_BY_REQUEST, Access, Action, Repeat
from ums_client.protocol.codec import Encoding, decode, encode
from ums_client.protocol.errors import InvalidMessage
from ums_client.protocol.limits import (
    IDEMPOTENCY_KEY_CHARS_MAX,
    IDEMPOTENCY_KEY_CHARS_MIN,
    REPLY_BYTES_MAX,
    REQUEST_BYTES_MAX,
)
from ums_client.protocol.message import R, Request

_ERROR: Final = "error"


@dataclass(frozen=True, slots=True)
class Outgoing(Generic[R]):
    """One request as bytes, with what is needed to know its reply."""

    action: Action
    body: bytes = field(repr=False)
    request_id: str
    repeatable: bool
    reply_type: type[R]


def pack(
    request: Request[R],
    *,
    request_id: str,
    encoding: Encoding,
    session_token: str | None,
    api_key: str | None = None,
    idempotency_key: str | None,
    client: Mapping[str, str] | None = None,
    gateway_key: str | None = None,
) -> Outgoing[R]:
    """Write a request as bytes.

    `client` is what the client says of itself or, with `gateway_key`, of the end user.

    Raises:
        TypeError: there is no action for a request of this class.
        ValueError: the key has the wrong length, or the action takes none; or a field
            holds a value that the encoding cannot carry.
        MessageTooLarge: the service would drop the connection without an answer.
    """
    action = ACTION_BY_REQUEST.get(type(request))
    if action is None:
        raise TypeError(f"{type(request).__name__} is not the request of an action")
    message: dict[str, Any] = {"action": action.name, **request.fields()}
    message["request_id"] = request_id
    if session_token is not None:
        message["session_token"] = session_token
    elif api_key is not None and action.access is not Access.PUBLIC:
        message["api_key"] = api_key
    if idempotency_key is not None:
        _check_key(action, idempotency_key)
        message["idempotency_key"] = idempotency_key
    if client:
        message["client"] = dict(client)
    if gateway_key is not None:
        message["gateway_key"] = gateway_key
    body = encode(message, encoding)
    if len(body) > REQUEST_BYTES_MAX:
        raise MessageTooLarge(len(body), REQUEST_BYTES_MAX)
    return Outgoing(
        action=action,
        body=body,
        request_id=request_id,
        repeatable=action.repeat is Repeat.SAFE or idempotency_key is not None,
        reply_type=type(request).reply_type(),
    )


def _check_key(action: Action, key: str) -> None:
    low, high = IDEMPOTENCY_KEY_CHARS_MIN, IDEMPOTENCY_KEY_CHARS_MAX
    if action.repeat is not Repeat.KEYED:
        raise ValueError(f"{action.name} takes no idempotency key")
    if not low <= len(key) <= high:
        raise ValueError(f"an idempotency key has {low} to {high} characters")


def unpack(body: bytes, outgoing: Outgoing[R]) -> R | None:
    """Read a reply; None for one that answers another request.

    A reply without an id counts as the answer: a service of the profile `compat` echoes
    none, and one that refuses before it reads the message cannot.

    Raises:
        RequestRefused: the service said no.
        InvalidReply: the bytes are not a reply of the contract.
    """
    try:
        reply = decode(body, bytes_max=REPLY_BYTES_MAX)
    except InvalidMessage as error:
        raise _invalid(outgoing, error.reason) from None
    if reply.get("request_id") not in (None, outgoing.request_id):
        return None
    if reply.get("status") == _ERROR:
        raise _refusal(reply, outgoing)
    if reply.get("status") != outgoing.reply_type.status_word:
        raise _invalid(outgoing, "it has no known status")
    try:
        return outgoing.reply_type.model_validate(reply)
    except ValidationError as error:
        raise _invalid(outgoing, _places(error)) from None


class _ErrorReply(BaseModel):
    """What a refusal may carry beside its status."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    message: str = "refused without a reason"
    code: str | None = None
    details: Any = None
    retry_after: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    incident: str | None = None
    password_change_token: str | None = Field(default=None, repr=False)
    mfa_token: str | None = Field(default=None, repr=False)
    mfa_methods: tuple[str, ...] = ()
    passkey_options: dict[str, Any] | None = None
    mfa_setup_token: str | None = Field(default=None, repr=False)


def _refusal(reply: dict[str, Any], outgoing: Outgoing[Any]) -> RequestRefused:
    try:
        fields = _ErrorReply.model_validate(reply)
    except ValidationError as error:
        raise _invalid(outgoing, _places(error)) from None
    kind = REFUSALS.get(fields.code or "", RequestRefused)
    refusal = kind(
        fields.message,
        code=fields.code,
        details=fields.details,
        retry_after=fields.retry_after,
        incident=fields.incident,
        request_id=outgoing.request_id,
    )
    if isinstance(refusal, PasswordChangeRequired):
        refusal.password_change_token = fields.password_change_token
    elif isinstance(refusal, MfaRequired):
        refusal.mfa_token = fields.mfa_token
        refusal.methods = fields.mfa_methods
        refusal.passkey_options = fields.passkey_options
    elif isinstance(refusal, MfaSetupRequired):
        refusal.mfa_setup_token = fields.mfa_setup_token
    return refusal


def _invalid(outgoing: Outgoing[Any], reason: str) -> InvalidReply:
    return InvalidReply(
        f"the reply to {outgoing.action.name} is not valid: {reason}",
        request_id=outgoing.request_id,
    )


def _places(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in faults[:3]
    )
