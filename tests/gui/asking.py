"""What the administrator of a service asks it, beside the window."""

from typing import Any

from tests.service.running import RunningService


def asked(service: RunningService, action: str, **fields: Any) -> Any:
    """The answer to a request that must succeed."""
    token = service.admin_token  # type: ignore[attr-defined]
    reply = service.ask(action=action, session_token=token, **fields)
    assert reply["status"] == "success", reply
    return reply
