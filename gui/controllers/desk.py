r"""What every controller works at: the connection, who is signed in, one way to ask.

ask --> worker: client.call --> then(reply)           on the window's thread
                            \-> failed(problem)       told in words
                            \-> on_proof              password wanted, asked again
                            \-> on_session_lost       sign in again, pages stay
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gui.background import Done, Failed, Job, Once, Outcome, Runner
from gui.controllers import wire
from gui.controllers.choices import Place
from gui.controllers.known_devices import DeviceTokens
from gui.controllers.problems import Problem, explain
from gui.controllers.security_keys import SecurityKeys, UsbKeys
from ums_client.errors import (
    BadConfiguration,
    InvalidSession,
    MfaRequired,
    NoAnswer,
    ReauthenticationRequired,
    UmsError,
)

if TYPE_CHECKING:
    from ums_client.client import Client
    from ums_client.protocol.message import Reply, Request
    from ums_client.protocol.service import HealthCheckReply
    from ums_client.protocol.sessions import LoginReply, ReauthenticateReply

R = TypeVar("R", bound="Reply")
T = TypeVar("T")
DEADLINE_S: Final = 5.0
PROBE_DEADLINE_S: Final = 2.0
USER_AGENT: Final = "UMS desktop"


class Link(Enum):
    """How the service was when it was last asked anything."""

    UNKNOWN = "connecting"
    ONLINE = "connected"
    OFFLINE = "no answer"


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in, and what they may do."""

    user_id: str
    username: str
    full_name: str
    is_admin: bool = False
    permissions: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether the service would let them, as far as is known here."""
        return self.is_admin or permission in self.permissions


@dataclass(frozen=True, slots=True)
class Wires:
    """The clients of one place: one with the session, one that only asks for health."""

    client: Client
    probe: Client

    def close(self) -> None:
        """Log out and disconnect; takes at most a second."""
        self.client.close()
        self.probe.close()


@dataclass(slots=True)
class Heard:
    """Who wants to know what."""

    link: list[Callable[[], object]] = field(default_factory=list)
    me: list[Callable[[], object]] = field(default_factory=list)
    unread: list[Callable[[int], object]] = field(default_factory=list)


class Desk:
    """One connection, and one person who uses it."""

    def __init__(
        self, runner: Runner, place: Place, deadline_s: float = DEADLINE_S
    ) -> None:
        """Nothing can be asked before `connect`; `deadline_s` is for one question."""
        self.deadline_s = deadline_s
        self.runner = runner
        self.place = place
        self.keys: SecurityKeys = UsbKeys()
        self.devices = DeviceTokens()
        self.link = Link.UNKNOWN
        self.latency_ms: float | None = None
        self.service = ""
        self.me: Me | None = None
        self.heard = Heard()
        self.on_proof: Callable[[Callable[[], object], Callable[[], object]], object]
        self.on_proof = lambda _again, give_up: give_up()
        self.on_session_lost: Callable[[], object] = lambda: None
        self._line: Once[Wires] | None = None

    # --- the connection

    def connect(self, place: Place) -> Problem | None:
        """Use another place from now on; whoever was signed in is signed out."""
        line = self._line_to(place)
        try:
            line.get()
        except UmsError as error:
            return explain(error)
        self._take(place, line)
        return None

    def begin(self, place: Place) -> None:
        """Use a place as it is remembered; the first question finds out how it is."""
        self._take(place, self._line_to(place))

    def _line_to(self, place: Place) -> Once[Wires]:
        return Once(lambda: _wires(place, self.deadline_s))

    def _take(self, place: Place, line: Once[Wires]) -> None:
        self.close()
        self._line, self.place = line, place
        self._is(Link.UNKNOWN, None)
        self.sign_in_as(None)

    def close(self) -> None:
        """Log out and disconnect, in the background."""
        line, self._line = self._line, None
        if line is not None:
            self.runner.run(lambda: _hang_up(line), lambda _: None)

    def check_link(self) -> None:
        """Find out how the service is, without touching the session."""

        def work() -> tuple[HealthCheckReply, float]:
            begun = time.monotonic()
            reply = self._connected().probe.call(wire.service.HealthCheck())
            return reply, (time.monotonic() - begun) * 1_000

        def then(outcome: Outcome[tuple[HealthCheckReply, float]]) -> None:
            match outcome:
                case Done((reply, taken_ms)):
                    self.service = f"{reply.service} {reply.version}, {reply.profile}"
                    self._is(Link.ONLINE, taken_ms)
                case Failed():
                    self._is(Link.OFFLINE, None)

        self.runner.run(work, then)

    # --- who is there

    def sign_in_as(self, me: Me | None) -> None:
        """Take note of who is signed in now; None for nobody."""
        self.me = me
        for listener in self.heard.me:
            listener()

    def sign_out(self) -> None:
        """End the session, in the background where the service does not answer."""
        wires = self._line.made if self._line is not None else None
        if wires is not None and wires.client.session_token is not None:
            self.runner.run(
                lambda: wires.client.call(wire.sessions.Logout()), lambda _: None
            )
        self.sign_in_as(None)

    def sign_in_again(
        self,
        password: str,
        code: str,
        then: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Open a session anew for whoever is signed in, after theirs has ended."""
        assert self.me is not None, "nobody's session has ended"
        username = self.me.username

        def sort_out(outcome: Outcome[LoginReply]) -> None:
            match outcome:
                case Done():
                    then()
                case Failed(MfaRequired()):
                    text = "A code of your second factor is needed."
                    failed(Problem(text, (("code", text),)))
                case Failed(error):
                    failed(explain(error, known=True))

        self.call_directly(
            lambda client: client.call(
                wire.sessions.Login(
                    username=username, password=password, mfa_code=code or None
                )
            ),
            sort_out,
        )

    def may(self, permission: str) -> bool:
        """Whether whoever is signed in may do something."""
        return self.me is not None and self.me.may(permission)

    # --- asking

    def ask(
        self,
        make: Callable[[], Request[R]],
        then: Callable[[R], object],
        failed: Callable[[Problem], object],
        *,
        deadline_s: float | None = None,
    ) -> Job:
        """Send the request that `make` makes; one of the other two is called later.

        A write carries a key, so that repeating it by itself does it once.
        """
        key = secrets.token_urlsafe(24)

        def call(client: Client) -> R:
            request = make()
            actions = wire.actions
            action = actions.ACTION_BY_REQUEST[type(request)]
            keyed = action.repeat is actions.Repeat.KEYED
            return client.call(
                request,
                idempotency_key=key if keyed else None,
                deadline_s=deadline_s or self.deadline_s,
            )

        def again() -> None:
            self.ask(make, then, failed, deadline_s=deadline_s)

        return self._run(call, then, failed, again)

    def work(
        self,
        do: Callable[[Client], T],
        then: Callable[[T], object],
        failed: Callable[[Problem], object],
    ) -> Job:
        """Do something that takes several requests, as `ask` does with one.

        Where a proof is asked for, all of it is done again.
        """
        return self._run(do, then, failed, lambda: self.work(do, then, failed))

    def _run(
        self,
        do: Callable[[Client], T],
        then: Callable[[T], object],
        failed: Callable[[Problem], object],
        again: Callable[[], object],
    ) -> Job:
        asker = self.me

        def sort_out(outcome: Outcome[T]) -> None:
            if asker is not None and self.me is not asker:
                return  # they are signed out, and what they looked at is gone
            match outcome:
                case Done(value):
                    if self.link is not Link.ONLINE:
                        self._is(Link.ONLINE, self.latency_ms)
                    then(value)
                case Failed(error):
                    self._refused(error, failed, again)

        return self.runner.run(lambda: do(self._connected().client), sort_out)

    def prove(
        self,
        password: str,
        code: str,
        then: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Prove once more who is signed in, for what `on_proof` was called for."""

        def make() -> Request[ReauthenticateReply]:
            return wire.sessions.Reauthenticate(
                password=password, mfa_code=code or None
            )

        def refused(error: Exception) -> None:
            if isinstance(error, ReauthenticationRequired):
                text = "A code of your second factor is needed, too."
                failed(Problem(text, (("code", text),)))
            else:
                failed(explain(error, known=True))

        def sort_out(outcome: Outcome[ReauthenticateReply]) -> None:
            if isinstance(outcome, Failed):
                refused(outcome.error)
            else:
                then()

        self.runner.run(lambda: self._connected().client.call(make()), sort_out)

    def _refused(
        self,
        error: Exception,
        failed: Callable[[Problem], object],
        again: Callable[[], object],
    ) -> None:
        problem = explain(error, known=self.me is not None)
        if isinstance(error, NoAnswer):
            self._is(Link.OFFLINE, None)
        if isinstance(error, ReauthenticationRequired):
            self.on_proof(again, lambda: failed(problem))
            return
        failed(problem)
        if isinstance(error, InvalidSession) and self.me is not None:
            self.on_session_lost()

    def call_directly(self, work: Callable[[Client], Any], then: Any) -> Job:
        """Run something that tells refusals apart by itself, such as a login."""
        return self.runner.run(lambda: work(self._connected().client), then)

    def _connected(self) -> Wires:
        if self._line is None:
            raise BadConfiguration("no connection is set up")
        return self._line.get()

    def _is(self, link: Link, latency_ms: float | None) -> None:
        self.link, self.latency_ms = link, latency_ms
        for listener in self.heard.link:
            listener()


def _hang_up(line: Once[Wires]) -> None:
    wires = line.end()
    if wires is not None:
        wires.close()


@contextmanager
def _blaming(field: str) -> Iterator[None]:
    """Say with which field of a place something is wrong."""
    try:
        yield
    except BadConfiguration as error:
        error.details = [{"field": field, "message": error.message}]
        raise


def _wires(place: Place, deadline_s: float) -> Wires:
    with _blaming("server_key_file"):
        key = (
            wire.keys.read_public_key(Path(place.server_key_file))
            if place.server_key_file
            else None
        )
        own = place.key_file or None
        if own is not None and key is None:
            raise BadConfiguration("an own key needs the key of the service, too")
    with _blaming("key_file" if own is not None else "endpoint"):
        client = wire.client.Client(
            place.endpoint,
            server_key=key,
            key_file=own,
            deadline_s=deadline_s,
            user_agent=USER_AGENT,
        )
    probe = wire.client.Client(
        place.endpoint, server_key=key, key_file=own, deadline_s=PROBE_DEADLINE_S
    )
    return Wires(client, probe)
