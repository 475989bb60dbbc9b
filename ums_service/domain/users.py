"""An account as it is stored, and the changes it can go through."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.moment import Moment

ADMIN: Final = "admin"
ACTIVE: Final = "active"
ROLES: Final = ("user", "moderator", ADMIN)
NO_METADATA: Final[Mapping[str, Any]] = {}


class User(NamedTuple):
    """One account, made with names for its fields. `user_id` never changes; everything else refers to it.

    `username` and `email` are stored as `names` normalises them, and unique. Times
    are ISO 8601 text in UTC. A tuple, because every login and change makes one, and a
    frozen dataclass of this size costs five times as much.
    """

    user_id: str
    username: str
    email: str
    password_hash: str
    created_at: str
    updated_at: str
    password_changed_at: str
    full_name: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    postal_code: str = ""
    date_of_birth: str = ""
    notes: str = ""
    metadata: Mapping[str, Any] = NO_METADATA
    role: str = "user"
    status: str = ACTIVE
    last_login: str | None = None
    email_verified: bool = False
    must_change_password: bool = False
    password_good_until: int | None = None  # seconds since 1970; a first password ends
    bootstrap: bool = False  # made by the service itself, not by a request
    locked_down: bool = False  # by its owner: no login before a reset by mail
    expiry_told: bool = False  # that this password ends soon, by mail
    service_account: bool = False  # of a program: it has no password, only API keys
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    department: str = ""
    user_type: str = ""

    @property
    def administers(self) -> bool:
        """Whether this account can administer the service."""
        return self.role == ADMIN and self.status == ACTIVE

    def logged_in(self, now: Moment, password_hash: str) -> "User":
        """The account after a login; the hash may have been made anew."""
        return self._replace(last_login=now.text, password_hash=password_hash)

    def with_password(self, password_hash: str, now: Moment) -> "User":
        """The account with a password its owner has chosen."""
        return self._replace(
            password_hash=password_hash,
            password_changed_at=now.text,
            updated_at=now.text,
            must_change_password=False,
            password_good_until=None,
            expiry_told=False,
        )


_DEFAULTS: Final[dict[str, Any]] = {
    "full_name": "",
    "phone": "",
    "address": "",
    "city": "",
    "country": "",
    "postal_code": "",
    "date_of_birth": "",
    "notes": "",
    "metadata": NO_METADATA,
    "role": "user",
    "status": ACTIVE,
    "last_login": None,
    "email_verified": False,
    "must_change_password": False,
    "password_good_until": None,
    "bootstrap": False,
    "locked_down": False,
    "expiry_told": False,
    "service_account": False,
    "first_name": "",
    "last_name": "",
    "company": "",
    "department": "",
    "user_type": "",
}
"""Fields left out of the document while they have these values: a million accounts
are kept in memory, and most fields of most accounts are empty."""


_ALWAYS: Final = object()
_LEFT_OUT: Final = tuple(_DEFAULTS.get(name, _ALWAYS) for name in User._fields)
_pick: Final = itemgetter(*User._fields)
_TIMES_OF_CHANGE: Final = frozenset({"updated_at", "password_changed_at"})


def changed_fields(before: User, after: User) -> list[str]:
    """The names of the fields that differ, without the times that tell when."""
    both = zip(User._fields, before, after, strict=True)
    names = [name for name, old, new in both if old is not new and old != new]
    return [name for name in names if name not in _TIMES_OF_CHANGE]


def _to_document(user: User) -> dict[str, Any]:
    given = zip(User._fields, user, _LEFT_OUT, strict=True)
    return {
        name: value
        for name, value, left_out in given
        if value is not left_out and value != left_out
    }


def _from_document(document: dict[str, Any]) -> User:
    whole = {**_DEFAULTS, **document}
    if len(whole) != len(User._fields):
        raise ValueError("an account has fields that this version does not know")
    return User._make(_pick(whole))  # a third of the time that `User(**whole)` takes


def _key(user: User) -> str:
    return user.user_id


USERS: Final = Collection(
    name="users",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    unique=("username", "email"),
)
