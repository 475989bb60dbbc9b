"""The administrator of a new store, and a way back in for one who is locked out."""

from collections.abc import Callable
from typing import Final, NamedTuple

from storage import Store, Transaction
from ums_service.audit.names import name_sealed_of
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.devices import DEVICES
from ums_service.domain.factors import FACTORS
from ums_service.domain.failure_records import FAILURES
from ums_service.domain.families import end_families
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.profiles import Profile
from ums_service.domain.roster import ROSTERS, update_roster
from ums_service.domain.users import ACTIVE, ADMIN, USERS, User

USERNAME: Final = "admin"
COMPAT_PASSWORD: Final = "admin123"


class FirstPassword(NamedTuple):
    """The name to log in with; the password is shown once and kept nowhere."""

    username: str
    password: str


def email_of(username: str) -> str:
    """The address the first administrator has: none that mail reaches."""
    return f"{username}@localhost"


def is_needed(store: Store) -> bool:
    """Whether this store never had an administrator."""
    return store.count(ROSTERS) == 0


def first_admin(
    first: FirstPassword,
    user_id: str,
    hashed: Callable[[str], str],
    profile: Profile,
    now: Moment,
) -> User:
    """The account a new store begins with.

    Its password must be changed at the first login, and is good for a day only; under
    `compat` it is the original's.
    """
    compat = profile.original_replies
    return User(
        user_id=user_id,
        username=first.username,
        email=email_of(first.username),
        full_name="System Administrator",
        password_hash=hashed(first.password),
        created_at=now.text,
        updated_at=now.text,
        password_changed_at=now.text,
        role=ADMIN,
        must_change_password=not compat,
        password_good_until=None
        if compat
        else now.reached_s + profile.first_password_s,
        bootstrap=True,
    )


async def add(tx: Transaction, admin: User, now: Moment) -> None:
    """Add the first administrator, durably when `tx` is committed."""
    tx.put(USERS, admin)
    await update_roster(tx, None, admin)
    await _enter("first_administrator", tx, admin, now)


async def recover(
    tx: Transaction, user: User, password_hash: str, profile: Profile, now: Moment
) -> None:
    """Make `user` an active administrator with a first password again.

    Whoever has tokens of the account cannot renew them; links that were mailed for it
    and its known devices are void.
    Its second factors go: who lost them all could not get back in otherwise.
    """
    tx.delete(FACTORS, user.user_id)
    tx.delete(DEVICES, user.user_id)
    tx.delete(ONE_TIME, user.user_id)
    recovered = user._replace(
        password_hash=password_hash,
        role=ADMIN,
        status=ACTIVE,
        updated_at=now.text,
        password_changed_at=now.text,
        must_change_password=True,
        password_good_until=now.reached_s + profile.recovery_password_s,
        locked_down=False,
    )
    await update_roster(tx, user, recovered)
    await end_families(tx, user.user_id, now)
    tx.put(USERS, recovered)
    tx.delete(FAILURES, user.user_id)
    await _enter("administrator_recovered", tx, user, now)


async def _enter(event: str, tx: Transaction, user: User, now: Moment) -> None:
    AuditEntry(
        event=event,
        outcome=Outcome.DONE,
        subject=user.user_id,
        of_subject=await name_sealed_of(tx, user),
    ).append_to(tx, now)
