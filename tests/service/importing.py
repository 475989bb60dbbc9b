"""Imports of many accounts, for tests."""

from tests.service.harness import STRONG, Bench, Message
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    AssignedRole,
    Entitlements,
)
from ums_service.domain.roles import STORED_ROLES, Role

DAY_S = 86_400
HASH = "{SSHA}TYCCT7Vh/uqvcLX/1Z6jr0RcDrQXAiCE"
Rows = list[Message]


def imported(bench: Bench, token: str, rows: Rows | None, **more) -> Message:
    return bench.ask(action="import_users", session_token=token, users=rows, **more)


def reverted(bench: Bench, token: str, reply: Message, **more) -> Message:
    return bench.ask(
        action="revert_import",
        session_token=token,
        import_id=reply["import_id"],
        **more,
    )


def row(name: str, **more) -> Message:
    return {"username": name, "email": f"{name}@example.org", **more}


def verdicts(reply: Message) -> list[str]:
    return [result["verdict"] for result in reply["results"]]


def importer(bench: Bench, *permissions: str) -> str:
    """The token of somebody whose role allows just this."""
    token = bench.member("importer", STRONG)
    role = Role("importers", allows=frozenset({"users.create", *permissions}))
    assigned = AssignedRole("importers", None, None, "", "", "")

    async def give() -> None:
        async with bench.store.transaction() as tx:
            tx.put(STORED_ROLES, role)
            own = Entitlements(bench.user_id("importer"), roles=(assigned,))
            tx.put(ENTITLEMENTS, own)

    bench.run(give())
    return token
