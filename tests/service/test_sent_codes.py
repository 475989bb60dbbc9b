"""Codes by text message: who gets them, how long and how often, and the gateway."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.service.authenticator import Telephone, set_up_messages
from tests.service.harness import ADMIN_PASSWORD, GOOD, Bench, Message
from ums_service.domain.errors import InvalidInput
from ums_service.domain.factors import FACTORS
from ums_service.domain.sent_codes import masked, new_code, telephone_number

NUMBER = "+49 30 123456"


@pytest.fixture
def telephone(standard: Bench) -> Telephone:
    return Telephone.of(standard)


@pytest.fixture
def asked(standard: Bench, telephone: Telephone) -> Message:
    """What Alice's login is answered; her second factor is a telephone number."""
    set_up_messages(standard, telephone, standard.member("alice"))
    return standard.try_login("alice")


def send(bench: Bench, asked: Message, method: str = "sms") -> Message:
    token = asked["mfa_token"]
    return bench.ask(action="send_mfa_code", mfa_token=token, method=method)


def verify(bench: Bench, asked: Message, code: str, **more: object) -> Message:
    token = asked["mfa_token"]
    return bench.ask(action="verify_mfa", mfa_token=token, code=code, **more)


def setup(bench: Bench, token: str, password: str = GOOD, **more: object) -> Message:
    begin = {"action": "setup_mfa", "method": "sms", "session_token": token}
    return bench.ask(**begin, password=password, **more)


def test_a_sent_code_completes_a_login(
    standard: Bench, telephone: Telephone, asked: Message
):
    assert asked["mfa_methods"] == ["sms", "backup_code"]
    entries = standard.audited_by(lambda: send(standard, asked))
    assert [(e["event"], e["details"]) for e in entries] == [
        ("mfa_code_sent", {"method": "sms"})
    ]
    address, code, purpose = telephone.received[-1]
    assert (address, len(code), purpose) == ("+4930123456", 6, "login")
    assert verify(standard, asked, f" {code} ")["status"] == "success"
    assert verify(standard, asked, code)["code"] == "INVALID_TOKEN"


def test_the_reply_shows_enough_of_the_number(standard: Bench, asked: Message):
    reply = send(standard, asked)
    assert (reply["hint"], reply["expires_in"]) == ("***56", 600)


def test_without_a_gateway_there_is_none(standard: Bench):
    alice = standard.member("alice")
    reply = setup(standard, alice, phone_number=NUMBER)
    assert reply["code"] == "NOT_CONFIGURED"
    assert reply["message"] == "The service has no gateway for text messages"
    begin = {"action": "setup_mfa", "method": "email", "session_token": alice}
    assert standard.ask(**begin, password=GOOD)["code"] == "NOT_CONFIGURED"


def test_codes_by_mail_go_to_the_accounts_address(standard: Bench):
    mailbox = Telephone.of(standard, "email")
    alice = standard.member("alice")
    begin = {"action": "setup_mfa", "method": "email", "session_token": alice}
    begun = standard.ask(**begin, password=GOOD)
    assert begun["hint"] == "a***@example.org"
    assert mailbox.received[-1][::2] == ("alice@example.org", "set-up")
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    done = standard.ask(**confirm, session_token=alice, code=mailbox.code)
    assert len(done["backup_codes"]) == 10
    asked = standard.try_login("alice")
    assert send(standard, asked)["code"] == "NOT_FOUND"
    send(standard, asked, "email")
    assert verify(standard, asked, mailbox.code, method="email")["status"] == "success"


def test_a_number_counts_when_it_is_confirmed(standard: Bench, telephone: Telephone):
    alice = standard.member("alice", phone="030 12")
    reply = setup(standard, alice)
    assert reply["details"][0]["field"] == "phone_number"
    begun = setup(standard, alice, phone_number=NUMBER)
    assert standard.try_login("alice")["status"] == "success"
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    wrong = standard.ask(**confirm, session_token=alice, code="no code")
    assert wrong["code"] == "INVALID_MFA_CODE"
    done = standard.ask(**confirm, session_token=alice, code=telephone.code)
    assert done["mfa_enabled"] is True


def test_administrators_need_a_stronger_factor(make_bench):
    for allowed in (False, True):
        bench = make_bench(sent_codes_for_administrators=allowed)
        Telephone.of(bench)
        admin = bench.admin()
        reply = setup(bench, admin, ADMIN_PASSWORD, phone_number=NUMBER)
        assert reply.get("code") == (None if allowed else "PERMISSION_DENIED")


@pytest.mark.parametrize(("seconds", "status"), [(299, "success"), (300, "error")])
def test_a_sent_code_is_good_for_its_time(make_bench, seconds: int, status: str):
    bench = make_bench(sent_code_s=300, mfa_challenge_s=3600)
    telephone = Telephone.of(bench)
    set_up_messages(bench, telephone, bench.member("alice"))
    asked = bench.try_login("alice")
    send(bench, asked)
    bench.clock.advance(seconds)
    assert verify(bench, asked, telephone.code)["status"] == status


