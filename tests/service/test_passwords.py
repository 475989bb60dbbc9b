"""What makes a password acceptable, how strong it is, and passwords made up."""

import random
import re
import string
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from tests.service.harness import GOOD, LOCAL, STRONG, Bench, creation
from tests.service.running import run_to_end
from ums_client.protocol.actions import ACTION_BY_NAME
from ums_service.domain import blocklist, password_strength
from ums_service.domain.blocklist import (
    Blocklist,
    UnusableBlocklist,
    WordList,
    read_blocklist,
)
from ums_service.domain.errors import PolicyViolation
from ums_service.domain.password_generator import ALPHABET, generate_password
from ums_service.domain.password_strength import strength_of
from ums_service.domain.passwords import BYTES_MAX, PasswordPolicy
from ums_service.domain.profiles import COMPAT, HIPAA, PROFILES, STANDARD
from ums_service.starting.bootstrap import SCORES_WAITING_MAX

COMMON = "Password is one of the most common ones"
STANDARD_POLICY = PasswordPolicy(STANDARD, Blocklist())


def check(bench: Bench, password: str, **more: Any) -> dict[str, Any]:
    reply = bench.ask(action="check_password", password=password, **more)
    assert reply["status"] == "success", reply
    return reply


def broken(password: str, policy: PasswordPolicy = STANDARD_POLICY) -> list[str]:
    return policy.violations(password, username="alice", email="wonder@example.org")


@pytest.mark.parametrize("password", ["jordan23", "Mustang1", "BUTTHEAD", "qazwsxedc"])
def test_what_is_often_chosen_is_refused_without_a_network(password: str):
    assert broken(password) == [COMMON]


def test_the_built_in_list_is_read_when_it_is_first_asked_for(
    monkeypatch: pytest.MonkeyPatch,
):
    reads: list[int] = []
    words = blocklist._frequent_passwords()
    monkeypatch.setattr(
        blocklist, "_frequent_passwords", lambda: reads.append(1) or words
    )
    policy = PasswordPolicy(STANDARD, Blocklist())
    assert reads == []
    broken("jordan23", policy)
    broken("nothing of note", policy)
    assert reads == [1]
    broken("jordan23", PasswordPolicy(COMPAT, Blocklist()))
    assert reads == [1], "compat refuses no common password"


def test_the_built_in_list_is_read_off_the_loop(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    threads: list[str] = []
    words = blocklist._frequent_passwords()

    def read() -> list[str]:
        threads.append(threading.current_thread().name)
        return words

    monkeypatch.setattr(blocklist, "_frequent_passwords", read)
    for name in ("alice", "bobby"):
        standard.register(name)
    check(standard, STRONG)
    assert [name.split("_")[0] for name in threads] == ["hashing"]


def test_a_long_list_takes_eight_bytes_a_word():
    words = WordList(f"word {number}" for number in range(10_000))
    assert len(words) == 10_000
    assert words._hashes.itemsize == 8
    assert "word 9999" in words
    assert not any(f"other {number}" in words for number in range(10_000))


def test_a_list_of_the_operators_counts_in_every_profile(tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("Our Hospital 2026\r\n\nsecond line\n")
    own = Blocklist(read_blocklist(file))
    for profile in PROFILES.values():
        policy = PasswordPolicy(profile, own)
        assert COMMON in broken("our hospital 2026", policy)
        assert COMMON in broken("SECOND LINE", policy)
        assert COMMON not in broken("Tr0ub4dor-and-3-more", policy)


@pytest.mark.parametrize("name", ["none", "binary", "folder"])
def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, name: str):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnusableBlocklist, match=name):
        read_blocklist(tmp_path / name)


def test_a_list_without_end_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "list"
    file.write_text("a word\n")
    monkeypatch.setattr(blocklist, "BYTES_MAX", 3)
    with pytest.raises(UnusableBlocklist, match="more than 3 bytes"):
        read_blocklist(file)


def test_length_counts_code_points_and_nothing_is_trimmed():
    assert broken("ääääöööü") == []
    assert broken("  two  ") != []
    assert broken("  blanks  ") == []
    kept = STANDARD_POLICY.accepted("  blanks  ", username="alice", email="a@b.c")
    assert kept == "  blanks  "


