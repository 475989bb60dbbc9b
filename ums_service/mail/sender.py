"""Sends what is queued, one mail at a time, whatever the mail server does.

take a due mail -> pace -> make its token and count the attempt (durable)
    -> compose and send, on a thread -> note the outcome (durable)

It may be killed between any two of these: then the mail is tried again, and at worst
arrives twice with the same Message-ID. Nothing here is ever part of a request.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from storage import Store, Transaction
from storage.errors import Refused, StoreError
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.details import DETAILS
from ums_service.domain.errors import RateLimited
from ums_service.domain.mailed_links import NotToBeSent, token_for
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import (
    CAN_WAIT,
    OUTBOX,
    Mail,
    MailState,
    RetryRules,
    Template,
)
from ums_service.domain.profiles import HOUR_S, Profile
from ums_service.domain.quiet_hours import quiet_for_s
from ums_service.domain.rate_limit import Bucket, Buckets
from ums_service.domain.sessions import new_token
from ums_service.mail.outcomes import NotSent, RefusedForGood, RelayDown
from ums_service.mail.queue import MailQueue
from ums_service.mail.threads import in_daemon_thread

PAUSE_S: Final = 60.0
"""How long nothing is tried when the store cannot write or the mail server is down."""
TRY_MAX_S: Final = 600.0
"""How long one mail may take; a server that sends one byte at a time never times out."""
LOOK_AGAIN_S: Final = 900
"""How long what is held back in quiet hours is left alone at most."""
_AGAIN_S: Final = 1.0
_log = logging.getLogger(__name__)


class Letter(NamedTuple):
    """What is needed to write one mail. `token` is empty where it has none."""

    mail: Mail
    token: str
    good_for_s: int
    now: Moment


class MailSender:
    """The one task that sends. `deliver` runs on a thread and raises NotSent.

    `name_of` is what the audit log says of the account of that id, sealed.
    """

    def __init__(
        self,
        store: Store,
        queue: MailQueue,
        deliver: Callable[[Letter], None],
        rules: RetryRules,
        profile: Profile,
        clock: Callable[[], Moment],
        name_of: Callable[[str], bytes | None],
        make_secret: Callable[[], str] = new_token,
        try_max_s: float = TRY_MAX_S,
    ) -> None:
        self._store = store
        self._queue = queue
        self._deliver = deliver
        self._rules = rules
        self._profile = profile
        self._clock = clock
        self._name_of = name_of
        self._make_secret = make_secret
        self._try_max_s = try_max_s
        self._sent: set[str] = set()
        self._idle_until_s = 0.0
        per_hour = profile.mails_per_hour
        self._pace = Buckets(
            {
                "mail": Bucket(burst=per_hour, per_s=per_hour / HOUR_S),
                "security": Bucket(burst=1, per_s=1 / profile.security_mail_every_s),
            }
        )

    async def run(self) -> None:
        """Go on until cancelled."""
        self._queue.load(self._store, self._clock())
        while True:
            await self.send_due()
            now = self._clock()
            idle_s = self._idle_until_s - now.ticks_s
            if idle_s > 0:
                await asyncio.sleep(min(idle_s, PAUSE_S))
            else:
                await self._queue.wait(now, most_s=PAUSE_S)

    async def send_due(self) -> None:
        """Try every mail that is due; returns early where nothing can be sent now."""
        while self._idle_until_s <= self._clock().ticks_s:
            mail_id = self._queue.take(self._clock())
            if mail_id is None:
                return
            try:
                await self._send(mail_id)
            except Refused:  # somebody else changed the same documents
                self._queue.put_off(mail_id, self._clock().ticks_s + _AGAIN_S)
            except StoreError as error:
                _log.warning("mail waits for the store: %s", error)
                self._rest(mail_id)
            except Exception as error:  # noqa: BLE001 - one mail must not end all mail
                _log.error("a mail cannot be handled: %s", type(error).__name__)
                self._rest(mail_id)

    def _rest(self, mail_id: str) -> None:
        self._idle_until_s = self._clock().ticks_s + PAUSE_S
        self._queue.put_off(mail_id, self._idle_until_s)

    async def _send(self, mail_id: str) -> None:
        mail = self._store.get(OUTBOX, mail_id)
        if mail is None or mail.state != MailState.PENDING:
            self._sent.discard(mail_id)
            return
        if mail_id not in self._sent:
            wait_s = self._quiet_s(mail) or self._wait_s(mail)
            if wait_s:
                self._queue.put_off(mail_id, self._clock().ticks_s + wait_s)
                return
            letter = await self._prepare(mail_id)
            if letter is None:
                return
            failure = await self._try(letter)
            if failure is not None:
                await self._note_failure(mail_id, failure)
                return
            self._sent.add(mail_id)  # it must not go out again if this is not stored
        await self._note_success(mail_id)

    def _quiet_s(self, mail: Mail) -> int:
        """How long the quiet hours of who gets it hold it back, for now.

        It is asked again and again: people change their mind, and clocks are set.
        """
        if mail.template not in CAN_WAIT:
            return 0
        own = self._store.get(DETAILS, mail.user_id)
        return min(quiet_for_s(own.values, self._clock()), LOOK_AGAIN_S) if own else 0

    def _wait_s(self, mail: Mail) -> float:
        """How long the recipient is to be left alone; an attempt is counted once."""
        if mail.attempts or not mail.user_id:
            return 0.0
        kind = "security" if mail.is_security else "mail"
        own = mail.is_security or mail.template == Template.NOTIFICATION
        # what people send keeps no mail waiting that somebody asked for
        who = f"to {mail.to} {mail.template if own else ''}"
        try:
            self._pace.take(kind, who, self._clock().ticks_s)
        except RateLimited as limited:
            return limited.retry_after_s or 0.0
        return 0.0

    async def _prepare(self, mail_id: str) -> Letter | None:
        """Count the attempt and make the token, durably; None if it is not to be sent."""
        now = self._clock()
        async with self._store.transaction() as tx:
            mail = await tx.get(OUTBOX, mail_id)
            if mail is None or mail.state != MailState.PENDING:
                return None
            token, good_for_s = "", 0
            if mail.purpose:
                secret = self._make_secret()
                try:
                    made = await token_for(tx, mail, secret, now, self._profile)
                except NotToBeSent as error:
                    tx.delete(OUTBOX, mail_id)
                    if mail.user_id:
                        self._enter(tx, "mail_dropped", mail, now, error.reason)
                    return None
                token, good_for_s = made
            mail = mail.attempted(now, self._rules)
            tx.put(OUTBOX, mail)
        return Letter(mail, token, good_for_s, now)

    async def _try(self, letter: Letter) -> NotSent | None:
        try:
            async with asyncio.timeout(self._try_max_s):
                await in_daemon_thread(lambda: self._deliver(letter))
        except TimeoutError:
            return RelayDown(f"no end of it after {self._try_max_s:g} s")
        except NotSent as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - a template may raise anything
            _log.error(
                "the mail %s cannot be written: %s",
                letter.mail.template,
                type(error).__name__,
            )
            return NotSent(f"it cannot be written: {type(error).__name__}")
        return None

    async def _note_failure(self, mail_id: str, failure: NotSent) -> None:
        now = self._clock()
        if isinstance(failure, RelayDown):
            self._idle_until_s = now.ticks_s + PAUSE_S
            _log.warning("no mail can be sent: %s", failure)
        async with self._store.transaction() as tx:
            mail = await tx.get(OUTBOX, mail_id)
            if mail is None:
                return
            if isinstance(failure, RefusedForGood):
                mail = mail.refused(str(failure))
            else:
                mail = mail.failed(str(failure), self._rules)
            tx.put(OUTBOX, mail)
            if mail.state == MailState.DEAD:
                self._enter(tx, "mail_failed", mail, now, type(failure).__name__)
        if mail.state == MailState.PENDING:
            self._queue.add(mail, now)

    async def _note_success(self, mail_id: str) -> None:
        now = self._clock()
        async with self._store.transaction() as tx:
            mail = await tx.get(OUTBOX, mail_id)
            if mail is not None:
                tx.delete(OUTBOX, mail_id)
                self._enter(tx, "mail_sent", mail, now, None)
        self._sent.discard(mail_id)

    def _enter(
        self, tx: Transaction, event: str, mail: Mail, now: Moment, reason: str | None
    ) -> None:
        """The audit entry: which mail, about whom, never to which address."""
        details = {"template": mail.template} | ({"reason": reason} if reason else {})
        AuditEntry(
            event=event,
            outcome=Outcome.DONE,
            subject=mail.user_id or None,
            details=details,
            of_subject=self._name_of(mail.user_id),
        ).append_to(tx, now)
