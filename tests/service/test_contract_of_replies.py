"""Replies keep what their classes promise; the tables of actions fit together."""

import json
from itertools import count

import pytest
from fido2.utils import websafe_encode

from tests.service.authenticator import (
    Phone,
    SecurityKey,
    Telephone,
    enrol,
    set_up,
    set_up_messages,
)
from tests.service.harness import (
    STRONG,
    Bench,
    Message,
    creation,
    login,
    update,
)
from tests.service.lab_bench import planted_lab
from tests.service.mailbox import MAIL, planted_mail, planted_token
from ums_client.protocol.accounts import (
    CreateUser,
    CreateUserReply,
    GetUser,
    GetUserReply,
)
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
    ACTIONS,
    Access,
    Action,
    Audit,
    Rate,
    Repeat,
)
from ums_client.protocol.errors import ErrorCode
from ums_service.answer import Answer
from ums_service.backups import Backup
from ums_service.call import Call
from ums_service.catalogue import IncompleteCatalogue, rows
from ums_service.domain import errors as domain_errors
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import Purpose
from ums_service.domain.signing_keys import make_private_key
from ums_service.handlers import HANDLERS
from ums_service.refusals import TELLERS

PROFILES = ["standard", "hipaa", "compat"]
NEW = "Another-Choice-7!"
PRIVATE_KEY = make_private_key("EdDSA")


def session_requests(bench: Bench, admin: str) -> dict[str, Message]:
    """Requests about sessions and tokens, of an account of their own."""
    irene = bench.member("irene", STRONG)
    with_tokens = login("irene", STRONG)
    with_tokens["credentials"]["tokens"] = True
    tokens = bench.ask(**with_tokens)
    by_name: dict[str, Message] = {
        "verify_session": {"session_token": irene},
        "list_sessions": {"session_token": irene},
        "reauthenticate": {"session_token": irene, "password": STRONG},
        "refresh_token": {"refresh_token": tokens["refresh_token"]},
        "get_signing_keys": {},
        "get_revocations": {},
        "rotate_signing_key": {"session_token": admin},
        "revoke_session": {"session_token": irene, "all": True},
    }
    return {name: {"action": name, **fields} for name, fields in by_name.items()}


def role_requests(bench: Bench, admin: str) -> dict[str, Message]:
    """Requests about roles, and about what one account has of them."""
    paula = bench.member("paula", STRONG)
    of_admin, user_id = {"session_token": admin}, bench.user_id("paula")
    for role in ("helper", "old"):
        bench.ask(action="save_role", name=role, **of_admin)
    asked = {"action": "request_role", "reason": "for the fair", "session_token": paula}
    waiting = [
        bench.ask(**asked, role=role)["request"]["role_request_id"]
        for role in ("helper", "old")
    ]
    to_paula = {"user_ids": [user_id], "roles": ["helper"]}
    by_name: dict[str, Message] = {
        "save_role": {"name": "cashier", "permissions": ["till.open"]},
        "set_role_permissions": {
            "roles": ["cashier"],
            "permissions": ["till.close"],
            "effect": "deny",
            "expires_at": "2100-01-01",
        },
        "assign_role": to_paula | {"expires_in_days": 3, "reason": "she asked"},
        "list_roles": {
            "name": "helper",
            "include": ["permissions", "children", "users"],
        },
        "list_permissions": {"group": "users"},
        "check_permission": {"permissions": ["a.b"], "session_token": paula},
        "get_user_permissions": {"user_id": user_id},
        "revoke_role": to_paula,
        "delete_role": {"name": "cashier"},
        "request_role": {
            "role": "moderator",
            "reason": "to help people",
            "wanted_days": 3,
            "session_token": paula,
        },
        "list_role_requests": {},
        "decide_role_request": {
            "user_id": user_id,
            "role_request_id": waiting[0],
            "decision": "approve",
            "reason": "fine",
        },
        "withdraw_role_request": {
            "role_request_id": waiting[1],
            "session_token": paula,
        },
    }
    return {
        name: {"action": name, **of_admin, **fields} for name, fields in by_name.items()
    }