def test_three_wrong_answers_void_a_sent_code(
    standard: Bench, telephone: Telephone, asked: Message
):
    send(standard, asked)
    for _ in range(3):
        assert verify(standard, asked, "no code")["code"] == "INVALID_MFA_CODE"
    assert verify(standard, asked, telephone.code)["code"] == "INVALID_MFA_CODE"
    again = standard.try_login("alice")
    send(standard, again)
    assert verify(standard, again, telephone.code)["status"] == "success"


def test_a_newer_code_voids_the_older(
    standard: Bench, telephone: Telephone, asked: Message
):
    send(standard, asked)
    old = telephone.code
    while telephone.code == old:
        send(standard, asked)
    assert verify(standard, asked, old)["code"] == "INVALID_MFA_CODE"
    assert verify(standard, asked, telephone.code)["status"] == "success"


def test_a_code_answers_the_login_it_was_sent_for(
    standard: Bench, telephone: Telephone, asked: Message
):
    send(standard, asked)
    other = standard.try_login("alice")
    assert verify(standard, other, telephone.code)["code"] == "INVALID_MFA_CODE"


def test_nobody_is_flooded_with_messages(
    standard: Bench, telephone: Telephone, asked: Message
):
    before = len(telephone.received)
    message = {"action": "send_mfa_code", "mfa_token": asked["mfa_token"]}
    replies = standard.ask_all([message | {"method": "sms"}] * 20)
    refused = [reply for reply in replies if reply["status"] == "error"]
    assert {reply["code"] for reply in refused} == {"RATE_LIMITED"}
    assert len(telephone.received) - before <= 5
    fresh = standard.try_login("alice")
    assert send(standard, fresh)["retry_after"] == 30


def test_what_is_not_taken_for_delivery_is_told(
    standard: Bench, telephone: Telephone, asked: Message
):
    telephone.is_off = True
    assert send(standard, asked)["code"] == "NOT_DELIVERED"
    telephone.is_off = False
    send(standard, asked)
    assert verify(standard, asked, telephone.code)["status"] == "success"


def test_the_number_is_listed_masked_and_can_be_removed(
    standard: Bench, telephone: Telephone
):
    alice = standard.member("alice")
    set_up_messages(standard, telephone, alice)
    own = {"session_token": alice}
    (method,) = standard.ask(action="get_mfa_status", **own)["methods"]
    assert (method["method"], method["name"]) == ("sms", "***56")
    remove = {"action": "disable_mfa", "method": "sms", "password": GOOD}
    assert standard.ask(**remove, **own)["mfa_enabled"] is False
    assert standard.store.get(FACTORS, standard.user_id("alice")) is None


@pytest.mark.parametrize(
    "text", ["", "123", "+0123456789", "+12345", "+1234567890123456", "+49x30123456"]
)
def test_what_is_no_number_is_refused(text: str):
    with pytest.raises(InvalidInput):
        telephone_number(text)


def test_a_mask_keeps_the_domain_or_two_digits():
    assert masked("alice@example.org") == "a***@example.org"
    assert masked("+4930123456") == "***56"


# --- the gateway ---


class Gateway(HTTPServer):
    """A gateway on this machine that keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.posted: list[tuple[dict[str, str], str | None]] = []
        self.status = 202

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/messages"


class _Post(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((json.loads(body), self.headers["Authorization"]))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.posted.append(({"redirected": ""}, self.headers["Authorization"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at what was posted."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_code_is_posted_to_the_gateway(make_bench, gateway: Gateway, tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("of-the-gateway\n")
    names = {"sms_gateway_url": gateway.url, "sms_gateway_token_file": token}
    bench = make_bench(settings=names | {"mfa_issuer": "St. Mary's"})
    alice = bench.member("alice")
    begun = setup(bench, alice, phone_number=NUMBER)
    message, authorisation = gateway.posted[0]
    code = message["text"].split()[0]
    assert message == {
        "to": "+4930123456",
        "text": f"{code} is your St. Mary's code (set-up). Tell it to nobody.",
    }
    assert authorisation == "Bearer of-the-gateway"
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    assert bench.ask(**confirm, session_token=alice, code=code)["mfa_enabled"] is True


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_gateway_that_refuses_is_told(make_bench, gateway: Gateway, status: int):
    gateway.status = status
    bench = make_bench(settings={"sms_gateway_url": gateway.url})
    reply = setup(bench, bench.member("alice"), phone_number=NUMBER)
    assert reply["code"] == "NOT_DELIVERED"
    assert len(gateway.posted) == 1  # a redirect would carry the token elsewhere


def test_a_gateway_that_is_not_there_is_told(make_bench):
    bench = make_bench(settings={"sms_gateway_url": "http://127.0.0.1:9/"})
    reply = setup(bench, bench.member("alice"), phone_number=NUMBER)
    assert reply == {
        "status": "error",
        "message": "The code could not be sent",
        "code": "NOT_DELIVERED",
    }


def test_a_sent_code_is_any_of_a_million():
    codes = [new_code() for _ in range(3_000)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 2_900
    for place in range(6):
        assert {code[place] for code in codes} == set("0123456789")
