"""Mutated requests: structure kept, and bytes torn. Everything follows from a seed."""

import json
import math
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

import msgpack

from ums_client.protocol.actions import ACTIONS

Message = dict[str, Any]

STRANGE: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**53 + 1, -(2**63), 2**64 - 1, 0.0, -0.5,
    1e308, math.nan, math.inf, "", " ", "\0", "\x7f", "x" * 300, "y" * 5_000, "ﷺ" * 200,
    "a" + "\u0301" * 500, "\u202e", "admin", "admin@localhost", "[]", "{}", "null", "true",
    "' OR 1=1 --", "../../etc/passwd", "${jndi:x}", "%s%n", "\r\nSet: x", [], {}, [[]], [{}],
    {"": ""}, {"a": {"b": {"c": []}}}, [None] * 100, ["x"], {"$ne": 1}, "A" * 43,
)  # fmt: skip
ENVELOPE: Final = ("session_token", "request_id", "idempotency_key", "client")


def _deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


class Fuzzer:
    """Makes bodies of requests, in a repeatable order."""

    def __init__(self, seed: int, tokens: list[str]) -> None:
        self._chance = random.Random(seed)
        self._tokens = tokens
        self._fields = {action.name: action.request for action in ACTIONS}

    def bodies(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield self.body()

    def body(self) -> bytes:
        roll = self._chance.random()
        if roll < 0.08:
            return self._noise()
        message = self._mutated(self._honest())
        body = self._encode(message)
        return self._torn(body) if roll < 0.25 else body

    def _honest(self) -> Message:
        chance = self._chance
        name = chance.choice(list(self._fields))
        request = self._fields[name]
        message: Message = {"action": name}
        if name != "logout" and chance.random() < 0.7:  # the sessions are still needed
            message["session_token"] = chance.choice(self._tokens)
        inner = {
            field: self._value(field)
            for field in request.model_fields
            if chance.random() < 0.5
        }
        if request.wrapper is None:
            return message | inner
        return message | {request.wrapper: inner}

    def _value(self, field: str) -> Any:
        chance = self._chance
        if chance.random() < 0.2:
            return self._strange()
        number = chance.randrange(50)
        if "password" in field:
            return f"fuzzed pass {number}"
        if field == "email":
            return f"fuzz{number}@example.org"
        if field == "metadata":
            return {"a": [number, {"b": None}]}
        if field in ("page", "page_size"):
            return number
        return f"fuzz{number}"

    def _strange(self) -> Any:
        return deepcopy(self._chance.choice(STRANGE))

    def _mutated(self, message: Message) -> Message:
        chance = self._chance
        while chance.random() < 0.3:
            target = self._some_map(message)
            kind = chance.randrange(6)
            keys = list(target)
            if kind == 0 and keys:
                del target[chance.choice(keys)]
            elif kind == 1 and keys:
                target[chance.choice(keys)] = self._strange()
            elif kind == 2:
                target[chance.choice(ENVELOPE)] = self._strange()
            elif kind == 3:
                target[str(self._strange())[:100]] = self._strange()
            elif kind == 4 and keys:
                target[chance.choice(keys)] = _deep(chance.choice((3, 16, 17, 200)))
            elif kind == 5 and keys:
                target[chance.choice(keys)] = [target[chance.choice(keys)]]
        return message

    def _some_map(self, message: Message) -> Message:
        maps = [message] + [v for v in message.values() if type(v) is dict]
        return self._chance.choice(maps)

    def _encode(self, message: Message) -> bytes:
        if self._chance.random() < 0.5:
            return json.dumps(
                message, ensure_ascii=self._chance.random() < 0.5
            ).encode()
        try:
            return bytes(msgpack.packb(message))
        except (OverflowError, ValueError):
            return json.dumps(message).encode()

    def _torn(self, body: bytes) -> bytes:
        chance = self._chance
        data = bytearray(body)
        for _ in range(chance.randrange(1, 5)):
            place = chance.randrange(len(data) + 1)
            kind = chance.randrange(4)
            if kind == 0:
                del data[place:]
            elif kind == 1:
                data[place:place] = chance.randbytes(chance.randrange(1, 5))
            elif kind == 2 and place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            elif kind == 3:
                end = place + chance.randrange(20)
                data[place:place] = data[place:end]
        return bytes(data)

    def _noise(self) -> bytes:
        return self._chance.randbytes(self._chance.choice((0, 1, 2, 10, 100, 2_000)))
