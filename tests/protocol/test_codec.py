"""One strict decoder for two encodings: what it refuses, with which words, and what not."""

import json
import math
import struct

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums_client.protocol.codec import Encoding, decode, encode, encoding_of
from ums_client.protocol.errors import InvalidMessage, NotJson
from ums_client.protocol.limits import DEPTH_MAX, INTEGER_MAX, REQUEST_BYTES_MAX


def text(value: str) -> bytes:
    """The MessagePack of a short text."""
    return msgpack.packb(value)


def pair(key: bytes, value: bytes) -> bytes:
    """A MessagePack map of one entry."""
    return b"\x81" + key + value


def nested_json(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def nested_msgpack(levels: int) -> bytes:
    return pair(text("a"), b"\x91" * (levels - 2) + b"\x90")


MALFORMED = {
    "empty": b"",
    "white space": b"  ",
    "no json": b"hello",
    "truncated json": b'{"a":1',
    "trailing json": b'{"a":1}x',
    "two objects": b'{"a":1}{"a":1}',
    "comment": b'{"a":1/**/}',
    "single quotes": b"{'a':1}",
    "bare NaN": b'{"a":NaN}',
    "bare infinity": b'{"a":-Infinity}',
    "leading zero": b'{"a":01}',
    "trailing comma": b'{"a":1,}',
    "control character": b'{"a":"\x01"}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "utf-16": '{"a":1}'.encode("utf-16-le"),
    "utf-32": '{"a":1}'.encode("utf-32-be"),
    "latin-1": b'{"a":"\xe4"}',
    "overlong utf-8": b'{"a":"\xc0\xaf"}',
    "lone high surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'{"a":"\\udc00x"}',
    "surrogate as utf-8": b'{"a":"\xed\xa0\x80"}',
    "truncated msgpack": b"\x82" + text("a") + b"\x01",
    "trailing msgpack": pair(text("a"), b"\x01") + b"\x00",
    "reserved marker": pair(text("a"), b"\xc1"),
    "number as key": pair(b"\x01", b"\x01"),
    "list as key": pair(b"\x90", b"\x01"),
    "map as key": pair(b"\x80", b"\x01"),
    "msgpack latin-1": pair(text("a"), b"\xa1\xe4"),
    "msgpack surrogate": pair(text("a"), b"\xa3\xed\xa0\x80"),
    "declared 4 GiB text": pair(text("a"), b"\xdb\xff\xff\xff\xff"),
    "declared 4 GiB list": pair(text("a"), b"\xdd\xff\xff\xff\xff"),
    "declared 4 GiB map": b"\xdf\xff\xff\xff\xff",
    "msgpack list": msgpack.packb([1]),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_well_formed_is_not_a_message(body):
    with pytest.raises(NotJson) as caught:
        decode(body)
    assert caught.value.field is None


WITHOUT_FIELD = {
    "list": b"[]",
    "text": b'"a"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
    "integer of 5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "bytes as key": pair(b"\xc4\x01a", b"\x01"),
    "extension": pair(text("a"), b"\xd4\x05\x00"),
    "extension below": pair(text("a"), b"\x91\xd4\x05\x00"),
    "json beyond the depth": nested_json(DEPTH_MAX + 1),
    "msgpack beyond the depth": nested_msgpack(DEPTH_MAX + 1),
    "json of depth 990": nested_json(990),
    "json of depth 30,000": nested_json(30_000),
    "msgpack of depth 990": nested_msgpack(990),
    "msgpack of depth 60,000": nested_msgpack(60_000),
    "json too long": b'{"a":"' + b"x" * REQUEST_BYTES_MAX + b'"}',
    "msgpack too long": msgpack.packb({"a": "x" * REQUEST_BYTES_MAX}),
}


@pytest.mark.parametrize("body", WITHOUT_FIELD.values(), ids=WITHOUT_FIELD)
def test_what_the_contract_refuses_has_a_reason(body):
    with pytest.raises(InvalidMessage) as caught:
        decode(body)
    assert not isinstance(caught.value, NotJson)
    assert caught.value.field is None
    assert caught.value.reason


def float_64(value: float) -> bytes:
    return b"\xcb" + struct.pack(">d", value)


WITH_FIELD = {
    "duplicate": b'{"bad":1,"bad":1}',
    "duplicate below": b'{"a":[{"bad":1,"b":1,"bad":2}]}',
    "duplicate after escapes": b'{"bad":1,"\\u0062ad":2}',
    "msgpack duplicate": b"\x82" + (text("bad") + b"\x01") * 2,
    "msgpack duplicate below": pair(text("a"), b"\x82" + (text("bad") + b"\x01") * 2),
    "integer too large": b'{"ok":1,"bad":9007199254740993}',
    "integer too small": b'{"bad":-9007199254740993}',
    "integer of 300 digits": b'{"bad":' + b"9" * 300 + b"}",
    "integer too large below": b'{"bad":[{"x":9007199254740993}]}',
    "float out of range": b'{"bad":1e400}',
    "float out of range below": b'{"bad":{"b":[-1e999]}}',
    "msgpack unsigned": pair(text("bad"), b"\xcf" + b"\xff" * 8),
    "msgpack signed": pair(text("bad"), b"\xd3\x80" + b"\x00" * 7),
    "msgpack nan": pair(text("bad"), float_64(math.nan)),
    "msgpack infinity": pair(text("bad"), float_64(math.inf)),
    "msgpack 32-bit infinity": pair(text("bad"), b"\xca\xff\x80\x00\x00"),
    "msgpack nan below": pair(text("bad"), b"\x91" + float_64(math.nan)),
    "bytes": pair(text("bad"), b"\xc4\x01a"),
    "bytes below": pair(text("bad"), pair(text("x"), b"\xc4\x00")),
    "32-bit timestamp": pair(text("bad"), b"\xd6\xff\x00\x00\x00\x01"),
    "96-bit timestamp": pair(text("bad"), b"\xc7\x0c\xff" + b"\x00" * 12),
}


@pytest.mark.parametrize("body", WITH_FIELD.values(), ids=WITH_FIELD)
def test_a_value_that_is_refused_is_named(body):
    with pytest.raises(InvalidMessage) as caught:
        decode(body)
    assert caught.value.field == "bad"
    assert str(caught.value).startswith("bad: ")


def test_of_what_is_not_well_formed_the_place_is_told():
    with pytest.raises(NotJson, match="at line 2 column 5") as caught:
        decode(b'{"a":1,\n"b":NaN}')
    assert caught.value.kind == "JSON"
    with pytest.raises(NotJson) as caught:
        decode(b"\x81\xa1")
    assert caught.value.kind == "MessagePack"


def test_a_refusal_does_not_repeat_what_was_sent():
    with pytest.raises(InvalidMessage) as caught:
        decode(b'{"password":"correct-horse-42"')
    assert "horse" not in str(caught.value)


@pytest.mark.parametrize("number", [INTEGER_MAX, -INTEGER_MAX, 0])
def test_integers_up_to_the_limit_arrive_exactly(number):
    assert decode(json.dumps({"a": number}).encode()) == {"a": number}
    assert decode(msgpack.packb({"a": number})) == {"a": number}


def test_nesting_up_to_the_limit_arrives():
    assert decode(nested_json(DEPTH_MAX)) == decode(nested_msgpack(DEPTH_MAX))


def test_the_size_limit_is_exact_and_an_argument():
    body = b'{"a":"' + b"x" * (REQUEST_BYTES_MAX - 8) + b'"}'
    assert len(body) == REQUEST_BYTES_MAX
    assert len(decode(body)["a"]) == REQUEST_BYTES_MAX - 8
    with pytest.raises(InvalidMessage, match="at most 100 bytes"):
        decode(body, bytes_max=100)


def test_white_space_may_lead_and_trail():
    assert decode(b' \r\n\t{"a": 1} \n') == {"a": 1}


@pytest.mark.parametrize("entries", [1, 15, 16, 70_000])
def test_the_first_byte_tells_the_encoding(entries):
    message = {str(number): None for number in range(entries)}
    assert encoding_of(encode(message, Encoding.MSGPACK)) is Encoding.MSGPACK
    assert encoding_of(encode(message, Encoding.JSON)) is Encoding.JSON


def test_a_true_value_is_no_number_and_one_is_not_true():
    message = {"a": True, "b": 1, "c": 1.0, "d": False, "e": 0}
    for encoding in Encoding:
        assert typed(decode(encode(message, encoding))) == typed(message)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner)
    ),
    max_leaves=12,
)
messages = st.dictionaries(st.text(max_size=8), values, max_size=6)


