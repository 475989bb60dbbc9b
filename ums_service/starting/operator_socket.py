"""The door for the operator of this machine: a socket in the file system.

It lies beside the data with mode 0600, takes commands from the user of the service and
from root only, and has no address on any network. One line of JSON asks, one answers:

    {"command": "recover-admin", "username": "admin"}
    {"done": {"password": "..."}}   or   {"failed": "there is no account admin"}
"""

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Final

from storage.errors import StoreError
from ums_service.calls import metrics
from ums_service.domain.errors import Busy
from ums_service.domain.moment import Moment
from ums_service.starting import operations
from ums_service.starting.bootstrap import Service

LINE_BYTES_MAX: Final = 4_096
ASK_WITHIN_S: Final = 5.0
PATH_BYTES_MAX: Final = 107  # sun_path of unix(7), less its final zero
_CREDENTIALS: Final = struct.Struct("3i")
_log = logging.getLogger(__name__)

Done = dict[str, Any]


class OperatorDoor:
    """Carries out the commands, one connection each."""

    def __init__(self, service: Service, clock: Callable[[], Moment]) -> None:
        self._service = service
        self._clock = clock

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one line; hang up on a stranger, and on a line without end."""
        with suppress(OSError, TimeoutError, ValueError), closing(writer):
            if _is_operator(writer.get_extra_info("socket")):
                line = await asyncio.wait_for(reader.readline(), ASK_WITHIN_S)
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()

    async def _answer(self, line: bytes) -> Done:
        try:
            return {"done": await self._carry_out(_command(line))}
        except (operations.Failed, StoreError) as error:
            return {"failed": str(error) or type(error).__name__}
        except Busy:
            return {"failed": "the service is busy; try again"}
        except Exception:  # noqa: BLE001 - the operator must get an answer
            _log.exception("a command of the operator failed")
            return {"failed": "a fault of the service; its log tells more"}

    async def _carry_out(self, command: Done) -> Done:
        match command:
            case {"command": "recover-admin", "username": str(username)}:
                return {"password": await self._recover(username)}
            case {"command": "rotate-key"}:
                await operations.rotate_key(
                    self._service.facilities.store, self._clock()
                )
                return {}
            case {"command": "metrics"}:
                gathered = metrics.gather(self._service.facilities)
                return {"text": metrics.prometheus(gathered)}
            case _:
                raise operations.Failed("there is no such command")

    async def _recover(self, username: str) -> str:
        service, facilities = self._service, self._service.facilities

        async def hashed(password: str) -> str:
            return await service.pool.run(service.hashes.hash, password)

        recovered = await operations.recover_admin(
            facilities.store,
            hashed,
            facilities.profile,
            username,
            self._clock(),
            tells=facilities.mail is not None,
        )
        for mail in recovered.mails:
            assert facilities.mail is not None
            facilities.mail.add(mail, self._clock())
        facilities.sessions.end_all_of(recovered.user_id)
        facilities.factors.challenges.end_all_of(recovered.user_id)
        _log.warning("an administrator was recovered through the operator's socket")
        return recovered.password


@asynccontextmanager
async def operator_socket(path: Path, door: OperatorDoor) -> AsyncIterator[None]:
    """Keep the door open; without one where the path is too long for a socket."""
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        _log.warning("no operator's socket: %s is too long; set operator_socket", path)
        yield
        return
    server = await asyncio.start_unix_server(
        door.serve, path, limit=LINE_BYTES_MAX, backlog=4
    )
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def ask_running(path: Path, command: Done) -> Done | None:
    """What a running service answers, however long it takes; None where none listens.

    Raises:
        operations.Failed: it could not do it; the text says why.
        OSError: the socket is there and may not be used.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(json.dumps(command).encode() + b"\n")
        with connection.makefile("rb") as file:
            answer = json.loads(file.readline() or b'{"failed": "no answer"}')
    if "failed" in answer:
        raise operations.Failed(answer["failed"])
    done: Done = answer["done"]
    return done


def _command(line: bytes) -> Done:
    try:
        command = json.loads(line)
    except ValueError:
        raise operations.Failed("a command is one line of JSON") from None
    if not isinstance(command, dict):
        raise operations.Failed("a command is an object")
    return command


def _is_operator(connection: socket.socket) -> bool:
    """Whether the peer runs as the user of the service, or as root."""
    size = _CREDENTIALS.size
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, user, _ = _CREDENTIALS.unpack(raw)
    return user in (0, os.geteuid())
