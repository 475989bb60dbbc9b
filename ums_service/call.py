"""One request on its way: who asks, when, in which transaction, to what effect."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from storage import Store, Transaction
from ums_client.protocol.actions import Action
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.errors import (
    InvalidCredentials,
    InvalidSession,
    PermissionDenied,
)
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.sessions import Session, Sessions
from ums_service.domain.users import USERS, User
from ums_service.login_gate import LoginGate
from ums_service.mail.queue import MailQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Facilities:
    """What handlers work with; made once, by bootstrap."""

    store: Store
    sessions: Sessions
    gate: LoginGate
    profile: Profile
    store_name: str
    version: str
    new_token: Callable[[], str]
    new_user_id: Callable[[], str]
    mail: MailQueue | None = None
    """None where no mail server is set up."""


@dataclass(slots=True)
class Call:
    """What a handler is given beside the request.

    Changes go into `tx`; dispatch commits it, with its audit entry, when the handler
    returns, and throws it away when the handler raises. What must happen in memory
    only once the commit is durable goes to `after_commit`: a handler that meets a
    conflict is run again, so it must have no effect of its own.
    """

    facilities: Facilities
    action: Action
    session: Session | None
    address: str
    now: Moment
    subject: str | None = None
    """The id of the account that is acted on, for the audit log."""
    details: dict[str, Any] = field(default_factory=dict)
    """What the audit entry says beside who, what and when."""
    discloses: bool = False
    """Somebody else's data is shown: also a read leaves an audit entry then."""
    proved: set[str] = field(default_factory=set)
    """Stored hashes the request's password was verified against: another run of the
    handler need not compute them again."""
    shut_out: User | None = None
    """The account whose last wrong password of this source came with this call."""
    made_hash: str | None = None
    after_commit: list[Callable[[], object]] = field(default_factory=list)
    transaction: Transaction | None = None

    @property
    def tx(self) -> Transaction:
        """The transaction of this call, begun when it is first asked for."""
        if self.transaction is None:
            self.transaction = self.facilities.store.transaction()
        return self.transaction

    @property
    def own_session(self) -> Session:
        """The caller's session.

        Raises:
            InvalidSession: the caller has none.
        """
        if self.session is None:
            raise InvalidSession
        return self.session

    def caller(self) -> User | None:
        """The caller's account as it is on disk; None without a session."""
        if self.session is None:
            return None
        return self.facilities.store.get(USERS, self.session.user_id)

    def caller_administers(self) -> bool:
        """Whether the caller can administer now, not when they logged in."""
        caller = self.caller()
        return caller is not None and caller.administers

    def require_administrator(self) -> None:
        """Raise PermissionDenied unless the caller can administer."""
        if not self.caller_administers():
            raise PermissionDenied

    async def prove(self, user: User | None, password: str, name: str = "") -> None:
        """Return when `password` is that of `user`; every guess is counted.

        Raises:
            InvalidCredentials: unknown user, wrong password or too many attempts.
            Busy: more attempts than can be queued.
        """
        if user is not None and user.password_hash in self.proved:
            return
        gate = self.facilities.gate
        try:
            await gate.check(user, name, password, self.address, self.now)
        except InvalidCredentials as refusal:
            if refusal.shut_out:
                self.shut_out = user
            raise
        assert user is not None
        self.proved.add(user.password_hash)

    async def hash(self, password: str) -> str:
        """The hash of the one new password of this request."""
        if self.made_hash is None:
            gate = self.facilities.gate
            self.made_hash = await gate.pool.run(gate.hashes.hash, password)
        return self.made_hash

    def changes_something(self) -> bool:
        """Whether there is anything to commit or to do after it."""
        return self.transaction is not None or self.discloses or bool(self.after_commit)

    async def commit(self) -> None:
        """Make the call's changes durable together with their audit entry.

        Raises what `Transaction.commit` raises; then nothing has changed.
        """
        if self.transaction is not None or self.discloses:
            self._audit().append_to(self.tx, self.now)
            await self.tx.commit()
        for effect in self.after_commit:
            effect()

    def _audit(self) -> AuditEntry:
        session = self.session
        return AuditEntry(
            event=self.action.audit.value,
            outcome=Outcome.DONE,
            actor=session.user_id if session else None,
            subject=self.subject,
            address=self.address,
            details=self.details or None,
        )

    def begin_again(self) -> None:
        """Forget what a run that met a conflict has gathered."""
        if self.session is not None and not self.facilities.sessions.holds(
            self.session
        ):
            self.session = None  # it was ended meanwhile
        self.transaction = None
        self.after_commit.clear()
        self.details.clear()
        self.discloses = False