def attribute_requests(bench: Bench, admin: str) -> dict[str, Message]:
    """Requests about attributes, in a lab with one member."""
    quinn = bench.member("quinn", STRONG)
    user_id = bench.user_id("quinn")

    async def found_lab() -> None:
        async with bench.store.transaction() as tx:
            tx.put(LABS, Lab("a1", "A1", "a lab", "a lab"))
            labs = {"a1": Membership("member", active=True, joined_at="2026-01-01")}
            tx.put(ENTITLEMENTS, Entitlements(user_id, labs=labs))

    bench.run(found_lab())
    of_member = {"lab_id": "a1", "user_id": user_id}
    given = of_member | {"attribute": "lab.patient.export"}
    one = {"lab_id": "a1", "required_attributes": ["lab.patient.read", "lab.qc.view"]}
    by_name: dict[str, Message] = {
        "save_attribute": {"name": "lab.robot.start", "description": "starts it"},
        "list_attributes": {"category": "lab"},
        "set_role_attribute": {
            "role": "viewer",
            "attribute": "lab.robot.start",
            "granted": True,
            "lab_id": "a1",
        },
        "list_role_attributes": {"lab_id": "a1"},
        "grant_user_attribute": given | {"expires_in_days": 3},
        "list_user_attributes": {"lab_id": "a1"},
        "get_effective_attributes": of_member,
        "authorize": one | {"session_token": quinn},
        "revoke_user_attribute": given,
        "delete_attribute": {"name": "lab.robot.start"},
    }
    of_admin = {"session_token": admin}
    return {
        name: {"action": name, **of_admin, **fields} for name, fields in by_name.items()
    }


def remembered_device(bench: Bench) -> str:
    """The id of a device of alice."""
    wanted = login("alice", STRONG)
    wanted["credentials"]["remember_device"] = True
    return str(bench.ask(**wanted)["device_id"])


def about_keys(bench: Bench, admin: str, alice: str) -> dict[str, Message]:
    make = {"action": "create_api_key", "session_token": alice}
    make |= {"name": "job", "scopes": ["users.read"]}
    old, older = (bench.ask(**make)["key"]["key_id"] for _ in range(2))
    return {
        "create_api_key": make,
        "list_api_keys": {"action": "list_api_keys", "session_token": alice},
        "rotate_api_key": {
            "action": "rotate_api_key",
            "session_token": alice,
            "key_id": old,
        },
        "revoke_api_key": {
            "action": "revoke_api_key",
            "session_token": alice,
            "key_id": older,
        },
        "create_service_account": {
            "action": "create_service_account",
            "session_token": admin,
            "username": "billing-sync",
        },
    }


def about_invitations(bench: Bench, admin: str) -> dict[str, Message]:
    def invited(number: int) -> Message:
        asked = {"action": "invite_user", "send_email": False, "session_token": admin}
        return bench.ask(**asked, email=f"guest{number}@example.org")

    again, over, read, taken, declined = (invited(number) for number in range(5))
    account = {"username": "visitor", "password": STRONG}
    of_admin: dict[str, Message] = {
        "invite_user": {"email": "guest@example.org"},
        "list_invitations": {},
        "resend_invitation": {"invitation_id": again["invitation"]["invitation_id"]},
        "cancel_invitation": {"invitation_id": over["invitation"]["invitation_id"]},
    }
    of_guests: dict[str, Message] = {
        "get_invitation": {"token": read["token"]},
        "accept_invitation": {"token": taken["token"], **account},
        "decline_invitation": {"token": declined["token"]},
    }
    made = {n: {**fields, "session_token": admin} for n, fields in of_admin.items()}
    return {n: {"action": n, **fields} for n, fields in (made | of_guests).items()}