def typed(value):
    """The value with its types, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(child) for key, child in value.items()}
    if isinstance(value, list):
        return [typed(child) for child in value]
    return type(value), repr(value)


def depth(value):
    if not isinstance(value, (dict, list)):
        return 0
    children = value.values() if isinstance(value, dict) else value
    return 1 + max((depth(child) for child in children), default=0)


@given(messages.filter(lambda message: depth(message) <= DEPTH_MAX))
def test_a_message_survives_both_encodings_exactly(message):
    for encoding in Encoding:
        assert typed(decode(encode(message, encoding))) == typed(message)


def fate(body):
    try:
        return typed(decode(body))
    except InvalidMessage as error:
        return "refused", error.field


def wrapped(value, levels):
    for _ in range(levels):
        value = [value]
    return value


edges = (
    st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**64 - 1, -(2**63)])
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.dictionaries(st.text(max_size=4), edges | values, max_size=3), st.data())
def test_both_encodings_accept_and_refuse_the_same_values(message, data):
    levels = data.draw(st.integers(0, DEPTH_MAX + 3))
    message["deep"] = wrapped(data.draw(edges), levels)
    as_json = json.dumps(message, ensure_ascii=data.draw(st.booleans())).encode()
    assert fate(as_json) == fate(msgpack.packb(message))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body):
    fate(body)


@given(st.binary(max_size=60), st.integers(0, 15))
def test_no_msgpack_raises_anything_else(rest, entries):
    fate(bytes([0x80 | entries]) + rest)


@given(messages, st.data())
def test_a_truncated_message_is_refused(message, data):
    for encoding in Encoding:
        body = encode(message, encoding)
        cut = body[: data.draw(st.integers(0, len(body) - 1))]
        with pytest.raises(InvalidMessage):
            decode(cut)
