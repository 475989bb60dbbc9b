"""What of an account is shown, and to whom. Secrets are left out by naming the rest."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final

from storage import Store
from ums_service.domain.deleted import DeletedUser
from ums_service.domain.legal_holds import LEGAL_HOLDS
from ums_service.domain.moment import text_of
from ums_service.domain.profiles import Profile

_ORIGINAL_FIELDS: Final[dict[str, Any]] = {
    "username": "",
    "email": "",
    "full_name": "",
    "phone": "",
    "address": "",
    "city": "",
    "country": "",
    "postal_code": "",
    "date_of_birth": "",
    "role": "user",
    "status": "active",
    "created_at": "",
    "updated_at": "",
    "last_login": None,
    "notes": "",
    "metadata": {},
}
_OWN_FIELDS: Final = _ORIGINAL_FIELDS | {
    "user_id": "",
    "email_verified": False,
    "must_change_password": False,
    "locked_down": False,
}
_BOOTSTRAP_FIELDS: Final = (
    "username",
    "email",
    "full_name",
    "role",
    "status",
    "created_at",
    "updated_at",
    "last_login",
    "metadata",
)
_DIRECTORY_FIELDS: Final = ("username", "full_name", "role")


def _view(names: Iterable[str]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function that picks `names` from a document; absent ones are empty."""
    keys = tuple(names)
    pick = itemgetter(*keys)
    return lambda document: dict(
        zip(keys, pick({**_OWN_FIELDS, **document}), strict=True)
    )


_own = _view(_OWN_FIELDS)
_original = _view(_ORIGINAL_FIELDS)
_bootstrap = _view(_BOOTSTRAP_FIELDS)
_directory = _view(_DIRECTORY_FIELDS)


def user_view(document: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """An account for itself or an administrator, from its stored document.

    Under `compat` it has the original's keys in the original's order; the original's
    built-in administrator lacks some of them.
    """
    if not profile.original_replies:
        return _own(document)
    return _bootstrap(document) if document.get("bootstrap") else _original(document)


def directory_view(document: Mapping[str, Any]) -> dict[str, Any]:
    """What everybody may see of an account."""
    return _directory(document)


def deleted_view(gone: DeletedUser, store: Store) -> dict[str, Any]:
    """A deleted account for who may bring it back."""
    user = gone.user
    return {
        "user_id": user.user_id,
        "username": user.username,
        "email": user.email,
        "deleted_at": gone.deleted_at,
        "purge_after": text_of(gone.purge_after_epoch_s),
        "held": store.get_value(LEGAL_HOLDS, user.user_id) is not None,
    }