def about_notifications(bench: Bench, admin: str, alice: str) -> dict[str, Message]:
    def device(token: str) -> Message:
        named = {"device_type": "ios", "device_name": "hers"}
        return {"action": "register_device", "device_token": token, **named}

    old = bench.ask(**device("old"), session_token=alice)["device"]["device_id"]
    words = {"title": "Tonight", "body": "at eight", "priority": "high"}
    to_alice = {"user_ids": [bench.user_id("alice")], "channels": ["in_app", "email"]}
    send = {"action": "send_notification", "session_token": admin, **words, **to_alice}
    over = bench.ask(**send)["job_id"]
    later = {"scheduled_time": "2026-05-01T09:00", "schedule": "monthly"}
    of_alice: dict[str, Message] = {
        "test_notification": {"channel": "in_app"},
        "list_notifications": {"unread": True, "limit": 1},
        "mark_notifications": {"all": True},
        "unregister_device": {"device_id": old},
    }
    made = {
        "register_device": device("new") | {"session_token": alice},
        "send_notification": send | later | {"end_date": "2027-01-01"},
        "list_scheduled": {"action": "list_scheduled", "session_token": admin},
        "cancel_scheduled": {
            "action": "cancel_scheduled",
            "session_token": admin,
            "job_id": over,
        },
    }
    own = {"session_token": alice}
    return made | {n: {"action": n, **own, **said} for n, said in of_alice.items()}


