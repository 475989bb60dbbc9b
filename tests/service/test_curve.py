"""Who may connect where keys are demanded, and the self-test of the gate."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zmq
import zmq.auth
from zmq.utils.monitor import recv_monitor_message

from tests.service.running import RunningService, receive, run_to_end, running_service
from ums_service.broker.endpoints import UnsupportedEndpoint, is_local
from ums_service.broker.keys import CurveKeys, KeyTrouble
from ums_service.broker.self_test import GateOpen, require_closed_gate
from ums_service.broker.sockets import CurveRequired, bind_router, make_context
from ums_service.broker.zap import Gatekeeper

HEALTH = b'{"action": "health_check"}'
_FAILED = (
    zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("curve")


@pytest.fixture(scope="module")
def keys(home: Path) -> CurveKeys:
    keys = CurveKeys(home / "data.curve")
    keys.make_server()
    for name in ("alice", "revoked"):
        keys.make_client(name, home / "clients")
    return keys


@pytest.fixture(scope="module")
def service(home: Path, keys: CurveKeys) -> Iterator[RunningService]:
    with running_service(home / "data", "--bind", "tcp://0.0.0.0:*") as service:
        service.endpoint = service.endpoint.replace("0.0.0.0", "127.0.0.1")
        yield service


Pair = tuple[bytes, bytes]


def pair_of(home: Path, name: str) -> Pair:
    public, secret = zmq.auth.load_certificate(home / "clients" / f"{name}.key_secret")
    assert secret is not None
    return public, secret


@contextmanager
def client(
    service: RunningService, server_key: bytes | None, pair: Pair | None
) -> Iterator[tuple]:
    """A DEALER with these keys, and the monitor of its connection."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        if pair is not None:
            socket.curve_publickey, socket.curve_secretkey = pair
            socket.curve_serverkey = server_key
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | _FAILED)
        try:
            socket.connect(service.endpoint)
            yield socket, monitor
        finally:
            socket.disable_monitor()
            monitor.close(linger=0)


def is_let_in(
    service: RunningService, server_key: bytes | None, pair: Pair | None
) -> bool:
    """Whether the handshake succeeds; one that does must also be answered."""
    with client(service, server_key, pair) as (socket, monitor):
        socket.send(HEALTH)
        assert monitor.poll(10_000), "neither let in nor refused"
        if recv_monitor_message(monitor)["event"] != zmq.EVENT_HANDSHAKE_SUCCEEDED:
            assert not socket.poll(50)
            return False
        assert json.loads(receive(socket)[-1])["status"] == "healthy"
        return True


@pytest.fixture
def server_key(home: Path) -> bytes:
    return zmq.auth.load_certificate(home / "data.curve" / "server.key")[0]


def test_an_authorised_key_is_let_in(
    service: RunningService, home: Path, server_key: bytes
):
    assert is_let_in(service, server_key, pair_of(home, "alice"))


def test_a_random_key_is_refused(service: RunningService, server_key: bytes):
    assert not is_let_in(service, server_key, zmq.curve_keypair())


def test_a_client_without_keys_is_refused(service: RunningService):
    assert not is_let_in(service, None, None)


def test_a_client_that_expects_another_server_does_not_connect(
    service: RunningService, home: Path
):
    other, _ = zmq.curve_keypair()
    with client(service, other, pair_of(home, "alice")) as (socket, monitor):
        socket.send(HEALTH)
        assert monitor.poll(10_000)
        assert recv_monitor_message(monitor)["event"] != zmq.EVENT_HANDSHAKE_SUCCEEDED


def test_a_revoked_key_is_refused_from_its_next_connection_on(
    service: RunningService, home: Path, keys: CurveKeys, server_key: bytes
):
    pair = pair_of(home, "revoked")
    assert is_let_in(service, server_key, pair)
    keys.revoke("revoked")
    assert not is_let_in(service, server_key, pair)
    assert is_let_in(service, server_key, pair_of(home, "alice"))


def test_a_key_that_is_authorised_while_the_service_runs_is_let_in(
    service: RunningService, home: Path, keys: CurveKeys, server_key: bytes
):
    keys.make_client("late", home / "clients")
    assert is_let_in(service, server_key, pair_of(home, "late"))


def test_keys_can_be_demanded_on_loopback_too(
    home: Path, keys: CurveKeys, server_key: bytes, tmp_path: Path
):
    directory = str(home / "data.curve")
    with running_service(
        tmp_path / "data", "--curve", "--curve-keys", directory
    ) as service:
        assert not is_let_in(service, None, None)
        assert is_let_in(service, server_key, pair_of(home, "alice"))


