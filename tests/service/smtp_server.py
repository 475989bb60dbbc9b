"""A real SMTP server on a thread, with what real ones do: refuse, delay, encrypt."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Taken:
    """What the server saw; `answers` are given to RCPT TO, one after the other."""

    envelopes: list[Envelope] = field(default_factory=list)
    users: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    data_answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name that the library calls
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        if self.data_answer.startswith("2"):
            self.envelopes.append(envelope)
            tls = server.transport.get_extra_info("ssl_object")
            self.encrypted.append(tls is not None)
        return self.data_answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:  # fmt: skip
        self.users.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right password")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def smtp_server(
    *, tls: ssl.SSLContext | None = None, at_once: bool = False, auth: bool = False
) -> Iterator[tuple[Taken, int]]:
    """The server and its port. With `tls`: STARTTLS, or encrypted `at_once`."""
    taken, port = Taken(), free_port()
    more: dict[str, Any] = {}
    if tls is not None and not at_once:
        more["tls_context"] = tls
    if auth:
        more |= {"authenticator": taken.authenticate, "auth_required": True, "auth_require_tls": tls is not None and not at_once}  # fmt: skip
    controller = Controller(
        taken, HOST, port, ssl_context=tls if at_once else None, **more
    )
    controller.start()
    try:
        yield taken, port
    finally:
        controller.stop()


def certificate(directory: Path, name: str = "relay") -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 - TLS reads the real clock
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / f"{name}.pem", directory / f"{name}.key"
    public.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context
