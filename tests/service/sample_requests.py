"""One request of every action that succeeds, on a service prepared for it."""

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
from tests.service.mailbox import MAIL, planted_mail, planted_token
from tests.service.sample_grants import (
    about_invitations,
    about_keys,
    about_notifications,
    attribute_requests,
    lab_requests,
    role_requests,
)
from ums_service.deployment.backups import Backup
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import Purpose
from ums_service.domain.signing_keys import make_private_key

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


def remembered_device(bench: Bench) -> str:
    """The id of a device of alice."""
    wanted = login("alice", STRONG)
    wanted["credentials"]["remember_device"] = True
    return str(bench.ask(**wanted)["device_id"])


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
