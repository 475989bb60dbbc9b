"""Canaries: planted secrets must not turn up where nobody should read them."""

import json
import logging
from pathlib import Path

import pytest

from storage import RealDisk
from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, creation, login, update
from tests.service.running import running_service

PASSWORD, SECOND, WRONG = "canary-One-77", "canary-Two-88", "canary-wr0ng"
THIRD = "canary-Three-99"


def everything(bench: Bench) -> tuple[list[str], str]:
    """Use every action with planted secrets; returns tokens, and the replies of others."""
    admin = bench.admin()
    bench.ask(**creation("alice", PASSWORD), idempotency_key="canary-key-canary-key")
    tokens = [bench.login("alice", PASSWORD)]
    bench.ask(**login("alice", WRONG))
    bench.ask(**login(WRONG, WRONG))
    bench.ask(**update(tokens[0], password=SECOND, current_password=PASSWORD))
    bench.ask(**update(tokens[0], password=SECOND, current_password=WRONG))
    bench.ask(**update(tokens[0], username="bobby", current_password=SECOND))
    change = {"action": "change_password", "session_token": tokens[0]}
    bench.ask(**change, current_password=SECOND, new_password=THIRD)
    tokens.append(bench.login("bobby", THIRD))
    bench.ask(action="get_user", session_token=[tokens[0]])
    bench.ask(**{tokens[0]: 1}, action="health_check")
    bench.ask_bytes(json.dumps(login("alice", WRONG)).encode()[:-3])
    bench.register("carol")
    carol = bench.login("carol", GOOD)
    phone = set_up(bench, carol)
    coded = login("carol", GOOD)
    coded["credentials"]["mfa_code"] = phone.backup_codes[0]
    bench.ask(**coded)
    bench.ask(action="verify_mfa", mfa_token=WRONG, code=WRONG)
    bench.ask(action="setup_mfa", method=WRONG, password=GOOD, session_token=carol)
    tokens += [bench.try_login("carol")["mfa_token"], phone.secret, *phone.backup_codes]
    replies = [
        bench.ask(action="list_users", session_token=carol),
        bench.ask(action="list_users", session_token=admin),
        bench.ask(
            action="get_user", session_token=admin, user_id=bench.user_id("bobby")
        ),
        bench.ask(action="get_user", session_token=tokens[0]),
        bench.ask(action="health_check", session_token=admin),
        bench.ask(
            action="get_user", session_token=carol, user_id=bench.user_id("bobby")
        ),
    ]
    bench.ask(action="logout", session_token=tokens[0])
    bench.ask(action="delete_user", session_token=tokens[1], password=THIRD)
    return tokens, json.dumps(replies)


@pytest.mark.parametrize("profile", ["standard", "compat"])
def test_secrets_stay_with_their_owner(
    profile: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    with Bench(RealDisk(tmp_path / "data"), profile=profile) as bench:
        tokens, replies = everything(bench)
        audit = repr([entry.data for entry in bench.audit()])
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    for secret in ("canary", *tokens):
        assert secret not in caplog.text
        assert secret not in audit
        assert secret not in replies
        assert secret.encode() not in files
    assert "argon2" not in replies
    assert "argon2" not in audit


def test_nothing_in_the_store_is_in_clear(tmp_path: Path):
    with Bench(RealDisk(tmp_path / "data")) as bench:
        bench.register("canary-name", full_name="canary full", notes="canary notes")
        bench.run(bench.store.checkpoint())
        bench.register("canary-second")
    for path in (tmp_path / "data").iterdir():
        assert b"canary" not in path.read_bytes(), path.name


def test_requests_do_not_show_secrets_when_printed():
    from ums_client.protocol.accounts import CreateUser, DeleteUser, UpdateUser
    from ums_client.protocol.addresses import ChangeEmail, RevertEmail, VerifyEmail
    from ums_client.protocol.factors import ConfirmMfa, SetupMfa, VerifyMfa
    from ums_client.protocol.passwords import ChangePassword
    from ums_client.protocol.recovery import (
        IssueLink,
        IssueLinkReply,
        LockDown,
        ResetPassword,
    )
    from ums_client.protocol.sessions import Login

    shown = [
        Login(username="alice", password=PASSWORD, mfa_code=WRONG),
        VerifyMfa(mfa_token=WRONG, code=WRONG, assertion={"id": WRONG}),
        SetupMfa(method="totp", password=PASSWORD, code=WRONG, mfa_setup_token=WRONG),
        ConfirmMfa(setup_token=WRONG, code=WRONG),
        CreateUser(username="alice", email="a@b.org", password=PASSWORD),
        UpdateUser(password=PASSWORD, current_password=SECOND),
        DeleteUser(password=PASSWORD),
        ChangePassword(
            current_password=PASSWORD, new_password=SECOND, password_change_token=WRONG
        ),
        ResetPassword(token=PASSWORD, new_password=SECOND),
        LockDown(token=PASSWORD, password=SECOND),
        IssueLink(user_id="0", purpose="reset", password=PASSWORD),
        IssueLinkReply(token=PASSWORD, expires_at=""),
        VerifyEmail(token=PASSWORD),
        RevertEmail(token=PASSWORD),
        ChangeEmail(new_email="a@b.org", password=PASSWORD),
    ]
    assert "canary" not in repr(shown)


def test_a_real_process_prints_the_first_password_and_no_other_secret(tmp_path: Path):
    with running_service(tmp_path / "data", env={"UMS_LOG_LEVEL": "debug"}) as service:
        service.ask(**creation("alice", PASSWORD))
        token = service.ask(**login("alice", PASSWORD))["session_token"]
        service.ask(**update(token, password=SECOND, current_password=WRONG))
        service.ask(**{token: 1}, action=token)
    assert service.output.text.count(service.first_password) == 1
    for secret in ("canary", token):
        assert secret not in service.output.text
