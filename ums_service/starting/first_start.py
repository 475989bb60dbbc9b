"""The first start of a new store: its administrator, and what must be said once."""

import os
import secrets
from collections.abc import Callable, Mapping
from itertools import chain, count
from pathlib import Path
from typing import Final

from storage import Store
from ums_service.deployment.opening import OpenedStore
from ums_service.deployment.settings import Settings
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.users import USERS
from ums_service.starting import first_admin
from ums_service.starting.bootstrap import Service, new_user_id
from ums_service.starting.first_admin import (
    COMPAT_PASSWORD,
    USERNAME,
    FirstPassword,
    email_of,
)

PASSWORD_VARIABLE: Final = "UMS_ADMIN_PASSWORD"


async def ensure_admin(
    service: Service, environ: Mapping[str, str], now: Moment
) -> FirstPassword | None:
    """Add the administrator of a new store, durable on return; None if there is one."""
    facilities = service.facilities
    if not first_admin.is_needed(facilities.store):
        return None
    default = COMPAT_PASSWORD if facilities.profile.original_replies else ""
    password = environ.get(PASSWORD_VARIABLE) or default or secrets.token_urlsafe(12)
    first = FirstPassword(_free_name(facilities.store), password)
    async with facilities.store.transaction() as tx:
        admin = first_admin.first_admin(
            first, new_user_id(), service.hashes.hash, facilities.profile, now
        )
        await first_admin.add(tx, admin, now)
    return first


def _free_name(store: Store) -> str:
    """`admin`, or the first of admin-2, admin-3 ... where imported accounts have it."""
    names = chain([USERNAME], (f"{USERNAME}-{n}" for n in count(2)))
    return next(
        name
        for name in names
        if store.find(USERS, "username", name) is None
        and store.find(USERS, "email", email_of(name)) is None
    )


def tell_first_start(
    opened: OpenedStore,
    first: FirstPassword | None,
    profile: Profile,
    settings: Settings,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Say what an operator must know, and only now can be told."""
    if opened.key_is_new:
        say(
            f"A new master key is in {opened.key.source}. Keep a copy elsewhere: without "
            "it the data cannot be read. It protects copies of the data that are taken "
            "without it (backups, disks), not against who can read both."
        )
    if profile.original_replies:
        say("WARNING: the profile compat is for programs of the original service only.")
    if first is None:
        return
    if profile.original_replies:
        say(
            "WARNING: the administrator is admin with the well-known password "
            f"{first.password}. Change it."
        )
    elif environ.get(PASSWORD_VARIABLE):
        say(f"The administrator is {first.username}, with the password that was set.")
    elif "JOURNAL_STREAM" in environ:
        path = settings.data.with_name(settings.data.name + ".first-password")
        _write_private(path, first.password)
        say(f"The first password of {first.username} is in {path}. Delete the file.")
    else:
        say(
            f"The administrator is {first.username}, the first password "
            f"{first.password} (good for 24 hours, shown only now; it must be changed "
            "at the first login)."
        )


def _write_private(path: Path, text: str) -> None:
    """What systemd would keep in its journal goes into a file of the owner's alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(text + "\n")