def requests(bench: Bench) -> dict[str, Message]:
    """A request of each action that succeeds under every profile, in this order."""
    admin, alice = bench.admin(), bench.member("alice", STRONG)
    bench.register("kate", STRONG)
    change = {"current_password": STRONG, "new_password": NEW}
    carol, erin, frank, gina = (
        bench.member(name, STRONG) for name in ("carol", "erin", "frank", "gina")
    )
    phone, key = set_up(bench, carol, STRONG), enrol(bench, gina, STRONG)
    setup = {"action": "setup_mfa", "method": "totp", "password": STRONG}
    begun = bench.ask(**setup, session_token=erin)
    enrolment = {"action": "begin_passkey_enrolment", "password": STRONG}
    asked = bench.ask(**enrolment, session_token=frank)
    alone = bench.ask(action="begin_passkey_login")
    set_up_messages(bench, Telephone.of(bench), bench.member("henry", STRONG), STRONG)
    of_carol = {"session_token": carol, "password": STRONG}
    return {
        "describe_actions": {"action": "describe_actions"},
        "health_check": {
            "action": "health_check",
            "session_token": admin,
            "level": "detailed",
        },
        "get_config": {"action": "get_config", "session_token": admin},
        "list_security_events": {
            "action": "list_security_events",
            "session_token": admin,
        },
        "backup_store": {"action": "backup_store", "session_token": admin},
        "compact_store": {"action": "compact_store", "session_token": admin},
        "get_metrics": {
            "action": "get_metrics",
            "session_token": admin,
            "format": "json",
        },
        **about_keys(bench, admin, alice),
        **about_invitations(bench, admin),
        **about_notifications(bench, admin, alice),
        "create_user": creation("bobby", STRONG, metadata={"a": [1, {"b": None}]}),
        "login": login("bobby", STRONG),
        "list_devices": {"action": "list_devices", "session_token": admin},
        "forget_device": {
            "action": "forget_device",
            "session_token": alice,
            "device_id": remembered_device(bench),
        },
        "unlock_user": {
            "action": "unlock_user",
            "session_token": admin,
            "user_id": bench.user_id("alice"),
        },
        "get_user": {"action": "get_user", "session_token": alice},
        "list_users": {"action": "list_users", "session_token": admin, "page": 1},
        "update_user": update(alice, city="Oxford", notes="a\nb", skills=["chess"]),
        "revert_change": {
            "action": "revert_change",
            "session_token": admin,
            "entry": number_of_a_change(bench, admin),
        },
        "update_preferences": {
            "action": "update_preferences",
            "session_token": alice,
            "theme": "dark",
            "dashboard_layout": {"left": ["a"]},
        },
        "get_preferences": {"action": "get_preferences", "session_token": alice},
        "set_consent": {
            "action": "set_consent",
            "session_token": alice,
            "type": "terms",
            "granted": True,
            "version": "2",
        },
        "get_consents": {"action": "get_consents", "session_token": alice},
        "export_user_data": {"action": "export_user_data", "session_token": alice},
        "search_users": {
            "action": "search_users",
            "session_token": admin,
            "query": "kate",
        },
        "get_statistics": {"action": "get_statistics", "session_token": admin},
        "check_password": {"action": "check_password", "password": NEW},
        "get_password_status": {
            "action": "get_password_status",
            "session_token": alice,
        },
        "force_password_change": {
            "action": "force_password_change",
            "session_token": admin,
            "user_id": bench.user_id("kate"),
            "mode": "temporary",
        },
        "change_password": {
            "action": "change_password",
            "session_token": alice,
            **change,
        },
        "verify_mfa": {
            "action": "verify_mfa",
            "mfa_token": bench.try_login("carol", STRONG)["mfa_token"],
            "code": phone.backup_codes[0],
        },
        "setup_mfa": setup | {"session_token": erin},
        "confirm_mfa": {
            "action": "confirm_mfa",
            "session_token": erin,
            "setup_token": begun["setup_token"],
            "code": Phone(bench, begun["secret"]).code(),
        },
        "send_mfa_code": {
            "action": "send_mfa_code",
            "mfa_token": bench.try_login("henry", STRONG)["mfa_token"],
            "method": "sms",
        },
        "get_mfa_status": {"action": "get_mfa_status", "session_token": carol},
        "regenerate_backup_codes": {"action": "regenerate_backup_codes"} | of_carol,
        "disable_mfa": {"action": "disable_mfa", "method": "totp"} | of_carol,
        "begin_passkey_enrolment": enrolment | {"session_token": frank},
        "finish_passkey_enrolment": {
            "action": "finish_passkey_enrolment",
            "session_token": frank,
            "setup_token": asked["setup_token"],
            "credential": SecurityKey().enrol(asked["options"]),
        },
        "begin_passkey_login": {"action": "begin_passkey_login"},
        "finish_passkey_login": {
            "action": "finish_passkey_login",
            "mfa_token": alone["mfa_token"],
            "assertion": key.sign(alone["options"]),
        },
        "rename_passkey": {
            "action": "rename_passkey",
            "session_token": gina,
            "credential_id": websafe_encode(key.credential_id),
            "name": "blue key",
        },
        **imports(bench, admin),
        "list_mail": {"action": "list_mail", "session_token": admin},
        "retry_mail": {
            "action": "retry_mail",
            "session_token": admin,
            "mail_id": planted_mail(bench, "alice"),
        },
        "drop_mail": {
            "action": "drop_mail",
            "session_token": admin,
            "mail_id": planted_mail(bench, "alice", "another"),
        },
        "test_mail": {"action": "test_mail", "session_token": admin},
        "change_email": {
            "action": "change_email",
            "session_token": alice,
            "new_email": "alice.new@example.org",
            "password": NEW,
        },
        **flows_with_tokens(bench),
        "set_user_status": {
            "action": "set_user_status",
            "session_token": admin,
            "user_id": bench.user_id("kate"),
            "status": "suspended",
            "duration_days": 3,
        },
        "issue_link": {
            "action": "issue_link",
            "session_token": admin,
            "user_id": bench.user_id("carol"),
            "purpose": "reset",
        },
        **lab_requests(bench, admin),
        "delete_user": {
            "action": "delete_user",
            "session_token": alice,
            "password": NEW,
        },
        **ends_of_accounts(bench, admin),
        "query_audit": {"action": "query_audit", "session_token": admin},
        "export_audit": {
            "action": "export_audit",
            "session_token": admin,
            "reason": "a yearly review",
            "limit": 3,
        },
        "verify_audit": {"action": "verify_audit", "session_token": admin},
        **role_requests(bench, admin),
        **attribute_requests(bench, admin),
        **session_requests(bench, admin),
        "logout": {"action": "logout", "session_token": admin},
    }


