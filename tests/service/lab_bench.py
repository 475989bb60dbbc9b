"""A service with labs and people in them, for tests."""

from dataclasses import dataclass
from typing import Any

from tests.service.harness import STRONG, Bench, Message
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.memberships import with_membership


@dataclass
class LabBench:
    """Tokens by user name, labs by code; every request must name its caller."""

    bench: Bench
    admin: str

    def __post_init__(self) -> None:
        self.tokens: dict[str, str] = {"admin": self.admin}
        self.labs: dict[str, str] = {}

    def as_(self, name: str | None, action: str, /, **fields: Any) -> Message:
        """The reply to one request of somebody; None is nobody."""
        token = self.tokens[name] if name else None
        return self.bench.ask(action=action, session_token=token, **fields)

    def does(self, name: str, action: str, /, **fields: Any) -> Message:
        """The same, which must succeed."""
        reply = self.as_(name, action, **fields)
        assert reply["status"] == "success", reply
        return reply

    def refused(self, name: str | None, action: str, /, **fields: Any) -> str:
        """The same, which must be refused: the code."""
        reply = self.as_(name, action, **fields)
        assert reply["status"] == "error", reply
        return str(reply["code"])

    def account(self, *names: str) -> None:
        for name in names:
            self.tokens[name] = self.bench.member(name, STRONG)

    def lab(self, code: str, /, **roles: str) -> str:
        """A lab with these accounts in these roles, made where they are not there."""
        made = self.does("admin", "create_lab", name=f"Lab {code}", code=code)
        lab_id = self.labs[code] = str(made["lab"]["lab_id"])
        for name, role in roles.items():
            if name not in self.tokens:
                self.account(name)
            self.join(code, name, role)
        return lab_id

    def join(self, code: str, name: str, role: str) -> None:
        where = {"lab_id": self.labs[code], "username": name}
        self.does("admin", "add_lab_member", **where, role=role)

    def members(
        self, code: str, reader: str = "admin", /, **more: Any
    ) -> dict[str, str]:
        """The role of each member by user name."""
        lab_id = self.labs[code]
        listed = self.does(reader, "list_lab_members", lab_id=lab_id, **more)
        return {one["username"]: one["role"] for one in listed["members"]}

    def id(self, name: str) -> str:
        return self.bench.user_id(name)


PLANTED = Lab("1ab", "PLANTED", "Planted", "planted")


def planted_lab(bench: Bench, **roles: str | None) -> str:
    """The id of a lab with these members, made without asking the service.

    Who is to have no role there is a member of no lab at all.
    """

    async def plant() -> None:
        async with bench.store.transaction() as tx:
            tx.put(LABS, PLANTED)
            for name, role in roles.items():
                own = Entitlements(bench.user_id(name))
                if role is None:
                    tx.delete(ENTITLEMENTS, own.user_id)
                    continue
                one = Membership(role, True, "2026-01-01T00:00:00.000000+00:00")
                tx.put(ENTITLEMENTS, with_membership(own, PLANTED.lab_id, one))

    bench.run(plant())
    return PLANTED.lab_id
