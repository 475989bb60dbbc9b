"""The open socket of a running service, and what guards it."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from ums_service.broker.broker import Broker
from ums_service.broker.endpoints import LOOPBACK_ADDRESS, is_local
from ums_service.broker.keys import CurveKeys
from ums_service.broker.self_test import require_closed_gate
from ums_service.broker.sockets import (
    Router,
    bind_router,
    bound_endpoint,
    make_context,
)
from ums_service.broker.zap import Gatekeeper
from ums_service.deployment import process
from ums_service.deployment.settings import Settings
from ums_service.starting.bootstrap import Service

DRAIN_WITHIN_S: Final = 2.0
WATCH_EVERY_S: Final = 0.1
_log = logging.getLogger(__name__)


def curve_secret(settings: Settings) -> bytes | None:
    """The server's key where one is needed. Raises KeyTrouble before a store is made."""
    if settings.curve or not is_local(settings.endpoint):
        return CurveKeys(settings.curve_path).server_secret()
    return None


@asynccontextmanager
async def listening(
    settings: Settings,
    secret: bytes | None,
    service: Service,
    loop: asyncio.AbstractEventLoop,
) -> AsyncIterator[str]:
    """The open socket; requests in flight get their replies before it closes."""
    context = make_context()
    gatekeeper = None
    if secret is not None:
        keys = CurveKeys(settings.curve_path)
        gatekeeper = Gatekeeper(context, keys.may_connect)
        gatekeeper.start(loop)
    try:
        socket = bind_router(context, settings.endpoint, curve_secret_key=secret)
        bound = bound_endpoint(socket)
        if secret is not None:
            await require_closed_gate(context, bound, secret)
        local_address = LOOPBACK_ADDRESS if secret is None else None
        broker = Broker(socket, service.dispatch.answer, local_address=local_address)
        broker.start(loop)
        guard = asyncio.create_task(
            _guard_memory(
                broker,
                process.MemoryWatch(_headroom_mib(settings)),
                lambda: bind_router(context, bound, curve_secret_key=secret),
            )
        )
        yield bound
        guard.cancel()
        late = await broker.stop(within_s=DRAIN_WITHIN_S)
        if late:
            _log.warning("%d requests were not answered", late)
        broker.close()
    finally:
        if gatekeeper is not None:
            gatekeeper.stop()
        context.destroy(linger=500)


def _headroom_mib(settings: Settings) -> int:
    """What is set, and what the hashes that may run at once need for themselves."""
    hashing_kib = settings.hashing_threads * settings.argon2_memory_kib
    return settings.memory_headroom_mib + hashing_kib // 1024


async def _guard_memory(
    broker: Broker, watch: process.MemoryWatch, bind: Callable[[], Router]
) -> None:
    """Shake off peers that make ZeroMQ hold more and more for them."""
    while True:
        await asyncio.sleep(WATCH_EVERY_S)
        if watch.is_high():
            _log.warning("memory grows fast: dropping all connections")
            try:
                await broker.rebind(bind)
            except OSError:
                _log.exception("cannot listen again: stopping")
                signal.raise_signal(signal.SIGTERM)
                return
            await asyncio.sleep(WATCH_EVERY_S)  # its thread frees what they held
            watch.settle()
