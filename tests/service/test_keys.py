"""API keys: made, limited, used, rotated, ended; and the accounts of programs."""

from typing import Any

import pytest

from storage import Transaction
from tests.service.harness import ADMIN_PASSWORD, GOOD, STRONG, Bench, Message, update
from tests.service.mailbox import MAIL
from ums_client.protocol.actions import ACTIONS, Access
from ums_client.protocol.permissions import NEVER_FOR_KEYS
from ums_service.domain.api_keys import API_KEYS, key_id_of, make_key_text
from ums_service.domain.errors import InvalidToken
from ums_service.guard.api_keys import ApiKeys

DAY_S = 86_400


def make_key(bench: Bench, token: str, **more: Any) -> Message:
    given = {"name": "nightly job", "scopes": ["users.read"], **more}
    return bench.ask(action="create_api_key", session_token=token, **given)


def key_of(bench: Bench, token: str, **more: Any) -> str:
    reply = make_key(bench, token, **more)
    assert reply["status"] == "success", reply
    return str(reply["api_key"])


def admin_key(bench: Bench, *scopes: str, **more: Any) -> str:
    return key_of(bench, bench.admin(), scopes=list(scopes), **more)


def get_user(bench: Bench, key: str, **more: Any) -> Message:
    return bench.ask(action="get_user", api_key=key, **more)


# --- what a key looks like ---


def test_a_key_has_a_prefix_an_id_and_a_checksum():
    text = make_key_text("0123456789abcdef", "A" * 43)
    assert text.startswith("ums_0123456789abcdef_")
    assert key_id_of(text) == "0123456789abcdef"
    for wrong in (text[:-1], text + "0", text.replace("AA", "AB", 1), "", "ums_"):
        with pytest.raises(InvalidToken):
            key_id_of(wrong)


def test_a_key_is_shown_once_and_kept_as_a_digest(standard: Bench):
    key = key_of(standard, standard.member("alice"))
    [stored] = standard.store.scan(API_KEYS)
    secret = key.split("_", maxsplit=2)[2]
    assert secret not in repr(stored)
    assert secret.encode() not in str(API_KEYS.to_document(stored)).encode()
    token = standard.login("alice")
    shown = standard.ask(action="list_api_keys", session_token=token)
    assert (shown["count"], secret in str(shown)) == (1, False)


# --- using one ---


def test_reading_accounts_is_not_taking_out_all_that_is_known(standard: Bench):
    """That asks people for their password, and for others for two permissions."""
    token = standard.admin()
    export = {"action": "export_user_data"}
    reading = key_of(standard, token)
    assert standard.ask(api_key=reading, **export)["code"] == "PERMISSION_DENIED"
    both = key_of(standard, token, scopes=["users.read", "audit.export"])
    assert standard.ask(api_key=both, **export)["status"] == "success"


def test_a_key_reads_its_own_account_and_outlives_a_restart(standard: Bench):
    key = key_of(standard, standard.member("alice"))
    assert get_user(standard, key)["user"]["username"] == "alice"
    standard.restart()
    assert get_user(standard, key)["user"]["username"] == "alice"


def test_a_key_never_does_more_than_its_account(standard: Bench):
    key = key_of(standard, standard.member("alice"))
    other = standard.register("bobby")["user_id"]
    assert get_user(standard, key, user_id=other)["code"] == "PERMISSION_DENIED"
    refused = make_key(standard, standard.login("alice"), scopes=["users.create"])
    assert refused["code"] == "PERMISSION_DENIED"


def test_a_key_of_an_administrator_does_only_what_its_scopes_name(standard: Bench):
    key = admin_key(standard, "users.read")
    other = standard.register("bobby")["user_id"]
    assert get_user(standard, key, user_id=other)["status"] == "success"
    change = update("", other, city="Oxford") | {"api_key": key}
    del change["session_token"]
    assert standard.ask(**change)["code"] == "PERMISSION_DENIED"


