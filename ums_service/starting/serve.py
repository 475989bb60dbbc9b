"""Running the service: start in order, answer until told to stop, stop in order."""

import asyncio
import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from storage import NotWritten, Store
from ums_service import __version__
from ums_service.audit.keeping import AuditKeeping, audit_keeping, audit_places
from ums_service.broker.endpoints import is_local
from ums_service.chores.every import chores_of
from ums_service.chores.maintenance import Maintenance
from ums_service.deployment import process
from ums_service.deployment.clock import SteadyClock, read_clock
from ums_service.deployment.opening import open_store
from ums_service.deployment.peppers import settle_peppers
from ums_service.deployment.settings import BadSettings, Settings
from ums_service.directory.turns import Rests, Turns
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.service_secrets import ensure_secrets
from ums_service.domain.users import USERS
from ums_service.starting.bootstrap import Service, build_service
from ums_service.starting.first_start import ensure_admin, tell_first_start
from ums_service.starting.listening import curve_secret, listening
from ums_service.starting.operator_socket import OperatorDoor, operator_socket
from ums_service.starting.systemd import Notifier

STOP_WITHIN_S: Final = 5.0
"""After this long the process ends whatever still hangs (a dead disk, for one);
nothing that was acknowledged is lost by that."""
_log = logging.getLogger(__name__)

Say = Callable[[str], None]


async def serve(settings: Settings, environ: Mapping[str, str], say: Say) -> None:
    """Serve until SIGTERM or SIGINT; every acknowledged change is durable.

    Raises what `open_store` and `bind_router` raise, before anything is answered.
    """
    notifier = Notifier(environ)
    notifier.tell(STATUS="loading the store")
    profile = settings.policy_profile()
    if profile.original_replies and not is_local(settings.endpoint):
        raise BadSettings("the profile compat serves programs of this machine only")
    secret = curve_secret(settings)
    places = audit_places(settings)
    clock = SteadyClock(read_clock)
    opened = open_store(settings, environ, clock())
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_or_end, stopping)
    store = opened.store
    try:
        service = build_service(store, settings, profile, clock)
        process.settle_after_load()  # behind it: the columns of its index are large
        reader = service.facilities.audit
        log = audit_keeping(store, reader, places, settings, clock)
        store.start(loop)
        await _report_recovery(store, say)
        await ensure_secrets(store, secrets.token_bytes)
        await settle_peppers(store, service.hashes, settings.pepper_lost, clock())
        first = await ensure_admin(service, environ, clock())
        tell_first_start(opened, first, profile, settings, environ, say)
        door = OperatorDoor(service, clock)
        async with (
            operator_socket(settings.operator_path, door),
            listening(settings, secret, service, loop) as endpoint,
        ):
            say(_ready_line(settings, store, endpoint))
            notifier.tell(READY="1", STATUS=f"serving {endpoint}")
            await _until(stopping, service, clock, notifier, log)
            notifier.tell(STOPPING="1")
        service.close_pools()
        await service.dispatch.refusals.flush(clock())
        await log.finish()
    finally:
        _end_process_later()
        await store.close()
    say("stopped")


async def _report_recovery(store: Store, say: Say) -> None:
    """Tell of a torn end that was cut off, to who reads the output and the audit log."""
    found = store.recovery
    if not found.dropped_bytes:
        return
    say(
        f"The last stop was not orderly: {found.dropped_bytes} bytes of an unfinished "
        f"commit were cut off; a copy is in quarantine/{found.quarantine}"
    )
    details = {"dropped_bytes": found.dropped_bytes, "quarantine": found.quarantine}
    entry = AuditEntry(event="store_recovered", outcome=Outcome.DONE, details=details)
    try:
        async with store.transaction() as tx:
            entry.append_to(tx, read_clock())
    except NotWritten as error:  # a full disk must not keep reads from being served
        _log.warning("no audit entry for %s: %s", entry.event, error)


async def _until(
    stopping: asyncio.Event,
    service: Service,
    clock: Callable[[], Moment],
    notifier: Notifier,
    log: AuditKeeping,
) -> None:
    store = service.facilities.store

    def tell() -> None:
        health = store.health
        notifier.tell(
            WATCHDOG="1", STATUS=f"{store.count(USERS)} users, {health.state}"
        )

    chores = chores_of(service.facilities, service.dispatch.refusals)
    maintenance = Maintenance(chores, clock, tell)
    meters = service.facilities.meters
    turns = Turns(Rests(lambda: meters.begun))
    reading = asyncio.create_task(service.facilities.directory.prepare(turns))
    housekeeping = asyncio.create_task(maintenance.run())
    wait = asyncio.create_task(stopping.wait())
    tasks = [housekeeping, *map(asyncio.create_task, log.tasks())]
    tasks.append(asyncio.create_task(meters.watch_loop()))
    if service.mail is not None:
        tasks.append(asyncio.create_task(service.mail.run()))
    if service.facilities.push is not None:
        tasks.append(asyncio.create_task(service.facilities.push.run()))
    await asyncio.wait({wait, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    wait.cancel()
    tasks.append(reading)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    await maintenance.finish()


def _stop_or_end(stopping: asyncio.Event) -> None:
    """The first signal stops in order; the second ends the process at once."""
    if stopping.is_set():
        os._exit(130)
    stopping.set()


def _end_process_later() -> None:
    timer = threading.Timer(STOP_WITHIN_S, os._exit, args=(1,))
    timer.daemon = True
    timer.start()


def _ready_line(settings: Settings, store: Store, endpoint: str) -> str:
    return (
        f"UMS {__version__} serves {store.count(USERS)} users on {endpoint} "
        f"(profile {settings.profile}, data in {settings.data})"
    )
