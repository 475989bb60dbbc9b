"""One slow call on a thread of its own, waited for by the loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress


async def in_daemon_thread(function: Callable[[], None]) -> None:
    """Run `function` and raise what it raises.

    The thread is a daemon: a mail server that does not answer must not keep the process
    from ending. Cancelled while waiting, it goes on and its outcome is dropped.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def work() -> None:
        outcome: BaseException | None = None
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - it is raised in the waiting task
            outcome = error
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=work, name="mail", daemon=True).start()
    await done
