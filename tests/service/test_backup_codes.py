"""Backup codes, the status of factors, and their removal."""

import re

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.factor_answers import with_code
from tests.service.harness import (
    GOOD,
    Bench,
)
from ums_service.domain.argon2id import argon2id_bytes
from ums_service.domain.factors import FACTORS

# --- backup codes ---


def test_backup_codes_are_ten_that_people_can_read(standard: Bench, phone: Phone):
    assert len(set(phone.backup_codes)) == 10
    form = "[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}"
    assert all(re.fullmatch(form, code) for code in phone.backup_codes)


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda c: c.replace("-", ""), lambda c: f" {c} "]
)
def test_a_backup_code_works_however_it_is_typed_and_once(
    standard: Bench, phone: Phone, typed
):
    code = typed(phone.backup_codes[3])
    entries = standard.audited_by(lambda: standard.ask(**with_code("alice", code)))
    used, in_ = entries
    assert (used["event"], used["details"]) == ("backup_code_used", {"remaining": 9})
    assert in_["details"] == {"methods": ["pwd", "backup_code"]}
    assert standard.ask(**with_code("alice", code))["code"] == "INVALID_MFA_CODE"


def test_of_twenty_uses_of_one_backup_code_at_once_one_succeeds(
    standard: Bench, phone: Phone
):
    replies = standard.ask_all([with_code("alice", phone.backup_codes[0])] * 20)
    assert [r["status"] for r in replies].count("success") == 1
    standard.restart()
    again = standard.ask(**with_code("alice", phone.backup_codes[0]))
    assert again["code"] == "INVALID_MFA_CODE"


def test_guesses_at_once_are_counted_before_any_is_looked_at(
    standard: Bench, phone: Phone
):
    right = with_code("alice", phone.backup_codes[0])
    guesses = [with_code("alice", f"AAAA-AA{a}{b}") for a in "ABC" for b in "ABCDEF"]
    replies = standard.ask_all([*guesses, right])
    assert {reply["code"] for reply in replies} == {"INVALID_MFA_CODE"}
    standard.clock.advance(15 * 60)
    assert standard.ask(**right)["status"] == "success"


def test_what_is_stored_of_a_set_is_a_password_hash(standard: Bench, phone: Phone):
    backup = standard.store.get(FACTORS, standard.user_id("alice")).backup
    cost = standard.service.facilities.gate.hashes.parameters
    assert (backup.passes, backup.memory_kib) == (cost.passes, cost.memory_kib)
    digest = argon2id_bytes(
        phone.backup_codes[0].replace("-", "").encode(),
        backup.salt,
        cost.passes,
        cost.memory_kib,
    )
    assert digest in backup.digests


def test_the_number_of_backup_codes_is_told_and_new_ones_void_the_old(
    standard: Bench, phone: Phone
):
    used = with_code("alice", phone.backup_codes[0])
    alice = standard.ask(**used)["session_token"]
    status = {"action": "get_mfa_status", "session_token": alice}
    assert standard.ask(**status)["backup_codes_remaining"] == 9
    renew = {"action": "regenerate_backup_codes", "session_token": alice}
    assert standard.ask(**renew, password="wrong")["code"] == "INVALID_CREDENTIALS"
    new = standard.ask(**renew, password=GOOD)["backup_codes"]
    assert standard.ask(**status)["backup_codes_remaining"] == 10
    old = with_code("alice", phone.backup_codes[1])
    assert standard.ask(**old)["code"] == "INVALID_MFA_CODE"
    assert standard.ask(**with_code("alice", new[1]))["status"] == "success"


def test_when_all_backup_codes_are_used_none_is_offered(make_bench):
    bench = make_bench(backup_codes=1)
    phone = set_up(bench, bench.member("alice"))
    assert bench.ask(**with_code("alice", phone.backup_codes[0]))["status"] == "success"
    assert bench.try_login("alice")["mfa_methods"] == ["totp"]


# --- status and removal ---


def test_the_status_tells_what_there_is_and_no_secret(standard: Bench):
    alice = standard.member("alice")
    ask = {"action": "get_mfa_status", "session_token": alice}
    assert standard.ask(**ask) == {
        "status": "success",
        "mfa_enabled": False,
        "required": False,
        "methods": [],
        "backup_codes_remaining": 0,
    }
    at = standard.clock.now.text
    set_up(standard, alice, device_name="my phone")
    assert standard.ask(**ask)["methods"] == [
        {
            "method": "totp",
            "name": "my phone",
            "enabled_at": at,
            "last_used_at": None,
        }
    ]


def test_without_its_factor_an_account_logs_in_by_password(
    standard: Bench, phone: Phone
):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    remove = {"action": "disable_mfa", "method": "totp", "session_token": alice}
    assert standard.ask(**remove)["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.ask(**remove, password="no")["code"] == "INVALID_CREDENTIALS"
    entries = standard.audited_by(lambda: standard.ask(**remove, password=GOOD))
    assert (entries[0]["event"], entries[0]["details"]) == (
        "mfa_disabled",
        {"method": "totp"},
    )
    assert standard.try_login("alice")["status"] == "success"
    assert standard.store.get(FACTORS, standard.user_id("alice")) is None
    assert standard.ask(**remove, password=GOOD)["code"] == "NOT_FOUND"


def test_administrators_help_who_has_lost_the_phone(standard: Bench, phone: Phone):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    admin, user_id = standard.admin(), standard.user_id("alice")
    remove = {"action": "disable_mfa", "user_id": user_id, "session_token": admin}
    assert standard.ask(**remove)["message"] == "A reason is required"
    entries = standard.audited_by(lambda: standard.ask(**remove, reason="lost it"))
    assert entries[0]["subject"] == user_id
    assert entries[0]["details"] == {"method": "all"}
    asked = {
        "action": "query_audit",
        "subject": user_id,
        "events": [entries[0]["event"]],
    }
    [told] = standard.ask(**asked, session_token=admin)["entries"]
    assert told["changes"] == {"reason": ["", "lost it"]}
    ended = standard.ask(action="get_user", session_token=alice)
    assert ended["code"] == "INVALID_SESSION"
    assert standard.try_login("alice")["status"] == "success"


def test_factors_go_with_the_account(compat: Bench):
    phone = set_up(compat, compat.member("alice"))
    alice = compat.ask(**with_code("alice", phone.next_code()))["session_token"]
    user_id = compat.user_id("alice")
    compat.ask(action="delete_user", session_token=alice, password=GOOD)
    assert compat.store.get(FACTORS, user_id) is None
