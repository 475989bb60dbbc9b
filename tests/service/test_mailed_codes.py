"""Codes by mail: through the outbox, to the address of the account, and nowhere else."""

import re

import pytest

from tests.service.harness import GOOD, Bench, Message
from tests.service.mailbox import MAIL, Mailbox
from ums_service.domain.outbox import DEAD_MAX


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    return Mailbox(bench)


def newest_code(bench: Bench, box: Mailbox) -> str:
    bench.run(box.sender.send_due())
    return codes(box)[-1]


def codes(box: Mailbox) -> list[str]:
    """The codes of all mails so far."""
    return re.findall(r"\b(\d{6}) is your code", "".join(map(str, box.received)))


def enrolled(bench: Bench, box: Mailbox) -> Message:
    """What the login of an account with codes by mail is answered."""
    token = bench.member("alice")
    begun = bench.ask(
        action="setup_mfa", method="email", session_token=token, password=GOOD
    )
    assert begun["hint"] == "a***@example.org"
    confirmed = bench.ask(
        action="confirm_mfa",
        session_token=token,
        setup_token=begun["setup_token"],
        code=newest_code(bench, box),
    )
    assert confirmed["status"] == "success"
    return bench.try_login("alice")


def test_a_mailed_code_sets_up_and_completes_a_login(bench: Bench, box: Mailbox):
    asked = enrolled(bench, box)
    assert asked["mfa_methods"] == ["email", "backup_code"]
    token = asked["mfa_token"]
    sent = bench.ask(action="send_mfa_code", mfa_token=token, method="email")
    assert sent["status"] == "success"
    code = newest_code(bench, box)
    assert box.received[-1]["To"] == "alice@example.org"
    done = bench.ask(action="verify_mfa", mfa_token=token, code=code)
    assert done["session_token"]
    assert code not in repr([entry.data for entry in bench.audit()])


def test_a_code_that_was_not_sent_yet_gives_way_to_a_newer_one(
    bench: Bench, box: Mailbox
):
    token = enrolled(bench, box)["mfa_token"]
    before = len(codes(box))
    for _ in range(2):
        bench.clock.advance(60)
        bench.ask(action="send_mfa_code", mfa_token=token, method="email")
    code = newest_code(bench, box)
    assert len(codes(box)) == before + 1
    assert bench.ask(action="verify_mfa", mfa_token=token, code=code)["session_token"]


def test_a_full_outbox_is_told(bench: Bench, box: Mailbox):
    token = enrolled(bench, box)["mfa_token"]
    queue = bench.service.facilities.mail
    assert queue is not None
    queue._outbox_max = -DEAD_MAX  # as when so many mails wait
    sent = bench.ask(action="send_mfa_code", mfa_token=token, method="email")
    assert sent["code"] == "NOT_DELIVERED"


def test_administrators_get_none(bench: Bench, box: Mailbox):
    asked = bench.ask(
        action="setup_mfa",
        method="email",
        session_token=bench.admin(),
        password="Chosen-By-Myself-1!",
    )
    assert asked["code"] == "PERMISSION_DENIED"
    bench.run(box.sender.send_due())
    assert box.received == []