def lab_requests(bench: Bench, admin: str) -> dict[str, Message]:
    """Requests about a lab, of an administrator of the service."""
    bench.register("laura", STRONG)
    bench.register("lucas", STRONG)
    there = {"lab_id": planted_lab(bench, laura="admin")}
    laura, lucas = bench.user_id("laura"), bench.user_id("lucas")
    by_name: dict[str, Message] = {
        "create_lab": {"name": "Genetics", "code": "GEN001", "admin_user_id": laura},
        "list_labs": {"search": "gen"},
        "get_lab": there,
        "update_lab": {**there, "features": ["imaging"]},
        "get_policy": there,
        "update_policy": {**there, "session_s": 900, "addresses": ["127.0.0.1"]},
        "add_lab_member": {**there, "user_id": lucas, "role": "viewer"},
        "update_lab_member": {**there, "user_id": lucas, "role": "member"},
        "list_lab_members": {**there, "limit": 1},
        "get_lab_statistics": there,
        "get_user_labs": {"user_id": laura},
        "remove_lab_member": {**there, "user_id": lucas},
        "delete_lab": {**there, "confirm_code": "planted"},
    }
    return {
        name: {"action": name, "session_token": admin, **fields}
        for name, fields in by_name.items()
    }


def number_of_a_change(bench: Bench, admin: str) -> int:
    """The audit entry of a change to an account of its own."""
    bench.register("quentin", STRONG)
    bench.ask(**update(admin, bench.user_id("quentin"), city="Oxford"))
    return bench.audit()[-1].sequence


def ends_of_accounts(bench: Bench, admin: str) -> dict[str, Message]:
    """Requests about deleted, held and anonymised accounts."""
    oscar = bench.member("oscar", STRONG)
    peggy = bench.register("peggy", STRONG) and bench.user_id("peggy")
    restored = bench.user_id("oscar")
    if not bench.profile.deleted_kept_s:  # compat keeps only what is held
        hold(bench, admin, restored)
    bench.ask(action="delete_user", session_token=oscar, password=STRONG)
    by_name: dict[str, Message] = {
        "list_deleted": {},
        "restore_user": {"user_id": restored},
        "legal_hold": {"user_id": peggy, "hold": True, "reason": "a lawsuit"},
        "anonymise_user": {"user_id": bench.user_id("frank"), "reason": "asked for"},
        "apply_retention": {"within_days": 60},
    }
    return {
        name: {"action": name, "session_token": admin, **fields}
        for name, fields in by_name.items()
    }


def hold(bench: Bench, admin: str, user_id: str) -> None:
    order = {"action": "legal_hold", "hold": True, "reason": "a lawsuit"}
    bench.ask(**order, session_token=admin, user_id=user_id)


def imports(bench: Bench, admin: str) -> dict[str, Message]:
    """An import with each kind of verdict, and one to be taken back."""
    asked = {"action": "import_users", "session_token": admin, "on_existing": "update"}
    rows = [
        {"username": "import1", "email": "import1@example.org"},
        {"username": "alice", "email": "new@example.org", "city": "Bern"},
        {"username": "irnport1", "email": "nowhere"},
    ]
    done = bench.ask(
        **asked, users=[{"username": "import0", "email": "i0@example.org"}]
    )
    bulk = {"action": "bulk_users", "session_token": admin, "operation": "unlock"}
    unknown = {"user_ids": ["0" * 32]}
    job = bench.ask(**bulk, **unknown, background=True)["job_id"]
    of_job = {"session_token": admin, "job_id": job}
    return {
        "export_users": {
            "action": "export_users",
            "session_token": admin,
            "reason": "moving out",
            "limit": 1,
        },
        "bulk_users": bulk | unknown,
        "get_bulk_job": {"action": "get_bulk_job", **of_job},
        "cancel_bulk_job": {"action": "cancel_bulk_job", **of_job},
        "import_users": asked | {"users": [*rows[::2], rows[1]]},
        "revert_import": {
            "action": "revert_import",
            "session_token": admin,
            "import_id": done["import_id"],
            "dry_run": True,
        },
        "list_imports": {"action": "list_imports", "session_token": admin},
    }


