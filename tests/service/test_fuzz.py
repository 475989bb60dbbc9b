"""Fuzzed requests through a real service: one proper reply each, whatever they say.

UMS_FUZZ_MESSAGES sets their number; the seed is printed, and UMS_FUZZ_SEED repeats it.
"""

import os
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.service.fuzz import Fuzzer
from tests.service.harness import creation, login
from tests.service.running import (
    RunningService,
    login_as_admin,
    peer,
    receive,
    running_service,
)
from ums_client.protocol.codec import decode, encoding_of
from ums_client.protocol.errors import ErrorCode

MESSAGES = int(os.environ.get("UMS_FUZZ_MESSAGES") or 100_000)
SEED = int(os.environ.get("UMS_FUZZ_SEED") or random.SystemRandom().randrange(2**32))
WINDOW = 16
MIB = 1 << 20
BETRAYAL = re.compile(
    r"Traceback|Exception|File \\?\"|line \d+, in|object has no attribute|unhashable"
    r"|KeyError|TypeError|ValueError|ums_service|pydantic|msgpack\.|argon2"
)
CODES = {code.value for code in ErrorCode}


def check(body: bytes, reply: bytes) -> str:
    """Judge a reply; returns its code, or `success`."""
    assert encoding_of(reply) is encoding_of(body), (body, reply)
    message = decode(reply, bytes_max=16 * MIB)
    if message["status"] in ("success", "healthy"):
        return "success"
    assert message["status"] == "error", (body, message)
    assert type(message["message"]) is str
    assert message["code"] in CODES, (body, message)
    assert message["code"] != "INTERNAL", (body, message)
    told = message["message"]
    if "Unknown action" not in told:  # which repeats what was asked
        assert not BETRAYAL.search(told), (body, message)
    return str(message["code"])


def fuzz(service: RunningService, fuzzer: Fuzzer, count: int) -> Counter[str]:
    """Send `count` bodies with some always in flight; an id tells which reply is whose.

    The id is a frame of the envelope, which the service sends back as it came.
    """
    seen: Counter[str] = Counter()
    waiting: dict[bytes, bytes] = {}
    with peer(service.endpoint) as socket:

        def take_one() -> None:
            number, empty, reply = receive(socket)
            assert empty == b""
            seen[check(waiting.pop(number), reply)] += 1  # a second reply fails here

        for number, body in enumerate(fuzzer.bodies(count)):
            if len(waiting) == WINDOW:
                take_one()
            tag = b"%d" % number
            waiting[tag] = body
            socket.send_multipart([tag, b"", body])
        while waiting:
            take_one()
        assert not socket.poll(100)
    return seen


def run(data: Path, count: int) -> None:
    print(f"seed {SEED}, {count} messages")
    env = {
        "UMS_POLICY__SESSIONS_PER_USER": "10",
        "UMS_POLICY__REFUSAL_DELAYS_MS": "[1]",  # the few in flight would wait together
    }
    with running_service(data, env=env) as service:
        tokens = [login_as_admin(service)]
        for name in ("fuzz_one", "fuzz_two"):
            service.ask(**creation(name))
            tokens.append(service.ask(**login(name))["session_token"])
        fuzzer = Fuzzer(SEED, tokens)
        seen = fuzz(service, fuzzer, count // 10)  # warm
        before = service.resident_bytes()
        seen += fuzz(service, fuzzer, count - count // 10)
        grown = service.resident_bytes() - before
        print(seen, f"grown by {grown / MIB:.1f} MiB")
        assert service.ask(action="health_check")["status"] == "healthy"
        assert len(seen) >= 6  # the fuzzer reaches past the decoder
        assert grown < 96 * MIB
        assert "Traceback" not in service.output.text
        assert "incident" not in service.output.text
        assert service.stop() == 0
        assert sum(seen.values()) == count


@pytest.mark.timeout(120 + MESSAGES // 300)
def test_every_fuzzed_message_gets_exactly_one_proper_reply(tmp_path: Path):
    run(tmp_path / "data", MESSAGES)
