"""API keys in use: found for each request, their last use written down now and then."""

from typing import Final

from storage import Store
from ums_service.domain.api_keys import API_KEYS, ApiKey, key_id_of
from ums_service.domain.errors import InvalidToken
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS
from ums_service.guard.account_policies import AccountPolicies
from ums_service.guard.authority import Authority

WRITTEN_AT_ONCE: Final = 100


class ApiKeys:
    """Finds keys and counts their uses. Belongs to the loop.

    A use is written within a minute: a commit for each would make reads as dear as
    changes. Up to a minute of uses is lost when the process is killed.
    """

    def __init__(
        self,
        store: Store,
        authority: Authority,
        policies: AccountPolicies,
        *,
        unused_s: int,
    ) -> None:
        self._store = store
        self._authority = authority
        self._policies = policies
        self._unused_s = unused_s
        self._used: dict[str, ApiKey] = {}

    def find(self, text: str, address: str, now: Moment) -> ApiKey:
        """The key of that text, whose use is noted.

        Raises:
            InvalidToken: it is none, has ended, was not used for too long, may not be
                used from `address`, or its account is not active or kept out there.
        """
        key = self.current(key_id_of(text))
        if key is None or not key.is_good(text, address, now, unused_s=self._unused_s):
            raise InvalidToken
        owner = self._store.get(USERS, key.user_id)
        caller = self._authority.caller(key.user_id)
        if owner is None or caller is None or not caller.active or owner.locked_down:
            raise InvalidToken
        if not self._policies.admits(owner, address):
            raise InvalidToken
        self._used[key.key_id] = key.used(now, address)
        return key

    def in_force(self, key_id: str, now: Moment) -> ApiKey | None:
        """The key of that id, for what it asked for before; None where it has ended."""
        key = self.current(key_id)
        if key is None or key.state(now, unused_s=self._unused_s) != "active":
            return None
        return key

    def current(self, key_id: str) -> ApiKey | None:
        """The key as it is, with uses that are not written yet."""
        if self._store.get_value(API_KEYS, key_id) is None:
            self._used.pop(key_id, None)
            return None
        return self._used.get(key_id) or self._store.get(API_KEYS, key_id)

    async def write_uses(self, now: Moment) -> None:
        """Make the uses so far durable, some at a time; later ones wait for next time.

        Raises what `Transaction.commit` raises; what is not written then stays.
        """
        del now
        so_far = list(self._used.items())
        for first in range(0, len(so_far), WRITTEN_AT_ONCE):
            some = so_far[first : first + WRITTEN_AT_ONCE]
            tx = self._store.transaction()
            for key_id, key in some:
                if await tx.get(API_KEYS, key_id) is not None:
                    tx.put(API_KEYS, key)
            await tx.commit()
            for key_id, key in some:
                if self._used.get(key_id) is key:
                    del self._used[key_id]
