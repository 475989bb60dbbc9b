"""Pushes notifications to telephones and browsers through the operator's gateway.

What is posted is `{"to": "...", "device_type": "ios", "title": "...", "body": "..."}`;
`to` is what the device was registered with. A push is a hint that there is something: it
is tried once, and what waits when the service stops is lost. The list of notifications
has it all the same.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from ums_service.domain.push_devices import PushDevice

WAITING_MAX: Final = 10_000
AT_ONCE: Final = 4
_log = logging.getLogger(__name__)


class Gateway(Protocol):
    """What carries messages on."""

    async def post(self, message: dict[str, str]) -> None:
        """Hand it over. Raises where it was not taken."""


class Push(NamedTuple):
    """One message to one device."""

    device: PushDevice
    title: str
    body: str


class PushSender:
    """What waits to be pushed, and what pushes it. Belongs to the loop."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._waiting: asyncio.Queue[Push] = asyncio.Queue(WAITING_MAX)

    def add(self, pushes: Iterable[Push]) -> None:
        """Have these pushed. Past `WAITING_MAX` they are left out."""
        for push in pushes:
            try:
                self._waiting.put_nowait(push)
            except asyncio.QueueFull:
                _log.warning("too much waits to be pushed: some is left out")
                return

    async def run(self) -> None:
        """Go on until cancelled."""
        await asyncio.gather(*(self._work() for _ in range(AT_ONCE)))

    async def send_waiting(self) -> None:
        """Push all that waits."""
        while not self._waiting.empty():
            await self._send(self._waiting.get_nowait())

    async def _work(self) -> None:
        while True:
            await self._send(await self._waiting.get())

    async def _send(self, push: Push) -> None:
        message = {
            "to": push.device.token,
            "device_type": push.device.device_type,
            "title": push.title,
            "body": push.body,
        }
        try:
            await self._gateway.post(message)
        except Exception as error:  # noqa: BLE001 - one push must not end all
            _log.warning("the push gateway took no message: %s", type(error).__name__)
