"""What was begun with an API key goes on for as long as the key is good, and no longer."""

import pytest

from tests.service.announcing import WORDS, scheduled, told, work
from tests.service.harness import Bench, Message
from tests.service.test_keys import admin_key
from ums_service.domain.api_keys import key_id_of
from ums_service.domain.users import USERS

DAY_S = 86_400


@pytest.fixture
def staff(standard: Bench) -> Bench:
    for name in ("alice", "bob"):
        standard.register(name)
    return standard


def daily(bench: Bench, key: str) -> Message:
    reply = bench.ask(
        action="send_notification",
        api_key=key,
        user_ids=[bench.user_id("alice")],
        schedule="daily",
        **WORDS,
    )
    assert reply["status"] == "success", reply
    return reply


def test_a_schedule_of_a_key_goes_on_while_the_key_is_good(staff: Bench):
    key = admin_key(staff, "notifications.send", expires_in_days=3)
    daily(staff, key)
    for _ in range(3):
        work(staff)
        staff.clock.advance(DAY_S)
    assert told(staff, "alice") == ["Tonight"] * 3
    work(staff)  # the key ended with the third day
    staff.clock.advance(DAY_S)
    work(staff)
    assert told(staff, "alice") == ["Tonight"] * 3
    [job] = scheduled(staff, staff.admin())
    assert (job["state"], job["key_id"]) == ("stopped", key_id_of(key))


@pytest.mark.parametrize("action", ["revoke_api_key", "rotate_api_key"])
def test_a_schedule_ends_with_its_key_also_over_a_restart(staff: Bench, action: str):
    key, admin = admin_key(staff, "notifications.send"), staff.admin()
    daily(staff, key)
    work(staff)
    ended = staff.ask(action=action, session_token=admin, key_id=key_id_of(key))
    assert ended["status"] == "success", ended
    staff.restart()
    staff.clock.advance(DAY_S)
    work(staff)
    assert told(staff, "alice") == ["Tonight"]
    assert scheduled(staff, staff.admin())[0]["state"] == "stopped"


def test_a_schedule_of_a_session_needs_no_key(staff: Bench):
    admin = staff.admin()
    ids = [staff.user_id("alice")]
    asked = {"action": "send_notification", "user_ids": ids, "schedule": "daily"}
    reply = staff.ask(**asked, **WORDS, session_token=admin)
    assert reply["status"] == "success", reply
    for _ in range(2):
        work(staff)
        staff.clock.advance(DAY_S)
    assert told(staff, "alice") == ["Tonight"] * 2
    assert "key_id" not in scheduled(staff, staff.admin())[0]


def test_what_somebody_scheduled_in_a_taken_account_ends_when_it_is_shut(staff: Bench):
    daily(staff, admin_key(staff, "notifications.send"))

    async def shut() -> None:
        async with staff.store.transaction() as tx:
            tx.put(USERS, staff.user("admin")._replace(locked_down=True))

    staff.run(shut())
    work(staff)
    assert told(staff, "alice") == []
