"""Bytes to maps and back: one strict decoder for JSON and for MessagePack.

Both accept the same values and refuse the same ones: duplicate keys, NaN and
infinities, integers beyond 2**53, nesting past 16, lone surrogates, other encodings
than UTF-8, trailing bytes, MessagePack's binary, extension and timestamp types. What
it returns holds only dict, list, str, int, float, bool and None.
"""

import math
from collections import Counter
from enum import Enum
from typing import Any, Final, NoReturn

import jiter
import msgpack
from pydantic_core import to_json

from ums_client.protocol.errors import InvalidMessage, NotJson
from ums_client.protocol.limits import DEPTH_MAX, INTEGER_MAX, REQUEST_BYTES_MAX

_DUPLICATE: Final = "Detected duplicate key "
_KEY_CHARS_SHOWN: Final = 100
_MAP_MARKERS: Final = frozenset([*range(0x80, 0x90), 0xDE, 0xDF])


class Encoding(Enum):
    """How a message is written; a reply is written as its request was."""

    JSON = "json"
    MSGPACK = "msgpack"


_JSON: Final = Encoding.JSON
_MSGPACK: Final = Encoding.MSGPACK


def encoding_of(body: bytes) -> Encoding:
    """Tell the encoding by the first byte: a MessagePack map marker, or else JSON."""
    return _MSGPACK if body and body[0] in _MAP_MARKERS else _JSON


def decode(body: bytes, *, bytes_max: int = REQUEST_BYTES_MAX) -> dict[str, Any]:
    """Read one message.

    Raises:
        NotJson: the bytes are not well-formed in the encoding they begin with.
        InvalidMessage: they are, but hold what the contract refuses.
    """
    if len(body) > bytes_max:
        raise InvalidMessage(f"a message has at most {bytes_max} bytes")
    msgpack_map = body and body[0] in _MAP_MARKERS
    message = _from_msgpack(body) if msgpack_map else _from_json(body)
    if type(message) is not dict:
        raise InvalidMessage("a message is one object, not a list or a single value")
    for name, value in message.items():
        if type(value) is not str:
            _check(value, name, 2)
    return message


def decode_text(text: str, *, depth: int) -> Any:
    """Read a JSON value that came as text, as strictly as a message is read.

    `depth` is how deep it is to lie in a message, 1 for the message itself.

    Raises:
        NotJson: the text is not well-formed.
        InvalidMessage: it is, but holds what the contract refuses.
    """
    value = _from_json(text.encode(errors="surrogatepass"))
    _check(value, None, depth)
    return value


def encode(message: dict[str, Any], encoding: Encoding) -> bytes:
    """Write one message. Numbers are not checked: who reads it refuses NaN and such.

    Raises:
        ValueError: the message holds what the encoding cannot carry.
    """
    if encoding is _JSON:
        return to_json(message)
    try:
        packed: bytes = msgpack.packb(message)
    except OverflowError as error:
        raise ValueError("an integer that MessagePack cannot carry") from error
    return packed


def _from_json(body: bytes) -> Any:
    try:
        return jiter.from_json(
            body,
            allow_inf_nan=False,
            cache_mode="keys",  # values may be secrets: they must not outlive the request
            catch_duplicate_keys=True,
        )
    except ValueError as error:
        text, _, place = str(error).rpartition(" at line ")
        if text.startswith(_DUPLICATE):
            raise _twice(text.removeprefix(_DUPLICATE)[1:-1]) from None
        if text.startswith("recursion limit"):
            raise _too_deep() from None
        if text.startswith("number out of range"):
            raise InvalidMessage("a number is out of range") from None
        raise NotJson(f"not well-formed JSON in UTF-8 at line {place}") from None


def _from_msgpack(body: bytes) -> Any:
    try:
        return msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            unicode_errors="strict",
            object_pairs_hook=_unique,
            ext_hook=_refuse_extension,
            timestamp=0,
        )
    except InvalidMessage:
        raise
    except msgpack.StackError:
        raise _too_deep() from None
    except (ValueError, TypeError, OverflowError):
        # ValueError covers truncation, trailing bytes, bad UTF-8 and non-string keys
        raise NotJson("not well-formed MessagePack", kind="MessagePack") from None


def _unique(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if any(type(key) is not str for key in result):
        raise InvalidMessage("a key is not text")
    if len(result) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _twice(next(key for key, count in counts.items() if count > 1))
    return result


def _refuse_extension(_code: int, _data: bytes) -> NoReturn:
    raise InvalidMessage("extension types are not part of this contract")


def _twice(key: str) -> InvalidMessage:
    return InvalidMessage("a key occurs twice", field=key[:_KEY_CHARS_SHOWN])


def _too_deep() -> InvalidMessage:
    return InvalidMessage(f"nested deeper than {DEPTH_MAX} levels")


def _check(value: Any, field: str | None, depth: int) -> None:
    """Refuse what a parser lets through; `depth` is that of `value` if it nests."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth > DEPTH_MAX:
            raise _too_deep()
        for child in value.values() if kind is dict else value:
            if type(child) is not str:
                _check(child, field, depth + 1)
    elif kind is int or kind is float:
        _check_number(value, field)
    elif kind is not str and kind is not bool and value is not None:
        raise InvalidMessage("a type that JSON does not have", field=field)


def _check_number(value: float, field: str | None) -> None:
    if type(value) is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise InvalidMessage("an integer beyond 2**53", field=field)
    elif not math.isfinite(value):
        raise InvalidMessage("a number that is not finite", field=field)
