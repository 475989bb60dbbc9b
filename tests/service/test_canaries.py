"""Every secret that any action takes or gives, and all the places where none may be."""

import base64
import io
import logging
from pathlib import Path
from typing import Any

import pytest

from storage import RealDisk
from tests.service.authenticator import (
    Phone,
    SecurityKey,
    Telephone,
    enrol,
    set_up,
    set_up_messages,
)
from tests.service.canaries import (
    CanaryBench,
    all_secret_fields,
    secret_fields,
    shows,
)
from tests.service.harness import (
    ADMIN_PASSWORD,
    Message,
    creation,
    login,
    update,
)
from tests.service.mailbox import MAIL, Mailbox, planted_token
from ums_client.protocol.actions import ACTIONS
from ums_service.domain.one_time import Purpose

ONE, TWO, THREE = "canary-One-77", "canary-Two-88", "canary-Three-99"
NAMES_OF_SECRETS = ("password", "secret", "token", "code", "otpauth", "credential")
NO_SECRETS = frozenset(
    {
        "password_chars_min",  # and what else a policy asks of passwords
        "password_classes",
        "password_common",
        "password_personal",
        "password_runs",
        "password_history",
        "password_expires_s",
        "token_type",  # "Bearer"
        "code",  # of an audit entry: why it was refused
        "postal_code",
        "billing_postal_code",
        "lab_code",  # a short name
        "confirm_code",  # the same, typed again
        "backup_codes_remaining",  # a number
        "has_tokens",
        "tokens",  # whether any are wanted
        "password_changed_at",
        "password_expires_at",
        "password_expired",
        "password_expires_in_days",
        "must_change_password",
        "require_password_change",
        "generate_password",
        "temporary_password_expires_at",
        "credential_id",  # public, as WebAuthn has it
    }
)
READ_BACK = {
    ("factors", "secret"): "one-time codes cannot be checked against a digest",
    ("outbox", "digits"): "a code that waits to be mailed, good for ten minutes",
    ("push_devices", "token"): "where a device is reached, with the gateway's token",
    ("done", "temporary_password"): "an answer that may have to be given again",
}
"""Where the store holds what it must be able to read; all else is kept as digests."""


def tokens_and_device(**more: Any) -> Message:
    """What has a login answer with every kind of token."""
    return {"tokens": True, "remember_device": True, **more}


def full_login(bench: CanaryBench, name: str, password: str, **more: Any) -> Message:
    message = login(name, password)
    message["credentials"] |= tokens_and_device(**more)
    return bench.ask(**message)


def passwords_and_sessions(bench: CanaryBench, admin: str) -> None:
    bench.ask(**creation("alice", ONE), idempotency_key="of-creation-of-alice")
    first = full_login(bench, "alice", ONE)
    again = full_login(bench, "alice", ONE, device_token=first["device_token"])
    own = {"session_token": again["session_token"]}
    bench.ask(**update(own["session_token"], password=TWO, current_password=ONE))
    change = {"action": "change_password", **own, "idempotency_key": "k" * 30}
    bench.ask(**change, current_password=TWO, new_password=THREE)
    bench.ask(action="reauthenticate", **own, password=THREE)
    bench.ask(action="export_user_data", **own, password=THREE)
    bench.ask(**update(admin, bench.user_id("alice"), city="Oxford"))
    number = bench.audit()[-1].sequence
    revert = {"action": "revert_change", "session_token": admin, "entry": number}
    bench.ask(**revert, password=THREE)
    bench.ask(action="verify_session", **own, token=again["access_token"])
    bench.ask(action="export_user_data", **own, password=THREE)
    bench.ask(**update(own["session_token"], city="Oxford"))
    changes = {"action": "query_audit", "events": ["user_updated"], "limit": 1}
    [change] = bench.ask(**changes, session_token=admin)["entries"]
    revert = {"action": "revert_change", "entry": change["number"]}
    bench.ask(**revert, session_token=admin, password=ADMIN_PASSWORD)
    make = {"action": "create_api_key", "name": "job", "scopes": ["users.read"]}
    key = bench.ask(**own, **make)["api_key"]
    bench.ask(action="get_user", api_key=key)
    old = key.split("_")[1]
    rotate = {"action": "rotate_api_key", "key_id": old, **own}
    key = bench.ask(**rotate)["api_key"]
    bench.ask(action="get_user", api_key=key[:-1] + "!")
    bench.ask(action="check_password", password="canary-to-be-judged")
    made = {"generate_password": True, "password": None}
    hers = creation("bertha", **made) | {"session_token": admin}
    bench.ask(**hers, idempotency_key="of-creation-of-bertha")
    force = {"action": "force_password_change", "session_token": admin}
    force |= {"mode": "temporary", "user_id": bench.user_id("bertha")}
    bench.ask(**force)
    bench.restart()
    bench.ask(action="refresh_token", refresh_token=again["refresh_token"])
    bench.ask(
        action="refresh_token", refresh_token=again["refresh_token"], source="::1"
    )


