"""Who is logged in: sessions in memory, keyed by the digest of their token.

A session belongs to an immutable user id, so a rename keeps it and a later owner of
the name never meets it. Sessions end by logout, deletion, deactivation, a changed
password, disuse, age, and with the process. Durations are measured in ticks (seconds
since boot), so a changed wall clock neither ends nor prolongs one.
"""

import hashlib
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from ums_service.domain.api_keys import ApiKey
from ums_service.domain.clients import UNKNOWN_CLIENT, ClientInfo
from ums_service.domain.moment import Moment, text_of
from ums_service.domain.profiles import Profile


class Purpose(Enum):
    """What a token is good for."""

    SESSION = "session"
    PASSWORD_CHANGE = "password change"
    API_KEY = "api key"


PASSWORD_ONLY: Final = ("pwd",)
"""The methods of a login by password, in the words of RFC 8176."""
DEVICE: Final = "device"
"""Instead of a second factor: a known device that one was proved on before."""
NEVER_PROVED: Final = float("-inf")
EVICTED_MAX: Final = 10_000


class Reason(StrEnum):
    """Which limit a session had to make room for."""

    ACCOUNT = "limit_of_account"
    SERVICE = "limit_of_service"


class Evicted(NamedTuple):
    """A session that had to make room for a newer one."""

    user_id: str
    session_id: str
    reason: Reason


@dataclass(slots=True)
class Session:
    """One login. `expires_at` is the wall-clock end, for showing only.

    `session_id` names it where its token must not be shown; the tokens for other
    services carry it as `sid`. `proved_ticks_s` is when the person last proved to be
    who they are, by password or by what stands for it.
    """

    digest: bytes
    user_id: str
    purpose: Purpose
    address: str
    opened_ticks_s: float
    expires_ticks_s: float
    used_ticks_s: float
    expires_at: str
    proved_ticks_s: float = NEVER_PROVED
    opened_at: str = ""
    session_id: str = ""
    client: ClientInfo = UNKNOWN_CLIENT
    methods: tuple[str, ...] = PASSWORD_ONLY
    """What was proved: `pwd`, the password, and which second factors."""
    factor_ticks_s: float | None = None
    """When a second factor was proved last."""
    idle_s: int | None = None
    """After how long without a use it ends."""


def prove_factor(methods: tuple[str, ...]) -> bool:
    """Whether these methods of a login prove a second factor."""
    return not {*PASSWORD_ONLY, DEVICE}.issuperset(methods)


def new_token() -> str:
    """256 random bits as 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def new_session_id() -> str:
    """128 random bits as 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def digest_of(token: str) -> bytes:
    """What is kept of a token: with 256 random bits a plain digest is enough."""
    return hashlib.sha256(token.encode()).digest()


def session_digest(token: str) -> bytes:
    """What a session is found by, in memory only: BLAKE2s with 256 bits.

    It is made for each request, and takes a third of the time of OpenSSL's SHA-256.
    """
    return hashlib.blake2s(token.encode()).digest()


def session_of_key(key: ApiKey, address: str, now: Moment) -> Session:
    """What stands for a session while one request with an API key is answered.

    It has proved nobody's presence, so it is never enough for a sensitive change.
    """
    return Session(
        digest=key.digest,
        user_id=key.user_id,
        purpose=Purpose.API_KEY,
        address=address,
        opened_ticks_s=now.ticks_s,
        expires_ticks_s=now.ticks_s,
        used_ticks_s=now.ticks_s,
        expires_at=text_of(key.expires_s),
        session_id=key.key_id,
        methods=(),
    )


