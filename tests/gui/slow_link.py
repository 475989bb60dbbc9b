"""A connection that takes its time: a proxy that holds back all bytes for a while."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65_536


class SlowLink:
    """Listens at `endpoint`; what comes is passed on `delay_s` later, in both ways."""

    def __init__(self, port: int, delay_s: float) -> None:
        self._port, self._delay_s = port, delay_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def _run(self, work, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the end of the listener
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    held: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                    self._run(self._read, source, held)
                    self._run(self._write, sink, held)

    def _read(self, source: socket.socket, held) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                held.put((time.monotonic() + self._delay_s, data))
        held.put((0.0, b""))

    def _write(self, sink: socket.socket, held) -> None:
        while True:
            due, data = held.get()
            if not data:
                with suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)
                return
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(OSError):
                sink.sendall(data)

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)


@contextmanager
def slow_link(port: int, delay_s: float) -> Iterator[SlowLink]:
    link = SlowLink(port, delay_s)
    try:
        yield link
    finally:
        link.close()
