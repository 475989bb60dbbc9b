"""What requests and replies have in common, and the envelope around a request.

A request class names its reply: `class GetUser(Request[GetUserReply])`, so that
`client.call(GetUser())` is typed without a wrapper per action.
"""

from collections.abc import Mapping
from types import GenericAlias
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    NamedTuple,
    Self,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

from ums_client.protocol.errors import InvalidMessage
from ums_client.protocol.limits import (
    IDEMPOTENCY_KEY_CHARS_MAX,
    IDEMPOTENCY_KEY_CHARS_MIN,
    INTEGER_MAX,
    REQUEST_ID_CHARS_MAX,
)

_REASONS: Final = {
    "dict_type": "should be an object",
    "extra_forbidden": "is no field that is known here",
    "missing": "is required",
    "string_type": "should be text",
}


class Part(BaseModel):
    """A piece of a reply that has fields of its own."""

    model_config = ConfigDict(defer_build=True)  # as of a reply


class Reply(BaseModel):
    """A successful answer. Unknown keys are ignored: a newer service may add some."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        defer_build=True,  # the service never reads a reply, and must start quickly
    )
    status_word: ClassVar[str] = "success"


R = TypeVar("R", bound=Reply)


class Request(BaseModel, Generic[R]):
    """A question to the service. Immutable; types are exact (`True` is no integer).

    The original actions carry their fields inside one object (`wrapper`), save those
    in `outer`, and ignore fields they do not know; all others refuse them.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        defer_build=True,  # most actions are not asked for in the first second
    )
    wrapper: ClassVar[str | None] = None
    outer: ClassVar[frozenset[str]] = frozenset()
    original: ClassVar[bool] = False
    aliases: ClassVar[Mapping[str, str]] = {}
    """Other words for fields inside the wrapper, where the field itself is not given."""

    @override
    def __class_getitem__(cls, reply: Any) -> Any:
        """A name for the class statement of a request, not a class.

        Pydantic would make a model of each: twice the classes, at every start.
        """
        return GenericAlias(cls, (reply,))

    @classmethod
    def reply_type(cls) -> type[R]:
        """The class of the successful answer, as named by the class statement."""
        for kind in cls.__mro__:
            for base in vars(kind).get("__orig_bases__", ()):
                if issubclass(get_origin(base) or object, Request):
                    return cast("type[R]", get_args(base)[0])
        raise TypeError(f"{cls.__name__} does not name its reply")

    def fields(self) -> dict[str, Any]:
        """The fields as they stand in a message, without the envelope."""
        flat = self.model_dump(exclude_unset=True)
        if self.wrapper is None:
            return flat
        inner = {name: flat[name] for name in flat if name not in self.outer}
        return {
            **{name: flat[name] for name in flat if name in self.outer},
            self.wrapper: inner,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> tuple[Self, list[str]]:
        """Make a request from a message without its envelope.

        Returns it with the names of the fields that were ignored.

        Raises:
            InvalidMessage: names the first field that is wrong.
        """
        ignored: list[str] = []
        flat = fields
        if cls.wrapper is not None:
            flat = cls._unwrap(fields, ignored)
        elif cls.original:
            ignored = [name for name in fields if name not in cls.model_fields]
            flat = {name: fields[name] for name in fields if name not in ignored}
        try:
            # what `model_validate` calls, without its handling of options
            return cls.__pydantic_validator__.validate_python(flat), ignored
        except ValidationError as error:
            raise cls._first_fault(error) from None

    @classmethod
    def _unwrap(cls, fields: dict[str, Any], ignored: list[str]) -> dict[str, Any]:
        """The fields of a wrapped request; names that it does not know go aside."""
        known, outer, flat = cls.model_fields, cls.outer, {}
        wrapper = cast("str", cls.wrapper)
        for name, value in fields.items():
            if name in outer:
                flat[name] = value
            elif name != wrapper:
                ignored.append(name)
        inner = fields.get(wrapper, {})
        if inner is not None and type(inner) is not dict:
            raise InvalidMessage("must be an object", field=wrapper)
        inner = inner or {}
        for name, value in inner.items():
            if name in known and name not in outer:
                flat[name] = value
            elif name in cls.aliases and cls.aliases[name] not in inner:
                flat[cls.aliases[name]] = value
            else:
                ignored.append(f"{wrapper}.{name}")
        return flat

    @classmethod
    def _first_fault(cls, error: ValidationError) -> InvalidMessage:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = [str(part) for part in fault["loc"]]
        if cls.wrapper is not None and place and place[0] not in cls.outer:
            place.insert(0, cls.wrapper)
        return InvalidMessage(reason_of(fault), field=".".join(place)[:200] or None)


def reason_of(fault: ErrorDetails) -> str:
    """What is wrong with a field, in the words of this contract."""
    if fault["type"] in _REASONS:
        return _REASONS[fault["type"]]
    return fault["msg"].removeprefix("Value error, ").removeprefix("Input ")[:200]


class Envelope(NamedTuple):
    """The part of a request that is the same for every action."""

    action: str | None
    session_token: str | None
    request_id: str | int | None
    idempotency_key: str | None
    client: object = None
    """What the sender says of the client, as it came: not checked, not believed."""
    api_key: str | None = None
    gateway_key: str | None = None
    """With it a gateway tells whose request it passes on: then `client.ip` counts."""

    @override
    def __repr__(self) -> str:
        """The action and the id only: the rest is secret, or anybody's words."""
        return f"Envelope(action={self.action!r}, request_id={self.request_id!r})"


def open_envelope(message: dict[str, Any]) -> Envelope:
    """Take the envelope out of a message; what stays are the fields of its action.

    Raises:
        InvalidMessage: a key of the envelope has the wrong type or size. Some keys may
            have been taken out by then, but not `request_id`.
    """
    take = message.pop
    action, token = take("action", None), take("session_token", None)
    request_id = key = client = api_key = gateway_key = None
    if message:
        request_id = message.get("request_id")
        key, client = take("idempotency_key", None), take("client", None)
        api_key, gateway_key = take("api_key", None), take("gateway_key", None)
    if action is not None and type(action) is not str:
        raise InvalidMessage("should be text", field="action")
    if token is not None and type(token) is not str:
        raise InvalidMessage("should be text", field="session_token")
    if api_key is not None:
        _check_api_key(api_key, token)
    if gateway_key is not None and type(gateway_key) is not str:
        raise InvalidMessage("should be text", field="gateway_key")
    if key is not None:
        _check_idempotency_key(key)
    if request_id is not None:
        _check_request_id(request_id)
    take("request_id", None)
    return Envelope(action, token, request_id, key, client, api_key, gateway_key)


def request_id_of(message: dict[str, Any]) -> str | int | None:
    """The id to echo; None where there is none or it is not one."""
    request_id = message.get("request_id")
    if request_id is None:
        return None
    try:
        _check_request_id(request_id)
    except InvalidMessage:
        return None
    return cast("str | int", request_id)


def _check_request_id(value: object) -> None:
    if type(value) is str and len(value) <= REQUEST_ID_CHARS_MAX:
        return
    if type(value) is int and -INTEGER_MAX <= value <= INTEGER_MAX:
        return
    raise InvalidMessage(
        f"should be an integer or text of at most {REQUEST_ID_CHARS_MAX} characters",
        field="request_id",
    )


def _check_api_key(value: object, token: str | None) -> None:
    if type(value) is not str:
        raise InvalidMessage("should be text", field="api_key")
    if token is not None:
        raise InvalidMessage("should not come with a session token", field="api_key")


def _check_idempotency_key(value: object) -> None:
    low, high = IDEMPOTENCY_KEY_CHARS_MIN, IDEMPOTENCY_KEY_CHARS_MAX
    if type(value) is not str or not low <= len(value) <= high:
        raise InvalidMessage(
            f"should be text of {low} to {high} characters", field="idempotency_key"
        )
