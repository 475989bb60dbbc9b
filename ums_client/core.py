"""What the blocking client and the one for asyncio have in common.

It knows settings, session and how a call becomes a conversation; it must not wait for
anything.
"""

import random
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

import zmq
from typing_extensions import override

from ums_client.defaults import (
    CONNECTIONS_MAX,
    DEADLINE_MAX_S,
    DEFAULT_DEADLINE_S,
    DEFAULT_ENDPOINT,
)
from ums_client.envelope import pack
from ums_client.errors import BadConfiguration, DeadlineExceeded, InvalidSession
from ums_client.exchange import DEFAULT_PATIENCE, Conversation, Exchange, Patience
from ums_client.keys import CurveKeys
from ums_client.link import Target
from ums_client.pool import C, Pool
from ums_client.protocol.codec import Encoding
from ums_client.protocol.message import R, Request
from ums_client.session import Session


def new_idempotency_key() -> str:
    """A key for one write: 192 random bits, so that it is never met by chance."""
    return secrets.token_urlsafe(24)


def _new_request_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where time (monotonic, seconds) and randomness (jitter from 0 to 1) come from."""

    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.SystemRandom().random
    new_request_id: Callable[[], str] = _new_request_id


_REAL: Final = Surroundings()
Slots = TypeVar("Slots")


class ClientCore(ABC, Generic[C, Slots]):
    """Settings, session and connections of one client.

    Args:
        endpoint: where the service is, as `tcp://host:port` or `ipc://path`.
        encoding: how requests are written; replies come the same way.
        deadline_s: how long a call may take, unless it says otherwise.
        server_key: the public key of the service as Z85 text. With it the connection
            is encrypted, and nobody else can pose as the service.
        key_file: the key pair of this client (`name.key_secret`, mode 0600), for a
            service that keeps an allow-list. Only with `server_key`.
        session_token: a session to go on with.
        api_key: what stands for a session wherever there is none; see `create_api_key`.
        gateway_key: the API key of a gateway, for `on_behalf_of`.
        device_name: what the owner of a session made by this client reads in the list
            of theirs; as `user_agent`, it is sent with calls that have no session yet.
        user_agent: the program, in the same list.
        logout_on_close: end the session when the client is closed.
        connections_max: how many calls can be under way at once; others wait.
        context: a context to share; it is not terminated by the client.
        patience: how long to wait before and between attempts.
        surroundings: time and randomness.

    Raises:
        BadConfiguration: a key or deadline is not usable. A wrong endpoint is found by
            the first call.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        encoding: Encoding = Encoding.JSON,
        deadline_s: float = DEFAULT_DEADLINE_S,
        server_key: str | None = None,
        key_file: Path | str | None = None,
        session_token: str | None = None,
        api_key: str | None = None,
        gateway_key: str | None = None,
        device_name: str = "",
        user_agent: str = "",
        logout_on_close: bool = True,
        connections_max: int = CONNECTIONS_MAX,
        context: zmq.Context[Any] | None = None,
        patience: Patience = DEFAULT_PATIENCE,
        surroundings: Surroundings = _REAL,
    ) -> None:
        self._target = Target(endpoint, _keys(server_key, key_file))
        self._encoding = encoding
        self._deadline_s = _checked(deadline_s)
        self._logout_on_close = logout_on_close
        self._owns_context = context is None
        self._context = zmq.Context() if context is None else context
        self._patience = patience
        self._surroundings = surroundings
        self._session = Session(session_token)
        self._api_key = api_key
        self._gateway_key = gateway_key
        self._forwards = False
        self._client_info = _said(device_name=device_name, user_agent=user_agent)
        self._pool: Pool[C] = Pool(self._make_connection, self._finish)
        self._slots = self._make_slots(connections_max)

    @override
    def __repr__(self) -> str:
        """Say where it connects to, and no secret."""
        return f"{type(self).__name__}({self._target.endpoint!r}, {self._session!r})"

    @property
    def session_token(self) -> str | None:
        """The token that calls carry: of the last `Login`, or as set by hand."""
        return self._session.token

    @session_token.setter
    def session_token(self, token: str | None) -> None:
        self._session.token = token

    def on_behalf_of(
        self,
        address: str,
        *,
        session_token: str | None = None,
        device_name: str = "",
        user_agent: str = "",
    ) -> Self:
        """A client for one end user of a gateway, who came from this IP address.

        It has a session of its own and shares the connections, so that one may be made
        for each request. It need not be closed: that does nothing, and ends no session.
        Without a `gateway_key` the service leaves the address aside.
        """
        said = _said(ip=address, device_name=device_name, user_agent=user_agent)
        other = copy(self)
        other._act_for(Session(session_token), said)  # noqa: SLF001 - one of its own
        return other

    def _act_for(self, session: Session, said: dict[str, str]) -> None:
        self._session, self._client_info = session, said
        self._api_key, self._forwards = None, True

    @abstractmethod
    def _make_connection(self) -> C:
        """A connection that is not connected yet."""

    @abstractmethod
    def _make_slots(self, count: int) -> Slots:
        """What a call waits for while `count` others are under way."""

    def _finish(self) -> None:
        if self._owns_context:
            self._context.term()

    @property
    def _must_log_out(self) -> bool:
        is_open = self._session.token is not None
        return self._logout_on_close and is_open and not self._forwards

    def _until(self, deadline_s: float | None) -> float:
        if deadline_s is None:
            deadline_s = self._deadline_s
        return self._surroundings.clock() + _checked(deadline_s)

    def _left_s(self, until_s: float) -> float:
        return max(0.0, until_s - self._surroundings.clock())

    def _conversation(
        self, request: Request[R], idempotency_key: str | None, until_s: float
    ) -> Conversation[R]:
        """One call, with what it means for the session."""
        token = self._session.token_for(request)
        outgoing = pack(
            request,
            request_id=self._surroundings.new_request_id(),
            encoding=self._encoding,
            session_token=token,
            api_key=self._api_key,
            idempotency_key=idempotency_key,
            client=self._client_info if token is None or self._forwards else None,
            gateway_key=self._gateway_key if self._forwards else None,
        )
        exchange = Exchange(
            outgoing,
            until_s,
            self._surroundings.clock,
            self._surroundings.jitter,
            self._patience,
            self._target.endpoint,
        )
        try:
            reply = yield from exchange.run()
        except InvalidSession:
            self._session.end(token)
            raise
        self._session.learn(request, reply, token)
        return reply

    @staticmethod
    def _no_connection() -> DeadlineExceeded:
        return DeadlineExceeded("all connections were in use until the deadline")


def _said(**said: str) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}


def _checked(deadline_s: float) -> float:
    if not 0 < deadline_s <= DEADLINE_MAX_S:
        raise BadConfiguration(
            f"a deadline is more than 0 and at most {DEADLINE_MAX_S:.0f} seconds"
        )
    return deadline_s


def _keys(server_key: str | None, key_file: Path | str | None) -> CurveKeys | None:
    own = None if key_file is None else Path(key_file)
    if server_key is not None:
        return CurveKeys.load(server_key, own)
    if own is not None:
        raise BadConfiguration("an own key needs the key of the service, too")
    return None
