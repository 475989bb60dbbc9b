"""What labs ask of their members beyond what the service asks of everybody."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.authenticator import set_up
from tests.service.harness import STRONG, Bench, Message, login
from tests.service.lab_bench import LabBench
from ums_client.protocol.policies import UpdatePolicy
from ums_service.domain.lab_policies import (
    LAB_POLICIES,
    RANKS,
    LabPolicy,
    is_stricter,
    strictest,
)
from ums_service.domain.profiles import DAY_S, PROFILES, Profile

LONG = "a long enough Passphrase 42 for all"
OUTSIDE, INSIDE = "192.0.2.7", "10.1.2.3"
STEPS: dict[str, tuple[Any, ...]] = {
    "password_chars_min": (8, 12, 20),
    "password_classes": (False, True),
    "password_common": ("off", "whole", "part"),
    "password_personal": (False, True),
    "password_runs": (False, True),
    "password_history": (0, 5, 20),
    "password_expires_s": (None, 90 * DAY_S, DAY_S),
    "mfa_required": ("off", "administrators", "everybody"),
    "device_spares_factor": (True, False),
    "session_s": (DAY_S, 900),
    "session_idle_s": (None, 3_600, 300),
    "sessions_per_user": (None, 10, 1),
}
"""Values of each policy, the stricter one later."""


@pytest.fixture
def labs(standard: Bench) -> LabBench:
    made = LabBench(standard, standard.admin())
    made.lab("ONE", anna="admin", mia="member")
    return made


def tighten(labs: LabBench, code: str = "ONE", by: str = "admin", **values: Any) -> Any:
    return labs.does(by, "update_policy", lab_id=labs.labs[code], **values)


def refused(labs: LabBench, by: str, **values: Any) -> str:
    return labs.refused(by, "update_policy", lab_id=labs.labs["ONE"], **values)


def change(labs: LabBench, name: str, new: str, old: str = STRONG) -> Message:
    passwords = {"current_password": old, "new_password": new}
    return labs.as_(name, "change_password", **passwords)


# --- the rule ---


def test_every_policy_has_its_direction():
    assert STEPS.keys() == RANKS.keys() <= set(Profile.__slots__)
    for name, values in STEPS.items():
        for at, looser in enumerate(values):
            for stricter in values[at + 1 :]:
                assert is_stricter(name, stricter, looser), name
                assert not is_stricter(name, looser, stricter), name
            assert not is_stricter(name, looser, looser), name


def test_what_can_be_set_is_what_is_compared():
    settable = UpdatePolicy.model_fields.keys() - {"lab_id", "addresses"}
    assert settable == RANKS.keys()


VALUES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in STEPS.items()}
)


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(VALUES.map(lambda values: LabPolicy("1", values)), max_size=4),
)
def test_the_strictest_is_at_least_as_strict_as_each(
    name: str, policies: list[LabPolicy]
):
    profile = PROFILES[name]
    made = strictest(profile, policies)
    for field in RANKS:
        asked = [p.values[field] for p in policies if field in p.values]
        asked.append(getattr(profile, field))
        value = getattr(made, field)
        assert value in asked
        assert not any(is_stricter(field, other, value) for other in asked)
    rest = set(Profile.__slots__) - RANKS.keys()
    assert all(getattr(made, f) == getattr(profile, f) for f in rest)
    assert strictest(profile, reversed(policies)) == made


def test_without_anything_stricter_the_profile_is_the_same():
    profile = PROFILES["hipaa"]
    assert strictest(profile, []) is profile
    assert strictest(profile, [LabPolicy("1", {"session_s": 2 * DAY_S})]) is profile


# --- it holds from the next password and login on ---


def test_passwords_of_members_are_judged_by_the_lab_at_once(labs: LabBench):
    labs.account("zoe")
    tighten(labs, password_chars_min=24)
    reply = change(labs, "mia", "Another-Choice-7!")
    assert reply["code"] == "POLICY_VIOLATION"
    assert "24" in reply["message"]
    assert change(labs, "mia", LONG)["status"] == "success"
    assert change(labs, "zoe", "Another-Choice-7!")["status"] == "success"


def test_a_stricter_list_of_common_passwords_is_read_for_it(make_bench):
    bench = make_bench(password_common="off")
    labs = LabBench(bench, bench.admin())
    labs.lab("ONE", mia="member")
    tighten(labs, password_common="whole")
    assert change(labs, "mia", "password1")["code"] == "POLICY_VIOLATION"


def test_a_temporary_password_is_as_long_as_the_lab_asks(labs: LabBench):
    tighten(labs, password_chars_min=40)
    made = labs.does(
        "admin", "force_password_change", user_id=labs.id("mia"), mode="temporary"
    )
    assert len(made["temporary_password"]) >= 40


def test_more_former_passwords_are_refused(make_bench):
    bench = make_bench(password_history=1)
    labs = LabBench(bench, bench.admin())
    labs.lab("ONE", mia="member")
    tighten(labs, password_history=3)
    assert change(labs, "mia", LONG)["status"] == "success"
    assert change(labs, "mia", STRONG, LONG)["code"] == "POLICY_VIOLATION"


def test_passwords_of_members_expire(labs: LabBench):
    tighten(labs, password_expires_s=DAY_S)
    labs.bench.clock.advance(DAY_S)
    assert labs.bench.try_login("mia", STRONG)["code"] == "PASSWORD_EXPIRED"
    labs.account("zoe")
    assert labs.bench.try_login("zoe", STRONG)["status"] == "success"


def test_members_must_have_a_second_factor(labs: LabBench):
    tighten(labs, mfa_required="everybody")
    assert labs.bench.try_login("mia", STRONG)["code"] == "MFA_SETUP_REQUIRED"
    assert labs.does("mia", "get_mfa_status")["required"] is True
    labs.account("zoe")
    assert labs.does("zoe", "get_mfa_status")["required"] is False


def test_the_last_factor_of_a_member_stays(labs: LabBench):
    phone = set_up(labs.bench, labs.tokens["mia"], STRONG)
    tighten(labs, mfa_required="everybody")
    asked = {"password": STRONG, "code": phone.backup_codes[0]}
    assert labs.refused("mia", "disable_mfa", **asked) == "PERMISSION_DENIED"


def test_a_known_device_spares_no_factor_where_the_lab_says_so(labs: LabBench):
    bench = labs.bench
    phone = set_up(bench, labs.tokens["mia"], STRONG)
    asked = login("mia", STRONG)
    asked["credentials"] |= {"remember_device": True, "mfa_code": phone.backup_codes[0]}
    known = bench.ask(**asked)["device_token"]
    again = login("mia", STRONG)
    again["credentials"]["device_token"] = known
    assert bench.ask(**again)["status"] == "success"
    tighten(labs, device_spares_factor=False)
    assert bench.ask(**again)["code"] == "MFA_REQUIRED"


def test_sessions_of_members_end_sooner(labs: LabBench):
    bench = labs.bench
    tighten(labs, session_s=3_600, session_idle_s=600)
    labs.account("zoe")
    mia, zoe = bench.login("mia", STRONG), bench.login("zoe", STRONG)
    idle = bench.login("mia", STRONG)

    def lives(token: str) -> bool:
        reply = bench.ask(action="get_user", session_token=token)
        return bool(reply["status"] == "success")

    for _ in range(6):
        assert lives(mia)
        bench.clock.advance(599)
    assert not lives(idle)
    bench.clock.advance(6)
    assert not lives(mia)
    assert lives(zoe)


def test_a_login_tells_the_end_that_the_lab_gives_its_session(labs: LabBench):
    tighten(labs, session_s=900)
    reply = labs.bench.try_login("mia", STRONG)
    assert reply["session_expires_at"] == "2026-03-01T12:15:00+00:00"


def test_older_sessions_make_room_down_to_the_limit_of_the_lab(labs: LabBench):
    bench = labs.bench
    for _ in range(5):
        bench.login("mia", STRONG)
    tighten(labs, sessions_per_user=2)
    bench.login("mia", STRONG)
    assert bench.sessions.count_of(labs.id("mia")) == 2


# --- networks ---


def test_members_log_in_from_the_networks_of_the_lab_only(labs: LabBench):
    bench = labs.bench
    tokens = login("mia", STRONG)
    tokens["credentials"]["tokens"] = True
    refresh = bench.ask(**tokens)["refresh_token"]
    key = {"name": "job", "scopes": ["users.read"]}
    made = labs.does("mia", "create_api_key", **key)["api_key"]
    tighten(labs, addresses=["10.1.0.0/16", "2001:db8::1"])
    assert bench.try_login("mia", STRONG, INSIDE)["status"] == "success"
    outside = bench.try_login("mia", STRONG, OUTSIDE)
    told = outside["code"], outside["message"]
    assert told == ("PERMISSION_DENIED", "No login from this address")
    wrong = bench.try_login("mia", "not her Password 1", OUTSIDE)
    assert wrong["code"] == "INVALID_CREDENTIALS"
    renewal = {"action": "refresh_token", "refresh_token": refresh}
    assert bench.ask(**renewal, source=OUTSIDE)["code"] == "INVALID_TOKEN"
    assert bench.ask(**renewal, source=INSIDE)["status"] == "success"
    use = {"action": "get_user", "api_key": made}
    assert bench.ask(**use, source=OUTSIDE)["code"] == "INVALID_TOKEN"
    assert bench.ask(**use, source=INSIDE)["status"] == "success"


def test_no_lab_keeps_administrators_out_of_the_service(labs: LabBench):
    labs.join("ONE", "admin", "member")
    tighten(labs, addresses=["10.1.0.0/16"])
    assert labs.bench.admin()


def test_a_network_that_is_none_is_refused(labs: LabBench):
    assert refused(labs, "admin", addresses=["10.1.0.0/99"]) == "INVALID_REQUEST"


# --- several labs, and labs that end ---


def test_a_member_of_two_labs_is_held_to_the_strictest_of_each(labs: LabBench):
    labs.lab("TWO", mia="viewer")
    tighten(labs, "ONE", password_chars_min=20, session_s=7_200)
    tighten(labs, "TWO", password_chars_min=12, session_s=900, addresses=["127.0.0.1"])
    profile = labs.bench.service.facilities.policies.of(labs.id("mia"))
    assert (profile.password_chars_min, profile.session_s) == (20, 900)
    plain = labs.bench.profile
    changed = {"password_chars_min": 20, "session_s": 900}
    assert profile == replace(plain, **changed)
    assert labs.bench.try_login("mia", STRONG, OUTSIDE)["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("how", ["left", "membership", "lab", "deleted"])
def test_what_a_lab_asks_ends_with_the_membership(labs: LabBench, how: str):
    tighten(labs, mfa_required="everybody")
    lab_id, mia = labs.labs["ONE"], labs.id("mia")
    if how == "left":
        labs.does("mia", "remove_lab_member", lab_id=lab_id)
    elif how == "membership":
        member = {"lab_id": lab_id, "user_id": mia}
        labs.does("admin", "update_lab_member", **member, is_active=False)
    elif how == "lab":
        labs.does("admin", "update_lab", lab_id=lab_id, is_active=False)
    else:
        labs.does("admin", "delete_lab", lab_id=lab_id, confirm_code="ONE")
        assert list(labs.bench.store.scan(LAB_POLICIES)) == []
    assert labs.bench.try_login("mia", STRONG)["status"] == "success"


def test_a_policy_outlives_a_restart(labs: LabBench):
    tighten(labs, mfa_required="everybody", addresses=["127.0.0.1"])
    labs.bench.restart()
    assert labs.bench.try_login("mia", STRONG)["code"] == "MFA_SETUP_REQUIRED"


def test_a_profile_that_became_stricter_wins(make_bench):
    bench = make_bench()
    labs = LabBench(bench, bench.admin())
    labs.lab("ONE", mia="member")
    tighten(labs, password_chars_min=10)
    bench.profile = replace(bench.profile, password_chars_min=20)
    bench.restart()
    policies = bench.service.facilities.policies
    assert policies.of(labs.id("mia")).password_chars_min == 20


# --- who sets it, and how far ---


def test_nothing_looser_than_the_service_is_accepted(labs: LabBench):
    for name, value in {
        "password_chars_min": 7,
        "password_personal": False,
        "password_common": "off",
        "session_s": 2 * DAY_S,
        "session_idle_s": DAY_S,
        "sessions_per_user": 11,
        "password_history": 4,
    }.items():
        reply = labs.as_(
            "admin", "update_policy", lab_id=labs.labs["ONE"], **{name: value}
        )
        assert (reply["code"], reply["details"][0]["field"]) == (
            "INVALID_REQUEST",
            name,
        )
    assert list(labs.bench.store.scan(LAB_POLICIES)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"session_s": 10},
        {"session_idle_s": 1},
        {"sessions_per_user": 0},
        {"password_expires_s": 60},
        {"password_chars_min": 500},
        {"failures_max": 1},
        {"registration": False},
    ],
    ids=str,
)
def test_what_would_shut_everybody_out_or_is_not_held_is_refused(
    labs: LabBench, fields: Message
):
    assert refused(labs, "admin", **fields) == "INVALID_REQUEST"


def test_who_runs_a_lab_only_tightens(labs: LabBench):
    assert tighten(labs, by="anna", password_chars_min=12)["own"] == {
        "password_chars_min": 12
    }
    tighten(labs, by="anna", password_chars_min=16)
    assert refused(labs, "anna", password_chars_min=14) == "PERMISSION_DENIED"
    assert (
        labs.bench.ask(
            action="update_policy",
            session_token=labs.tokens["anna"],
            lab_id=labs.labs["ONE"],
            addresses=["10.0.0.0/8"],
        )["code"]
        == "PERMISSION_DENIED"
    )
    assert refused(labs, "mia", password_chars_min=20) == "PERMISSION_DENIED"


def test_null_takes_a_value_back_for_who_manages_policies(labs: LabBench):
    tighten(labs, password_chars_min=16, session_s=900, addresses=["10.0.0.0/8"])
    request = {"action": "update_policy", "lab_id": labs.labs["ONE"]}
    back = request | {"password_chars_min": None, "addresses": None}

    def ask(name: str) -> Message:
        made = back | {"session_token": labs.tokens[name]}
        return dict(json.loads(labs.bench.ask_bytes(json.dumps(made).encode())))

    assert ask("anna")["code"] == "PERMISSION_DENIED"
    reply = ask("admin")
    assert (reply["own"], reply["addresses"]) == ({"session_s": 900}, [])
    assert reply["policy"]["password_chars_min"] == 8


def test_a_change_wants_a_recent_proof_and_leaves_an_entry(labs: LabBench):
    entries = labs.bench.audited_by(lambda: tighten(labs, session_s=900))
    [entry] = [e for e in entries if e["event"] == "lab_policy_changed"]
    assert entry["lab_id"] == labs.labs["ONE"]
    assert entry["details"]["values"] == {"session_s": 900}
    labs.bench.clock.advance(labs.bench.profile.recent_login_s + 1)
    assert refused(labs, "admin", session_s=901) == "REAUTHENTICATION_REQUIRED"


def test_members_read_what_holds(labs: LabBench):
    tighten(labs, password_chars_min=16)
    told = labs.does("mia", "get_policy", lab_id=labs.labs["ONE"])
    assert told["own"] == {"password_chars_min": 16}
    assert told["policy"]["password_chars_min"] == 16
    plain = labs.does("mia", "get_policy")
    assert "own" not in plain
    assert plain["policy"]["password_chars_min"] == 8
    assert plain["policy"]["failures_max"] == 5
    labs.account("zoe")
    outside = labs.refused("zoe", "get_policy", lab_id=labs.labs["ONE"])
    assert outside == "PERMISSION_DENIED"


def test_two_changes_at_once_lose_nothing(labs: LabBench):
    request = {
        "action": "update_policy",
        "session_token": labs.admin,
        "lab_id": labs.labs["ONE"],
    }
    replies = labs.bench.ask_all(
        [request | {"password_chars_min": 20}, request | {"session_s": 900}]
    )
    assert {reply["status"] for reply in replies} == {"success"}
    told = labs.does("mia", "get_policy", lab_id=labs.labs["ONE"])
    assert told["own"] == {"password_chars_min": 20, "session_s": 900}