def codes_of_an_authenticator(bench: CanaryBench) -> None:
    device = full_login(bench, "alice", THREE)
    own = {"session_token": device["session_token"]}
    phone = set_up(bench, own["session_token"], THREE)
    asked = bench.try_login("alice", THREE)
    verify = {"action": "verify_mfa", "mfa_token": asked["mfa_token"]}
    verify |= tokens_and_device(device_token=device["device_token"])
    bench.ask(**verify, code=phone.next_code())
    full_login(bench, "alice", THREE, mfa_code=phone.backup_codes[0])
    proof = {**own, "password": THREE}
    bench.ask(action="reauthenticate", **proof, mfa_code=phone.next_code())
    new = {"action": "setup_mfa", "method": "totp", **proof}
    begun = bench.ask(**new, code=phone.next_code())
    phone = Phone(bench, begun["secret"])
    confirm = {"action": "confirm_mfa", **own, "setup_token": begun["setup_token"]}
    bench.ask(**confirm, code=phone.code())
    bench.ask(action="regenerate_backup_codes", **proof, code=phone.next_code())
    by_message(bench, own["session_token"])
    by_passkey(bench, phone, own["session_token"], device["device_token"])
    bench.ask(action="disable_mfa", **proof, code=phone.next_code())


def by_message(bench: CanaryBench, token: str) -> None:
    telephone = Telephone.of(bench)
    set_up_messages(bench, telephone, token, THREE)
    asked = bench.try_login("alice", THREE)
    held = {"mfa_token": asked["mfa_token"]}
    bench.ask(action="send_mfa_code", method="sms", **held)
    bench.ask(action="verify_mfa", code=telephone.code, **held)


def by_passkey(bench: CanaryBench, phone: Phone, token: str, device: str) -> None:
    key = enrol(bench, token, THREE, code=phone.next_code())
    asked = bench.try_login("alice", THREE)
    assertion = key.sign(asked["passkey_options"])
    bench.ask(action="verify_mfa", mfa_token=asked["mfa_token"], assertion=assertion)
    begun = bench.ask(action="begin_passkey_login")
    finish = {"action": "finish_passkey_login", "mfa_token": begun["mfa_token"]}
    finish |= tokens_and_device(device_token=device)
    bench.ask(**finish, assertion=key.sign(begun["options"]))


def a_first_passkey(bench: CanaryBench, admin: str) -> None:
    """Of an administrator, who gets no session without one."""
    bench.ask(**creation("david", ONE))
    bench.ask(**update(admin, bench.user_id("david"), role="admin"))
    asked = bench.try_login("david", ONE)
    begin = {"action": "begin_passkey_enrolment", "password": ONE}
    begun = bench.ask(**begin, mfa_setup_token=asked["mfa_setup_token"])
    finish = {"action": "finish_passkey_enrolment", "setup_token": begun["setup_token"]}
    bench.ask(**finish, credential=SecurityKey().enrol(begun["options"]))


