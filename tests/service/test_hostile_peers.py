"""Hostile and broken peers: after each of them an honest client is still served."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import zmq

from tests.doubles import FaultyFrames
from tests.service.harness import LIMIT_S, login
from tests.service.raw_peers import (
    GREETING,
    HEALTH,
    STRANGERS,
    frame,
    heard,
    heard_until_closed,
    send_until_cut,
    tcp,
    zmtp,
)
from tests.service.running import RunningService, peer, receive, running_service
from ums_client.link import Target, prepare
from ums_service.broker.broker import Broker
from ums_service.broker.envelope import FRAMES_MAX, SKIPPED_AT_ONCE, Receiver
from ums_service.broker.sockets import bind_router, bound_endpoint, make_context

HEADROOM_MIB = 256
MIB = 1 << 20
HONEST_WITHIN_S = 10.0
HONEST_ASKS_AGAIN_MS = 500


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    data: Path = tmp_path_factory.mktemp("hostile") / "data"
    env = {"UMS_MEMORY_HEADROOM_MIB": str(HEADROOM_MIB)}
    with running_service(data, env=env) as service:
        yield service
        assert "Traceback" not in service.output.text


@pytest.fixture(autouse=True)
def _an_honest_client_is_served_after_each_test(
    service: RunningService,
) -> Iterator[None]:
    yield
    honest(service)


def honest(service: RunningService) -> None:
    """A new client is served in time; as every client, it asks again when nothing comes."""
    assert service.alive, service.output.text
    end = time.monotonic() + HONEST_WITHIN_S
    while True:
        with peer(service.endpoint) as socket:
            socket.send(HEALTH)
            if socket.poll(HONEST_ASKS_AGAIN_MS):
                assert json.loads(socket.recv())["status"] == "healthy"
                return
        assert time.monotonic() < end, "an honest client is not served"


# --- what is no ZMTP 3 ---


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_a_stranger_gets_no_answer_and_does_no_harm(
    service: RunningService, stranger: bytes
):
    with tcp(service.port) as channel:
        channel.sendall(stranger)
        assert b"status" not in heard(channel, 0.3)
        honest(service)  # also while the stranger holds the connection


def test_strangers_in_numbers_do_no_harm(service: RunningService):
    with ExitStack() as stack:
        for stranger in [*STRANGERS.values()] * 10:
            channel = stack.enter_context(tcp(service.port))
            channel.sendall(stranger)
        honest(service)


def test_silent_connections_are_closed(service: RunningService):
    with ExitStack() as stack:
        silent = [stack.enter_context(tcp(service.port)) for _ in range(50)]
        honest(service)
        for channel in silent:
            assert heard_until_closed(channel, 10.0)[:1] == GREETING[:1]


# --- sizes ---


def test_a_frame_that_is_announced_with_a_gibibyte_takes_no_memory(
    service: RunningService,
):
    before = service.resident_bytes()
    with zmtp(service.port) as channel:
        channel.sendall(b"\x02" + (1 << 30).to_bytes(8))
        assert heard_until_closed(channel, 5.0) == b""
    assert service.resident_bytes() - before < 16 * MIB


def test_a_frame_above_the_limit_costs_its_sender_the_connection_only(
    service: RunningService,
):
    with peer(service.endpoint) as socket:
        monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        socket.send(bytes(65_537))
        assert monitor.poll(5_000)
        socket.disable_monitor()
        monitor.close(linger=0)
        socket.send(HEALTH)  # it has connected again by itself
        assert json.loads(receive(socket)[-1])["status"] == "healthy"


def test_the_largest_frame_is_answered(service: RunningService):
    with peer(service.endpoint) as socket:
        socket.send(HEALTH.ljust(65_536))
        assert json.loads(receive(socket)[-1])["status"] == "healthy"


def attack_without_end(service: RunningService, frames: bytes) -> Iterator[None]:
    """Send a message that never ends; yields again and again until the attack is over."""
    over = threading.Event()

    def attack() -> None:
        try:
            with zmtp(service.port) as channel:
                send_until_cut(channel, frames, most_bytes=600 * MIB, within_s=6)
        finally:
            over.set()

    attacker = threading.Thread(target=attack)
    attacker.start()
    while not over.is_set():
        yield
    attacker.join()


def test_a_message_without_end_is_cut_off_and_others_are_served(
    service: RunningService,
):
    before, largest = service.resident_bytes(), 0
    for _ in attack_without_end(service, frame(b"x" * 60_000, more=True)):
        honest(service)
        largest = max(largest, service.resident_bytes())
    assert largest < before + (HEADROOM_MIB + 32) * MIB


@pytest.mark.parametrize("size", [10, 0])
def test_small_frames_without_end_are_shaken_off_again_and_again(
    service: RunningService, size: int
):
    frames = frame(b"x" * size, more=True) * (60_000 // (size + 2))
    before, largest = service.resident_bytes(), 0
    for _ in range(3):
        for _ in attack_without_end(service, frames):
            honest(service)
            largest = max(largest, service.resident_bytes())
    assert largest < before + (HEADROOM_MIB + 32) * MIB


@pytest.mark.parametrize("size", [20, 60_000])
def test_requests_without_end_wait_at_their_sender(service: RunningService, size: int):
    request = frame(b"", more=True) + frame(HEALTH.ljust(size))
    before, largest = service.resident_bytes(), 0
    for _ in attack_without_end(service, request * (60_000 // size)):
        honest(service)
        largest = max(largest, service.resident_bytes())
    assert largest < before + 64 * MIB


@pytest.mark.parametrize("headroom_mib", [HEADROOM_MIB, 1_024])
def test_many_hashing_threads_at_work_drop_no_connection(
    tmp_path: Path, headroom_mib: int
):
    """Memory that the service itself needs must not look like an attack."""
    env = {
        "UMS_MEMORY_HEADROOM_MIB": str(headroom_mib),
        "UMS_HASHING_THREADS": "8",
        "UMS_ARGON2_MEMORY_KIB": "19456",
    }
    with (
        running_service(tmp_path / "data", env=env) as busy,
        peer(busy.endpoint) as socket,
    ):
        for number in range(16):
            socket.send(json.dumps(login(f"nobody{number}")).encode())
        for _ in range(16):
            assert json.loads(receive(socket)[-1])["code"] == "INVALID_CREDENTIALS"
        assert "dropping" not in busy.output.text


def test_a_message_of_very_many_frames_is_refused(service: RunningService):
    with zmtp(service.port) as channel:
        channel.sendall(frame(b"", more=True) * 200_000 + frame(b""))
        honest(service)


@pytest.mark.parametrize("parts", [2, 3, 5, 9, 100])
def test_a_message_of_many_parts_gets_one_error(service: RunningService, parts: int):
    with peer(service.endpoint) as socket:
        socket.send_multipart([HEALTH] * parts)
        assert json.loads(receive(socket)[-1])["code"] == "INVALID_REQUEST"
        socket.send(HEALTH)
        assert json.loads(receive(socket)[-1])["status"] == "healthy"


def test_an_envelope_that_is_too_large_is_dropped(service: RunningService):
    with peer(service.endpoint) as socket:
        socket.send_multipart([b"x" * 1_000, b"", HEALTH])
        socket.send_multipart([b"mine", b"", HEALTH])
        assert receive(socket)[0] == b"mine"


# --- peers that do not read, or are very many ---


def test_a_reader_with_many_requests_in_flight_loses_no_reply(service: RunningService):
    with peer(service.endpoint, sndhwm=0) as socket:
        for body in (HEALTH, b"x"):
            for _ in range(300):
                socket.send(body)
            for _ in range(300):
                receive(socket)


def test_a_peer_that_never_reads_loses_its_own_replies_only(service: RunningService):
    before = service.resident_bytes()
    request = frame(b'{"action": "describe_actions"}')
    with zmtp(service.port) as channel:
        sent = send_until_cut(
            channel, request * 100, most_bytes=20_000 * len(request), within_s=3
        )
        assert sent > 1_000 * len(request)
        for _ in range(20):
            honest(service)
        assert service.resident_bytes() - before < 64 * MIB


def test_three_hundred_connections_at_once_are_served(service: RunningService):
    with zmq.Context() as context, ExitStack() as stack:
        context.set(zmq.MAX_SOCKETS, 2_000)
        sockets = []
        for _ in range(300):
            socket = stack.enter_context(context.socket(zmq.DEALER))
            socket.linger = 0
            socket.connect(service.endpoint)
            socket.send(HEALTH)
            sockets.append(socket)
        for socket in sockets:
            assert json.loads(receive(socket)[-1])["status"] == "healthy"


def test_connections_that_come_and_go_leave_nothing_behind(service: RunningService):
    honest(service)
    descriptors = Path(f"/proc/{service.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(200):
        with tcp(service.port) as channel:
            channel.sendall(GREETING)
    end = time.monotonic() + 10
    while len(list(descriptors.iterdir())) > before + 5:
        assert time.monotonic() < end
        honest(service)


def test_who_leaves_before_the_reply_harms_nobody(service: RunningService):
    for _ in range(50):
        with peer(service.endpoint, linger=100) as socket:
            socket.send(
                b'{"action": "login", "credentials": {"username": "x", "password": "y"}}'
            )


def test_no_heartbeat_meets_a_peer_that_is_gone_with_its_queue_full():
    """Libzmq 4.3.5 ends the process then: `Assertion failed: !_io_error`."""
    with zmq.Context() as context:
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=None)
        with context.socket(zmq.DEALER) as dealer:
            endpoint = bound_endpoint(router)
            prepare(dealer, Target(endpoint, None), 0.0)
            for socket in (router, dealer):
                assert socket.heartbeat_ivl == 0
                assert socket.tcp_keepalive == 1
                assert socket.tcp_keepalive_idle <= 30
        router.close(linger=0)


# --- identities ---


def test_an_identity_belongs_to_who_came_first(service: RunningService):
    with peer(service.endpoint, identity=b"honest") as first:
        first.send(HEALTH)
        receive(first)
        with peer(service.endpoint, identity=b"honest") as second:
            second.send(HEALTH)
            for _ in range(3):
                first.send(HEALTH)
                assert json.loads(receive(first)[-1])["status"] == "healthy"
            assert not second.poll(200)


def test_an_identity_gives_no_rights(service: RunningService):
    with peer(service.endpoint, identity=b"admin") as socket:
        socket.send(b'{"action": "list_users"}')
        assert json.loads(receive(socket)[-1])["code"] == "INVALID_SESSION"


def test_identities_of_any_bytes_are_answered(service: RunningService):
    for identity in (b"x", b"\xff" * 255, b"\n\r\t ", b"{}"):
        with peer(service.endpoint, identity=identity) as socket:
            socket.send(HEALTH)
            assert json.loads(receive(socket)[-1])["status"] == "healthy"


# --- faults inside ---


@pytest.mark.parametrize(
    "fault", [MemoryError(), OSError(4, "interrupted"), zmq.ZMQError(4)], ids=repr
)
def test_a_fault_while_receiving_does_not_stop_the_broker(fault: Exception):
    async def scene() -> int:
        context = make_context()
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=None)

        async def echo(body: bytes, address: str) -> bytes:
            return body

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        broker = Broker(
            router,
            echo,
            local_address="127.0.0.1",
            frames_of=lambda socket: FaultyFrames(socket, [fault]),
        )
        client = context.socket(zmq.DEALER)
        try:
            client.connect(router.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
            for number in range(3):
                client.send(b"%d" % number)
            while not router.poll(0):
                await asyncio.sleep(0.01)
            broker.start(loop)
            replies = 0
            for _ in range(300):
                replies += (
                    await asyncio.to_thread(client.poll, 10) and len(client.recv()) > 0
                )
                if replies == 3:
                    break
            return replies
        finally:
            await broker.stop(within_s=1)
            client.close(linger=0)
            router.close(linger=0)
            context.destroy(linger=0)

    assert asyncio.run(scene()) >= 2  # the faulty call may have cost one message


def test_an_answer_that_is_ready_when_the_broker_stops_is_sent():
    async def scene() -> bytes:
        context = make_context()
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=None)
        loop = asyncio.get_running_loop()
        begun, durable = asyncio.Event(), loop.create_future()

        async def answer(body: bytes, address: str) -> bytes:
            begun.set()
            await durable
            return body

        broker = Broker(router, answer, local_address="127.0.0.1")
        client = context.socket(zmq.DEALER)
        try:
            client.connect(router.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode())
            client.send(b"done")
            broker.start(loop)
            await begun.wait()
            durable.set_result(None)
            await asyncio.sleep(0)  # it has ended, and waits for others to be sent with
            assert await broker.stop(within_s=0) == 0
            assert await asyncio.to_thread(client.poll, int(LIMIT_S * 1000))
            return bytes(client.recv())
        finally:
            client.close(linger=0)
            router.close(linger=0)
            context.destroy(linger=0)

    assert asyncio.run(scene()) == b"done"


class ManyFrames:
    """A socket that holds one message of very many frames."""

    def __init__(self, count: int) -> None:
        self.left, self.taken = count, 0

    def recv(self) -> bytes:
        self.left -= 1
        self.taken += 1
        return b""

    def more(self) -> int:
        return int(self.left > 0)


def test_skipping_a_huge_message_leaves_the_loop_to_others_in_between():
    frames = ManyFrames(10_500)
    receiver = Receiver(frames, local_address="127.0.0.1")  # type: ignore[arg-type]
    calls, incoming = 0, None
    while incoming is None:
        before = frames.taken
        incoming = receiver.receive()
        calls += 1
        assert frames.taken - before <= SKIPPED_AT_ONCE + FRAMES_MAX
        assert receiver.skips is (incoming is None)
    assert (frames.left, incoming.body, calls) == (0, b"", 11)
