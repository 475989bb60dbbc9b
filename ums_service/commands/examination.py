"""What `doctor` looks at: each check says what it found, and what to do about it.

Nothing is changed, and nothing needs the service stopped. A check that finds the
installation unfit for service is WRONG; one that finds a risk is DOUBTFUL.
"""

import ctypes
import math
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from storage.errors import StoreError, StoreMissing
from storage.oldest import oldest_entry
from storage.verify import verify_quick
from ums_service.broker.endpoints import is_local
from ums_service.broker.keys import CurveKeys, KeyTrouble
from ums_service.broker.sockets import UnsafeLibrary, safe_library
from ums_service.deployment.mail_settings import mail_sender, smtp_server
from ums_service.deployment.master_key import UnusableKeyFile
from ums_service.deployment.opening import (
    NoMasterKey,
    existing_disk,
    require_master_key,
)
from ums_service.deployment.peppers import UnusablePepper
from ums_service.deployment.settings import BadSettings, Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.blocklist import UnusableBlocklist
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import PROFILES, Profile
from ums_service.mail.compose import Composer
from ums_service.mail.outcomes import RelayDown
from ums_service.mail.smtp import Courier
from ums_service.starting.bootstrap import build_blocklist, build_hashes

FLUSHES: Final = 30
FLUSH_BYTES: Final = 4_096
SLOW_FLUSH_S: Final = 0.020
FREE_SHARE_MIN: Final = 0.20
FILES_MIN: Final = 4_096
AHEAD_S: Final = 60
_TIMEX_BYTES: Final = 208  # struct timex of adjtimex(2)
_STATUS_AT: Final = 40
_UNSYNCHRONISED: Final = 0x0040  # STA_UNSYNC