def mails(bench: CanaryBench, mailbox: Mailbox, admin: str) -> None:
    bench.ask(**creation("erica", ONE, email="erica@example.org"))
    mailbox.send()
    bench.ask(action="request_password_reset", username="erica")
    reset = {"action": "reset_password", "new_password": TWO}
    bench.ask(**reset, token=mailbox.code("erica@example.org"))
    issue = {"action": "issue_link", "session_token": admin, "purpose": "verify"}
    issue |= {"user_id": bench.user_id("erica"), "password": ADMIN_PASSWORD}
    bench.ask(action="verify_email", token=bench.ask(**issue)["token"])
    own = {"session_token": bench.login("erica", TWO)}
    begun = bench.ask(action="setup_mfa", method="email", password=TWO, **own)
    (mail,) = [m for m in mailbox.waiting() if m.template == "code"]
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"], **own}
    bench.ask(**confirm, code=mail.data["digits"])
    bench.ask(action="change_email", new_email="e2@example.org", password=TWO, **own)
    bench.ask(action="verify_email", token=mailbox.code("e2@example.org"))
    revert = mailbox.code("erica@example.org", "address")
    bench.ask(action="revert_email", token=revert)
    bench.ask(
        **reset | {"new_password": THREE}, token=mailbox.code("erica@example.org")
    )
    shut = planted_token(bench, "erica", Purpose.LOCK_DOWN)
    bench.ask(action="lock_down", token=shut)


def pushed(bench: CanaryBench) -> None:
    bench.ask(**creation("paula", ONE))
    own = {"session_token": bench.login("paula", ONE)}
    named = {"action": "register_device", "device_type": "ios"}
    for token in ("canary-of-a-telephone", "canary-of-a-browser"):
        bench.ask(**named, **own, device_token=token)
    gone = {"action": "unregister_device", "device_token": "canary-of-a-browser"}
    bench.ask(**gone, **own)


def an_account_for_somebody(bench: CanaryBench, box: Mailbox, admin: str) -> None:
    hers = creation("helga", password=None, auto_activate=False)
    bench.ask(**hers, session_token=admin)
    activate = {"action": "activate_account", "token": box.code("helga@example.org")}
    bench.ask(**activate, password=ONE)


def invited(bench: CanaryBench, mailbox: Mailbox, admin: str) -> None:
    ask = {"action": "invite_user", "session_token": admin}
    bench.ask(**ask, email="guest@example.org", send_email=False)
    bench.ask(**ask, email="guest2@example.org")
    token = mailbox.code("guest2@example.org")
    bench.ask(action="get_invitation", token=token)
    account = {"username": "guest2", "password": TWO}
    bench.ask(action="accept_invitation", token=token, **account)
    reply = bench.ask(**ask, email="guest3@example.org", send_email=False)
    again = {"invitation_id": reply["invitation"]["invitation_id"]}
    resend = {"action": "resend_invitation", "session_token": admin}
    bench.ask(**resend, **again, send_email=False)
    bench.ask(action="decline_invitation", token=reply["token"])
    bulk = {"action": "bulk_users", "operation": "delete", "session_token": admin}
    bench.ask(**bulk, user_ids=[bench.user_id("guest2")], password=ADMIN_PASSWORD)


def the_end(bench: CanaryBench) -> None:
    bench.ask(**creation("fiona", ONE))
    own = {"session_token": bench.login("fiona", ONE), "password": ONE}
    bench.ask(action="lock_down", **own)
    bench.ask(**creation("georg", ONE))
    own = {"session_token": bench.login("georg", ONE), "password": ONE}
    bench.ask(action="delete_user", **own)


def wrong_ones(bench: CanaryBench) -> None:
    """Secrets that are refused, for their shape and for what they are."""
    bench.secrets["canary-wrong"] = "a wrong secret"
    for action in ACTIONS:
        kind = action.request
        for name in secret_fields(kind):
            for value in (["canary-wrong"], "canary-wrong" * 400, "canary-wrong"):
                inner: Message = {name: value}
                if kind.wrapper is not None and name not in kind.outer:
                    inner = {kind.wrapper: inner}
                reply = bench.ask(action=action.name, **inner)
                assert reply["status"] == "error" or action.name == "check_password"
        bench.ask(action=action.name, canary="canary-wrong")
    bench.ask(**login("alice", "canary-wrong"))
    bench.ask(**login("canary-wrong", "canary-wrong"))
    bench.ask(action="get_user", session_token="canary-wrong")


