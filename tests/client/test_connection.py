"""What only the connection itself can show: its monitor, its pool, its names."""

import threading
import time

import zmq

from tests.client.doubles import FakeService
from ums_client.connection import Connection
from ums_client.exchange import Outcome, Receive, Send
from ums_client.link import Link, Target, milliseconds_until
from ums_client.pool import Pool


def steps(send, receive=None):
    """A conversation that does what it is told and gives back what happened."""
    sent = yield send
    return sent, None if receive is None else (yield receive)


def test_a_break_while_idle_is_not_taken_for_the_loss_of_the_next_reply():
    """The monitor still holds the news of it when the socket is writable again."""
    until_s = time.monotonic() + 20
    body = b'{"action":"health_check"}'
    exchange = (Send(body, until_s, fresh=False), Receive(until_s))
    with zmq.Context() as context, FakeService() as service:
        connection = Connection(
            context,
            Target(service.endpoint),
            clock=time.monotonic,
            jitter=lambda: 0.0,
        )
        connection.hold(steps(*exchange))
        service.stop()
        service.start()
        assert connection._wires is not None
        assert connection._wires.monitor.poll(10_000), "never noticed the break"
        assert connection._wires.socket.poll(10_000, zmq.POLLOUT), "never came back"
        sent, reply = connection.hold(steps(*exchange))
        connection.disconnect()
    assert sent is Outcome.SENT
    assert isinstance(reply, bytes)


def test_a_connection_that_is_owed_a_reply_is_not_used_again():
    until_s = time.monotonic() + 10
    body = b'{"action":"health_check"}'
    with zmq.Context() as context, FakeService(lambda _: None) as service:
        connection = Connection(
            context,
            Target(service.endpoint),
            clock=time.monotonic,
            jitter=lambda: 0.0,
        )
        connection.hold(steps(Send(body, until_s, fresh=False)))
        assert connection._wires is None


def test_waits_are_rounded_up_and_never_negative():
    assert milliseconds_until(10.0001, 10.0) == 1
    assert milliseconds_until(9.0, 10.0) == 0


def event(kind):
    return [int(kind).to_bytes(2, "little") + bytes(4), b"tcp://127.0.0.1:1"]


def test_one_hang_up_in_the_handshake_is_not_yet_a_refusal():
    keys = object()
    link = Link(Target("tcp://127.0.0.1:1", keys))  # type: ignore[arg-type]
    hang_up = event(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
    assert [link.observe(hang_up) for _ in range(2)] == [None, None]
    assert link.observe(event(zmq.EVENT_HANDSHAKE_SUCCEEDED)) is None
    outcomes = [link.observe(hang_up) for _ in range(3)]
    assert outcomes == [None, None, Outcome.REFUSED]


def test_without_keys_hanging_up_is_a_refusal_only_at_the_deadline():
    """A proxy in front of a service that restarts hangs up, too."""
    link = Link(Target("tcp://127.0.0.1:1"))
    hang_up = event(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
    assert link.at_deadline() is Outcome.TIMED_OUT
    assert {link.observe(hang_up) for _ in range(9)} == {None}
    assert link.at_deadline() is Outcome.REFUSED
    link.observe(event(zmq.EVENT_HANDSHAKE_SUCCEEDED))
    assert link.at_deadline() is Outcome.TIMED_OUT


class Told:
    """A monitor with one piece of news."""

    def __init__(self, news):
        self._news = [news]

    def poll(self, _timeout_ms):
        return len(self._news)

    def recv_multipart(self):
        return self._news.pop()

    def close(self, _linger_ms):
        self._news.clear()


def test_a_connection_that_was_refused_while_idle_is_replaced():
    """The service may let us in by now, but libzmq does not try again by itself."""
    until_s = time.monotonic() + 10
    exchange = (
        Send(b'{"action":"health_check"}', until_s, fresh=False),
        Receive(until_s),
    )
    with zmq.Context() as context, FakeService() as service:
        connection = Connection(
            context,
            Target(service.endpoint),
            clock=time.monotonic,
            jitter=lambda: 0.0,
        )
        connection.hold(steps(*exchange))
        assert connection._wires is not None
        refused = connection._wires.socket
        connection._wires.monitor.close(0)
        told = Told(event(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL))
        connection._wires = connection._wires._replace(monitor=told)
        sent, reply = connection.hold(steps(*exchange))
        connection.disconnect()
    assert refused.closed
    assert sent is Outcome.SENT
    assert isinstance(reply, bytes)


class Line:
    """A connection that notes its end."""

    def __init__(self):
        self.is_open = True

    def disconnect(self):
        self.is_open = False


def test_closing_ends_idle_connections_now_and_the_others_when_they_come_back():
    finished = threading.Event()
    pool = Pool(Line, finished.set)
    idle, busy = pool.take(), pool.take()
    pool.put_back(idle)
    pool.close()
    assert (idle.is_open, busy.is_open, finished.is_set()) == (False, True, False)
    pool.put_back(busy)
    assert (busy.is_open, finished.is_set()) == (False, True)


def test_the_connection_used_last_is_used_next():
    pool = Pool(Line, lambda: None)
    first, second = pool.take(), pool.take()
    pool.put_back(second)
    pool.put_back(first)
    assert pool.take() is first
