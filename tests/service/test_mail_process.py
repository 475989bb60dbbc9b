"""Mail of the real program: through kill -9, past a mail server that hangs, with bad settings."""

import email
import socket
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.service.harness import creation
from tests.service.mailbox import code_in
from tests.service.running import run_to_end, running_service, wait_until
from tests.service.smtp_server import HOST, Taken, free_port, smtp_server


def settings(port: int, **more: str) -> dict[str, str]:
    return {
        "UMS_SMTP_HOST": HOST,
        "UMS_SMTP_PORT": str(port),
        "UMS_SMTP_SECURITY": "plain",
        "UMS_MAIL_FROM": "ums@example.org",
        "UMS_MAIL_RETRY_S": "[1]",
    } | more


def mails(taken: Taken) -> list[Any]:
    read: list[Any] = []
    for envelope in taken.envelopes:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        read.append(message)
    return read


def test_mail_that_was_acknowledged_survives_kill_9_and_its_link_works(tmp_path: Path):
    data = tmp_path / "data"
    with running_service(data, env=settings(free_port())) as service:
        service.ask(**creation("alice"))
        asked = service.ask(action="request_password_reset", username="alice")
        assert asked["status"] == "success"
        service.kill()
    with (
        smtp_server() as (taken, port),
        running_service(data, env=settings(port)) as service,
    ):
        wait_until(lambda: len(taken.envelopes) == 2)
        by_subject = {message["Subject"]: message for message in mails(taken)}
        assert set(by_subject) == {"Welcome to UMS", "Choose a new password"}
        token = code_in(by_subject["Choose a new password"])
        changed = service.ask(
            action="reset_password", token=token, new_password="another pass 1"
        )
        assert changed["status"] == "success"
        wait_until(lambda: len(taken.envelopes) == 3)
        assert token not in service.output.text
        assert service.stop() == 0


def test_a_mail_server_that_hangs_holds_up_neither_answers_nor_the_end(tmp_path: Path):
    with socket.create_server((HOST, 0)) as silent:
        env = settings(silent.getsockname()[1])
        with running_service(tmp_path / "data", env=env) as service:
            service.ask(**creation("alice"))
            connection, _ = silent.accept()  # the sender waits for a greeting now
            with connection:
                assert service.ask(action="health_check")["status"] == "healthy"
                assert service.ask(**creation("bobby"))["status"] == "success"
                assert service.stop() == 0


def test_settings_that_cannot_work_stop_the_start(tmp_path: Path):
    env = settings(25, UMS_MAIL_FROM="nobody")
    status, output = run_to_end(tmp_path / "data", env=env)
    assert status == 78
    assert "mail_from" in output.splitlines()[-1]
