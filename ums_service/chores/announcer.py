"""Works off what people send: some accounts at a time, each durably with who was told.

It looks once a second. What is due when is kept in memory and made from the store at the
start; what was done is in the store only, so a restart goes on where the last run was.
"""

import asyncio
from typing import Any, Final, NamedTuple

from storage import Transaction
from storage.errors import Refused
from ums_service.audit.names import name_sealed_in
from ums_service.calls.facilities import Facilities
from ums_service.domain import outbox
from ums_service.domain.announcements import ANNOUNCEMENTS, Announcement, State
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.authorisation import WHOLE_SERVICE, may
from ums_service.domain.details import DETAILS, PREFERENCES, Details
from ums_service.domain.errors import NoSuchLab, PermissionDenied
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.moment import Moment
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Channel,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import Mail, Template
from ums_service.domain.push_devices import PUSH_DEVICES
from ums_service.domain.reach import wanted_channels
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.sending.mails import greeting_of, is_reachable, mail_to
from ums_service.sending.permissions import SENDING, SENDING_EVERYWHERE
from ums_service.sending.push import Push

AT_ONCE: Final = 20
"""Accounts told in one commit: with the longest lists there can be, some MiB."""
COMMITS_MAX: Final = 50
"""Commits of one round: a thousand accounts in a second, and others get their turn."""
_GIVE_WAY: Final = 2
"""Accounts before other requests get their turn: a full list takes a millisecond."""


