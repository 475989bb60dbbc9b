"""Where rules of different parts meet: what is left over, what counts, what is told."""

from typing import Any

import pytest

from tests.service.harness import Bench
from tests.service.test_roles import Office
from ums_service.domain.belongings import OWNED
from ums_service.domain.deleted import erase
from ums_service.domain.roles import Role
from ums_service.handlers import role_requests
from ums_service.handlers.assignments import role_to_give


def test_what_is_asked_for_during_an_erasure_leaves_nothing(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    office = Office(standard)
    office.role("cashier", "till.open")
    ann, ann_id = standard.member("annie"), standard.user_id("annie")

    async def erased_meanwhile(*of: Any, **more: Any) -> Role:
        async with standard.store.transaction() as tx:
            await erase(tx, ann_id)
        return await role_to_give(*of, **more)

    monkeypatch.setattr(role_requests, "role_to_give", erased_meanwhile)
    asked = {"action": "request_role", "role": "cashier", "reason": "for the fair"}
    assert standard.ask(**asked, session_token=ann)["status"] == "error"
    for collection in OWNED:
        assert standard.store.get_value(collection, ann_id) is None, collection.name
