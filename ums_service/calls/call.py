"""One request on its way: who asks, when, in which transaction, to what effect."""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, NoReturn, TypeVar, cast

from storage import Transaction
from ums_client.protocol.actions import Action
from ums_client.protocol.permissions import Permission
from ums_service.audit.names import name_sealed_in
from ums_service.calls.facilities import Facilities
from ums_service.domain.api_keys import ApiKey
from ums_service.domain.audit import AuditEntry, Outcome, details_of
from ums_service.domain.audit_seals import Changes
from ums_service.domain.authorisation import NOTHING, Caller, Resource, may
from ums_service.domain.backup_codes import NewCodes, new_codes
from ums_service.domain.clients import user_agent_of
from ums_service.domain.devices import DEVICES, Device, Devices, known_device
from ums_service.domain.errors import (
    InvalidCredentials,
    InvalidSession,
    PermissionDenied,
    Refusal,
)
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.lockout import Source
from ums_service.domain.moment import Moment
from ums_service.domain.passwords import PasswordPolicy
from ums_service.domain.service_secrets import DEVICE_TOKENS, service_secret
from ums_service.domain.sessions import Session
from ums_service.domain.users import USERS, User
from ums_service.guard.attempts import delete_failures, name_of_source

T = TypeVar("T")


class Call:
    """What a handler is given beside the request.

    Changes go into `tx`; dispatch commits it, with its audit entry, when the handler
    returns, and throws it away when the handler raises. What must happen in memory
    only once the commit is durable goes to `after_commit`: a handler that meets a
    conflict is run again, so it must have no effect of its own.

    What most requests never have is set, and made, only where it is needed.
    """

    session: Session | None
    """That of the caller; with an API key, what stands for one."""
    key: ApiKey | None = None
    """The API key that the request came with."""
    gateway: str | None = None
    """The id of the key of the gateway that told `address`."""
    subject: str | None = None
    """The id of the account that is acted on, for the audit log."""
    lab_id: str | None = None
    """The id of the lab that it is about, for the audit log."""
    subject_name: str | None = None
    """Its user name on disk, where the handler has read it."""
    details: dict[str, Any]
    """What the audit entry says beside who, what and when."""
    changes: Changes | None = None
    """Old and new values of what is changed of the subject, sealed in the entry."""
    reason: str = ""
    """Why, where the account that it is about does not stay, or is not to read it:
    sealed in the entry under the key of the caller."""
    request_id: str | int | None = None
    discloses: bool = False
    """Somebody else's data is shown: also a read leaves an audit entry then."""
    shut_out: User | None = None
    """The account whose last wrong password of this source came with this call."""
    generated_password: str | None = None
    transaction: Transaction | None = None
    client: object = None
    """What the sender says of the client, as it came: not checked, not believed."""

    def __init__(
        self,
        facilities: Facilities,
        action: Action,
        session: Session | None,
        address: str,
        now: Moment,
    ) -> None:
        self.facilities = facilities
        self.action = action
        self.session = session
        self.address = address
        self.now = now
        self.details = {}
        self.after_commit: list[Callable[[], object]] = []

    @cached_property
    def proved(self) -> set[str]:
        """Stored hashes that the request's password was verified against.

        Another run of the handler need not compute them again.
        """
        return set()

    @cached_property
    def refuted(self) -> set[str]:
        """Stored hashes the request's new password was verified not to have made."""
        return set()

    @cached_property
    def results(self) -> dict[Hashable, Any]:
        """What was computed slowly: another run of the handler need not do it again."""
        return {}

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

    async def own_account(self) -> User:
        """The caller's account, which must be the same at the commit.

        To be read by whatever puts something beside it: nothing is to be left of an
        account that is erased meanwhile.

        Raises:
            InvalidSession: there is none.
        """
        user = await self.tx.get(USERS, self.own_session.user_id)
        if user is None:
            raise InvalidSession
        return user

    def caller(self) -> User | None:
        """The caller's account as it is on disk; None without a session."""
        if self.session is None:
            return None
        return self.facilities.store.get(USERS, self.session.user_id)

    def may(
        self,
        permission: Permission,
        *,
        lab_ids: frozenset[str] = NOTHING,
        changes: str | None = None,
        opens: bool = False,
    ) -> bool:
        """Whether the caller has this permission now, not when they logged in.

        `lab_ids` are the labs of what it is about, `changes` is the id of somebody
        else's account that would be changed; `opens` tells that the change can open it
        to the caller, as one of its credentials always can.
        """
        caller = self._caller()
        if caller is None:
            return False
        changed = self.facilities.authority.caller(changes) if changes else None
        opens = opens or permission is Permission.CREDENTIALS_MANAGE
        resource = Resource(lab_ids, changed, opens)
        return may(caller, permission, resource, self.now).allowed

    def require(
        self,
        permission: Permission,
        *,
        lab_ids: frozenset[str] = NOTHING,
        changes: str | None = None,
        opens: bool = False,
    ) -> None:
        """Raise PermissionDenied unless the caller has this permission; see `may`."""
        if not self.may(permission, lab_ids=lab_ids, changes=changes, opens=opens):
            raise PermissionDenied

    def in_lab(self, lab_id: str, *permissions: Permission) -> LabScope:
        """What is of this lab, for a caller who has any of these permissions there.

        Raises:
            InvalidSession: there is no caller.
            PermissionDenied: they have none, or there is no such lab.
        """
        scope = LabScope(lab_id, self.decided(), permissions, self.now)
        self.lab_id = lab_id or None
        return scope

    def decided(self) -> Caller:
        """The caller as far as decisions go. Raises InvalidSession where there is none."""
        caller = self._caller()
        if caller is None:
            raise InvalidSession
        return caller

    def _caller(self) -> Caller | None:
        if self.session is None:
            return None
        caller = self.facilities.authority.caller(self.session.user_id)
        if caller is None or self.key is None:
            return caller
        return caller._replace(scopes=frozenset(self.key.scopes))

    def known_device(self, user: User | None, token: str | None) -> Device | None:
        """The device of `user` whose token this is; None where it is not known."""
        if token is None:
            return None
        store, user_id = self.facilities.store, user.user_id if user else ""
        own = store.get(DEVICES, user_id) or Devices(user_id)
        key = service_secret(store, DEVICE_TOKENS)
        good_for_s = self.facilities.profile.device_token_s
        return known_device(own, token, self.now, key=key, good_for_s=good_for_s)

    async def prove(
        self,
        user: User | None,
        password: str,
        name: str = "",
        *,
        known: Device | Session | None = None,
    ) -> None:
        """Return when `password` is that of `user`; every guess is counted.

        From a device or session of the account (`known`, or the call's own session)
        the guesses have a count to themselves, which no stranger can use up.

        Raises:
            InvalidCredentials: unknown user, wrong password or too many attempts.
            Busy: more attempts than can be queued.
        """
        if user is not None and user.password_hash in self.proved:
            return
        gate = self.facilities.gate
        source = Source(self.address, name_of_source(known or self.session))
        try:
            await gate.check(user, name, password, source, self.now)
        except InvalidCredentials as refusal:
            if refusal.shut_out:
                self.shut_out = user
            raise
        assert user is not None
        self.proved.add(user.password_hash)

    def lift_lockout(self, user_id: str) -> None:
        """Forget all failures on an account, durably with the commit.

        For a new password, and for an operator who says so.
        """
        delete_failures(self.tx, user_id)
        attempts = self.facilities.attempts
        self.after_commit.append(lambda: attempts.forget_account(user_id))

    async def policy(self, user_id: str = "") -> PasswordPolicy:
        """The rules for new passwords of an account; what they need is loaded off the loop.

        Raises:
            Busy: it is not loaded yet, and more work waits than can be queued.
        """
        policy = self.facilities.policies.for_passwords(user_id)
        if not policy.is_loaded:
            await self.facilities.gate.pool.run(policy.load)
        return policy

    async def is_one_of(self, stored: list[str], password: str) -> bool:
        """Whether the one new password of this request made one of these hashes.

        One after another, each in its turn in the pool: logins get in between.

        Raises:
            Busy: more hashes than can be queued.
        """
        gate = self.facilities.gate
        for known in stored:
            if known in self.refuted:
                continue
            if await gate.pool.run(gate.hashes.verify, known, password):
                return True
            self.refuted.add(known)
        return False

    async def hash(self, password: str) -> str:
        """The hash of the one new password of this request."""
        make = self.facilities.gate.hashes.hash
        return await self.computed("password", make, password)

    async def computed(
        self, key: Hashable, work: Callable[..., T], *arguments: Any
    ) -> T:
        """What slow `work` makes of the arguments, in the pool: once for each `key`.

        Raises:
            Busy: more work than can be queued.
        """
        if key not in self.results:
            pool = self.facilities.gate.pool
            self.results[key] = await pool.run(work, *arguments)
        return cast("T", self.results[key])

    async def new_backup_codes(self) -> NewCodes:
        """The new backup codes of this request. Raises Busy."""
        count, cost = self.facilities.profile.backup_codes, self.facilities.gate.hashes
        return await self.computed("new codes", new_codes, count, cost.parameters)

    def changes_something(self) -> bool:
        """Whether there is anything to commit or to do after it."""
        return self.transaction is not None or self.discloses or bool(self.after_commit)

    async def commit(self) -> None:
        """Make the call's changes durable together with their audit entry.

        Raises what `Transaction.commit` raises; then nothing has changed.
        """
        if self.transaction is not None or self.discloses:
            await self._commit_as(self.action.audit.value)
        self._take_effect()

    async def commit_and_refuse(self, event: str, refusal: Refusal) -> NoReturn:
        """Make durable what the refusal itself changes, as `event`, then refuse.

        Raises `refusal`, or what `Transaction.commit` raises; then nothing has changed.
        """
        await self._commit_as(event)
        self._take_effect()
        raise refusal

    async def commit_early(self, event: str) -> None:
        """Make durable what must not wait for the answer, as an event of its own.

        A code that was used stays used though the answer is a refusal, and what leaves
        the service is noted before it leaves.

        Raises what `Transaction.commit` raises.
        """
        await self._commit_as(event)
        self._take_effect()
        self.begin_again()

    async def _commit_as(self, event: str) -> None:
        entry = await self._audit(event)
        entry.append_to(self.tx, self.now)
        await self.tx.commit()

    def _take_effect(self) -> None:
        for effect in self.after_commit:
            effect()

    async def _audit(self, event: str) -> AuditEntry:
        actor = self.session.user_id if self.session else None
        subject, tx, store = self.subject, self.tx, self.facilities.store
        other = None if actor == subject else actor
        why: Changes | None = {"reason": ["", self.reason]} if self.reason else None
        return AuditEntry(
            event=event,
            outcome=Outcome.DONE,
            actor=actor,
            subject=subject,
            address=self.address,
            details=details_of(self.details, gateway=self.gateway),
            user_agent=user_agent_of(self.client),
            request_id=self.request_id,
            lab_id=self.lab_id,
            of_actor=await name_sealed_in(tx, store, other, why),
            of_subject=await name_sealed_in(
                tx, store, subject, self.changes, self.subject_name
            ),
        )

    def still_holds(self) -> bool:
        """Whether the session, or the API key, that the call came with has not ended."""
        if self.key is not None:
            return self.facilities.keys.current(self.key.key_id) is not None
        return self.facilities.sessions.holds(self.own_session)

    def begin_again(self) -> None:
        """Forget what a run that met a conflict has gathered."""
        if self.session is not None and not self.still_holds():
            self.session = self.key = None  # it was ended meanwhile
        self.transaction = None
        self.after_commit.clear()
        self.details.clear()
        self.changes = self.subject_name = self.lab_id = None
        self.reason = ""
        self.discloses = False