class Announcer:
    """The one that tells. One per service; belongs to the loop."""

    def __init__(self, facilities: Facilities) -> None:
        """Begin with what the last run left; the store must be open."""
        self._facilities = facilities
        self._store = facilities.store
        self._due: dict[str, int] = {}
        for job_id in self._store.ids(ANNOUNCEMENTS):
            self._look(job_id)
        self._store.watch(ANNOUNCEMENTS, self._look)

    def _look(self, job_id: str) -> None:
        """Note when a job is to be gone on with."""
        job = self._store.get(ANNOUNCEMENTS, job_id)
        if job is None or job.has_ended:
            self._due.pop(job_id, None)
        else:
            self._due[job_id] = 0 if job.state == State.RUNNING else job.next_s

    async def round(self, now: Moment) -> None:
        """Go on with what is due, a little with each. Raises StoreError."""
        left = COMMITS_MAX
        while left > 0:
            due = [id_ for id_, next_s in self._due.items() if next_s <= now.epoch_s]
            went_on = 0
            for job_id in due[:left]:
                left -= 1
                try:
                    went_on += await self._go_on(job_id, now)
                except Refused:  # somebody else changed the same: in the next round
                    continue
            if not went_on:
                return

    async def _go_on(self, job_id: str, now: Moment) -> bool:
        """Tell some more accounts; False where it has to wait."""
        tx = self._store.transaction()
        job = await tx.get(ANNOUNCEMENTS, job_id)
        if job is None or not job.is_due(now):
            self._look(job_id)
            return False
        try:
            scope = self._scope(job, now)
        except (PermissionDenied, NoSuchLab):
            tx.put(ANNOUNCEMENTS, job.ended(State.STOPPED))
            await self._enter(tx, "notification_stopped", job, now)
            await tx.commit()
            return True
        queue = self._facilities.mail
        mails = Channel.EMAIL in job.channels and queue is not None
        if mails and queue is not None and not queue.has_room_for_many(self._store):
            return False
        job = job.begun()
        ids = self._next_ids(job, scope)
        slice_ = _Slice(tx, job, scope, self._name_of_sender(job), now, [], [])
        done = 0
        for number, user_id in enumerate(ids):
            if number % _GIVE_WAY == _GIVE_WAY - 1:
                await asyncio.sleep(0)
            done += await self._tell(user_id, slice_)
        if ids:
            job = job.advanced(ids[-1], done=done, skipped=len(ids) - done)
        if len(ids) < AT_ONCE:
            job = job.finished(now)
            await self._enter(tx, "notification_told", job, now)
        tx.put(ANNOUNCEMENTS, job)
        await tx.commit()
        self._send(slice_)
        return True

    def _scope(self, job: Announcement, now: Moment) -> LabScope | None:
        """The lab that it is for, if its sender may send there still.

        Raises:
            PermissionDenied, NoSuchLab: they may not.
        """
        caller = self._facilities.authority.caller(job.user_id)
        sender = self._store.get(USERS, job.user_id)
        if caller is None or sender is None or sender.locked_down:
            raise PermissionDenied
        if job.key_id:
            key = self._facilities.keys.in_force(job.key_id, now)
            if key is None:
                raise PermissionDenied
            caller = caller._replace(scopes=frozenset(key.scopes))
        if job.lab_id:
            scope = LabScope(job.lab_id, caller, SENDING, now)
            scope.read(self._store)
            return scope
        if not may(caller, SENDING_EVERYWHERE, WHOLE_SERVICE, now).allowed:
            raise PermissionDenied
        return None

    def _next_ids(self, job: Announcement, scope: LabScope | None) -> list[str]:
        if scope is None:
            return job.named_next(AT_ONCE)
        after = job.cursor or None
        return scope.member_ids(self._store, after=after, limit=AT_ONCE)

    def _name_of_sender(self, job: Announcement) -> str:
        sender = self._store.get(USERS, job.user_id)
        return greeting_of(sender) if sender else ""

    async def _tell(self, user_id: str, slice_: "_Slice") -> bool:
        """Put it into the list and the outbox; False for who is told nothing."""
        tx, job, now = slice_.tx, slice_.job, slice_.now
        user = await tx.get(USERS, user_id)
        if user is None or user.status != ACTIVE or not slice_.is_for(user_id, self):
            return False
        own = await tx.get(NOTIFICATIONS, user_id) or Notifications(user_id)
        profile = self._facilities.profile
        if own.received(now) >= profile.notifications_per_hour:
            return False
        channels = self._channels(user, job)
        if not channels:
            return False
        mail = None
        if Channel.EMAIL in channels:
            mail = self._mail(user, slice_)
            await outbox.add(tx, mail)
            slice_.mails.append(mail)
        if Channel.PUSH in channels:
            slice_.pushes.extend(self._pushes(user_id, job))
        entry = _entry(job, channels, now)
        if mail is not None:
            entry = entry._replace(mail_id=mail.mail_id)
        tx.put(NOTIFICATIONS, own.with_one(entry, kept=profile.notifications_kept))
        return True

    def is_member(self, user_id: str, scope: LabScope) -> bool:
        """Whether an account is an active member of the lab."""
        membership = scope.membership(self._store, user_id)
        return membership is not None and membership.active

    def _channels(self, user: User, job: Announcement) -> tuple[str, ...]:
        own = self._store.get(DETAILS, user.user_id) or Details(user.user_id, {})
        preferences = own.section(PREFERENCES)
        there = {Channel.IN_APP.value}
        proved = user.email_verified and is_reachable(user)
        if self._facilities.mail is not None and proved:  # no words to strangers
            there.add(Channel.EMAIL.value)
        if self._facilities.push is not None and self._pushes(user.user_id, job):
            there.add(Channel.PUSH.value)
        asked = [channel for channel in job.channels if channel in there]
        return wanted_channels(asked, job.type, preferences)

    def _pushes(self, user_id: str, job: Announcement) -> list[Push]:
        own = self._store.get(PUSH_DEVICES, user_id)
        devices = own.devices if own else ()
        return [Push(device, job.title, job.body) for device in devices]

    def _mail(self, user: User, slice_: "_Slice") -> Mail:
        mail_id, job = self._facilities.new_token(), slice_.job
        said = {"title": job.title, "body": job.body, "sender": slice_.sender}
        return mail_to(user, Template.NOTIFICATION, slice_.now, "", mail_id, **said)

    def _send(self, slice_: "_Slice") -> None:
        """Have it sent, which is on disk."""
        if self._facilities.mail is not None:
            for mail in slice_.mails:
                self._facilities.mail.add(mail, slice_.now)
        if self._facilities.push is not None:
            self._facilities.push.add(slice_.pushes)

    async def _enter(
        self, tx: Transaction, event: str, job: Announcement, now: Moment
    ) -> None:
        details: dict[str, Any] = {"job_id": job.job_id, "type": job.type}
        AuditEntry(
            event=event,
            outcome=Outcome.DONE,
            subject=job.user_id,
            details=details | {"done": job.done, "skipped": job.skipped},
            lab_id=job.lab_id or None,
            of_subject=await name_sealed_in(tx, self._store, job.user_id),
        ).append_to(tx, now)


class _Slice(NamedTuple):
    """One commit of a run, and what is sent after it."""

    tx: Transaction
    job: Announcement
    scope: LabScope | None
    sender: str
    now: Moment
    mails: list[Mail]
    pushes: list[Push]

    def is_for(self, user_id: str, announcer: Announcer) -> bool:
        """Whether it is for this account: of a lab, for its active members."""
        return self.scope is None or announcer.is_member(user_id, self.scope)


def _entry(job: Announcement, channels: tuple[str, ...], now: Moment) -> Notification:
    return Notification(
        0,
        job.type,
        now.epoch_s,
        channels=channels,
        title=job.title,
        body=job.body,
        sender=job.user_id,
        lab_id=job.lab_id,
        priority=job.priority,
    )