def test_what_the_account_loses_its_keys_lose_at_once(standard: Bench):
    token = standard.member("mona", STRONG)
    mona = standard.user_id("mona")
    standard.ask(**update(standard.admin(), mona, role="moderator"))
    key = key_of(standard, token)
    other = standard.register("bobby")["user_id"]
    assert get_user(standard, key, user_id=other)["status"] == "success"
    standard.ask(**update(standard.admin(), mona, role="user"))
    assert get_user(standard, key, user_id=other)["code"] == "PERMISSION_DENIED"
    standard.ask(**update(standard.admin(), mona, status="inactive"))
    assert get_user(standard, key)["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "action",
    [
        a
        for a in ACTIONS
        if a.access in (Access.OWN, Access.GRANTED, Access.SESSION)
        and (a.permission is None or a.permission in NEVER_FOR_KEYS)
    ],
    ids=lambda action: action.name,
)
def test_no_key_touches_credentials_sessions_or_keys(standard: Bench, action):
    key = admin_key(standard, "users.read", "users.update", "system.admin")
    fields = {
        name: VALUES.get(name, "a")
        for name, field in action.request.model_fields.items()
        if field.is_required()
    }
    if action.request.wrapper:
        fields = {action.request.wrapper: fields}
    reply = standard.ask(action=action.name, api_key=key, **fields)
    assert reply["code"] == "PERMISSION_DENIED", reply


VALUES: dict[str, Any] = {
    "attribute": "lab.patient.read",
    "role": "viewer",
    "reason": "because",
    "decision": "refuse",
    "granted": True,
    "device_type": "web",
    "user_ids": ["0" * 8],
    "operation": "unlock",
    "scopes": ["users.read"],
    "device_id": "0" * 32,
    "key_id": "0" * 16,
    "user_id": "0" * 8,
    "purpose": "reset",
    "new_email": "a@example.org",
}


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", STRONG), ("email", "new@example.org"), ("username", "alicia")],
)
def test_a_key_does_not_take_its_own_account_over(
    standard: Bench, field: str, value: str
):
    standard.member("alice")
    key = key_of(standard, standard.login("alice"), scopes=["users.update"])
    message = update("", current_password=GOOD, **{field: value})
    del message["session_token"]
    assert standard.ask(**message, api_key=key)["code"] == "PERMISSION_DENIED"
    mild = update("", city="Oxford")
    del mild["session_token"]
    assert standard.ask(**mild, api_key=key)["status"] == "success"


def test_no_key_is_made_with_scopes_that_keys_never_have(standard: Bench):
    reply = make_key(standard, standard.admin(), scopes=["credentials.manage"])
    assert (reply["code"], reply["details"][0]["field"]) == (
        "INVALID_REQUEST",
        "scopes",
    )


def test_a_key_and_a_session_token_together_are_refused(standard: Bench):
    token = standard.member("alice")
    key = key_of(standard, token)
    reply = get_user(standard, key, session_token=token)
    assert (reply["code"], reply["details"][0]["field"]) == (
        "INVALID_REQUEST",
        "api_key",
    )


@pytest.mark.parametrize("wrong", ["", "A" * 43, "ums_", 7, None, ["x"]], ids=repr)
def test_what_is_no_key_opens_nothing(standard: Bench, wrong: object):
    reply = standard.ask(action="get_user", api_key=wrong)
    codes = ("INVALID_TOKEN", "INVALID_REQUEST", "INVALID_SESSION")
    assert reply["code"] in codes


def test_a_wrong_secret_under_a_right_id_opens_nothing(standard: Bench):
    key = key_of(standard, standard.member("alice"))
    forged = make_key_text(key_id_of(key), "B" * 43)
    assert get_user(standard, forged)["code"] == "INVALID_TOKEN"


def test_actions_that_anybody_may_call_take_no_notice_of_a_key(standard: Bench):
    reply = standard.ask(action="describe_actions", api_key="not even a key")
    assert reply["status"] == "success"


