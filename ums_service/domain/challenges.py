"""Questions that wait for their answer, in memory, keyed by the digest of a token.

A login that waits for its second factor, an enrolment that waits to be confirmed, a
passkey that is to sign. Each belongs to one account and one source, ends when it is
answered, after too many wrong answers and after a few minutes, and with the process.
Durations are measured in ticks (seconds since boot).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from ums_service.domain.errors import InvalidToken
from ums_service.domain.moment import Moment
from ums_service.domain.sent_codes import SentCode
from ums_service.domain.sessions import digest_of
from ums_service.domain.users import User

OF_ONE_ACCOUNT_MAX: Final = 5
OF_NOBODY_MAX: Final = 10_000
"""A login by passkey begins without a name."""


class Goal(Enum):
    """What the right answer leads to."""

    LOGIN = "a session"
    SETUP = "a first factor, without which there is no session"
    CONFIRM = "a new authenticator"
    ENROL_PASSKEY = "a new passkey"
    PASSKEY_LOGIN = "a session, by passkey alone"


@dataclass(slots=True, kw_only=True, eq=False)
class Challenge:
    """One question. What it is about is set by who asks it.

    `password_changed_at` is the account's when it was asked: a new password ends it.
    """

    goal: Goal
    user_id: str = ""
    password_changed_at: str = ""
    password_hash: str = field(default="", repr=False)
    address: str = ""
    name: str = ""
    secret: bytes = field(default=b"", repr=False)
    passkey_state: Mapping[str, Any] | None = field(default=None, repr=False)
    is_first: bool = False
    """The account had no factor: another that comes first voids this one."""
    by_session: bool = False
    """Only a session of the account can answer it."""
    address_to: str = ""
    """The number or mail address that is being set up."""
    sent: SentCode | None = None
    digest: bytes = field(default=b"", repr=False)
    expires_ticks_s: float = 0.0
    failures: int = 0
    claimed_by: object | None = field(default=None, repr=False)

    def check_account(self, user: User | None) -> User:
        """The account. Raises InvalidToken if it has gone or has a new password."""
        if user is None or user.password_changed_at != self.password_changed_at:
            raise InvalidToken
        return user


class Challenges:
    """All open questions, at most `most`. Not thread-safe: it belongs to the loop."""

    def __init__(self, *, failures_max: int, most: int = 100_000) -> None:
        self._failures_max = failures_max
        self._most = most
        self._by_digest: dict[bytes, Challenge] = {}
        self._by_user: dict[str, list[Challenge]] = {}

    def __len__(self) -> int:
        return len(self._by_digest)

    def open(
        self, token: str, challenge: Challenge, now: Moment, *, length_s: float
    ) -> None:
        """Let `token` stand for a challenge; the account's oldest may end."""
        challenge.digest = digest_of(token)
        challenge.expires_ticks_s = now.ticks_s + length_s
        self._make_room(challenge.user_id, now)
        self._by_digest[challenge.digest] = challenge
        self._by_user.setdefault(challenge.user_id, []).append(challenge)

    def find(
        self, token: str, goal: Goal, now: Moment, *, address: str, by: object
    ) -> Challenge:
        """The open challenge of a token.

        Raises:
            InvalidToken: unknown, over, of another goal or source, or answered by
                another request than `by`.
        """
        challenge = self._by_digest.get(digest_of(token))
        if challenge is None or challenge.goal is not goal:
            raise InvalidToken
        if now.ticks_s >= challenge.expires_ticks_s:
            self.end(challenge)
            raise InvalidToken
        is_claimed = challenge.claimed_by is not None and challenge.claimed_by is not by
        if challenge.address != address or is_claimed:
            raise InvalidToken
        return challenge

    def failed(self, challenge: Challenge) -> None:
        """Count a wrong answer; too many end the challenge."""
        challenge.failures += 1
        if challenge.failures >= self._failures_max:
            self.end(challenge)

    def end(self, challenge: Challenge) -> None:
        """End one; ending it twice is harmless."""
        if self._by_digest.pop(challenge.digest, None) is None:
            return
        own = self._by_user[challenge.user_id]
        own.remove(challenge)
        if not own:
            del self._by_user[challenge.user_id]

    def end_all_of(self, user_id: str) -> None:
        """End all of an account."""
        for challenge in list(self._by_user.get(user_id, ())):
            self.end(challenge)

    def _make_room(self, user_id: str, now: Moment) -> None:
        while self._by_digest:
            oldest = next(iter(self._by_digest.values()))
            is_over = now.ticks_s >= oldest.expires_ticks_s
            if not is_over and len(self._by_digest) < self._most:
                break
            self.end(oldest)
        own = self._by_user.get(user_id)
        if own and len(own) >= (OF_ONE_ACCOUNT_MAX if user_id else OF_NOBODY_MAX):
            self.end(own[0])
