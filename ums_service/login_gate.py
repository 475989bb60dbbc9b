"""Checking a password: the lockout asked first, the hash computed in the pool.

Everybody who guesses, at login or with an open session, comes through here.
"""

import asyncio
import hashlib
from collections import defaultdict
from typing import Final, NoReturn

from ums_service.domain.errors import Busy, InvalidCredentials
from ums_service.domain.lockout import Lockout, Verdict
from ums_service.domain.moment import Moment
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.passwords import normalise_password
from ums_service.domain.users import User
from ums_service.hashing import HashingPool

WAITING_MAX: Final = 64
"""Attempts on one account from one source that may wait for others in flight."""


class LoginGate:
    """Admits attempts one account at a time; holds no password."""

    def __init__(
        self,
        lockout: Lockout,
        hashes: PasswordHashes,
        pool: HashingPool,
        *,
        secret: bytes,
    ) -> None:
        self.hashes = hashes
        self.pool = pool
        self._lockout = lockout
        self._secret = secret
        self._waiting: defaultdict[tuple[str, str], list[asyncio.Future[None]]]
        self._waiting = defaultdict(list)

    async def check(
        self, user: User | None, name: str, password: str, source: str, now: Moment
    ) -> None:
        """Return when the password is that of `user`.

        An unknown user (None) costs the same work and leaves the same trace.

        Raises:
            InvalidCredentials: unknown, wrong or too many attempts.
            Busy: more attempts than can be queued.
        """
        account = user.user_id if user else self._alias(name)
        admitted = await self._admit(account, source, now)
        try:
            if not await self._verify(user if admitted else None, password):
                self._note_failure(account, source, now, admitted=admitted)
        except InvalidCredentials:
            raise
        except BaseException:
            if admitted:  # no verdict: the attempt must not stay in flight
                self._lockout.withdrawn(account, source, now.ticks_s)
            raise
        finally:
            self._wake(account, source)
        self._lockout.succeeded(account, source, now.ticks_s)

    def lift(self, user: User, source: str, now: Moment) -> None:
        """Who proved otherwise that the account is theirs starts anew from `source`."""
        self._lockout.succeeded(user.user_id, source, now.ticks_s)

    async def _verify(self, user: User | None, password: str) -> bool:
        stored = user.password_hash if user else self.hashes.dummy
        normalised = normalise_password(password)
        right = await self.pool.run(self.hashes.verify, stored, normalised)
        return right and user is not None

    def _note_failure(
        self, account: str, source: str, now: Moment, *, admitted: bool
    ) -> NoReturn:
        shut_out = admitted and self._lockout.failed(account, source, now.ticks_s)
        wait_s = self._lockout.wait_s(account, source, now.ticks_s)
        raise InvalidCredentials(wait_s or None, shut_out=shut_out)

    async def _admit(self, account: str, source: str, now: Moment) -> bool:
        while True:
            verdict = self._lockout.attempt(account, source, now.ticks_s)
            if verdict is not Verdict.WAIT:
                return verdict is Verdict.ADMIT
            queue = self._waiting[account, source]
            if len(queue) >= WAITING_MAX:
                raise Busy(retry_after_s=1.0)
            turn = asyncio.get_running_loop().create_future()
            queue.append(turn)
            await turn

    def _wake(self, account: str, source: str) -> None:
        """An attempt has ended: whoever waits asks the lockout again."""
        for turn in self._waiting.pop((account, source), ()):
            if not turn.done():
                turn.set_result(None)

    def _alias(self, name: str) -> str:
        """What stands for a name nobody has: what was typed is kept nowhere."""
        return hashlib.blake2b(
            name.encode(), key=self._secret, digest_size=16
        ).hexdigest()
