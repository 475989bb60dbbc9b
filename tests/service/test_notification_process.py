"""Notifications of the real program: through kill -9, and out to a gateway."""

from pathlib import Path

from tests.service.harness import ADMIN_PASSWORD, Message, creation, login
from tests.service.running import (
    RunningService,
    login_as_admin,
    running_service,
    wait_until,
)
from tests.service.test_sent_codes import Gateway, gateway
from ums_service.domain.sessions import new_token

__all__ = ["gateway"]
WORDS: Message = {"title": "Tonight", "body": "The robot is off."}


def titles(service: RunningService, token: str) -> list[str]:
    reply = service.ask(action="list_notifications", session_token=token)
    return [one["title"] for one in reply["notifications"]]


def send(service: RunningService, token: str, user_id: str, **more: object) -> None:
    asked = {"action": "send_notification", "session_token": token, **WORDS, **more}
    reply = service.ask(**asked, user_ids=[user_id], idempotency_key=new_token())
    assert reply["status"] == "success", reply


def test_what_was_acknowledged_is_told_once_after_kill_9(
    tmp_path: Path, gateway: Gateway
):
    data, env = tmp_path / "data", {"UMS_PUSH_GATEWAY_URL": gateway.url}
    with running_service(data, env=env) as service:
        admin = login_as_admin(service)
        service.ask(**creation("alice"))
        reply = service.ask(**login("alice"))
        user_id = reply["user"]["user_id"]
        send(service, admin, user_id, title="Before")
        service.kill()
    with running_service(data, env=env) as service:
        alice = service.ask(**login("alice"))["session_token"]
        wait_until(lambda: titles(service, alice) == ["Before"])
        device = {"device_type": "web", "device_token": "of-her-browser"}
        service.ask(action="register_device", session_token=alice, **device)
        admin = service.ask(**login("admin", ADMIN_PASSWORD))["session_token"]
        send(service, admin, user_id, channels=["in_app", "push"])
        wait_until(lambda: len(gateway.posted) == 1)
        assert gateway.posted[0][0] == {
            "to": "of-her-browser", "device_type": "web", **WORDS,
        }  # fmt: skip
        assert titles(service, alice) == ["Tonight", "Before"]
        assert "of-her-browser" not in service.output.text
        assert service.stop() == 0