def test_a_key_asks_after_the_health_only_with_its_permission(standard: Bench):
    key = key_of(standard, standard.member("alice"))
    refused = standard.ask(action="health_check", api_key=key)
    assert refused["code"] == "PERMISSION_DENIED"
    of_admin = admin_key(standard, "system.read")
    reply = standard.ask(action="health_check", api_key=of_admin)
    assert (reply["status"], reply["active_sessions"]) == ("healthy", 2)


# --- where and how long ---


def test_a_key_is_used_only_from_its_networks(standard: Bench):
    token = standard.member("alice")
    key = key_of(standard, token, addresses=["10.1.0.0/16", "2001:db8::1"])
    ask = {"action": "get_user", "api_key": key}
    assert standard.ask(**ask, source="10.1.2.3")["status"] == "success"
    assert standard.ask(**ask, source="2001:db8::1")["status"] == "success"
    for outside in ("10.2.0.1", "2001:db8::2", "unix"):
        assert standard.ask(**ask, source=outside)["code"] == "INVALID_TOKEN"
    wrong = make_key(standard, token, addresses=["everywhere"])
    assert wrong["details"][0]["field"] == "addresses"


def test_a_key_ends_by_itself(standard: Bench):
    token = standard.member("alice")
    key = key_of(standard, token, expires_in_days=2)
    standard.clock.advance(2 * DAY_S - 1)
    assert get_user(standard, key)["status"] == "success"
    standard.clock.advance(1)
    assert get_user(standard, key)["code"] == "INVALID_TOKEN"
    shown = standard.ask(action="list_api_keys", session_token=standard.login("alice"))
    assert shown["keys"][0]["state"] == "expired"


def test_a_key_that_is_not_used_is_off_and_use_puts_that_off(standard: Bench):
    key = key_of(standard, standard.member("alice"), expires_in_days=365)
    for _ in range(3):
        standard.clock.advance(89 * DAY_S)
        assert get_user(standard, key)["status"] == "success"
        standard.run(standard.service.facilities.keys.write_uses(standard.clock.now))
        standard.restart()
    standard.clock.advance(90 * DAY_S)
    assert get_user(standard, key)["code"] == "INVALID_TOKEN"


def test_uses_are_shown_at_once_and_written_in_the_end(standard: Bench):
    token = standard.member("alice")
    key = key_of(standard, token)
    for _ in range(3):
        get_user(standard, key)
    keys: ApiKeys = standard.service.facilities.keys
    listing = {"action": "list_api_keys", "session_token": token}
    shown = standard.ask(**listing)["keys"][0]
    assert (shown["uses"], shown["last_address"]) == (3, "127.0.0.1")
    standard.run(keys.write_uses(standard.clock.now))
    assert standard.store.get(API_KEYS, key_id_of(key)).uses == 3


