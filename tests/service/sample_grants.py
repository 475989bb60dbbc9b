"""Requests about roles, labs, attributes, keys, invitations and notifications that succeed."""

from tests.service.harness import (
    STRONG,
    Bench,
    Message,
)
from tests.service.lab_bench import planted_lab
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.labs import LABS, Lab


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
        "accept_invitation": {
            "token": taken["token"],
            "privacy_accepted": True,
            **account,
        },
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
