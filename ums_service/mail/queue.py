"""Which mail is due when: a heap in memory over the outbox on disk.

It counts in ticks, so a changed wall clock neither holds mail back nor lets it all go
at once. After a start it is filled from the outbox.
"""

import asyncio
import hashlib
import heapq
import secrets
from contextlib import suppress
from itertools import count
from typing import Final

from storage import Store
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import DEAD_MAX, OUTBOX, Mail, MailState

NOBODIES: Final = 64


class MailQueue:
    """The mails that wait, soonest first. Belongs to the loop.

    That handlers have one means that mail is set up.
    """

    def __init__(self, *, outbox_max: int, wait_max_s: float) -> None:
        self._outbox_max = outbox_max
        self._wait_max_s = wait_max_s
        self._heap: list[tuple[float, int, str]] = []
        self._numbers = count()
        self._changed = asyncio.Event()
        self._key = secrets.token_bytes(16)

    @property
    def waiting(self) -> int:
        """How many mails wait."""
        return len(self._heap)

    def nobody(self, name: str) -> str:
        """Who gets a mail for a name that nobody has: one of a few, always the same.

        Two requests for one name then get in each other's way whether it exists or
        not, and strangers cannot fill the outbox with names they make up.
        """
        digest = hashlib.blake2b(name.encode(), key=self._key, digest_size=2).digest()
        return f"nobody {int.from_bytes(digest) % NOBODIES}"

    def has_room(self, store: Store) -> bool:
        """Whether another mail may be queued; dead letters take no room from it."""
        return store.count(OUTBOX) < self._outbox_max + DEAD_MAX

    def has_room_for_many(self, store: Store) -> bool:
        """Whether mails to many may be queued: half of the room is for what happens."""
        return store.count(OUTBOX) < self._outbox_max // 2

    def load(self, store: Store, now: Moment) -> None:
        """Take in what the last run left."""
        for mail in store.scan(OUTBOX):
            if mail.state == MailState.PENDING:
                self.add(mail, now)

    def add(self, mail: Mail, now: Moment) -> None:
        """Take in a mail that is on disk."""
        wait_s = min(max(mail.next_try_s - now.epoch_s, 0), self._wait_max_s)
        self.put_off(mail.mail_id, now.ticks_s + wait_s)

    def put_off(self, mail_id: str, until_ticks_s: float) -> None:
        """Have it looked at then."""
        heapq.heappush(self._heap, (until_ticks_s, next(self._numbers), mail_id))
        self._changed.set()

    def take(self, now: Moment) -> str | None:
        """The id of a mail that is due; None if none is."""
        if not self._heap or self._heap[0][0] > now.ticks_s:
            return None
        return heapq.heappop(self._heap)[2]

    async def wait(self, now: Moment, *, most_s: float) -> None:
        """Until the next is due or comes in; at most `most_s`."""
        due_s = self._heap[0][0] - now.ticks_s if self._heap else most_s
        self._changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), min(max(due_s, 0.0), most_s))