def read_the_audit_log(bench: CanaryBench, admin: str) -> int:
    """Read all of it in every way there is; returns how many entries came."""
    found, more = 0, {}
    while True:
        query = {"action": "query_audit", "session_token": admin, "limit": 500}
        page = bench.ask(**query, **more)
        found += len(page["entries"])
        if "next_cursor" not in page:
            break
        more = {"cursor": page["next_cursor"]}
    export = {"action": "export_audit", "session_token": admin, "limit": 500}
    for kind in ("jsonl", "csv", "pdf"):
        done = bench.ask(**export, reason="a yearly review", format=kind)
        assert done["status"] == "success"
    return found


class Run:
    """All that a day of every action has left behind."""

    def __init__(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        policy = {"mfa_required": "administrators", "rate_login_per_min": 0}
        settings = MAIL | {"push_gateway_url": "http://127.0.0.1:9/"}
        disk = RealDisk(data)
        with CanaryBench(monkeypatch, disk=disk, settings=settings, **policy) as bench:
            passwords_and_sessions(bench, bench.admin())
            codes_of_an_authenticator(bench)
            a_first_passkey(bench, bench.admin())
            mailbox, admin = Mailbox(bench), bench.admin()
            mails(bench, mailbox, admin)
            pushed(bench)
            an_account_for_somebody(bench, mailbox, admin)
            invited(bench, Mailbox(bench), bench.admin())
            the_end(bench)
            wrong_ones(bench)
            bench.clock.advance(3 * 3_600)  # who was not heard is heard again
            admin = bench.admin()
            self.audited = len(bench.audit())
            self.audit_read = read_the_audit_log(bench, admin)
            for entry in bench.audit():
                bench.shown[repr(entry.data)] = "an audit entry"
        self.covered, self.shown = bench.covered, bench.shown
        self.stored, self.secrets = list(bench.stored), bench.forms()
        self.files = b"".join(path.read_bytes() for path in data.iterdir())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run for all tests of this module; what it logs is among what it shows."""
    written, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            made = Run(tmp_path_factory.mktemp("canaries") / "data", monkeypatch)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    made.shown[written.getvalue()] = "the log of the process"
    return made


def test_every_field_that_holds_a_secret_was_used(run: Run):
    """A new action with a secret fails here until the run above uses it."""
    missing = {f"{kind.__name__}.{name}" for kind, name in all_secret_fields()}
    missing -= {f"{kind.__name__}.{name}" for kind, name in run.covered}
    assert missing == set()
    assert len(run.secrets) > 100


def test_what_is_called_a_secret_is_treated_as_one():
    """Requests and replies name secrets so that they are kept out of `repr`."""
    kinds = [kind for a in ACTIONS for kind in (a.request, a.request.reply_type())]
    shown = {
        name
        for kind in kinds
        for name, info in kind.model_fields.items()
        if info.repr and any(word in name for word in NAMES_OF_SECRETS)
    }
    assert shown - NO_SECRETS == set()
    typed = {(kind, name) for kind, name in all_secret_fields()}
    assert {n for kind, n in typed if kind.model_fields[n].repr} == set()


def test_no_secret_is_told_logged_audited_or_printed(run: Run):
    """In replies (but the one that gives it), logs, the audit log, and every repr."""
    assert run.audit_read == run.audited > 150
    everything = "\0".join(run.shown)
    found = {
        (name, where)
        for secret, name in run.secrets.items()
        if shows(everything, secret)
        for text, where in run.shown.items()
        if shows(text, secret)
    }
    assert found == set()


def test_no_secret_is_in_the_bytes_of_the_store(run: Run):
    assert len(run.files) > 10_000
    for secret, name in run.secrets.items():
        assert secret.encode() not in run.files, name


def test_the_store_keeps_digests_but_where_it_must_read_secrets(run: Run):
    raw = {
        base64.b32decode(secret): name
        for secret, name in run.secrets.items()
        if name == "secret of SetupMfaReply"
    }
    found = {
        (collection, key)
        for collection, key, leaf in run.stored
        if any(holds(leaf, secret) for secret in [*run.secrets, *raw])
    }
    assert found == set(READ_BACK)


def holds(leaf: str | bytes, secret: str | bytes) -> bool:
    """Whether a stored value has the secret in it, as text or as bytes."""
    if isinstance(leaf, bytes):
        return (secret if isinstance(secret, bytes) else secret.encode()) in leaf
    return isinstance(secret, str) and shows(leaf, secret)