class Grade(StrEnum):
    """How grave a finding is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


class Finding(NamedTuple):
    """What one check found."""

    about: str
    grade: Grade
    text: str


def examine(
    settings: Settings, environ: Mapping[str, str], now: Moment
) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    yield _libraries()
    yield from _profile(settings)
    yield _endpoint(settings)
    yield _store(settings)
    yield _key(settings, environ)
    yield _audit(settings, environ)
    yield _room(settings)
    yield _flushes(settings)
    yield _clock(settings, now)
    yield _descriptors()
    yield _passwords(settings)
    yield _mail(settings)


def _good(about: str, text: str) -> Finding:
    return Finding(about, Grade.GOOD, text)


def _doubtful(about: str, text: str) -> Finding:
    return Finding(about, Grade.DOUBTFUL, text)


def _wrong(about: str, text: str) -> Finding:
    return Finding(about, Grade.WRONG, text)


def _libraries() -> Finding:
    try:
        library = safe_library()
    except UnsafeLibrary as error:
        return _wrong("libraries", str(error))
    return _good("libraries", f"Python {sys.version.split()[0]}, libzmq {library}")


def _profile(settings: Settings) -> Iterator[Finding]:
    try:
        profile = settings.policy_profile()
    except BadSettings as error:
        yield _wrong("profile", str(error))
        return
    if profile.original_replies:
        yield _doubtful(
            "profile", "compat is for programs of the original service, on one machine"
        )
    else:
        yield _good("profile", profile.name)
    base = PROFILES[settings.profile]
    for name in Profile.__slots__:
        if getattr(profile, name) != getattr(base, name):
            value = getattr(profile, name)
            yield _good("profile", f"{name} = {value} (not {getattr(base, name)})")


def _endpoint(settings: Settings) -> Finding:
    endpoint = settings.endpoint
    if is_local(endpoint) and not settings.curve:
        return _good("endpoint", f"{endpoint}, this machine only")
    keys = CurveKeys(settings.curve_path)
    try:
        keys.server_secret()
    except KeyTrouble as error:
        return _wrong("endpoint", f"{endpoint} needs CURVE: {error}")
    if not keys.names():
        return _doubtful("endpoint", f"{endpoint}: no client is authorised (keys)")
    return _good("endpoint", f"{endpoint} for {len(keys.names())} authorised keys")


def _store(settings: Settings) -> Finding:
    try:
        seen = verify_quick(existing_disk(settings))
    except StoreMissing:
        return _good("store", f"none yet in {settings.data}; the first start makes it")
    except (StoreError, OSError) as error:
        return _wrong("store", str(error))
    return _good("store", f"{len(seen.files)} files in {settings.data}, all private")


def _key(settings: Settings, environ: Mapping[str, str]) -> Finding:
    if not settings.data.is_dir():
        return _good("master key", "none yet; the first start makes it")
    try:
        key = require_master_key(settings, environ)
    except (NoMasterKey, UnusableKeyFile, OSError) as error:
        return _wrong("master key", str(error))
    if settings.key_path.parent.resolve() == settings.data.resolve():
        return _doubtful("master key", f"{key.source} lies among the data it protects")
    return _good("master key", f"from {key.source}; keep a copy elsewhere")


def _audit(settings: Settings, environ: Mapping[str, str]) -> Finding:
    """How far back the audit log goes, and how long it is kept."""
    try:
        kept = f"kept {settings.policy_profile().audit_kept_days} days"
    except BadSettings as error:
        return _wrong("audit log", str(error))
    if settings.audit_hold:
        kept = "nothing is dropped (audit_hold)"
    try:
        disk = existing_disk(settings)
        master = require_master_key(settings, environ).secret
        oldest = oldest_entry(disk, master, AUDIT)
    except StoreMissing:
        return _good("audit log", f"none yet; {kept}")
    except (NoMasterKey, UnusableKeyFile, StoreError, OSError) as error:
        return _wrong("audit log", str(error))
    if oldest is None:
        return _good("audit log", f"no entries yet; {kept}")
    text = f"goes back to {oldest.data['at']}, entry {oldest.sequence}; {kept}"
    return _good("audit log", text)


def _room(settings: Settings) -> Finding:
    usage = shutil.disk_usage(_nearest(settings.data))
    text = f"{usage.free / 2**30:.1f} GiB of {usage.total / 2**30:.1f} are free"
    if usage.free < FREE_SHARE_MIN * usage.total:
        return _doubtful("disk", f"{text}: less than {FREE_SHARE_MIN:.0%}")
    return _good("disk", text)


def _flushes(settings: Settings) -> Finding:
    """The time every change waits for: a write and fdatasync where the data is."""
    folder = _nearest(settings.data.parent)
    try:
        took_s = list(_timed_flushes(folder))
    except OSError as error:
        told = error.strerror or str(error)
        return _wrong("flush", f"nothing can be written into {folder}: {told}")
    text = f"a flush takes {_ms(median(took_s))}, at worst {_ms(max(took_s))}"
    if median(took_s) > SLOW_FLUSH_S:
        return _doubtful("flush", f"{text}: every change waits that long")
    return _good("flush", text)


def _timed_flushes(folder: Path) -> Iterator[float]:
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FLUSHES):
            begun_s = time.perf_counter()
            os.write(file.fileno(), bytes(FLUSH_BYTES))
            os.fdatasync(file.fileno())
            yield time.perf_counter() - begun_s


def _clock(settings: Settings, now: Moment) -> Finding:
    newest_s = max(
        (path.stat().st_mtime for path in _files(settings.data)), default=-math.inf
    )
    behind_s = newest_s - now.epoch_s
    if behind_s > AHEAD_S:
        return _wrong("clock", f"{behind_s:.0f} s behind the last change of the data")
    if not _is_synchronised():
        return _doubtful("clock", "not synchronised; codes and expiry go by it")
    return _good("clock", "synchronised")


def _is_synchronised() -> bool:
    """What the kernel knows of it, by adjtimex(2); asking changes nothing."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    status = int.from_bytes(timex.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder)
    return state >= 0 and not status & _UNSYNCHRONISED


def _descriptors() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_MIN:
        return _doubtful("open files", f"at most {hard}: so many connections fewer")
    return _good("open files", f"at most {hard}")


def _passwords(settings: Settings) -> Finding:
    try:
        build_hashes(settings)
        build_blocklist(settings)
    except (UnusablePepper, UnusableBlocklist, OSError) as error:
        return _wrong("passwords", str(error))
    extra = "with a pepper" if settings.pepper_file else "no pepper"
    return _good(
        "passwords",
        f"Argon2id, {settings.argon2_memory_kib} KiB, {settings.argon2_passes} passes, "
        f"{extra}",
    )


def _mail(settings: Settings) -> Finding:
    if settings.smtp_host is None:
        return _good("mail", "no server is set: what needs mail is refused")
    where = f"{settings.smtp_host} ({settings.smtp_security})"
    try:
        composer = Composer(mail_sender(settings))
        Courier(composer, smtp_server(settings)).greet()
    except BadSettings as error:
        return _wrong("mail", str(error))
    except (UnusableKeyFile, RelayDown) as error:
        return _wrong("mail", f"{where}: {error}")
    return _good("mail", f"{where} answers")


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []


def _nearest(path: Path) -> Path:
    """The directory, or the nearest above it that exists."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"
