"""Mail through a real SMTP server: delivered, encrypted, refused, late, absent."""

import email
import socket
from collections.abc import Callable
from email import policy
from pathlib import Path
from typing import Any

import pytest

from tests.service.harness import Bench
from tests.service.mailbox import MAIL, code_in, text_of
from tests.service.smtp_server import HOST, certificate, free_port, smtp_server
from ums_service.deployment.mail_settings import smtp_server as server_of
from ums_service.deployment.settings import BadSettings
from ums_service.domain.outbox import OUTBOX, Mail
from ums_service.starting.bootstrap import build_sender

MakeBench = Callable[..., Bench]


def mailing(make_bench: MakeBench, port: int, **settings: Any) -> Bench:
    """A bench whose mail goes to that port, with one mail in the outbox."""
    bench = make_bench(settings=MAIL | {"smtp_port": port} | settings)
    bench.register("alice")
    return bench


def send(bench: Bench) -> list[Mail]:
    """Send what is due; returns what is still in the outbox."""
    assert bench.service.mail is not None
    bench.run(bench.service.mail.send_due())
    return list(bench.store.scan(OUTBOX))


def password_file(tmp_path: Path, password: str = "right password") -> Path:
    path = tmp_path / "smtp.password"
    path.write_text(password + "\n")
    path.chmod(0o600)
    return path


def test_a_mail_arrives_with_text_and_html_and_its_headers(make_bench: MakeBench):
    with smtp_server() as (taken, port):
        bench = mailing(make_bench, port, public_url="https://example.org/app")
        bench.ask(action="request_password_reset", username="alice")
        assert send(bench) == []
    envelope = taken.envelopes[-1]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("ums@example.org", ["alice@example.org"])  # fmt: skip
    message: Any = email.message_from_bytes(envelope.content, policy=policy.default)
    assert message["From"] == "UMS <ums@example.org>"
    assert message["To"] == "alice@example.org"
    assert message["Subject"] == "Choose a new password"
    assert message["Message-ID"].endswith("@example.org>")
    assert message["Date"].datetime == bench.clock.utc
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    code = code_in(message)
    link = f"https://example.org/app/reset#token={code}"
    assert link in text_of(message)
    assert f'<a href="{link}"' in text_of(message, "html")
    changed = bench.ask(
        action="reset_password", token=code, new_password="another pass 1"
    )
    assert changed["status"] == "success"


def test_starttls_with_a_certificate_of_nobody_is_refused(
    make_bench: MakeBench, tmp_path: Path
):
    _, context = certificate(tmp_path)
    with smtp_server(tls=context) as (taken, port):
        bench = mailing(make_bench, port, smtp_security="starttls")
        [mail] = send(bench)
    assert taken.envelopes == []
    assert mail.state == "pending"
    assert "certificate verify failed" in mail.last_error


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_the_operator_vouches_for_is_taken(
    make_bench: MakeBench, tmp_path: Path, security: str
):
    public, context = certificate(tmp_path)
    with smtp_server(tls=context, at_once=security == "tls") as (taken, port):
        bench = mailing(make_bench, port, smtp_security=security, smtp_ca_file=public)
        assert send(bench) == []
    assert taken.encrypted == [True]


def test_a_certificate_of_another_authority_is_refused(
    make_bench: MakeBench, tmp_path: Path
):
    _, context = certificate(tmp_path)
    other, _ = certificate(tmp_path, "other")
    with smtp_server(tls=context) as (taken, port):
        bench = mailing(make_bench, port, smtp_security="starttls", smtp_ca_file=other)
        [mail] = send(bench)
    assert (taken.envelopes, mail.attempts) == ([], 1)


def test_a_server_without_starttls_gets_nothing(make_bench: MakeBench):
    with smtp_server() as (taken, port):
        bench = mailing(make_bench, port, smtp_security="starttls")
        [mail] = send(bench)
    assert taken.envelopes == []
    assert "STARTTLS" in mail.last_error


@pytest.mark.parametrize(("password", "left"), [("right password", 0), ("wrong", 1)])
def test_the_server_is_told_who_sends(
    make_bench: MakeBench, tmp_path: Path, password: str, left: int
):
    public, context = certificate(tmp_path)
    with smtp_server(tls=context, auth=True) as (taken, port):
        bench = mailing(
            make_bench,
            port,
            smtp_security="starttls",
            smtp_ca_file=public,
            smtp_user="ums",
            smtp_password_file=password_file(tmp_path, password),
            smtp_timeout_s=1.0,  # this server hangs where others refuse
        )
        mails = send(bench)
    assert set(taken.users) == {("ums", password)}
    assert len(mails) == left
    assert password not in str(mails)
    assert all(mail.state == "pending" for mail in mails)


