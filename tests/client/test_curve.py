"""Encrypted connections: the right keys work, wrong ones are told at once."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import zmq
from zmq.auth import create_certificates

from tests.client.doubles import CurveServer, FakeService
from ums_client import HealthCheck, errors
from ums_client.keys import CurveKeys, read_public_key


@pytest.fixture
def curve():
    return CurveServer()


@pytest.fixture
def secured(curve):
    with FakeService(curve=curve) as running:
        yield running


def key_file(directory: Path, public: bytes, secret: bytes) -> Path:
    path = directory / "client.key_secret"
    path.touch(0o600)
    path.write_text(
        "metadata\ncurve\n"
        f'    public-key = "{public.decode()}"\n'
        f'    secret-key = "{secret.decode()}"\n'
    )
    return path


@pytest.fixture
def allowed(tmp_path, curve):
    return key_file(tmp_path, curve.allowed, curve.allowed_secret)


def test_a_client_with_the_right_keys_is_served(make_client, secured, curve, allowed):
    with make_client(
        secured.endpoint, server_key=curve.public.decode(), key_file=allowed
    ) as client:
        assert client.call(HealthCheck()).service == "fake"


def refused_within(seconds, client):
    begin = time.monotonic()
    with pytest.raises(errors.NotAuthorised, match="keys") as caught:
        client.call(HealthCheck(), deadline_s=20)
    assert time.monotonic() - begin < seconds
    assert not caught.value.may_have_been_executed


def test_a_key_that_is_not_on_the_list_is_refused_at_once(make_client, secured, curve):
    with make_client(secured.endpoint, server_key=curve.public.decode()) as client:
        refused_within(3, client)
    assert secured.received == []


def test_another_services_key_is_refused(make_client, secured, allowed):
    other = zmq.curve_keypair()[0].decode()
    with make_client(secured.endpoint, server_key=other, key_file=allowed) as client:
        refused_within(5, client)


def test_a_client_without_keys_is_refused_by_an_encrypted_service(make_client, secured):
    """At once, or at the deadline where the service hangs up before it has greeted."""
    for _ in range(5):
        with (
            make_client(secured.endpoint) as client,
            pytest.raises(errors.NotAuthorised),
        ):
            client.call(HealthCheck(), deadline_s=1)


def test_a_client_with_keys_does_not_talk_to_a_plain_service(
    make_client, service, curve, allowed
):
    with make_client(
        service.endpoint, server_key=curve.public.decode(), key_file=allowed
    ) as client:
        refused_within(3, client)
    assert service.received == []


@pytest.fixture
def hanging_up():
    """Something that accepts connections and closes them without a word."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        with suppress(OSError):
            while True:
                listener.accept()[0].close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_hanging_up_is_told_from_absence_at_the_deadline(make_client, hanging_up):
    with make_client(hanging_up) as client, pytest.raises(errors.NotAuthorised):
        client.call(HealthCheck(), deadline_s=1.5)


def test_after_a_refusal_the_client_can_be_used_again(
    make_client, secured, curve, allowed
):
    """The service may have put the key on its list meanwhile."""
    allowed_key, curve.allowed = curve.allowed, b""
    with make_client(
        secured.endpoint, server_key=curve.public.decode(), key_file=allowed
    ) as client:
        refused_within(3, client)
        curve.allowed = allowed_key
        assert client.call(HealthCheck()).service == "fake"


def test_key_files_of_pyzmq_are_read(tmp_path):
    public, secret = create_certificates(tmp_path, "own")
    Path(secret).chmod(0o600)
    keys = CurveKeys.load(read_public_key(Path(public)), Path(secret))
    assert keys.public == keys.server_public
    assert len(keys.secret) == 40


def test_the_secret_key_is_not_shown(tmp_path, curve, allowed):
    keys = CurveKeys.load(curve.public.decode(), allowed)
    assert keys.secret.decode() not in repr(keys)


def test_a_secret_key_that_others_can_read_is_refused(curve, allowed):
    allowed.chmod(0o640)
    with pytest.raises(errors.BadConfiguration, match="chmod 600"):
        CurveKeys.load(curve.public.decode(), allowed)


@pytest.mark.parametrize("key", ["", "short", "~" * 40, "%" * 40, "ä" * 40, "0" * 45])
def test_text_that_is_no_key_is_refused(key):
    with pytest.raises(errors.BadConfiguration, match="not a key"):
        CurveKeys.load(key, None)


@pytest.mark.parametrize(
    "text", ["", "public-key", 'curve\n public-key = "x"\n', "\x00\xff"]
)
def test_a_file_that_holds_no_key_is_refused(tmp_path, text):
    path = tmp_path / "bad.key"
    path.write_text(text)
    with pytest.raises(errors.BadConfiguration):
        read_public_key(path)


def test_a_missing_key_file_and_a_public_one_are_refused(tmp_path, curve):
    with pytest.raises(errors.BadConfiguration, match="cannot read"):
        CurveKeys.load(curve.public.decode(), tmp_path / "missing")
    public, _ = create_certificates(tmp_path, "own")
    with pytest.raises(errors.BadConfiguration, match="no secret key"):
        CurveKeys.load(curve.public.decode(), Path(public))


def test_an_own_key_without_the_services_key_is_refused(make_client, service, allowed):
    with pytest.raises(errors.BadConfiguration, match="key of the service"):
        make_client(service.endpoint, key_file=allowed)
