"""The rules that several actions on accounts share."""

from collections.abc import Mapping
from typing import Any, Final

from storage import Transaction
from ums_service.domain import names
from ums_service.domain.errors import InvalidInput, NameTaken
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.users import USERS, User

PROFILE_FIELDS: Final = (
    "full_name",
    "phone",
    "address",
    "city",
    "country",
    "postal_code",
    "date_of_birth",
    "notes",
)
"""What the original knows of people."""
PERSON_FIELDS: Final = (
    *PROFILE_FIELDS,
    "first_name",
    "last_name",
    "company",
    "department",
)


async def find_by_login(tx: Transaction, identifier: str) -> User | None:
    """The account with this user name, or with this mail address."""
    field = "email" if "@" in identifier else "username"
    user_id = await tx.find(USERS, field, identifier)
    if user_id is None:
        return None
    user: User | None = await tx.get(USERS, user_id)
    return user


async def check_name_is_free(
    tx: Transaction, field: str, value: str, *, owner: str | None = None
) -> None:
    """Raise NameTaken if the name or address belongs to an account but `owner`."""
    user_id = await tx.find(USERS, field, value)
    if user_id is not None and user_id != owner:
        raise NameTaken(field)


def check_names(username: str, email: str, profile: Profile) -> None:
    """Raise InvalidInput if a normalised name or address has not the right form."""
    names.check_username(username, chars_min=profile.username_chars_min)
    names.check_email(email)


def check_date_of_birth(text: str | None, now: Moment, profile: Profile) -> None:
    """Raise InvalidInput unless the text is empty or a past date (YYYY-MM-DD).

    The original takes any text, and so does the profile that follows it.
    """
    if not text or profile.original_replies:
        return
    try:
        birth = now.utc.date().fromisoformat(text)
    except ValueError:
        raise InvalidInput("date_of_birth", "should be a date (YYYY-MM-DD)") from None
    if birth > now.utc.date():
        raise InvalidInput("date_of_birth", "should lie in the past")


def check_one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    """Raise InvalidInput unless `value` is one of `known`."""
    if value not in known:
        raise InvalidInput(field, f"should be one of {', '.join(known)}")


def changed(user: User, changes: Mapping[str, Any], now: Moment) -> User:
    """The account with `changes` made; absent (None) values stay as they are."""
    given = {name: value for name, value in changes.items() if value is not None}
    return user._replace(updated_at=now.text, **given)
