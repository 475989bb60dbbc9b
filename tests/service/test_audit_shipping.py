"""The audit log is sent to another system: all of it, in order, without what is sealed."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.service.harness import GOOD, LIMIT_S, Bench, Message, update
from tests.service.running import running_service
from tests.service.smtp_server import certificate
from tests.storage.memory_disk import MemoryDisk
from ums_service.audit import anchor, syslog
from ums_service.audit import shipping as audit_shipping
from ums_service.audit.anchor import anchor_at, last_head
from ums_service.audit.shipping import AuditShipping, message_of
from ums_service.audit.syslog import BadCollector, Collector, collector_at
from ums_service.audit.syslog import Message as Sent
from ums_service.domain.audit import AUDIT

MODERN = re.compile(rb"<(\d+)>1 (\S+) (\S+) ums_service - (\S+) - (\{.*\})")


class Kept:
    """A collector that keeps what it is sent, or fails."""

    def __init__(self) -> None:
        self.messages: list[Sent] = []
        self.fails = False

    def send(self, messages: Any) -> None:
        if self.fails:
            self.messages += messages[:1]  # some arrive before the way breaks
            raise OSError("the network is unreachable")
        self.messages += messages

    @property
    def numbers(self) -> list[int]:
        return [json.loads(message.text)["number"] for message in self.messages]


def shipping(bench: Bench, kept: Kept) -> AuditShipping:
    return AuditShipping(bench.store, Collector("here", kept.send))


def ship(bench: Bench, one: AuditShipping) -> None:
    async def all_of_it() -> None:
        while await one.ship():
            pass

    bench.run(all_of_it())


def numbers(bench: Bench) -> list[int]:
    return [entry.sequence for entry in bench.store.entries(AUDIT)]


def test_every_entry_is_sent_once_and_in_order(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_shipping, "AT_ONCE", 3)
    kept = Kept()
    one = shipping(standard, kept)
    for name in ("alice", "bob", "carol"):
        standard.member(name)
        ship(standard, one)
        ship(standard, one)
    assert kept.numbers == numbers(standard)
    assert len(kept.numbers) > 6


def test_it_goes_on_where_it_was_after_a_restart(make_bench):
    bench, kept = make_bench(MemoryDisk()), Kept()
    one = shipping(bench, kept)
    bench.register("alice")
    bench.run(one.finish())
    sent = list(kept.numbers)
    assert sent == numbers(bench)
    bench.run(bench.store.checkpoint())
    bench.register("bob")
    bench.restart()
    bench.register("carol")
    ship(bench, shipping(bench, kept))
    assert kept.numbers == numbers(bench)
    assert len(kept.numbers) > len(sent)


def test_what_a_broken_way_has_lost_is_sent_again(
    standard: Bench, caplog: pytest.LogCaptureFixture
):
    kept = Kept()
    one = shipping(standard, kept)
    ship(standard, one)
    kept.fails = True
    standard.register("alice")
    for _ in range(3):
        ship(standard, one)
    assert caplog.text.count("cannot be sent to here") == 1
    kept.fails = False
    ship(standard, one)
    assert "is sent to here again" in caplog.text
    assert sorted(set(kept.numbers)) == numbers(standard)
    assert kept.numbers[-1] == numbers(standard)[-1]


def test_names_and_values_stay_here(standard: Bench):
    kept, alice = Kept(), standard.member("alice")
    standard.ask(**update(alice, city="Lyonesse"))
    standard.try_login("alice", "Wrong-password-7")
    ship(standard, shipping(standard, kept))
    texts = " ".join(message.text for message in kept.messages)
    assert standard.user_id("alice") in texts
    for secret in ("alice", "Lyonesse", GOOD, "Wrong-password-7", "of_subject"):
        assert secret not in texts
    refused = [m for m in kept.messages if m.severity == "warning"]
    assert [m.kind for m in refused] == ["login"]
    assert json.loads(refused[0].text)["code"] == "INVALID_CREDENTIALS"


def test_an_entry_that_is_too_long_is_sent_without_its_details(standard: Bench):
    entry = standard.audit()[-1]
    long = entry._replace(data={**entry.data, "details": {"x": "y" * 9_000}})
    text = message_of(long).text
    assert len(text) < syslog.MESSAGE_BYTES_MAX
    assert json.loads(text)["number"] == entry.sequence


def test_a_message_is_one_line_of_rfc_5424():
    sent = Sent("2026-03-01T12:00:00.000000+00:00", "login", "warning", '{"a": "\\n"}')
    match = MODERN.fullmatch(sent.modern("host.example"))
    assert match is not None
    facility, severity = divmod(int(match[1]), 8)
    assert (facility, severity) == (10, 4)
    assert match[2] == b"2026-03-01T12:00:00.000000+00:00"
    assert (match[3], match[4]) == (b"host.example", b"login")


@contextmanager
def receiver(
    scheme: str, context: ssl.SSLContext | None = None
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The place of a collector, and what waits until it has heard all of one sender."""
    kind = socket.SOCK_DGRAM if scheme == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(LIMIT_S)
        heard: list[bytes] = []
        if scheme != "udp":
            listening.listen()

        def hear() -> None:
            with suppress(ssl.SSLError):  # who does not trust it hangs up
                take()

        def take() -> None:
            connection, _ = listening.accept()
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                while data := connection.recv(65_536):
                    heard.append(data)
                if isinstance(connection, ssl.SSLSocket):
                    connection.unwrap()

        thread = threading.Thread(target=hear, daemon=True)
        if scheme != "udp":
            thread.start()

        def all_of_it() -> bytes:
            if scheme == "udp":
                return listening.recv(65_536)
            thread.join(LIMIT_S)
            return b"".join(heard)

        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}", all_of_it


