"""Checking a password: the counts asked first, the hash computed in the pool.

Everybody who guesses, at login or with an open session, comes through here.
"""

import asyncio
from collections import Counter, defaultdict
from typing import Final

from ums_service.domain.errors import Busy
from ums_service.domain.lockout import Source, Verdict
from ums_service.domain.moment import Moment
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.passwords import normalise_password
from ums_service.domain.users import User
from ums_service.guard.attempts import Attempts
from ums_service.guard.hashing import HashingPool

WAITING_MAX: Final = 64
"""Attempts on one account from one source that may wait for others in flight."""
WAITING_IN_ALL_MAX: Final = 1_024
"""Half of what the broker lets wait at once: guessing must not fill that."""


class LoginGate:
    """Admits attempts and has them verified; holds no password."""

    def __init__(
        self, attempts: Attempts, hashes: PasswordHashes, pool: HashingPool
    ) -> None:
        self.hashes = hashes
        self.pool = pool
        self._attempts = attempts
        self._waiting: defaultdict[str, dict[asyncio.Future[None], None]]
        self._waiting = defaultdict(dict)
        self._queued: Counter[tuple[str, Source]] = Counter()

    async def check(
        self, user: User | None, name: str, password: str, source: Source, now: Moment
    ) -> None:
        """Return when the password is that of `user`.

        An unknown user (None) costs the same work and leaves the same trace.

        Raises:
            InvalidCredentials: unknown, wrong or too many attempts.
            Busy: more attempts than can be queued.
        """
        account = self._attempts.key_of(user, name)
        if not await self._admit(account, source, now):
            await self._verify(None, password)
            raise self._attempts.refusal(account, source, now)
        try:
            right = await self._verify(user, password)
        except BaseException:  # no verdict: the attempt must not stay in flight
            self._attempts.withdrawn(account, source, now)
            raise
        else:
            if not right:
                shut_out = self._attempts.failed(account, source, now)
                raise self._attempts.refusal(account, source, now, shut_out=shut_out)
            self._attempts.succeeded(account, source, now)
        finally:
            self._wake(account, source)

    async def _verify(self, user: User | None, password: str) -> bool:
        stored = (user.password_hash if user else "") or self.hashes.dummy
        normalised = normalise_password(password)
        right = await self.pool.run(self.hashes.verify, stored, normalised)
        return right and user is not None and bool(user.password_hash)

    async def _admit(self, account: str, source: Source, now: Moment) -> bool:
        while True:
            verdict = self._attempts.attempt(account, source, now)
            if verdict is not Verdict.WAIT:
                return verdict is Verdict.ADMIT
            await self._turn(account, source)

    async def _turn(self, account: str, source: Source) -> None:
        """Return when an attempt has ended on the account, or from the address."""
        place = account, source
        in_all = self._queued.total()
        if self._queued[place] >= WAITING_MAX or in_all >= WAITING_IN_ALL_MAX:
            raise Busy(retry_after_s=1.0)
        turn = asyncio.get_running_loop().create_future()
        self._queued[place] += 1
        for key in (account, source.address):
            self._waiting[key][turn] = None
        try:
            await turn
        finally:
            self._queued -= Counter([place])
            for key in (account, source.address):
                del self._waiting[key][turn]
                if not self._waiting[key]:
                    del self._waiting[key]

    def _wake(self, account: str, source: Source) -> None:
        """An attempt has ended: whoever waits asks the lockout again."""
        for key in (account, source.address):
            for turn in self._waiting.get(key, ()):
                if not turn.done():
                    turn.set_result(None)