def flows_with_tokens(bench: Bench) -> dict[str, Message]:
    """Requests that carry a one-time token, or that ask for one."""
    bench.register("nina", STRONG)
    bench.register("dora", STRONG)
    reset = planted_token(bench, "nina", Purpose.RESET)
    verify = planted_token(bench, "nina", Purpose.VERIFY)
    return {
        "request_password_reset": {
            "action": "request_password_reset",
            "username": "nina",
        },
        "resend_verification": {
            "action": "resend_verification",
            "email": "nina@example.org",
        },
        "verify_email": {"action": "verify_email", "token": verify},
        "reset_password": {
            "action": "reset_password",
            "token": reset,
            "new_password": NEW,
        },
        "revert_email": {
            "action": "revert_email",
            "token": planted_token(bench, "dora", Purpose.REVERT_ADDRESS),
        },
        "lock_down": {
            "action": "lock_down",
            "token": planted_token(bench, "nina", Purpose.LOCK_DOWN),
        },
        "activate_account": {
            "action": "activate_account",
            "token": of_a_pending_account(bench),
        },
    }


def of_a_pending_account(bench: Bench) -> str:
    """What takes it up."""
    made = creation("vera", STRONG, auto_activate=False) | {
        "session_token": bench.admin()
    }
    assert bench.ask(**made)["status"] == "success"
    return planted_token(bench, "vera", Purpose.ACTIVATE)


class PlantedBackups:
    """Says that a backup was made."""

    async def make(self, now: Moment) -> Backup:
        return Backup("ums.tar", 8, "0" * 64)


def mailing(make_bench, profile: str = "standard") -> Bench:
    """A service of that profile on which every action can succeed."""
    bench = make_bench(
        profile=profile,
        settings=MAIL | {"push_gateway_url": "http://127.0.0.1:9/"},
        require_email_verification=False,
        change_needs_password=False,
    )
    object.__setattr__(bench.service.facilities, "backups", PlantedBackups())
    return bench


@pytest.mark.parametrize("profile", PROFILES)
def test_every_success_is_exactly_valid_for_its_class(make_bench, profile: str):
    bench = mailing(make_bench, profile)
    asked = requests(bench)
    assert set(asked) == set(ACTION_BY_NAME)
    for name, request in asked.items():
        kind = ACTION_BY_NAME[name].request.reply_type()
        reply = bench.ask(**request)
        assert reply.pop("status") == kind.status_word, name
        typed = kind.model_validate(reply, strict=True)
        assert typed.model_dump(exclude_unset=True) == reply, name


def test_the_note_about_ignored_fields_is_valid_for_all_original_replies(
    make_bench,
):
    bench = mailing(make_bench)
    for name, request in requests(bench).items():
        kind = ACTION_BY_NAME[name].request
        noise = {"colour": "red"} if kind.original else {}
        reply = bench.ask(**request, **noise)
        assert reply.get("ignored", []) == list(noise), name
        kind.reply_type().model_validate(reply, strict=True)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_action_echoes_the_id_of_its_request(make_bench, profile: str):
    bench = mailing(make_bench, profile)
    for number, (name, request) in enumerate(requests(bench).items()):
        assert bench.ask(**request, request_id=number)["request_id"] == number, name


FAULTY = [
    {"action": "fly"},
    {"action": 7},
    {"action": "get_user"},
    {"action": "get_user", "session_token": 7},
    {"action": "login", "credentials": 7},
    {"action": "login", "idempotency_key": "short"},
    {},
]


@pytest.mark.parametrize("request_id", [0, "", 1, -(2**53), "a", "x" * 128], ids=repr)
@pytest.mark.parametrize("message", FAULTY, ids=str)
def test_every_refusal_echoes_the_id_of_its_request(
    standard: Bench, message: Message, request_id: object
):
    reply = standard.ask(**message, request_id=request_id)
    assert reply["status"] == "error"
    assert reply["request_id"] == request_id


