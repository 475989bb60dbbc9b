"""Who may call what: every action by every kind of caller, with every kind of token."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.service.harness import STRONG, Bench, Message, creation, login, update
from tests.service.lab_bench import PLANTED, planted_lab
from tests.service.mailbox import MAIL, planted_mail, planted_token
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
    Access,
    Rate,
)
from ums_service.domain.one_time import Purpose
from ums_service.domain.roles import BUILT_IN

PROFILES = ["standard", "hipaa", "compat"]
NEW = "Another-Choice-7!"
NO_DEVICE = "0" * 32


OK, SESSION, DENIED = "ok", "INVALID_SESSION", "PERMISSION_DENIED"
NEEDS_SESSION = {"nobody": SESSION, "member": OK, "admin": OK}
ON_OTHERS = {"nobody": SESSION, "member": DENIED, "admin": OK}
ALWAYS = {"nobody": OK, "member": OK, "admin": OK}
SETTINGS = MAIL | {"push_gateway_url": "http://127.0.0.1:9/"}
TOKEN, NONE = "INVALID_TOKEN", "NOT_FOUND"
WITH_TOKEN = {"nobody": TOKEN, "member": TOKEN, "admin": TOKEN}
"""Whoever calls, a token of an earlier answer decides."""
OF_FACTORS = {
    "verify_mfa": {"mfa_token": "A" * 43, "code": "1"},
    "setup_mfa": {"method": "totp", "password": STRONG},
    "confirm_mfa": {"setup_token": "A" * 43, "code": "1"},
    "send_mfa_code": {"mfa_token": "A" * 43, "method": "sms"},
    "disable_mfa": {"password": STRONG, "reason": "lost"},
    "regenerate_backup_codes": {"password": STRONG},
    "begin_passkey_enrolment": {"password": STRONG},
    "finish_passkey_enrolment": {"setup_token": "A" * 43, "credential": {}},
    "finish_passkey_login": {"mfa_token": "A" * 43, "assertion": {}},
}
DIRECTORY = {
    "standard": NEEDS_SESSION,
    "hipaa": ON_OTHERS,
    "compat": ALWAYS,
}
MORE_THAN_THE_DIRECTORY = {
    "standard": ON_OTHERS,
    "hipaa": ON_OTHERS,
    "compat": {"nobody": DENIED, "member": DENIED, "admin": OK},
}
TARGETS = {
    "create_user": ALWAYS,
    "create_user with a role": {"nobody": DENIED, "member": DENIED, "admin": OK},
    "login": ALWAYS,
    "logout": NEEDS_SESSION,
    "get_user": NEEDS_SESSION,
    "get_user of another": ON_OTHERS,
    "update_user": NEEDS_SESSION,
    "update_user of another": ON_OTHERS,
    "update_user with a status": {"nobody": SESSION, "member": DENIED, "admin": OK},
    "delete_user": NEEDS_SESSION,
    "delete_user of another": ON_OTHERS,
    "list_users": DIRECTORY,
    "get_user by a name": ON_OTHERS,
    "get_user by an address": ON_OTHERS,
    "get_user by a name that nobody has": {
        "nobody": SESSION,
        "member": DENIED,
        "admin": NONE,
    },
    "list_users by an address": MORE_THAN_THE_DIRECTORY,
    "list_users that are suspended": MORE_THAN_THE_DIRECTORY,
    "search_users": ON_OTHERS,
    "search_users of a lab": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "get_statistics": ON_OTHERS,
    "get_statistics of a lab": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "health_check": ALWAYS,
    "health_check in detail": {"nobody": DENIED, "member": DENIED, "admin": OK},
    "get_metrics": ON_OTHERS,
    "get_config": ON_OTHERS,
    "backup_store": {"nobody": SESSION, "member": DENIED, "admin": "NOT_CONFIGURED"},
    "compact_store": ON_OTHERS,
    "change_password": NEEDS_SESSION,
    "check_password": ALWAYS,
    "get_password_status": NEEDS_SESSION,
    "get_password_status of another": ON_OTHERS,
    "force_password_change of another": ON_OTHERS,
    "create_user with a generated password": {
        "nobody": DENIED,
        "member": DENIED,
        "admin": OK,
    },
    "describe_actions": ALWAYS,
    "query_audit": NEEDS_SESSION,
    "query_audit of another": ON_OTHERS,
    "export_audit": ON_OTHERS,
    "list_security_events": ON_OTHERS,
    "verify_audit": ON_OTHERS,
    "verify_session": NEEDS_SESSION,
    "verify_session of another": NEEDS_SESSION,
    "list_sessions": NEEDS_SESSION,
    "list_sessions of another": ON_OTHERS,
    "revoke_session": NEEDS_SESSION,
    "revoke_session of another": ON_OTHERS,
    "reauthenticate": NEEDS_SESSION,
    "refresh_token": ALWAYS,
    "get_signing_keys": ALWAYS,
    "get_revocations": ALWAYS,
    "rotate_signing_key": ON_OTHERS,
    "list_devices": NEEDS_SESSION,
    "list_devices of another": ON_OTHERS,
    "forget_device": NEEDS_SESSION,
    "forget_device of another": ON_OTHERS,
    "unlock_user of another": ON_OTHERS,
    "verify_mfa": WITH_TOKEN,
    "setup_mfa": NEEDS_SESSION,
    "confirm_mfa": WITH_TOKEN,
    "send_mfa_code": WITH_TOKEN,
    "get_mfa_status": NEEDS_SESSION,
    "get_mfa_status of another": ON_OTHERS,
    "disable_mfa": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "disable_mfa of another": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "regenerate_backup_codes": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "begin_passkey_enrolment": NEEDS_SESSION,
    "finish_passkey_enrolment": WITH_TOKEN,
    "begin_passkey_login": ALWAYS,
    "finish_passkey_login": WITH_TOKEN,
    "request_password_reset": ALWAYS,
    "reset_password": ALWAYS,
    "lock_down": NEEDS_SESSION,
    "lock_down with a token": ALWAYS,
    "issue_link of another": ON_OTHERS,
    "verify_email": ALWAYS,
    "resend_verification": ALWAYS,
    "change_email": NEEDS_SESSION,
    "revert_email": ALWAYS,
    "activate_account": dict.fromkeys(("nobody", "member", "admin"), "INVALID_LINK"),
    "set_user_status of another": ON_OTHERS,
    "get_preferences": NEEDS_SESSION,
    "get_preferences of another": ON_OTHERS,
    "update_preferences": NEEDS_SESSION,
    "update_preferences of another": ON_OTHERS,
    "get_user of another with its security": ON_OTHERS,
    "get_consents": NEEDS_SESSION,
    "get_consents of another": ON_OTHERS,
    "set_consent": NEEDS_SESSION,
    "set_consent of another": ON_OTHERS,
    "export_user_data": NEEDS_SESSION,
    "export_user_data of another": ON_OTHERS,
    "revert_change": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_deleted": ON_OTHERS,
    "restore_user of another": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "anonymise_user of another": ON_OTHERS,
    "legal_hold of another": ON_OTHERS,
    "apply_retention": ON_OTHERS,
    "bulk_users": ON_OTHERS,
    "export_users": ON_OTHERS,
    "get_bulk_job": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "cancel_bulk_job": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "import_users": ON_OTHERS,
    "revert_import": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_imports": ON_OTHERS,
    "list_mail": ON_OTHERS,
    "retry_mail": ON_OTHERS,
    "drop_mail": ON_OTHERS,
    "test_mail": ON_OTHERS,
    "get_policy": NEEDS_SESSION,
    "get_policy in a lab": ON_OTHERS,
    "update_policy": ON_OTHERS,
    "create_lab": ON_OTHERS,
    "list_labs": NEEDS_SESSION,
    "get_lab": ON_OTHERS,
    "update_lab": ON_OTHERS,
    "delete_lab": ON_OTHERS,
    "get_lab_statistics": ON_OTHERS,
    "list_lab_members": ON_OTHERS,
    "add_lab_member of another": ON_OTHERS,
    "update_lab_member of another": ON_OTHERS,
    "remove_lab_member of another": ON_OTHERS,
    "get_user_labs": NEEDS_SESSION,
    "get_user_labs of another": ON_OTHERS,
    "create_api_key": NEEDS_SESSION,
    "create_api_key of another": {"nobody": SESSION, "member": DENIED, "admin": DENIED},
    "list_api_keys": NEEDS_SESSION,
    "list_api_keys of another": ON_OTHERS,
    "rotate_api_key": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "rotate_api_key of another": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "revoke_api_key": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "revoke_api_key of another": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "create_service_account": ON_OTHERS,
    "invite_user": ON_OTHERS,
    "list_invitations": NEEDS_SESSION,
    "list_invitations of all": ON_OTHERS,
    "resend_invitation": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "cancel_invitation": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "get_invitation": dict.fromkeys(("nobody", "member", "admin"), "INVALID_LINK"),
    "accept_invitation": dict.fromkeys(("nobody", "member", "admin"), "INVALID_LINK"),
    "list_notifications": NEEDS_SESSION,
    "mark_notifications": NEEDS_SESSION,
    "send_notification to another": ON_OTHERS,
    "send_notification of a lab": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_scheduled": NEEDS_SESSION,
    "list_scheduled of all": ON_OTHERS,
    "cancel_scheduled": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "test_notification": NEEDS_SESSION,
    "register_device": NEEDS_SESSION,
    "unregister_device": NEEDS_SESSION,
    "decline_invitation": dict.fromkeys(("nobody", "member", "admin"), "INVALID_LINK"),
}
OF_LABS: dict[str, Message] = {
    "create_lab": {"name": "Genetics", "code": "GEN001"},
    "delete_lab": {"confirm_code": PLANTED.code},
}
"""What these say beside the lab."""
TARGETS |= {
    "list_roles": NEEDS_SESSION,
    "list_roles with permissions": ON_OTHERS,
    "save_role": ON_OTHERS,
    "delete_role": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_permissions": NEEDS_SESSION,
    "set_role_permissions": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "assign_role to another": ON_OTHERS,
    "revoke_role from another": ON_OTHERS,
    "check_permission": NEEDS_SESSION,
    "check_permission of another": ON_OTHERS,
    "get_user_permissions": NEEDS_SESSION,
    "get_user_permissions of another": ON_OTHERS,
    "request_role": NEEDS_SESSION,
    "list_role_requests": NEEDS_SESSION,
    "list_role_requests of another": NEEDS_SESSION,
    "decide_role_request of another": {
        "nobody": SESSION,
        "member": DENIED,
        "admin": NONE,
    },
    "withdraw_role_request": {"nobody": SESSION, "member": NONE, "admin": NONE},
    "list_attributes": NEEDS_SESSION,
    "save_attribute": ON_OTHERS,
    "delete_attribute": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_role_attributes": ON_OTHERS,
    "list_role_attributes of a lab": ON_OTHERS,
    "set_role_attribute": ON_OTHERS,
    "set_role_attribute of a lab": {"nobody": SESSION, "member": DENIED, "admin": NONE},
    "list_user_attributes": ON_OTHERS,
    "grant_user_attribute of another": {
        "nobody": SESSION,
        "member": DENIED,
        "admin": NONE,
    },
    "revoke_user_attribute of another": {
        "nobody": SESSION,
        "member": DENIED,
        "admin": NONE,
    },
    "get_effective_attributes": NEEDS_SESSION,
    "get_effective_attributes of another": ON_OTHERS,
    "authorize": NEEDS_SESSION,
    "authorize of another": ON_OTHERS,
}
OF_ROLES = {
    "save_role": {"name": "helper"},
    "delete_role": {"name": "helper"},
    "set_role_permissions": {
        "roles": ["helper"],
        "permissions": ["users.read"],
        "effect": "allow",
    },
    "assign_role": {"roles": ["moderator"]},
    "revoke_role": {"roles": ["moderator"]},
    "check_permission": {"permissions": ["users.read"]},
    "request_role": {"role": "moderator", "reason": "to help people"},
    "decide_role_request": {
        "role_request_id": NO_DEVICE,
        "decision": "refuse",
        "reason": "no",
    },
    "withdraw_role_request": {"role_request_id": NO_DEVICE},
    "save_attribute": {"name": "lab.robot.start"},
    "delete_attribute": {"name": "lab.robot.start"},
    "set_role_attribute": {
        "role": "viewer",
        "attribute": "lab.patient.write",
        "granted": True,
    },
    "list_user_attributes": {"lab_id": NO_DEVICE},
    "grant_user_attribute": {"lab_id": NO_DEVICE, "attribute": "lab.patient.read"},
    "revoke_user_attribute": {"lab_id": NO_DEVICE, "attribute": "lab.patient.read"},
    "get_effective_attributes": {"lab_id": NO_DEVICE},
    "authorize": {"lab_id": NO_DEVICE, "required_attributes": ["lab.patient.read"]},
}
AS_ADMIN = {"list_users", "update_user with a status"}
"""Where a moderator may what an administrator may, beside what the table of actions says."""
PURPOSES = {
    "reset_password": Purpose.RESET,
    "verify_email": Purpose.VERIFY,
    "revert_email": Purpose.REVERT_ADDRESS,
    "lock_down with a token": Purpose.LOCK_DOWN,
}
NAMED = {
    "health_check in detail": {"level": "detailed"},
    "get_user by a name": {"username": "Target"},
    "get_user by an address": {"email": "target@example.org"},
    "get_user by a name that nobody has": {"username": "nobody"},
    "list_users by an address": {"sort_by": "email"},
    "list_users that are suspended": {"status": "suspended"},
}
IGNORED_IN_COMPAT = {"create_user with a role", "update_user with a status"}
CALLERS = [
    "nobody",
    "member",
    "moderator",
    "admin",
    "expired",
    "ended",
    "deleted",
    "foreign",
    "malformed",
    "empty",
]
READING = {Rate.READ, Rate.CHECK}
MESSAGES = {"Invalid session": SESSION, "Invalid or expired session": SESSION}


def test_the_matrix_covers_every_action():
    assert {target.split(" ")[0] for target in TARGETS} == set(ACTION_BY_NAME)


def message_for(
    target: str, other: str, password: str, tokens_of_target: str
) -> Message:
    action = target.split(" ", maxsplit=1)[0]
    message: Message = {"action": action, **OF_FACTORS.get(action, {})}
    message |= NAMED.get(target, {})
    message |= OF_LABS.get(action, {}) | OF_ROLES.get(action, {})
    fields = ACTION_BY_NAME[action].request.model_fields
    of_lab = target in ("get_lab", "get_policy in a lab")
    if ("lab_id" in fields and fields["lab_id"].is_required()) or of_lab:
        message.setdefault("lab_id", PLANTED.lab_id)
    if action == "create_user":
        message = creation("dora", STRONG)
    elif action == "login":
        message = login("target", STRONG)
    elif action in ("delete_user", "reauthenticate"):
        message["password"] = password
    elif action == "revoke_session":
        message["all"] = True
    elif action == "refresh_token":
        message["refresh_token"] = tokens_of_target
    elif action == "change_password":
        message |= {"current_password": password, "new_password": NEW}
    elif action in ("export_audit", "export_users"):
        message["reason"] = "a yearly review"
    elif action == "update_user":
        message["update_data"] = {"city": "Oxford"}
    elif action == "forget_device":
        message["device_id"] = NO_DEVICE
    elif action == "check_password":
        message["password"] = NEW
    elif action == "issue_link":
        message |= {"purpose": "reset", "password": password}
    elif action == "change_email":
        message |= {"new_email": "new@example.org", "password": password}
    elif action == "resend_verification":
        message["email"] = "target@example.org"
    elif action == "request_password_reset":
        message["username"] = "target"
    elif target == "lock_down":
        message["password"] = password
    elif action in ("retry_mail", "drop_mail"):
        message["mail_id"] = "mail"
    elif action == "activate_account":
        message["token"] = "of nobody"
    elif action == "create_api_key":
        message |= {"name": "job", "scopes": ["users.read"]}
    elif action in ("rotate_api_key", "revoke_api_key"):
        message["key_id"] = "0" * 16
    elif action == "create_service_account":
        message["username"] = "billing-sync"
    elif action == "send_notification":
        message |= {"title": "Tonight", "body": "at eight"}
    elif action == "mark_notifications":
        message["all"] = True
    elif action == "cancel_scheduled":
        message["job_id"] = "0" * 26
    elif action == "register_device":
        message |= {"device_token": "of the telephone", "device_type": "ios"}
    elif action == "unregister_device":
        message["device_id"] = NO_DEVICE
    elif action == "invite_user":
        message["email"] = "guest@example.org"
    elif action in ("resend_invitation", "cancel_invitation"):
        message["invitation_id"] = "0" * 26
    elif action.endswith("_invitation"):
        message["token"] = "of nobody"
    elif action in ("anonymise_user", "legal_hold"):
        message["reason"] = "asked for"
        message |= {"hold": True} if action == "legal_hold" else {}
    elif action == "import_users":
        message["users"] = [{"username": "new", "email": "new@example.org"}]
    elif action == "bulk_users":
        message |= {"user_ids": [other], "operation": "force_password_change"}
    elif action in ("get_bulk_job", "cancel_bulk_job"):
        message["job_id"] = "A" * 22
    elif action == "revert_import":
        message["import_id"] = "A" * 22
    elif target == "export_user_data":
        message["password"] = password
    elif action == "revert_change":
        message["entry"] = 1
    elif action == "set_consent":
        message |= {"type": "privacy", "granted": False}
    elif action == "set_user_status":
        message["status"] = "suspended"
    if target.endswith("with its security"):
        message["include"] = ["security"]
    if action in ("assign_role", "revoke_role"):
        message["user_ids"] = [other]
    if target == "send_notification to another":
        message["user_ids"] = [other]
    if target.endswith("of a lab"):
        message["lab_id"] = NO_DEVICE
    if target.endswith("with permissions"):
        message["include"] = ["permissions"]
    if target.endswith("of all"):
        message["all"] = True
    if action == "reset_password":
        message["new_password"] = NEW
    if target.endswith("with a generated password"):
        message["user_data"] |= {"generate_password": True, "password": ""}
    if target == "verify_session of another":
        message["token"] = tokens_of_target
    elif target.endswith(("of another", "with its security")):
        message["user_id"] = other
    elif target.endswith("with a role"):
        message["user_data"]["role"] = "admin"
    elif target.endswith("with a status"):
        message["update_data"]["status"] = "active"
    return message


def token_of(bench: Bench, caller: str) -> str | None:
    """A token of that kind. Two administrators exist, so that one may go."""
    if caller == "nobody":
        return None
    if caller in ("foreign", "malformed", "empty"):
        return {"foreign": "A" * 43, "malformed": "\t☃'--", "empty": ""}[caller]
    token = bench.member("caller", STRONG)
    if caller in ("moderator", "admin"):
        second = update(bench.admin(), bench.user_id("caller"), role=caller)
        assert bench.ask(**second)["status"] == "success"
    elif caller == "expired":
        bench.clock.advance(24 * 3600)
    elif caller == "ended":
        bench.ask(action="logout", session_token=token)
    elif caller == "deleted":
        bench.ask(action="delete_user", session_token=token, password=STRONG)
    return token


def moderates(target: str) -> bool:
    """Whether a moderator may this on the accounts of members."""
    if target == "export_user_data of another":
        return False  # it takes audit.export as well
    action = ACTION_BY_NAME[target.split(" ", maxsplit=1)[0]]
    return target in AS_ADMIN or action.permission in BUILT_IN["moderator"].allows


def expected_outcome(profile: str, target: str, caller: str) -> str:
    table: Any = TARGETS[target]
    by_caller = table.get(profile, table)
    if caller == "moderator":
        caller = "admin" if moderates(target) else "member"
    stale = caller not in ("nobody", "member", "admin")
    if stale:
        access = ACTION_BY_NAME[target.split(" ", maxsplit=1)[0]].access
        refused = access is Access.SESSION or (
            access is Access.OPTIONAL and profile != "compat"
        )
        if refused:
            return SESSION
        caller = "nobody"
    if (
        profile == "compat"
        and target in IGNORED_IN_COMPAT
        and by_caller[caller] == DENIED
    ):
        return OK
    return str(by_caller[caller])


def outcome(reply: Message) -> str:
    if (
        reply["status"] in ("success", "healthy")
        or reply["message"] == "No such device"
    ):
        return OK
    return str(reply.get("code") or MESSAGES[reply["message"]])


class Stage(NamedTuple):
    """A service with an account `target` and a caller of one kind, who has `token`."""

    bench: Bench
    token: str | None
    refresh_token: str
    """Of `target`."""


class Stages:
    """One stage for each profile and caller: what was read or refused left it as it was.

    Where a request changed something, the next case of that profile and caller gets
    another stage.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Stage] = {}

    def stage(self, profile: str, caller: str) -> Stage:
        key = (profile, caller)
        if key not in self._kept:
            self._kept[key] = self._prepare(profile, caller)
        return self._kept[key]

    def drop(self, profile: str, caller: str) -> None:
        self._kept.pop((profile, caller)).bench.close()

    def close(self) -> None:
        for key in list(self._kept):
            self.drop(*key)

    @staticmethod
    def _prepare(profile: str, caller: str) -> Stage:
        bench = Bench(
            profile=profile,
            settings=SETTINGS,
            require_email_verification=False,
        )
        bench.register("target", STRONG)
        token = token_of(bench, caller)
        asked = login("target", STRONG)
        asked["credentials"]["tokens"] = True
        return Stage(bench, token, bench.ask(**asked)["refresh_token"])


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    prepared = Stages()
    yield prepared
    prepared.close()


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_who_may_call_what(stages: Stages, profile: str, target: str, caller: str):
    bench, token, refresh_token = stages.stage(profile, caller)
    message = message_for(target, bench.user_id("target"), STRONG, refresh_token)
    if target in PURPOSES:
        message["token"] = planted_token(bench, "target", PURPOSES[target])
    planted_mail(bench, "target")
    planted_lab(bench, target=None if target.startswith("add") else "member")
    reply = bench.ask(**message, session_token=token)
    if outcome(reply) == OK and ACTION_BY_NAME[message["action"]].rate not in READING:
        stages.drop(profile, caller)
    assert outcome(reply) == expected_outcome(profile, target, caller), reply


@pytest.fixture(scope="module")
def shared() -> Iterator[Bench]:
    """For requests that are refused before anything is looked up."""
    with Bench() as bench:
        yield bench


@pytest.mark.parametrize("token", [7, True, 1.5, [], {}, ["A" * 43]], ids=repr)
@pytest.mark.parametrize("name", list(ACTION_BY_NAME))
def test_a_token_that_is_no_text_is_refused_by_every_action(
    shared: Bench, name: str, token: object
):
    reply = shared.ask(action=name, session_token=token)
    assert (reply["code"], reply["details"][0]["field"]) == (
        "INVALID_REQUEST",
        "session_token",
    )
