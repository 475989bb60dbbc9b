"""What becomes of each row of an import: one verdict, with all that speaks against it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import ValidationError

from storage import Transaction
from ums_client.protocol.imports import ImportedUser
from ums_client.protocol.message import reason_of
from ums_service.domain import accounts, names
from ums_service.domain.argon2id import UnusableHash
from ums_service.domain.errors import InvalidInput
from ums_service.domain.foreign_hashes import imported_form
from ums_service.domain.look_alikes import skeleton
from ums_service.domain.moment import Moment
from ums_service.domain.names import normalise
from ums_service.domain.password_hashes import NO_PASSWORD, original_form
from ums_service.domain.profiles import Profile
from ums_service.domain.statuses import Status
from ums_service.domain.users import (
    ACTIVE,
    ADMIN,
    ROLES,
    USERS,
    User,
    changed_fields,
)

_MAIL: Final = "email"
_STATUSES: Final = tuple(
    status.value
    for status in Status
    if status not in (Status.DELETED, Status.ANONYMISED)
)
_NEVER_UPDATED: Final = ("email", "role", "status", "email_verified")
"""An update of these is somebody's decision about one account, with actions of its own;
a password that an import could set would open every account to who may import."""


class Verdict(StrEnum):
    """What becomes of a row."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    REFUSE = "refuse"


@dataclass(slots=True)
class Judged:
    """A row with its verdict; `after` is the account as it is to be."""

    row: int
    verdict: Verdict = Verdict.REFUSE
    username: str = ""
    before: User | None = None
    after: User | None = None
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRules:
    """By what rows are judged, and what whoever imports may do."""

    profile: Profile
    now: Moment
    on_existing: Literal["skip", "update", "refuse"]
    new_user_id: Callable[[], str]
    may_give: Callable[[str], bool]
    """Whether a new account may be given this role."""
    may_change: Callable[[str], bool]
    """Whether the account of this id may be changed."""
    known_like: Callable[[str], str | None]
    """The name of an account that looks like this one."""