def test_what_is_too_long_is_not_normalised(monkeypatch: pytest.MonkeyPatch):
    def normalised(_: str, __: str) -> str:
        raise AssertionError

    assert broken("ab" * (BYTES_MAX // 2)) == []
    long = ["ab" * (BYTES_MAX // 2) + "c", "ä" * 600, "\u0323\u0307" * 16_000]
    with monkeypatch.context() as patched:
        patched.setattr("unicodedata.normalize", normalised)
        found = [broken(password) for password in long]
    assert found == [["Password must have at most 1024 bytes"]] * 3


def test_a_short_local_part_may_occur_by_chance():
    for email, violations in (("bob@b.org", 0), ("bobs@b.org", 1)):
        found = STANDARD_POLICY.violations(
            "discobobsled 77", username="x9z", email=email
        )
        assert len(found) == violations, email


def test_a_refusal_names_every_rule():
    policy = PasswordPolicy(HIPAA, Blocklist())
    with pytest.raises(PolicyViolation) as refused:
        policy.accepted("alicealice1111", username="alice", email="a@b.c")
    assert len(refused.value.violations) == 4


def test_a_password_is_judged_before_it_is_chosen(standard: Bench):
    reply = check(standard, "alice123", username=" Alice ", email="a@example.org")
    assert not reply["valid"]
    assert reply["errors"] == [
        COMMON,
        "Password must not contain the user name or mail address",
    ]
    assert reply["strength"] == "weak"
    assert reply["advice"]
    assert reply["policy"]["chars_min"] == 8
    assert reply["policy"]["history"] == 5
    good = check(standard, STRONG)
    assert good["valid"]
    assert good["errors"] == []
    assert good["score"] > reply["score"]


def test_the_judgement_is_that_of_the_registration(standard: Bench):
    for password in ("", "short", "jordan23", GOOD, STRONG, "alicealice", "x" * 1_024):
        judged = check(standard, password, username="alice", email="alice@example.org")
        reply = standard.ask(**creation("alice", password or "x"))
        assert judged["valid"] == (reply["status"] == "success"), password
        if judged["valid"]:
            token = standard.login("alice", password)
            standard.ask(action="delete_user", session_token=token, password=password)


def test_judging_leaves_nothing_behind(standard: Bench):
    assert standard.audited_by(lambda: check(standard, "canary-One-77")) == []


def test_judging_does_not_take_the_place_of_logins(standard: Bench):
    """More checks than can wait are refused; hashes go on being admitted."""
    standard.register("alice")
    many = SCORES_WAITING_MAX + 10
    messages = [{"action": "check_password", "password": STRONG}] * many
    login = {"username": "alice", "password": GOOD}
    replies = standard.ask_all([*messages, {"action": "login", "credentials": login}])
    codes = [reply.get("code") for reply in replies[:-1]]
    assert codes.count("BUSY") == many - SCORES_WAITING_MAX - 1
    assert replies[-1]["status"] == "success"


def test_strangers_judge_only_so_many(standard: Bench):
    message = {"action": "check_password", "password": ""}
    there = [standard.ask(**message, source="192.0.2.7") for _ in range(61)]
    assert [reply["status"] for reply in there[:60]] == ["success"] * 60
    assert there[-1]["code"] == "RATE_LIMITED"
    assert standard.ask(**message, source=LOCAL)["status"] == "success"


@pytest.mark.parametrize(
    ("password", "label"),
    [
        ("password", "weak"),
        ("alice2024", "weak"),
        ("p4$$w0rd", "weak"),
        ("mountain9 river", "strong"),
        (STRONG, "very_strong"),
    ],
)
def test_strength_is_about_guessing(password: str, label: str):
    assert strength_of(password, "alice", "alice@example.org").label == label


def test_names_make_a_password_weaker():
    known = strength_of("hieronymus-bosch", "hieronymus", "bosch@example.org")
    assert known.score < strength_of("hieronymus-bosch", "", "").score


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=1_024), st.text(max_size=20), st.text(max_size=20))
def test_every_text_has_a_strength(password: str, username: str, email: str):
    strength = strength_of(password, username, email)
    assert 0 <= strength.score <= 100


@settings(deadline=None)
@given(st.text(alphabet="4@8({[<36!1|0$5+7%2aeilst", max_size=200))
def test_what_is_measured_is_short_where_signs_may_be_letters(password: str):
    """Zxcvbn tries all readings of such signs: seconds for 64 of them."""
    measured = password_strength._measured(password)
    kinds = len(password_strength._SIGNS.intersection(measured))
    assert password.startswith(measured)
    assert len(measured) <= (12 if kinds > 4 else 24)


names = st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=8)


@settings(deadline=None)
@given(st.sampled_from(list(PROFILES.values())), names, names, st.integers())
def test_passwords_made_up_are_acceptable(profile, username, local, seed):
    policy = PasswordPolicy(profile, Blocklist())
    email = f"{local}@example.org"
    choose = random.Random(seed).choice
    made = generate_password(policy, choose, username=username, email=email)
    assert policy.violations(made, username=username, email=email) == []
    assert len(made) >= 16
    assert set(made) <= set(ALPHABET)


def test_what_is_made_up_is_drawn_again_until_it_is_acceptable():
    draws = iter("a" * 16 + "Wq7-nebulaOrch-d")
    made = generate_password(
        STANDARD_POLICY, lambda _: next(draws), username="alice", email="a@b.c"
    )
    assert made == "Wq7-nebulaOrch-d"


def test_a_long_policy_makes_long_passwords():
    policy = PasswordPolicy(replace(STANDARD, password_chars_min=40), Blocklist())
    choose = random.Random(7).choice
    made = generate_password(policy, choose, username="alice", email="a@b.c")
    assert len(made) == 40


def generated(bench: Bench, token: str, name: str, **more: Any) -> dict[str, Any]:
    message = creation(name, **more)
    del message["user_data"]["password"]
    message["user_data"]["generate_password"] = True
    return bench.ask(**message, session_token=token)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_administrator_has_a_password_made_up(make_bench, profile: str):
    bench = make_bench(profile=profile)
    reply = generated(bench, bench.admin(), "alice")
    password = reply["temporary_password"]
    refused = bench.try_login("alice", password)
    assert refused["code" if profile != "compat" else "status"] in (
        "PASSWORD_CHANGE_REQUIRED",
        "error",
    )
    changed = bench.ask(
        action="change_password",
        current_password=password,
        new_password=STRONG,
        password_change_token=refused["password_change_token"],
    )
    assert changed["status"] == "success", changed
    assert bench.login("alice", STRONG)
    assert bench.try_login("alice", password)["status"] == "error"


def test_a_password_made_up_ends_unused(standard: Bench):
    password = generated(standard, standard.admin(), "alice")["temporary_password"]
    standard.clock.advance(24 * 3600 + 1)
    assert standard.try_login("alice", password)["code"] == "INVALID_CREDENTIALS"


def test_nobody_else_has_passwords_made_up(standard: Bench):
    token = standard.member("alice")
    assert generated(standard, token, "bobby")["code"] == "PERMISSION_DENIED"
    both = creation("bobby", generate_password=True)
    reply = standard.ask(**both, session_token=standard.admin())
    assert reply["code"] == "INVALID_REQUEST"
    assert reply["details"][0]["field"] == "password"


def test_equal_creations_in_flight_make_one_account(standard: Bench):
    admin = standard.admin()
    message = creation("alice", generate_password=True) | {"session_token": admin}
    del message["user_data"]["password"]
    replies = standard.ask_all([message] * 5)
    made = [r["temporary_password"] for r in replies if r["status"] == "success"]
    assert len(made) == 1
    assert standard.try_login("alice", made[0])["code"] == "PASSWORD_CHANGE_REQUIRED"


@pytest.mark.parametrize("setting", ["UMS_BLOCKLIST_FILE", "UMS_PEPPER_FILE"])
def test_a_file_that_cannot_be_read_is_told_at_start(tmp_path: Path, setting: str):
    missing = tmp_path / "missing"
    status, output = run_to_end(tmp_path / "data", env={setting: str(missing)})
    assert status == 78
    assert f"{missing} cannot be read" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("profile", ["standard", "hipaa"])
def test_a_password_made_up_cannot_be_kept(make_bench, profile: str):
    bench = make_bench(profile=profile)
    made = generated(bench, bench.admin(), "alice")["temporary_password"]
    reply = bench.ask(
        action="change_password",
        current_password=made,
        new_password=made,
        password_change_token=bench.try_login("alice", made)["password_change_token"],
    )
    assert reply["code"] == "POLICY_VIOLATION"


def test_of_the_common_passwords_thousands_are_long_enough_to_be_chosen():
    """ASVS 6.2.4 counts only those that the rest of the policy would accept."""
    with_length_only = PasswordPolicy(
        replace(STANDARD, password_common="off"), Blocklist()
    )
    words = FREQUENCY_LISTS["passwords"]
    choosable = [word for word in words if broken(word, with_length_only) == []]
    assert len(choosable) > 10_000
    assert all(broken(word) == [COMMON] for word in choosable)


@pytest.mark.parametrize("name", ACTION_BY_NAME)
def test_no_action_takes_a_hint_or_a_secret_question(name: str):
    fields = str(ACTION_BY_NAME[name].request.model_json_schema()).lower()
    assert not re.search("question|password_?(hint|reminder)", fields)