class Sessions:
    """All live sessions. Not thread-safe: it belongs to the loop."""

    def __init__(self, profile: Profile, *, sessions_max: int) -> None:
        self._profile = profile
        self._max = sessions_max
        self._by_digest: dict[bytes, Session] = {}
        self._by_user: dict[str, dict[bytes, None]] = {}
        self._by_id: dict[str, Session] = {}
        self._evicted: deque[Evicted] = deque(maxlen=EVICTED_MAX)
        self._sweeping: Iterator[bytes] = iter(())

    def __len__(self) -> int:
        return len(self._by_digest)

    def count_of(self, user_id: str) -> int:
        """How many sessions an account has."""
        own = self._by_user.get(user_id, ())
        return sum(self._by_digest[d].purpose is Purpose.SESSION for d in own)

    def open(
        self,
        token: str,
        user_id: str,
        now: Moment,
        *,
        purpose: Purpose,
        address: str,
        session_id: str = "",
        client: ClientInfo = UNKNOWN_CLIENT,
        methods: tuple[str, ...] = PASSWORD_ONLY,
        proved: bool = True,
        policy: Profile | None = None,
    ) -> Session:
        """Let `token` stand for `user_id`; the account's oldest session may end.

        `proved` says whether the person has just proved who they are, `policy` is what
        holds for the account where that is not what holds for all.
        """
        profile = policy or self._profile
        is_session = purpose is Purpose.SESSION
        length_s = profile.session_s if is_session else profile.password_change_token_s
        session = Session(
            digest=session_digest(token),
            user_id=user_id,
            purpose=purpose,
            address=address,
            opened_ticks_s=now.ticks_s,
            expires_ticks_s=now.ticks_s + length_s,
            used_ticks_s=now.ticks_s,
            expires_at=expiry(now, length_s),
            proved_ticks_s=now.ticks_s if proved else NEVER_PROVED,
            opened_at=now.text,
            session_id=session_id,
            client=client,
            methods=methods,
            factor_ticks_s=now.ticks_s if proved and prove_factor(methods) else None,
            idle_s=profile.session_idle_s,
        )
        self._make_room(user_id, profile.sessions_per_user)
        self._by_digest[session.digest] = session
        self._by_user.setdefault(user_id, {})[session.digest] = None
        if session_id:
            self._by_id[session_id] = session
        return session

    def find(self, token: str, now: Moment, *, purpose: Purpose) -> Session | None:
        """The live session of a token; using it puts off its idle end."""
        session = self._by_digest.get(session_digest(token))
        if session is None or session.purpose is not purpose:
            return None
        if self._has_ended(session, now.ticks_s):
            self.end(session)
            return None
        session.used_ticks_s = now.ticks_s
        return session

    def with_id(self, session_id: str, now: Moment) -> Session | None:
        """The live session of that public id; this is no use of it."""
        session = self._by_id.get(session_id)
        if session is not None and self._has_ended(session, now.ticks_s):
            self.end(session)
            return None
        return session

    def of_account(self, user_id: str, now: Moment) -> list[Session]:
        """The live sessions of an account, the oldest first."""
        own = (self._by_digest[digest] for digest in self._by_user.get(user_id, ()))
        return [
            session
            for session in own
            if session.purpose is Purpose.SESSION
            and not self._has_ended(session, now.ticks_s)
        ]

    def take_evicted(self, *, most: int) -> list[Evicted]:
        """What had to make room since the last call, the oldest first.

        Past `EVICTED_MAX` the oldest are forgotten.
        """
        count = min(most, len(self._evicted))
        return [self._evicted.popleft() for _ in range(count)]

    def put_back_evicted(self, evicted: list[Evicted]) -> None:
        """Give back what could not be made durable, as long as there is room."""
        room = EVICTED_MAX - len(self._evicted)
        self._evicted.extendleft(reversed(evicted[max(0, len(evicted) - room) :]))

    def holds(self, session: Session) -> bool:
        """Whether the session has not been ended."""
        return session.digest in self._by_digest

    def end(self, session: Session) -> None:
        """End one session; ending it twice is harmless."""
        if self._by_digest.pop(session.digest, None) is None:
            return
        own = self._by_user[session.user_id]
        del own[session.digest]
        if not own:
            del self._by_user[session.user_id]
        if self._by_id.get(session.session_id) is session:
            del self._by_id[session.session_id]

    def end_with_id(self, session_id: str) -> None:
        """End the session of that public id, if there is one."""
        session = self._by_id.get(session_id)
        if session is not None:
            self.end(session)

    def end_all_of(self, user_id: str, *, but: Session | None = None) -> int:
        """End every session of an account but one; returns how many ended."""
        kept = but.digest if but else b""
        ended = [d for d in self._by_user.get(user_id, ()) if d != kept]
        for digest in ended:
            self.end(self._by_digest[digest])
        return len(ended)

    def sweep(self, now: Moment, *, budget: int = 1_000) -> int:
        """Drop ended sessions, looking at `budget` of them; returns how many went.

        Called again and again it walks over all: no call holds the loop for long.
        """
        dropped = 0
        for _ in range(budget):
            digest = next(self._sweeping, None)
            if digest is None:
                self._sweeping = iter(list(self._by_digest))
                break
            session = self._by_digest.get(digest)
            if session is not None and self._has_ended(session, now.ticks_s):
                self.end(session)
                dropped += 1
        return dropped

    def _has_ended(self, session: Session, ticks_s: float) -> bool:
        if ticks_s >= session.expires_ticks_s:
            return True
        idle_s = session.idle_s
        return idle_s is not None and ticks_s - session.used_ticks_s >= idle_s

    def _make_room(self, user_id: str, limit: int | None) -> None:
        own = list(self._by_user.get(user_id, ()))
        if limit is not None and len(own) >= limit:
            for digest in own[: len(own) - limit + 1]:
                self._evict(self._by_digest[digest], Reason.ACCOUNT)
        elif len(self._by_digest) >= self._max:
            self._evict(next(iter(self._by_digest.values())), Reason.SERVICE)

    def _evict(self, session: Session, reason: Reason) -> None:
        self.end(session)
        if session.purpose is Purpose.SESSION:
            gone = Evicted(session.user_id, session.session_id, reason)
            self._evicted.append(gone)


def expiry(now: Moment, length_s: int) -> str:
    """The wall-clock text of `length_s` from now."""
    return (now.utc + timedelta(seconds=length_s)).isoformat(timespec="seconds")
