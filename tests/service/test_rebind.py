"""Dropping all connections: an address that is gone must not leave a deaf service."""

import asyncio
import signal

from ums_service.broker.broker import Broker
from ums_service.broker.sockets import CannotBind, bind_router, make_context
from ums_service.starting.listening import _guard_memory


class AlwaysHigh:
    """A memory watch that wants connections dropped."""

    def is_high(self) -> bool:
        return True

    def settle(self) -> None:
        raise AssertionError("nothing was bound again")


def test_a_service_that_cannot_listen_again_stops_in_order() -> None:
    async def scene() -> None:
        context = make_context()
        router = bind_router(context, "tcp://127.0.0.1:*", curve_secret_key=None)

        async def echo(body: bytes, address: str) -> bytes:
            return body

        def refuse():
            raise CannotBind("tcp://127.0.0.1:1", "taken")

        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stopping.set)
        broker = Broker(router, echo, local_address="127.0.0.1")
        broker.start(loop)
        try:
            async with asyncio.timeout(20):
                await _guard_memory(broker, AlwaysHigh(), refuse)
                await stopping.wait()
            assert await broker.stop(within_s=1) == 0
        finally:
            loop.remove_signal_handler(signal.SIGTERM)
            broker.close()
            context.destroy(linger=0)

    asyncio.run(scene())
