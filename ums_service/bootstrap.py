"""The only place that constructs things: settings in, a service out."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from storage import RealDisk, Store, StoreMissing, StoreOptions
from ums_service import __version__
from ums_service.call import Facilities
from ums_service.dispatch import Dispatch
from ums_service.domain.audit import AUDIT
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.idempotency import DONE
from ums_service.domain.lockout import Lockout
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.outbox import OUTBOX, RetryRules
from ums_service.domain.password_hashes import HashParameters, PasswordHashes
from ums_service.domain.profiles import HOUR_S, Profile
from ums_service.domain.rate_limit import Bucket, RateLimits
from ums_service.domain.roster import ROSTERS
from ums_service.domain.sessions import Sessions, new_token
from ums_service.domain.users import USERS
from ums_service.handlers import HANDLERS
from ums_service.hashing import HashingPool
from ums_service.login_gate import LoginGate
from ums_service.mail.compose import Composer
from ums_service.mail.queue import MailQueue
from ums_service.mail.sender import MailSender
from ums_service.mail.smtp import Courier
from ums_service.mail_settings import mail_sender, smtp_server
from ums_service.master_key import MasterKey, find_master_key, make_key_file
from ums_service.settings import Settings

COLLECTIONS: Final = (USERS, DELETED_USERS, ROSTERS, DONE, ONE_TIME, OUTBOX)
STREAMS: Final = (AUDIT,)
_BUCKETS: Final = {
    "register": Bucket(burst=30, per_s=0.5),
    "login": Bucket(burst=100, per_s=100 / 60),
    "write": Bucket(burst=200, per_s=50),
}


class OpenedStore(NamedTuple):
    """The store, and what a first start has to tell."""

    store: Store
    key: MasterKey
    key_is_new: bool


class NoMasterKey(ValueError):
    """There is a store, but nothing to open it with."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"{settings.data} holds a store; its key file {settings.key_path} is gone: "
            "put it back, or name another with --key-file"
        )


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
        store = _begin(Store.create, disk, key, now)
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


class Service(NamedTuple):
    """Everything a running service consists of, but its socket."""

    dispatch: Dispatch
    facilities: Facilities
    hashes: PasswordHashes
    pool: HashingPool
    mail: MailSender | None = None


def build_service(
    store: Store, settings: Settings, profile: Profile, clock: Callable[[], Moment]
) -> Service:
    """Join rules, handlers and store. The store must be open, not yet started."""
    hashes = build_hashes(settings)
    pool = HashingPool(
        threads=settings.hashing_threads, queue_max=settings.hashing_queue_max
    )
    lockout = Lockout(
        failures_max=profile.failures_max,
        window_s=profile.failures_window_s,
        lockout_s=profile.lockout_s,
    )
    facilities = Facilities(
        store=store,
        sessions=Sessions(profile, sessions_max=settings.sessions_max),
        gate=LoginGate(lockout, hashes, pool, secret=secrets.token_bytes(32)),
        profile=profile,
        store_name=settings.data.name,
        version=__version__,
        new_token=new_token,
        new_user_id=new_user_id,
        mail=build_queue(settings),
    )
    asked = profile.mail_requests_per_hour
    mail = {"mail": Bucket(burst=asked, per_s=asked / HOUR_S)}
    dispatch = Dispatch(HANDLERS, facilities, RateLimits(_BUCKETS | mail), clock)
    sender = build_sender(facilities, settings, clock)
    return Service(dispatch, facilities, hashes, pool, sender)


def build_queue(settings: Settings) -> MailQueue | None:
    """The queue of mails; None where no mail server is set."""
    if settings.smtp_host is None:
        return None
    return MailQueue(
        outbox_max=settings.mail_outbox_max, wait_max_s=max(settings.mail_retry_s)
    )


def build_sender(
    facilities: Facilities, settings: Settings, clock: Callable[[], Moment]
) -> MailSender | None:
    """What sends mail; None where no mail server is set.

    Raises:
        BadSettings, UnusableKeyFile: the server cannot be used as it is set.
    """
    if facilities.mail is None:
        return None
    courier = Courier(Composer(mail_sender(settings)), smtp_server(settings))
    rules = RetryRules(settings.mail_retry_s, settings.mail_give_up_s)
    return MailSender(
        facilities.store,
        facilities.mail,
        courier.deliver,
        rules,
        facilities.profile,
        clock,
    )


def build_hashes(settings: Settings) -> PasswordHashes:
    """Password hashes with the parameters that are set."""
    return PasswordHashes(
        HashParameters(
            passes=settings.argon2_passes,
            memory_kib=settings.argon2_memory_kib,
            lanes=settings.argon2_lanes,
        )
    )


def new_user_id() -> str:
    """A random id (UUID4): it tells nothing and never comes back."""
    return str(uuid.uuid4())
