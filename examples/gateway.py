"""A small HTTP front for the service, which tells it where each end user is.

    python -m examples.gateway --key-file gateway.key [--port 8080]
    curl --json '{"credentials": {...}}' http://127.0.0.1:8080/login

JSON that is posted to /ACTION goes to the service as that action, with the address of
the end user, so that limits, sessions and the audit log see people, not a gateway.

The session token comes and goes in the header `Authorization: Bearer TOKEN` and in the
reply of `login`: in no cookie, so that no other site can have a browser send it. Put it
behind something that speaks TLS. docs/security.md says how to make the key.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, ClassVar, Final, NoReturn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse

import zmq
from typing_extensions import override

FORWARDED: Final = frozenset(
    {
        "health_check",
        "create_user",
        "login",
        "verify_mfa",
        "logout",
        "verify_session",
        "get_user",
        "update_user",
        "change_password",
        "list_sessions",
        "revoke_session",
        "authorize",
        "list_labs",
        "get_lab",
    }
)
"""What end users may ask for here; the service still decides whether they may."""
BODY_BYTES_MAX: Final = 60_000
"""A little less than the service takes, for what is added here."""
DEADLINE_MS: Final = 10_000
_STATUSES: Final = {
    "INVALID_CREDENTIALS": HTTPStatus.UNAUTHORIZED,
    "INVALID_SESSION": HTTPStatus.UNAUTHORIZED,
    "INVALID_MFA_CODE": HTTPStatus.UNAUTHORIZED,
    "MFA_REQUIRED": HTTPStatus.UNAUTHORIZED,
    "PERMISSION_DENIED": HTTPStatus.FORBIDDEN,
    "PASSWORD_CHANGE_REQUIRED": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "CONFLICT": HTTPStatus.CONFLICT,
    "RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS,
    "BUSY": HTTPStatus.SERVICE_UNAVAILABLE,
    "INTERNAL": HTTPStatus.BAD_GATEWAY,
    "INVALID_TOKEN": HTTPStatus.BAD_REQUEST,
}


class Refused(Exception):
    """What the gateway refuses by itself."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Gateway:
    """A WSGI application. `proxy` is the address of a proxy that is before it."""

    endpoint: str
    key: str = field(repr=False)
    proxy: str | None
    context: zmq.Context[zmq.Socket[bytes]]

    def __call__(
        self, environ: dict[str, Any], start: StartResponse
    ) -> Iterable[bytes]:
        try:
            reply = self.ask(message_of(environ), address_of(environ, self.proxy))
            status = status_of(reply)
        except Refused as refused:
            reply = {"status": "error", "message": str(refused)}
            status = refused.status
        body = json.dumps(reply).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        if "retry_after" in reply:
            headers["Retry-After"] = str(int(reply["retry_after"]) + 1)
        start(f"{status.value} {status.phrase}", list(headers.items()))
        return [body]

    def ask(self, message: dict[str, Any], address: str) -> dict[str, Any]:
        """What the service answers to somebody at `address`."""
        client = {"ip": address, "user_agent": message.pop("user_agent")}
        sent = {**message, "client": client, "gateway_key": self.key}
        with self.context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(self.endpoint)
            socket.send(json.dumps(sent).encode())
            if not socket.poll(DEADLINE_MS):
                raise Refused(HTTPStatus.GATEWAY_TIMEOUT, "The service does not answer")
            reply: dict[str, Any] = json.loads(socket.recv())
            return reply


def message_of(environ: dict[str, Any]) -> dict[str, Any]:
    """The action with its fields. Whatever else the end user put in is not passed on."""
    action = environ["PATH_INFO"].strip("/")
    if action not in FORWARDED:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such action here")
    if environ["REQUEST_METHOD"] != "POST":
        raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "Actions are posted")
    if environ.get("CONTENT_TYPE", "").partition(";")[0] != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "This takes application/json")
    fields = fields_of(environ)
    for ours in ("action", "client", "gateway_key", "api_key", "session_token"):
        fields.pop(ours, None)
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme == "Bearer":
        fields["session_token"] = token
    user_agent = environ.get("HTTP_USER_AGENT", "")
    return {**fields, "action": action, "user_agent": user_agent}


def fields_of(environ: dict[str, Any]) -> dict[str, Any]:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "The length is no number") from None
    if not 0 <= length <= BODY_BYTES_MAX:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too much")
    try:
        fields = json.loads(environ["wsgi.input"].read(length) or b"{}")
    except (ValueError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, "That is no JSON") from None
    if not isinstance(fields, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "The fields must be a JSON object")
    return fields


def address_of(environ: dict[str, Any], proxy: str | None) -> str:
    """Where the end user is.

    A proxy adds the address that it saw at the end of X-Forwarded-For; everything before
    that is what the end user wrote there, and must not be believed.
    """
    peer = str(environ["REMOTE_ADDR"])
    if proxy is None or peer != proxy:
        return peer
    seen = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    return seen.rpartition(",")[2].strip() or peer


def status_of(reply: dict[str, Any]) -> HTTPStatus:
    if reply.get("status") != "error":
        return HTTPStatus.OK
    return _STATUSES.get(str(reply.get("code")), HTTPStatus.BAD_REQUEST)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    timeout: ClassVar[float | None] = 30.0
    """Seconds; who sends nothing for so long is hung up on."""

    @override
    def log_message(self, *_: Any) -> None:
        """Log nothing: the service has the audit log."""

    @override
    def address_string(self) -> str:
        return str(self.client_address[0])


def check(gateway: Gateway) -> None:
    """End the program if its key is no good; a service that is away may come yet."""
    try:
        reply = gateway.ask({"action": "health_check", "user_agent": ""}, "127.0.0.1")
    except Refused as refused:
        print(f"gateway: {refused}", file=sys.stderr)
        return
    if reply["status"] == "error":
        fail(f"the service refuses the key: {reply['message']}")


def read_key(path: Path) -> str:
    try:
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"the key cannot be read: {error}")
    if path.stat().st_mode & 0o077:
        fail(f"{path} can be read by others: chmod 600 {path}")
    return key


def fail(reason: str) -> NoReturn:
    sys.exit(f"gateway: {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--service", default="tcp://127.0.0.1:5556", metavar="ENDPOINT")
    parser.add_argument("--key-file", type=Path, required=True, help="its API key")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--proxy", help="address of a proxy that is before it")
    given = parser.parse_args()
    key = read_key(given.key_file)
    with zmq.Context() as context:
        gateway = Gateway(given.service, key, given.proxy, context)
        check(gateway)
        try:
            server = make_server(given.host, given.port, gateway, Server, Quiet)
        except (OSError, OverflowError) as error:
            fail(f"cannot listen on {given.host}:{given.port}: {error}")
        with server:
            print(f"listening on http://{given.host}:{server.server_port}", flush=True)
            server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