def counted(stream: bytes) -> list[bytes]:
    """The messages of a stream of counted octets (RFC 6587)."""
    found = []
    while stream:
        length, _, rest = stream.partition(b" ")
        found.append(rest[: int(length)])
        stream = rest[int(length) :]
    return found


@pytest.mark.parametrize("scheme", ["udp", "tcp", "tls"])
def test_a_collector_hears_it(standard: Bench, tmp_path: Path, scheme: str):
    ca_file, context = certificate(tmp_path)
    with receiver(scheme, context if scheme == "tls" else None) as (place, heard):
        collector = collector_at(place, ca_file if scheme == "tls" else None)
        ship(standard, AuditShipping(standard.store, collector))
        stream = heard()
    messages = [stream] if scheme == "udp" else counted(stream)
    matches = [MODERN.fullmatch(message) for message in messages]
    told = [json.loads(match[5])["number"] for match in matches if match]
    assert told == (numbers(standard)[:1] if scheme == "udp" else numbers(standard))


def test_a_collector_with_another_certificate_hears_nothing(
    standard: Bench, tmp_path: Path
):
    _, context = certificate(tmp_path)
    other, _ = certificate(tmp_path, "other")
    with receiver("tls", context) as (place, _):
        collector = collector_at(place, other)
        with pytest.raises(ssl.SSLCertVerificationError):
            collector.send([message_of(standard.audit()[0])])


@contextmanager
def local_syslog(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Message]:
    """A socket in the place of /dev/log."""
    monkeypatch.setattr(anchor, "_SYSLOG", str(path))
    monkeypatch.setattr(syslog, "LOCAL", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(LIMIT_S)
        yield {"recv": lambda: listening.recv(65_536)}


def test_the_log_of_this_machine_hears_it(
    standard: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    entry = standard.audit()[0]
    with local_syslog(tmp_path / "log", monkeypatch) as log:
        collector_at("syslog").send([message_of(entry)])
        line = log["recv"]()
    assert line.startswith(b"<86>ums_service: " + entry.data["event"].encode())


def test_the_log_of_this_machine_keeps_the_head(
    standard: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with local_syslog(tmp_path / "log", monkeypatch) as log:
        anchor_at("syslog").keep(standard.store.head, standard.clock.now.text)
        line = log["recv"]()
    assert line.startswith(b"<37>ums_service: head ")
    assert last_head(line.decode()) == standard.store.head


@pytest.mark.parametrize("bad", ["http://x:1", "udp://", "tls://host", "/var/log/x"])
def test_what_is_no_collector_is_refused(bad: str):
    with pytest.raises(BadCollector):
        collector_at(bad)


def test_a_running_service_sends_its_log(tmp_path: Path):
    with receiver("udp") as (place, heard):
        env = {"UMS_AUDIT_SYSLOG": place}
        with running_service(tmp_path / "data", env=env):
            match = MODERN.fullmatch(heard())
    assert match is not None
    assert json.loads(match[5])["number"] == 1
