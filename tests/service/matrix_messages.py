"""The requests of the matrix, the tokens of its callers, and what is expected."""

from typing import Any

from tests.service.harness import STRONG, Bench, Message, creation, login, update
from tests.service.lab_bench import PLANTED
from tests.service.matrix_targets import (
    AS_ADMIN,
    DENIED,
    NEW,
    NO_DEVICE,
    OF_FACTORS,
    OF_LABS,
    OF_ROLES,
    OK,
    SESSION,
    TARGETS,
)
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
    Access,
    Rate,
)
from ums_service.domain.roles import BUILT_IN

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
