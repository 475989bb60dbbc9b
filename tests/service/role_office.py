"""An administrator who manages roles, for tests."""

from typing import Any

from tests.service.harness import Bench, Message
from ums_service.domain.labs import LABS, Lab

DAY_S = 24 * 3600


class Office:
    """A service with an administrator, who is asked to do things."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.token = bench, bench.admin()

    def ask(self, action: str, **fields: Any) -> Message:
        return self.bench.ask(action=action, session_token=self.token, **fields)

    def do(self, action: str, **fields: Any) -> Message:
        reply = self.ask(action, **fields)
        assert reply["status"] == "success", reply
        return reply

    def role(self, name: str, *permissions: str, **more: Any) -> Message:
        return self.do("save_role", name=name, permissions=list(permissions), **more)

    def give(self, name: str, *roles: str, **more: Any) -> Message:
        ids = [self.bench.user_id(name)]
        return self.do("assign_role", user_ids=ids, roles=list(roles), **more)

    def take(self, name: str, *roles: str, **more: Any) -> Message:
        ids = [self.bench.user_id(name)]
        return self.do("revoke_role", user_ids=ids, roles=list(roles), **more)

    def login_again(self) -> None:
        self.token = self.bench.admin()


def may(bench: Bench, token: str, permission: str, **more: Any) -> bool:
    asked = {"action": "check_permission", "permissions": [permission]}
    reply = bench.ask(**asked, session_token=token, **more)
    assert reply["status"] == "success", reply
    return bool(reply["has_permission"])


def lab(bench: Bench, lab_id: str, *, active: bool = True) -> None:
    """A lab that is simply there."""

    async def put() -> None:
        async with bench.store.transaction() as tx:
            tx.put(LABS, Lab(lab_id, lab_id.upper(), lab_id, lab_id, active=active))

    bench.run(put())


# --- nobody gives what they lack ---


def manager(office: Office, name: str, *permissions: str) -> str:
    """Somebody who manages and assigns roles, and has these permissions."""
    office.role(f"of.{name}", "roles.manage", "roles.assign", *permissions)
    token = office.bench.member(name)
    office.give(name, f"of.{name}")
    return token