class ImportJudge:
    """Judges rows by what a transaction reads, in which it changes nothing."""

    def __init__(self, tx: Transaction, rules: ImportRules) -> None:
        self._tx = tx
        self._rules = rules
        self._seen: dict[str, int] = {}
        self._looks: dict[str, str] = {}

    def go_on(self, tx: Transaction) -> None:
        """Judge the rows of another batch of the same file in a transaction of its own."""
        self._tx = tx

    async def judge(self, number: int, row: Mapping[str, Any]) -> Judged:
        """The verdict on one row. Raises nothing for what a row can hold."""
        made = Judged(number)
        try:
            given = ImportedUser.__pydantic_validator__.validate_python(row)
        except ValidationError as error:
            made.reasons = _faults(error)
            name = row.get("username")
            made.username = (
                name[: names.USERNAME_CHARS_MAX] if type(name) is str else ""
            )
            return made
        username, email = normalise(given.username), normalise(given.email)
        made.username = username[: names.USERNAME_CHARS_MAX]
        self._check_names(username, email, made)
        stored = self._stored_hash(given, made)
        self._check_values(given, made)
        self._check_twice(username, email, number, made)
        existing = await self._existing(username, email, made)
        if made.reasons:
            return made
        if existing is None:
            self._create(given, username, email, stored, made)
        else:
            self._meet(given, existing, email, made)
        return made

    def _check_names(self, username: str, email: str, made: Judged) -> None:
        low = self._rules.profile.username_chars_min
        _collect(made, lambda: names.check_username(username, chars_min=low))
        _collect(made, lambda: names.check_email(email))

    def _stored_hash(self, given: ImportedUser, made: Judged) -> str:
        try:
            if given.password_salt is not None:
                return original_form(given.password_hash or "", given.password_salt)
            if given.password_hash is not None:
                return imported_form(given.password_hash)
        except UnusableHash as error:
            made.reasons.append(f"password_hash: {error}")
        return NO_PASSWORD

    def _check_values(self, given: ImportedUser, made: Judged) -> None:
        rules, born = self._rules, given.date_of_birth
        _collect(
            made, lambda: accounts.check_date_of_birth(born, rules.now, rules.profile)
        )
        role, status = given.role or "user", given.status or ACTIVE
        _collect(made, lambda: accounts.check_one_of("role", role, ROLES))
        _collect(made, lambda: accounts.check_one_of("status", status, _STATUSES))
        if role == ADMIN:
            made.reasons.append("role: administrators are never imported")
        elif role in ROLES and role != "user" and not rules.may_give(role):
            made.reasons.append("role: you may not give this role")

    def _check_twice(
        self, username: str, email: str, number: int, made: Judged
    ) -> None:
        for name, value in (("username", username), (_MAIL, email)):
            earlier = self._seen.setdefault(f"{name} {value}", number)
            if earlier != number:
                made.reasons.append(f"{name}: the same as in row {earlier}")

    async def _existing(self, username: str, email: str, made: Judged) -> User | None:
        owner = await self._tx.find(USERS, "username", username)
        of_email = await self._tx.find(USERS, _MAIL, email)
        if of_email is not None and of_email != owner:
            made.reasons.append("email: belongs to another account")
        if owner is None:
            return None
        existing: User | None = await self._tx.get(USERS, owner)
        return existing

    def _create(
        self,
        given: ImportedUser,
        username: str,
        email: str,
        stored: str,
        made: Judged,
    ) -> None:
        rules = self._rules
        now = rules.now.text
        said: dict[str, Any]
        said = {name: getattr(given, name) or "" for name in accounts.PROFILE_FIELDS}
        must_change = stored == NO_PASSWORD or bool(given.must_change_password)
        made.verdict = Verdict.CREATE
        made.after = User(
            user_id=rules.new_user_id(),
            username=username,
            email=email,
            password_hash=stored,
            created_at=now,
            updated_at=now,
            password_changed_at=now,
            role=given.role or "user",
            status=given.status or ACTIVE,
            email_verified=bool(given.email_verified),
            must_change_password=must_change,
            metadata=given.metadata or {},
            **said,
        )
        look = skeleton(username)
        like = self._looks.setdefault(look, username)
        if like == username:
            like = rules.known_like(look) or username
        if like != username:
            made.warnings.append(f"username: looks like {like}")

    def _meet(
        self, given: ImportedUser, existing: User, email: str, made: Judged
    ) -> None:
        """What becomes of a row whose name is there already."""
        made.before, mode = existing, self._rules.on_existing
        if mode == "refuse":
            made.reasons.append("username: there already")
        elif mode == "skip":
            made.verdict = Verdict.SKIP
        else:
            self._update(given, existing, email, made)

    def _update(
        self, given: ImportedUser, existing: User, email: str, made: Judged
    ) -> None:
        if existing.role == ADMIN:
            made.reasons.append("administrators are not changed by an import")
            return
        if not self._rules.may_change(existing.user_id):
            made.reasons.append("you may not change this account")
            return
        updatable = (*accounts.PROFILE_FIELDS, "metadata")
        wanted = {name: getattr(given, name) for name in updatable}
        after = accounts.changed(existing, wanted, self._rules.now)
        made.changed = changed_fields(existing, after)
        asked = {name: getattr(given, name) for name in _NEVER_UPDATED} | {_MAIL: email}
        made.kept = [
            name
            for name, value in asked.items()
            if value is not None and value != getattr(existing, name)
        ]
        made.verdict = Verdict.UPDATE if made.changed else Verdict.SKIP
        made.after = after if made.changed else None


def _faults(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in fault['loc'])[:100]}: {reason_of(fault)}"
        for fault in error.errors(include_url=False, include_input=False)[:20]
    ]


def _collect(made: Judged, check: Callable[[], None]) -> None:
    try:
        check()
    except InvalidInput as error:
        made.reasons.append(str(error))
