"""Request bodies as the client library writes them, and the accounts that send them."""

from __future__ import annotations

from itertools import count, cycle, islice
from typing import Final

from benchmarks.peers import ask
from benchmarks.stores import LAB_ID, PASSWORD, authenticator_secret, username
from ums_client.envelope import pack, unpack
from ums_client.protocol.accounts import CreateUser, GetUser, UpdateUser
from ums_client.protocol.attributes import Authorize
from ums_client.protocol.codec import Encoding
from ums_client.protocol.message import R, Request
from ums_client.protocol.service import HealthCheck
from ums_client.protocol.sessions import Login, VerifySession
from ums_service.domain.totp import STEP_S, code_at

_REQUEST_ID: Final = "0123456789abcdef"
_new_number = count(1)
READING_ACCOUNTS: Final = 8


def body_of(request: Request[R], token: str | None = None) -> bytes:
    """The bytes of a request, with an id as the client library gives each."""
    return pack(
        request,
        request_id=_REQUEST_ID,
        encoding=Encoding.JSON,
        session_token=token,
        idempotency_key=None,
    ).body


def call(endpoint: str, request: Request[R], token: str | None = None) -> R:
    """One request on a connection of its own, its reply read and checked."""
    outgoing = pack(
        request,
        request_id=_REQUEST_ID,
        encoding=Encoding.JSON,
        session_token=token,
        idempotency_key=None,
    )
    reply = unpack(ask(endpoint, outgoing.body), outgoing)
    assert reply is not None
    return reply


def log_in(endpoint: str, number: int) -> str:
    """The session token of account `number`."""
    return call(endpoint, login(number)).session_token


def tokens(endpoint: str, count: int) -> list[str]:
    """Sessions of so many different accounts."""
    return [log_in(endpoint, number) for number in range(count)]


def login(number: int) -> Login:
    """A login of account `number`."""
    return Login(username=username(number), password=PASSWORD)


def login_with_code(number: int, epoch_s: int) -> Login:
    """A login of account `number` with the code that its authenticator shows then."""
    code = code_at(authenticator_secret(number), epoch_s // STEP_S)
    return Login(username=username(number), password=PASSWORD, mfa_code=code)


def new_account() -> CreateUser:
    """A registration under a name that was not used before in this run."""
    number = next(_new_number)
    return CreateUser(
        username=f"registered{number:07}",
        email=f"registered{number:07}@example.org",
        password=PASSWORD,
        full_name="Registered By Benchmark",
        phone="+49 30 1234567",
        city="Berlin",
        country="Germany",
    )


def logins(count: int, *, first: int = 0) -> list[bytes]:
    """Logins of so many different accounts."""
    return [body_of(login(number)) for number in range(first, first + count)]


def reads(session_tokens: list[str]) -> list[list[bytes]]:
    """For each session one client that reads its own account."""
    return [[body_of(GetUser(), token)] for token in session_tokens]


def session_checks(session_tokens: list[str]) -> list[list[bytes]]:
    """For each session one client that asks whether it is good."""
    return [[body_of(VerifySession(), token)] for token in session_tokens]


def authorisations(session_tokens: list[str]) -> list[list[bytes]]:
    """For each session one client that asks what it may do in the lab."""
    asked = Authorize(lab_id=LAB_ID, required_attributes=["lab.patient.read"])
    return [[body_of(asked, token)] for token in session_tokens]


def many_reads(endpoint: str, count: int) -> list[bytes]:
    """Reads for so many clients of a few accounts, whose sessions they share."""
    of_each = [client[0] for client in reads(tokens(endpoint, READING_ACCOUNTS))]
    return list(islice(cycle(of_each), count))


def updates(session_tokens: list[str]) -> list[list[bytes]]:
    """For each session one client that changes its own account, to and fro."""
    changes = (
        UpdateUser(city="Hamburg", phone="+49 40 7654321"),
        UpdateUser(city="Berlin", phone="+49 30 1234567"),
    )
    return [[body_of(change, token) for change in changes] for token in session_tokens]


HEALTH: Final = body_of(HealthCheck())
