"""The store of the service: what it holds, and how it is opened with its key."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from storage import KdfParameters, RealDisk, Store, StoreMissing, StoreOptions
from ums_service import __version__
from ums_service.deployment.master_key import MasterKey, find_master_key, make_key_file
from ums_service.deployment.settings import Settings
from ums_service.domain.announcements import ANNOUNCEMENTS
from ums_service.domain.api_keys import API_KEYS
from ums_service.domain.attribute_book import ATTRIBUTE_BOOKS, ROLE_MAPS
from ums_service.domain.audit import AUDIT
from ums_service.domain.audit_seals import AUDIT_KEYS
from ums_service.domain.consents import CONSENTS
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.details import DETAILS
from ums_service.domain.devices import DEVICES
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.factors import FACTORS
from ums_service.domain.failure_records import (
    BLOCKED_ADDRESSES,
    FAILURES,
    FAILURES_OF_NOBODY,
)
from ums_service.domain.families import FAMILIES
from ums_service.domain.idempotency import DONE
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS
from ums_service.domain.invitations import INVITATIONS
from ums_service.domain.lab_policies import LAB_POLICIES
from ums_service.domain.labs import ENDED_LABS, LABS
from ums_service.domain.legal_holds import LEGAL_HOLDS
from ums_service.domain.moment import Moment
from ums_service.domain.notifications import NOTIFICATIONS
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.password_history import HISTORIES
from ums_service.domain.pepper import PEPPERS
from ums_service.domain.push_devices import PUSH_DEVICES
from ums_service.domain.revocations import LAST_REVOKED, REVOCATIONS
from ums_service.domain.role_requests import ROLE_REQUESTS
from ums_service.domain.roles import STORED_ROLES
from ums_service.domain.roster import ROSTERS
from ums_service.domain.service_secrets import SERVICE_SECRETS
from ums_service.domain.shipping import SHIPPED
from ums_service.domain.signing_keys import KEY_RINGS
from ums_service.domain.standings import STANDINGS
from ums_service.domain.users import USERS

COLLECTIONS: Final = (
    AUDIT_KEYS,
    USERS,
    DELETED_USERS,
    ROSTERS,
    DONE,
    FAMILIES,
    REVOCATIONS,
    LAST_REVOKED,
    KEY_RINGS,
    SERVICE_SECRETS,
    DEVICES,
    FAILURES,
    FAILURES_OF_NOBODY,
    BLOCKED_ADDRESSES,
    FACTORS,
    HISTORIES,
    PEPPERS,
    ONE_TIME,
    NOTIFICATIONS,
    PUSH_DEVICES,
    ANNOUNCEMENTS,
    OUTBOX,
    ENTITLEMENTS,
    STANDINGS,
    LEGAL_HOLDS,
    DETAILS,
    CONSENTS,
    STORED_ROLES,
    IMPORTS,
    IMPORTED_CHANGES,
    ATTRIBUTE_BOOKS,
    ROLE_MAPS,
    ROLE_REQUESTS,
    API_KEYS,
    INVITATIONS,
    LABS,
    LAB_POLICIES,
    ENDED_LABS,
    SHIPPED,
)
STREAMS: Final = (AUDIT,)
KDF_OF_RANDOM_KEYS: Final = KdfParameters(time_cost=1, memory_kib=8, lanes=1)
"""Of a key file made here: nobody guesses its 32 random bytes, slowed or not, and every
start would wait a quarter of a second for it."""


class OpenedStore(NamedTuple):
    """The store, and what a first start has to tell."""

    store: Store
    key: MasterKey
    key_is_new: bool


class NoMasterKey(ValueError):
    """There is a store, or a backup of one, but nothing to open it with."""

    def __init__(self, settings: Settings) -> None:
        what = f"the key file {settings.key_path} is not there: put the key there that "
        what += "belongs to the data"
        if settings.data.is_dir() and any(settings.data.iterdir()):
            what = (
                f"{settings.data} holds a store; its key file {settings.key_path} is "
            )
            what += "gone: put it back"
        super().__init__(f"{what}, or name another with --key-file")


def open_store(
    settings: Settings, environ: Mapping[str, str], now: Moment
) -> OpenedStore:
    """Open the store, or make one where there is none.

    Raises:
        storage.errors.CannotOpen: it is there and cannot be read; nothing is changed.
        NoMasterKey, UnusableKeyFile: the key is missing or cannot be used.
    """
    disk = RealDisk(settings.data)
    key = find_master_key(settings.key_file, settings.key_path, environ)
    if key is None and disk.list():
        raise NoMasterKey(settings)
    key_is_new = key is None
    key = key or make_key_file(settings.key_path)
    try:
        store = _begin(Store.open, disk, key, now)
    except StoreMissing:
        kdf = KDF_OF_RANDOM_KEYS if key_is_new else KdfParameters()
        store = _begin(partial(Store.create, kdf=kdf), disk, key, now)
    return OpenedStore(store, key, key_is_new)


def open_existing_store(
    settings: Settings, environ: Mapping[str, str], now: Moment
) -> Store:
    """Open the store that is there. Raises as `open_store`, and StoreMissing."""
    disk = existing_disk(settings)
    return _begin(Store.open, disk, require_master_key(settings, environ), now)


def existing_disk(settings: Settings) -> RealDisk:
    """The directory of the store, which is not made here.

    Raises:
        StoreMissing: there is none.
    """
    if not settings.data.is_dir():
        raise StoreMissing(f"there is no store in {settings.data}")
    return RealDisk(settings.data)


def require_master_key(settings: Settings, environ: Mapping[str, str]) -> MasterKey:
    """The key of a store that exists. Raises NoMasterKey or UnusableKeyFile."""
    key = find_master_key(settings.key_file, settings.key_path, environ)
    if key is None:
        raise NoMasterKey(settings)
    return key


def _begin(
    begin: Callable[..., Store], disk: RealDisk, key: MasterKey, now: Moment
) -> Store:
    return begin(
        disk,
        key.secret,
        collections=COLLECTIONS,
        streams=STREAMS,
        options=StoreOptions(owner=f"ums_service {__version__}"),
        now=now.epoch_s,
    )