# --- refusing to serve openly ---


@pytest.mark.parametrize(
    "bind", ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://localhost:*"]
)
def test_what_others_can_reach_is_not_served_without_keys(tmp_path: Path, bind: str):
    status, output = run_to_end(tmp_path / "data", "--bind", bind)
    assert status == 78
    assert "CURVE" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("tcp://127.0.0.1:5556", True),
        ("tcp://127.8.8.8:*", True),
        ("tcp://[::1]:5556", True),
        ("ipc:///run/ums/socket", True),
        ("tcp://0.0.0.0:5556", False),
        ("tcp://[::]:5556", False),
        ("tcp://*:5556", False),
        ("tcp://192.0.2.1:5556", False),
        ("tcp://localhost:5556", False),
        ("tcp://127.0.0.1.example.org:5556", False),
        ("tcp://[::ffff:192.0.2.1]:5556", False),
        ("tcp://eth0:5556", False),
    ],
)
def test_only_what_this_machine_reaches_is_local(endpoint: str, local: bool):
    assert is_local(endpoint) is local
    if not local:
        context = make_context()
        with pytest.raises(CurveRequired):
            bind_router(context, endpoint, curve_secret_key=None)
        context.destroy(linger=0)


@pytest.mark.parametrize(
    "endpoint",
    ["", "127.0.0.1:5556", "udp://127.0.0.1:1", "inproc://x", "ipc://", "tcp://127.0.0.1",
     "tcp://127.0.0.1:5556;tcp://*:1", "tcp://127.0.0.1:5556,0.0.0.0:1", "pgm://x:1"],
)  # fmt: skip
def test_other_endpoints_are_refused(endpoint: str):
    with pytest.raises(UnsupportedEndpoint):
        is_local(endpoint)


# --- the self-test of the gate ---


def gate_test(authorised: Callable[[str], bool] | None) -> None:
    """Run the self-test against a socket behind a gatekeeper, or behind none."""

    async def scene() -> None:
        context = make_context()
        _, secret = zmq.curve_keypair()
        loop = asyncio.get_running_loop()
        gatekeeper = Gatekeeper(context, authorised) if authorised else None
        if gatekeeper:
            gatekeeper.start(loop)
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=secret)
        endpoint = router.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()
        try:
            await require_closed_gate(context, endpoint, secret)
        finally:
            router.close(linger=0)
            if gatekeeper:
                gatekeeper.stop()
            context.destroy(linger=0)

    asyncio.run(scene())


def test_the_self_test_fails_when_the_gate_is_open():
    with pytest.raises(GateOpen):
        gate_test(lambda key: True)


def test_the_self_test_passes_when_the_gate_is_shut():
    gate_test(lambda key: False)


def test_a_gatekeeper_that_fails_lets_nobody_in(caplog: pytest.LogCaptureFixture):
    def broken(key: str) -> bool:
        raise OSError("the list cannot be read")

    gate_test(broken)
    assert "a handshake could not be judged" in caplog.text


def test_without_a_gatekeeper_nobody_is_let_in():
    with pytest.raises(GateOpen, match="not refused"):
        gate_test(None)  # nobody answers: no refusal was seen, so serving is not safe


# --- key files ---


def test_key_files_are_private_and_never_replaced(home: Path, keys: CurveKeys):
    secret = home / "data.curve" / "server.key_secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.parent.stat().st_mode & 0o777 == 0o700
    before = secret.read_bytes()
    with pytest.raises(KeyTrouble):
        keys.make_server()
    with pytest.raises(KeyTrouble):
        keys.make_client("alice", home / "clients")
    assert secret.read_bytes() == before


def test_a_secret_key_that_others_can_read_is_refused(tmp_path: Path):
    keys = CurveKeys(tmp_path / "keys")
    keys.make_server()
    (tmp_path / "keys" / "server.key_secret").chmod(0o640)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        keys.server_secret()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "A", "a b", "ä"])
def test_a_name_of_a_key_is_no_path(tmp_path: Path, name: str):
    with pytest.raises(KeyTrouble):
        CurveKeys(tmp_path).revoke(name)
    with pytest.raises(KeyTrouble):
        CurveKeys(tmp_path).make_client(name, tmp_path)


def test_a_list_of_keys_that_is_missing_lets_nobody_in(tmp_path: Path):
    public, _ = zmq.curve_keypair()
    assert not CurveKeys(tmp_path / "nothing").may_connect(public.decode())