def test_writing_uses_comes_to_an_end_while_the_key_is_used(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    key = key_of(standard, standard.member("alice"))
    get_user(standard, key)
    keys, commits = standard.service.facilities.keys, list[Transaction]()
    commit = Transaction.commit

    async def used_meanwhile(tx: Transaction) -> None:
        commits.append(tx)
        assert len(commits) < 5
        keys.find(key, "127.0.0.1", standard.clock.now)
        await commit(tx)

    monkeypatch.setattr(Transaction, "commit", used_meanwhile)
    standard.run(keys.write_uses(standard.clock.now))
    assert len(commits) == 1
    assert keys.current(key_id_of(key)).uses == 2


# --- their life ---


def test_making_one_needs_a_recent_proof(standard: Bench):
    token = standard.member("alice")
    standard.clock.advance(11 * 60)
    assert make_key(standard, token)["code"] == "REAUTHENTICATION_REQUIRED"


def test_there_is_a_limit_also_for_many_at_once(standard: Bench):
    token = standard.member("alice")
    asked = {"action": "create_api_key", "session_token": token}
    asked |= {"name": "job", "scopes": ["users.read"]}
    replies = standard.ask_all([asked] * 14)
    assert sum(reply["status"] == "success" for reply in replies) == 10
    assert {r["code"] for r in replies if r["status"] == "error"} == {"CONFLICT"}


def test_rotation_puts_a_new_key_in_the_place_of_the_old(standard: Bench):
    token = standard.member("alice")
    old = key_of(standard, token, addresses=["127.0.0.0/8"])
    asked = {"action": "rotate_api_key", "session_token": token}
    reply = standard.ask(**asked, key_id=key_id_of(old))
    assert (reply["key"]["name"], reply["key"]["addresses"]) == (
        "nightly job",
        ["127.0.0.0/8"],
    )
    assert get_user(standard, old)["code"] == "INVALID_TOKEN"
    assert get_user(standard, reply["api_key"])["status"] == "success"


def test_a_revoked_key_is_over_and_nobody_revokes_anothers(standard: Bench):
    token, other = standard.member("alice"), standard.member("bobby")
    key = key_of(standard, token)
    asked = {"action": "revoke_api_key", "key_id": key_id_of(key)}
    assert standard.ask(**asked, session_token=other)["code"] == "NOT_FOUND"
    assert standard.ask(**asked, session_token=token)["status"] == "success"
    assert get_user(standard, key)["code"] == "INVALID_TOKEN"


def test_keys_go_with_their_account_and_come_to_no_later_owner(make_bench):
    bench = make_bench(deleted_kept_s=0)
    key = key_of(bench, bench.member("alice"))
    token = bench.login("alice")
    bench.ask(action="delete_user", session_token=token, password=GOOD)
    assert list(bench.store.scan(API_KEYS)) == []
    bench.register("alice")
    assert get_user(bench, key)["code"] == "INVALID_TOKEN"


def test_lock_down_stops_keys(make_bench):
    bench = make_bench(settings=MAIL)
    token = bench.member("alice")
    key = key_of(bench, token)
    asked = {"action": "lock_down", "session_token": token, "password": GOOD}
    assert bench.ask(**asked)["status"] == "success"
    assert get_user(bench, key)["code"] == "INVALID_TOKEN"


def test_the_audit_log_tells_of_keys_and_never_shows_one(standard: Bench):
    def act() -> None:
        made.append(key_of(standard, standard.login("alice")))

    made: list[str] = []
    standard.register("alice")
    entries = standard.audited_by(act)
    [entry] = [e for e in entries if e["event"] == "api_key_created"]
    assert entry["details"]["scopes"] == ["users.read"]
    assert made[0].split("_", maxsplit=2)[2] not in str(entries)


# --- accounts of programs ---


def service_account(bench: Bench) -> str:
    asked = {"action": "create_service_account", "username": "billing-sync"}
    reply = bench.ask(**asked, session_token=bench.admin())
    assert reply["status"] == "success", reply
    return str(reply["user_id"])


def test_nobody_logs_in_to_the_account_of_a_program(standard: Bench):
    user_id = service_account(standard)
    for password in ("", GOOD, ADMIN_PASSWORD):
        reply = standard.try_login("billing-sync", password)
        assert reply["status"] == "error"
    for action in ("issue_link", "force_password_change"):
        extra = {"purpose": "reset"} if action == "issue_link" else {}
        asked = {"action": action, "user_id": user_id, **extra}
        reply = standard.ask(**asked, session_token=standard.admin())
        assert reply["code"] == "PERMISSION_DENIED", action


def test_administrators_make_keys_for_programs_but_never_for_people(standard: Bench):
    user_id, token = service_account(standard), standard.admin()
    key = key_of(standard, token, user_id=user_id)
    assert get_user(standard, key)["user"]["username"] == "billing-sync"
    person = standard.register("alice")["user_id"]
    assert make_key(standard, token, user_id=person)["code"] == "PERMISSION_DENIED"


def test_a_program_gets_the_rights_that_its_role_has(standard: Bench):
    user_id, token = service_account(standard), standard.admin()
    other = standard.register("bobby")["user_id"]
    refused = make_key(standard, token, user_id=user_id, scopes=["users.create"])
    assert refused["code"] == "PERMISSION_DENIED"
    standard.ask(**update(token, user_id, role="moderator"))
    key = key_of(standard, token, user_id=user_id)
    assert get_user(standard, key, user_id=other)["status"] == "success"