def test_greylisting_then_taken(make_bench: MakeBench):
    with smtp_server() as (taken, port):
        taken.answers = ["450 4.2.0 greylisted, come back"]
        bench = mailing(make_bench, port)
        [mail] = send(bench)
        assert (mail.state, mail.last_error) == ("pending", "450 4.2.0 greylisted, come back")  # fmt: skip
        bench.clock.advance(60)
        assert send(bench) == []
    assert len(taken.envelopes) == 1


def test_a_recipient_that_does_not_exist_makes_a_dead_letter(make_bench: MakeBench):
    with smtp_server() as (taken, port):
        taken.answers = ["550 5.1.1 no such user"]
        [mail] = send(mailing(make_bench, port))
    assert (mail.state, mail.last_error) == ("dead", "550 5.1.1 no such user")


@pytest.mark.parametrize(
    ("answer", "state"),
    [("554 5.7.1 spam", "dead"), ("451 4.3.0 try again", "pending")],
)
def test_the_message_itself_can_be_refused(
    make_bench: MakeBench, answer: str, state: str
):
    with smtp_server() as (taken, port):
        taken.data_answer = answer
        [mail] = send(mailing(make_bench, port))
    assert (mail.state, mail.last_error) == (state, answer)


def test_no_server_means_waiting(make_bench: MakeBench):
    bench = mailing(make_bench, free_port())
    [mail] = send(bench)
    assert (mail.state, mail.attempts) == ("pending", 1)
    assert "ConnectionRefusedError" in mail.last_error


def test_a_server_that_says_nothing_is_left(make_bench: MakeBench):
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        [mail] = send(mailing(make_bench, port, smtp_timeout_s=0.2))
    assert mail.state == "pending"
    assert "timed out" in mail.last_error


def test_what_a_server_never_got_goes_out_after_a_restart(make_bench: MakeBench):
    port = free_port()
    bench = mailing(make_bench, port)
    send(bench)
    bench.restart(smtp_port=port)
    facilities = bench.service.facilities
    assert facilities.mail is not None
    facilities.mail.load(facilities.store, bench.clock.now)
    bench.clock.advance(60)
    server = smtp_server()
    with server as (taken, new_port):
        bench.restart(smtp_port=new_port)
        facilities = bench.service.facilities
        assert facilities.mail is not None
        facilities.mail.load(facilities.store, bench.clock.now)
        assert send(bench) == []
    assert [e.rcpt_tos for e in taken.envelopes] == [["alice@example.org"]]


def test_an_address_that_no_mail_can_go_to_makes_a_dead_letter(make_bench: MakeBench):
    with smtp_server() as (taken, port):
        bench = mailing(make_bench, port)
        send(bench)

        async def plant() -> None:
            async with bench.store.transaction() as tx:
                mail = Mail(mail_id="m", template="test", user_id="u", to="a\r\nBcc: b@example.org", queued_s=0, next_try_s=0, data={"name": "x"})  # fmt: skip
                tx.put(OUTBOX, mail)

        bench.run(plant())
        bench.service.facilities.mail.load(bench.store, bench.clock.now)  # type: ignore[union-attr]
        [mail] = send(bench)
    assert mail.state == "dead"
    assert len(taken.envelopes) == 1


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mail_from": None}, "mail_from"),
        ({"mail_from": "ums@example.org\r\nBcc: x"}, "mail_from"),
        ({"smtp_host": "mail.example.org"}, "smtp_security"),
        ({"smtp_user": "ums"}, "smtp_user"),
        ({"smtp_ca_file": Path("/nowhere.pem")}, "smtp_ca_file"),
        ({"mail_templates": Path("/nowhere")}, "mail_templates"),
        ({"public_url": "http://example.org"}, "public_url"),
        ({"public_url": "https://example.org/?a=b"}, "public_url"),
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_refused_by_name(
    make_bench: MakeBench, settings: dict, named: str
):
    bench = make_bench(settings=MAIL)
    wrong = bench.settings.model_copy(update=settings)
    with pytest.raises(BadSettings, match=named):
        build_sender(bench.service.facilities, wrong, bench.clock)


def test_a_password_never_goes_out_in_clear(make_bench: MakeBench, tmp_path: Path):
    bench = make_bench(settings=MAIL)
    far = {"smtp_host": "mail.example.org", "smtp_allow_plain": True}
    assert server_of(bench.settings.model_copy(update=far)).port == 25
    login = {"smtp_user": "ums", "smtp_password_file": password_file(tmp_path)}
    with pytest.raises(BadSettings, match="never sent in clear"):
        server_of(bench.settings.model_copy(update=far | login))
    told = server_of(bench.settings.model_copy(update=login))
    assert "right password" not in repr(told)