@pytest.mark.parametrize(
    "request_id", [True, 1.5, [], {}, 2**53 + 1, "x" * 129], ids=repr
)
def test_what_is_no_id_is_refused_and_not_echoed(standard: Bench, request_id: object):
    reply = standard.ask(action="health_check", request_id=request_id)
    assert reply["code"] == "INVALID_REQUEST"
    assert "request_id" not in reply


# --- the tables ---


def test_every_action_has_a_handler_and_every_handler_an_action():
    assert set(rows(ACTIONS, HANDLERS)) == {action.name for action in ACTIONS}
    assert {action.request for action in ACTIONS} == set(HANDLERS)


async def good(request: GetUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_another_request(request: CreateUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_another_reply(request: GetUser, call: Call) -> Answer[CreateUserReply]:
    raise NotImplementedError


async def of_no_answer(request: GetUser, call: Call) -> None:
    raise NotImplementedError


async def without_hints(request, call):
    raise NotImplementedError


async def of_one_argument(request: GetUser) -> Answer[GetUserReply]:
    raise NotImplementedError


async def of_three_arguments(
    request: GetUser, call: Call, more: int
) -> Answer[GetUserReply]:
    raise NotImplementedError


def not_async(request: GetUser, call: Call) -> Answer[GetUserReply]:
    raise NotImplementedError


ROW = Action("get", GetUser, Access.SESSION, Rate.READ, Audit.NONE, Repeat.SAFE)
OTHER = ROW._replace(name="other", request=CreateUser)


def test_a_fitting_table_is_accepted():
    assert set(rows([ROW], {GetUser: good})) == {"get"}


@pytest.mark.parametrize(
    ("actions", "handlers"),
    [
        pytest.param([ROW], {}, id="no handler"),
        pytest.param([ROW, ROW], {GetUser: good}, id="a name twice"),
        pytest.param(
            [ROW, ROW._replace(name="b")], {GetUser: good}, id="a request twice"
        ),
        pytest.param([ROW], {GetUser: good, CreateUser: good}, id="a handler too many"),
        pytest.param([OTHER], {CreateUser: good}, id="a handler of another request"),
        *(
            pytest.param([ROW], {GetUser: handler}, id=handler.__name__)
            for handler in (
                of_another_request,
                of_another_reply,
                of_no_answer,
                without_hints,
                of_one_argument,
                of_three_arguments,
                not_async,
            )
        ),
        pytest.param([ROW._replace(access=None)], {GetUser: good}, id="no access"),
        pytest.param([ROW._replace(rate=None)], {GetUser: good}, id="no rate"),
        pytest.param([ROW._replace(audit=None)], {GetUser: good}, id="no audit"),
        pytest.param([ROW._replace(repeat=None)], {GetUser: good}, id="no repeat"),
        pytest.param(
            [ROW._replace(access="public ")], {GetUser: good}, id="misspelt access"
        ),
    ],
)
def test_a_table_that_does_not_fit_stops_the_start(actions: list, handlers: dict):
    with pytest.raises(IncompleteCatalogue):
        rows(actions, handlers)


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    return {kind} | {leaf for sub in kind.__subclasses__() for leaf in leaves(sub)}


def test_every_refusal_of_the_rules_has_a_code_and_a_text():
    refusals = leaves(domain_errors.Refusal) - {domain_errors.Refusal}
    assert {kind.__name__ for kind in refusals - TELLERS.keys()} == set()


def test_every_code_has_a_meaning_of_one_sentence_or_more():
    assert all(code.meaning.endswith(".") for code in ErrorCode)
    assert len({code.meaning for code in ErrorCode}) == len(ErrorCode)


# --- describe_actions ---


OF_A_LAB = {("create_lab", "code"), ("get_lab", "code")}
"""Codes that name a lab, and prove nothing."""


def is_secret(action: str, field: str) -> bool:
    if (action, field) in OF_A_LAB or action == "update_policy":  # what it asks of them
        return False
    answers = {"code", "mfa_code", "assertion", "credential"}
    return "password" in field or field.endswith("token") or field in answers


def test_descriptions_match_the_tables(standard: Bench):
    described = standard.ask(action="describe_actions")["actions"]
    assert [entry["name"] for entry in described] == [action.name for action in ACTIONS]
    for entry, action in zip(described, ACTIONS, strict=True):
        assert entry["access"] == action.access.value
        assert entry["repeat"] == action.repeat.value
        assert entry["wrapper"] == action.request.wrapper
        assert entry["summary"]
        fields = {field["name"]: field for field in entry["fields"]}
        assert set(fields) == set(action.request.model_fields)
        for name, info in action.request.model_fields.items():
            assert fields[name]["required"] == info.is_required()
            secret = is_secret(action.name, name) and info.annotation is not bool
            assert fields[name]["secret"] == secret
        replied = {field["name"] for field in entry["reply"]}
        assert replied == set(action.request.reply_type().model_fields)


@pytest.mark.parametrize("name", list(ACTION_BY_NAME))
def test_one_action_can_be_described_alone(standard: Bench, name: str):
    [entry] = standard.ask(action="describe_actions", name=name)["actions"]
    assert entry["name"] == name


def test_types_are_told_in_words(standard: Bench):
    [entry] = standard.ask(action="describe_actions", name="update_user")["actions"]
    kinds = {field["name"]: field["type"] for field in entry["fields"]}
    assert kinds["city"] == "text"
    assert kinds["metadata"] == "object"
    assert "any" not in {
        f["type"]
        for a in standard.ask(action="describe_actions")["actions"]
        for f in a["fields"] + a["reply"]
    }


def shape_of(value: object) -> object:
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return type(value)


def make_predictable(bench: Bench) -> None:
    """Two benches that are asked the same give out the same tokens, ids and keys."""
    facilities, numbers = bench.service.facilities, count()
    for name, chars in (
        ("new_token", 43),
        ("new_user_id", 32),
        ("new_session_id", 22),
        ("new_device_id", 32),
        ("new_lab_id", 32),
        ("new_key_id", 16),
    ):
        made = lambda chars=chars: f"{next(numbers):0{chars}}"  # noqa: E731
        object.__setattr__(facilities, name, made)
    facilities.tokens._new_id = facilities.new_session_id
    facilities.tokens.new_private_key = lambda _: PRIVATE_KEY


def test_a_reply_to_msgpack_says_the_same_as_one_to_json(make_bench):
    import msgpack

    drawn = {
        "force_password_change",
        "setup_mfa",
        "confirm_mfa",
        "regenerate_backup_codes",
        "begin_passkey_enrolment",
        "finish_passkey_enrolment",
        "begin_passkey_login",
        "export_users",
        "get_bulk_job",  # how far it is by then
        "list_imports",  # who imported: a random id
    }
    measured = {"health_check", "get_metrics", "compact_store"}
    replies: list[dict[str, Message]] = []
    for to_bytes, from_bytes in (
        (lambda m: json.dumps(m).encode(), json.loads),
        (msgpack.packb, msgpack.unpackb),
    ):
        bench = mailing(make_bench, "compat")
        make_predictable(bench)
        asked = requests(bench).items()
        told = {
            n: from_bytes(bench.ask_bytes(to_bytes(request))) for n, request in asked
        }
        first = bench.user_id("admin")  # made before anything could be foretold
        replies.append(json.loads(json.dumps(told).replace(first, "the first one")))
    for name in ACTION_BY_NAME:
        both = [of_one_encoding[name] for of_one_encoding in replies]
        if name.endswith("_audit"):  # it tells random ids, or digests of them
            both = [shape_of(reply) for reply in both]
        assert both[0]["status"] == both[1]["status"], name
        # secrets are drawn anew each time, and no two measurements are the same
        same = list if name in drawn | measured else dict
        assert same(both[0]) == same(both[1]), name
