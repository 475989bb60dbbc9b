"""A store opened by a command while the service does not run."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage import Store
from ums_service.deployment.clock import read_clock
from ums_service.deployment.opening import open_existing_store, open_store
from ums_service.deployment.settings import Settings


@asynccontextmanager
async def open_offline(
    settings: Settings, *, create: bool = False
) -> AsyncIterator[Store]:
    """The started store, closed in order afterwards.

    Raises as `open_existing_store`, or as `open_store` where one may be made.
    """
    now = read_clock()
    if create:
        store = open_store(settings, os.environ, now).store
    else:
        store = open_existing_store(settings, os.environ, now)
    try:
        store.start(asyncio.get_running_loop())
        yield store
    finally:
        await store.close()
