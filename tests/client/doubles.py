"""A small service for the tests of the client: a ROUTER in a thread, speaking the contract.

What it answers is a function of the message, given by the test. It notes all it got.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

import zmq
from zmq.auth.thread import ThreadAuthenticator

from ums_client import AsyncClient
from ums_client.protocol.codec import decode, encode, encoding_of
from ums_client.protocol.message import R, Request

Answer = dict[str, Any] | bytes | list[dict[str, Any]] | None
Handler = Callable[[dict[str, Any]], Answer]
T = TypeVar("T")

USER = {"username": "alice", "email": "alice@example.org", "user_id": "a1"}
HEALTH = {
    "status": "healthy",
    "service": "fake",
    "timestamp": "2026-01-01T00:00:00+00:00",
    "storage": "none",
    "active_sessions": 0,
}


def polite(message: dict[str, Any]) -> Answer:
    """Answer each action with success."""
    match message["action"]:
        case "login" | "verify_mfa":
            return {
                "status": "success",
                "session_token": "token-of-alice",
                "user": USER,
            }
        case "health_check":
            return dict(HEALTH)
        case "list_users":
            return {"status": "success", "users": [USER], "count": 1}
        case "create_user":
            given = message["user_data"]
            return {
                "status": "success",
                "username": given["username"],
                "email": given["email"],
            }
        case "get_user" | "update_user":
            return {"status": "success", "user": USER}
        case _:
            return {"status": "success", "message": "done"}


def refusal(code: str, **more: Any) -> dict[str, Any]:
    return {"status": "error", "message": f"refused: {code}", "code": code, **more}


class CurveServer:
    """The keys of a service, and of the one client that it lets in."""

    def __init__(self) -> None:
        self.public, self.secret = zmq.curve_keypair()
        self.allowed, self.allowed_secret = zmq.curve_keypair()

    def callback(self, _domain: str, key: bytes) -> bool:
        return key == self.allowed


class FakeService:
    """Answers until it is stopped; can be started again on the same port.

    `handler` returns a reply, several, raw bytes, or None for silence. The request's id
    is added where the reply has none.
    """

    def __init__(
        self,
        handler: Handler = polite,
        *,
        port: int = 0,
        curve: CurveServer | None = None,
    ) -> None:
        self.handler = handler
        self.port = port
        self.received: list[dict[str, Any]] = []
        self.arrived = threading.Event()
        self._curve = curve
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def actions(self) -> list[str]:
        return [message["action"] for message in self.received]

    def start(self) -> None:
        self._stop.clear()
        bound = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(bound,))
        self._thread.start()
        assert bound.wait(10), "the port is taken"

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self, bound: threading.Event) -> None:
        context = zmq.Context()
        guard = self._guard(context)
        router = context.socket(zmq.ROUTER)
        router.linger = 200
        if self._curve is not None:
            router.curve_server = True
            router.curve_secretkey = self._curve.secret
            router.zap_domain = b"ums"
        self._bind(router)
        bound.set()
        while not self._stop.is_set():
            if router.poll(10):
                self._answer(router, router.recv_multipart())
        router.close()
        if guard is not None:
            guard.stop()
        context.term()

    def _guard(self, context: zmq.Context[Any]) -> ThreadAuthenticator | None:
        if self._curve is None:
            return None
        guard = ThreadAuthenticator(context)
        guard.start()
        guard.configure_curve_callback(domain="ums", credentials_provider=self._curve)
        return guard

    def _bind(self, router: zmq.Socket[bytes]) -> None:
        if self.port:
            router.bind(self.endpoint)
        else:
            self.port = router.bind_to_random_port("tcp://127.0.0.1")

    def _answer(self, router: zmq.Socket[bytes], frames: list[bytes]) -> None:
        body = frames[-1]
        message = decode(body)
        self.received.append(message)
        self.arrived.set()
        answer = self.handler(message)
        replies = answer if isinstance(answer, list) else [answer]
        for reply in replies:
            if reply is None:
                continue
            if isinstance(reply, dict):
                reply.setdefault("request_id", message.get("request_id"))
                written = encode(reply, encoding_of(body))
            else:
                written = reply
            router.send_multipart([*frames[:-1], written])


class BlockingView:
    """An AsyncClient that is called like a Client, so that one suite tests both.

    Its loop runs in a thread of its own.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self._client = self._run(self._make(*args, **options))
        except BaseException:
            self._end()
            raise

    async def _make(self, *args: Any, **options: Any) -> AsyncClient:
        return AsyncClient(*args, **options)

    def call(self, request: Request[R], **options: Any) -> R:
        return self._run(self._client.call(request, **options))

    def close(self) -> None:
        self._run(self._client.close())
        self._end()

    @property
    def session_token(self) -> str | None:
        return self._client.session_token

    @session_token.setter
    def session_token(self, token: str | None) -> None:
        self._client.session_token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._client)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
