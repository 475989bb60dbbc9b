"""One call as a conversation, without a socket: what to send, and when to give up.

`exchange` is a generator. It yields a step (`Send`, `Receive`, `Pause`), whoever drives
it does the step on a real connection, and sends in what happened:

    Send     -> SENT | TIMED_OUT | REFUSED
    Receive  -> bytes | TIMED_OUT | DISCONNECTED
    Pause    -> PAUSED

      +------------------- pause, new connection <-----------------+
      v                                                            |
    send --SENT--> receive --reply--> done                 lost, repeatable
      |               |  ^                                         |
      |               |  +-- reply to another request              |
      |               |  +-- BUSY, RATE_LIMITED: pause, send again |
      |               +--TIMED_OUT, DISCONNECTED-------------------+
      |                                                    lost, not repeatable
      +--TIMED_OUT, REFUSED--> NoAnswer                      --> NoAnswer

Both clients share all of it. Times are seconds of a monotonic clock, which is passed in
with the source of jitter; it must not know ZeroMQ.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, TypeAlias

from ums_client.envelope import Outgoing, unpack
from ums_client.errors import (
    AnswerLost,
    Busy,
    DeadlineExceeded,
    NoAnswer,
    NotAuthorised,
    RateLimited,
    Unreachable,
)
from ums_client.protocol.message import R


@dataclass(frozen=True, slots=True)
class Send:
    """Send the body as soon as there is a connection, at the latest at `until_s`.

    `fresh` asks for a new connection: what may still come on the old one is stale.
    """

    body: bytes = field(repr=False)
    until_s: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for one message, at the latest until `until_s`."""

    until_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing until `until_s`."""

    until_s: float


class Outcome(Enum):
    """What happened to a step, where it was not the arrival of a message."""

    SENT = "sent"
    PAUSED = "paused"
    TIMED_OUT = "timed out"
    DISCONNECTED = "disconnected"
    REFUSED = "handshake refused"


Step: TypeAlias = Send | Receive | Pause
Event: TypeAlias = bytes | Outcome
Conversation: TypeAlias = Generator[Step, Event, R]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits for what, in seconds, inside its deadline.

    `reply_s` is how long the first attempt of a repeatable request waits before its
    reply counts as lost; each further attempt waits twice as long. `pause_s` bounds the
    pause before the second attempt, and doubles, too, up to `pause_max_s`.
    """

    reply_s: float = 1.5
    pause_s: float = 0.1
    pause_max_s: float = 2.0


DEFAULT_PATIENCE: Final = Patience()
_WAITED_FOR: Final = (Busy, RateLimited)
_JITTER_OF_RETRY_AFTER: Final = 0.1
"""Share of `retry_after` by which a wait is prolonged at most, so that clients that
were refused together do not return together."""


class _Lost(Enum):
    """The reply to one attempt will not be waited for any longer."""

    SILENCE = "no reply"
    DISCONNECTED = "the connection broke"


@dataclass(frozen=True, slots=True)
class Exchange(Generic[R]):
    """One request and its deadline.

    `jitter` returns a random number from 0 to 1; `peer` is named in errors.
    """

    outgoing: Outgoing[R]
    until_s: float
    clock: Callable[[], float]
    jitter: Callable[[], float]
    patience: Patience = DEFAULT_PATIENCE
    peer: str = "the service"

    def run(self) -> Conversation[R]:
        """Hold the conversation; returns the reply.

        Raises:
            RequestRefused: the service said no.
            NoAnswer: it said nothing in time.
            InvalidReply: what it said is not in the contract.
        """
        lost = 0
        while True:
            yield from self._send(lost)
            try:
                answer = yield from self._listen(self._attempt_until(lost))
            except _WAITED_FOR as refusal:
                if lost == 0:
                    raise
                raise self._no_answer(DeadlineExceeded, lost, str(refusal)) from refusal
            if not isinstance(answer, _Lost):
                return answer
            lost += 1
            if not self.outgoing.repeatable:
                raise self._unrepeatable(answer)
            yield from self._back_off(lost)

    def _send(self, lost: int) -> Generator[Step, Event, None]:
        event = yield Send(self.outgoing.body, self.until_s, fresh=lost > 0)
        if event is Outcome.SENT:
            return
        if event is Outcome.REFUSED:
            raise self._no_answer(
                NotAuthorised,
                lost,
                f"{self.peer} refused the handshake: the keys do not fit",
            )
        if lost:
            raise self._no_answer(
                DeadlineExceeded, lost, "the connection was lost and did not come back"
            )
        raise self._no_answer(Unreachable, lost, f"{self.peer} cannot be reached")

    def _listen(self, until_s: float) -> Generator[Step, Event, R | _Lost]:
        """Wait for the reply to what was sent; sends again after BUSY."""
        while True:
            event = yield Receive(until_s)
            if event is Outcome.TIMED_OUT:
                return _Lost.SILENCE
            if not isinstance(event, bytes):
                return _Lost.DISCONNECTED
            try:
                reply = unpack(event, self.outgoing)
            except _WAITED_FOR as refusal:
                yield Pause(self._end_of_wait(refusal))
                again = yield Send(self.outgoing.body, self.until_s, fresh=False)
                if again is not Outcome.SENT:
                    raise
                until_s = self._attempt_until(0)
                continue
            if reply is not None:
                return reply

    def _attempt_until(self, lost: int) -> float:
        if not self.outgoing.repeatable:
            return self.until_s
        return min(self.until_s, self.clock() + self.patience.reply_s * float(2**lost))

    def _end_of_wait(self, refusal: Busy | RateLimited) -> float:
        """When to ask again; raises the refusal if that is past the deadline."""
        if refusal.retry_after is None:
            raise refusal
        wait_s = refusal.retry_after * (1 + _JITTER_OF_RETRY_AFTER * self.jitter())
        if self.clock() + wait_s >= self.until_s:
            raise refusal
        return self.clock() + wait_s

    def _back_off(self, lost: int) -> Generator[Step, Event, None]:
        longest_s = min(
            self.patience.pause_max_s, self.patience.pause_s * float(2 ** (lost - 1))
        )
        until_s = self.clock() + longest_s * self.jitter()
        if until_s >= self.until_s:
            raise self._no_answer(DeadlineExceeded, lost, "no reply in time")
        yield Pause(until_s)

    def _unrepeatable(self, lost: _Lost) -> NoAnswer:
        if lost is _Lost.SILENCE:
            return self._no_answer(DeadlineExceeded, 1, "no reply in time")
        return self._no_answer(AnswerLost, 1, "the connection broke before the reply")

    def _no_answer(self, kind: type[NoAnswer], lost: int, reason: str) -> NoAnswer:
        consequence = "; it may have been executed" if lost else ""
        return kind(
            f"{self.outgoing.action.name}: {reason}{consequence}",
            may_have_been_executed=lost > 0,
            request_id=self.outgoing.request_id,
        )
