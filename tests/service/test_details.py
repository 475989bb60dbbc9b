"""What is known of a person: names, profile, contact, preferences, and who sees them."""

import json
from typing import Any, get_args

import pytest

from tests.service.harness import GOOD, Bench, Message, creation, update
from ums_client.protocol.accounts import CreateUser, GetUserReply, Section, UpdateUser
from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_client.protocol.personal import PersonFields
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.details import DEFAULTS, DETAILS, is_time_zone
from ums_service.domain.names import full_name_after

DAY_S = 86_400
EVERYTHING: Message = {
    "first_name": "Alice", "middle_name": "Pleasance", "last_name": "Liddell",
    "preferred_name": "Al", "title": "Dr", "job_title": "reader",
    "department": "classics", "company": "Christ Church", "gender": "f",
    "avatar_url": "https://example.org/a.png", "website": "https://example.org",
    "linkedin_url": "https://www.linkedin.com/in/alice", "bio": "a\nb",
    "skills": ["chess", "croquet"], "interests": ["cats"],
    "healthcare_provider_id": "h1", "custom_fields": {"a": {"b": [1]}},
    "data_retention_days": 365, "contacts": [{
        "type": "address", "value": "1 High St", "label": "the flat",
        "is_primary": True, "address_type": "shipping",
    }],
    "mobile": "+44 7", "emergency_contact_name": "Lorina",
    "emergency_contact_phone": "+44 8", "emergency_contact_relationship": "sister",
    "address_line1": "Tom Quad", "address_line2": "2", "state": "Oxfordshire",
    "billing_address_line1": "b1", "billing_address_line2": "b2",
    "billing_city": "bc", "billing_state": "bs", "billing_postal_code": "bp",
    "billing_country": "bco", "latitude": 51.75, "longitude": 0.0,
    "phone": "+44 9", "address": "Oxford", "city": "Oxford", "country": "GB",
    "postal_code": "OX1", "date_of_birth": "1852-05-04", "notes": "n",
    "timezone": "Europe/London", "language": "en-GB", "theme": "dark",
    "date_format": "DD.MM.YYYY", "time_format": "12h", "number_format": "1.234,56",
    "email_notifications": False, "sms_notifications": True,
    "push_notifications": False, "in_app_notifications": False,
    "security_alerts": False, "account_updates": False, "system_maintenance": True,
    "marketing_emails": True, "quiet_hours_start": "22:00",
    "quiet_hours_end": "07:00", "profile_visibility": "members",
    "activity_visibility": "public", "reminder_enabled": False,
    "reminder_frequency": "daily", "reminder_time": "23:59",
    "insights_enabled": False, "dashboard_layout": {"x": 1},
    "custom_preferences": {"y": None},
}  # fmt: skip
"""A value other than the default for every field but `full_name`."""
ALL = list(get_args(Section))


def shown(bench: Bench, token: str, **more: Any) -> Message:
    """All sections of an account."""
    reply = bench.ask(action="get_user", session_token=token, include=ALL, **more)
    assert reply["status"] == "success", reply
    GetUserReply.model_validate(
        {name: value for name, value in reply.items() if name != "status"}, strict=True
    )
    return reply


def flat(reply: Message) -> Message:
    """The fields of the sections about the person, and those of the account."""
    parts = [reply[name] for name in ("user", "profile", "contact", "preferences")]
    return {name: value for part in parts for name, value in part.items()}


def test_the_sample_has_every_field():
    assert set(EVERYTHING) == set(PersonFields.model_fields) - {"full_name"}
    assert set(DEFAULTS) <= set(EVERYTHING)
    assert all(EVERYTHING[name] != value for name, value in DEFAULTS.items())


@pytest.mark.parametrize("how", ["create_user", "update_user"])
def test_every_field_is_kept_and_told(standard: Bench, how: str):
    if how == "create_user":
        alice = standard.member("alice", **EVERYTHING)
    else:
        alice = standard.member("alice")
        assert standard.ask(**update(alice, **EVERYTHING))["status"] == "success"
    standard.restart()
    told = flat(shown(standard, standard.login("alice")))
    assert {name: told[name] for name in EVERYTHING} == EVERYTHING
    assert told["full_name"] == "Alice Pleasance Liddell"
    assert told["display_name"] == "Al"


def test_what_was_never_said_has_its_default_and_takes_no_room(standard: Bench):
    alice = standard.member("alice")
    told = flat(shown(standard, alice))
    assert {name: told[name] for name in DEFAULTS} == DEFAULTS
    assert standard.store.get(DETAILS, standard.user_id("alice")) is None
    assert (told["display_name"], told["user_type"]) == ("alice", "")


def test_the_plain_read_stays_what_it_was(standard: Bench):
    alice = standard.member("alice", **EVERYTHING)
    user = standard.ask(action="get_user", session_token=alice)["user"]
    assert "first_name" not in user
    assert user["full_name"] == "Alice Pleasance Liddell"


def test_under_compat_a_read_has_the_keys_of_the_original(compat: Bench):
    alice = compat.member("alice", **EVERYTHING)
    before = compat.ask(action="get_user", session_token=alice)
    assert list(before) == ["status", "user"]
    assert "skills" not in before["user"]
    with_more = compat.ask(action="get_user", session_token=alice, include=["profile"])
    assert with_more["user"] == before["user"]
    assert with_more["profile"]["skills"] == ["chess", "croquet"]


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_null_and_nothing_take_a_value_away(standard: Bench, name: str):
    alice = standard.member("alice", **EVERYTHING)
    gone: Message = {name: None}
    if name in ("latitude", "longitude"):
        gone = {"latitude": None, "longitude": None}
    message = update(alice)
    message["update_data"] = gone
    assert standard.ask(**message)["status"] == "success"
    told = flat(shown(standard, alice))
    assert told[name] == DEFAULTS[name]
    others = set(DEFAULTS) - set(gone)
    assert {n: told[n] for n in others} == {n: EVERYTHING[n] for n in others}


WRONG = [
    ("website", "http://example.org"),
    ("website", "https://"),
    ("website", "https://user@example.org"),
    ("avatar_url", "javascript:alert(1)"),
    ("linkedin_url", "https://linkedin.com.example.org/in/x"),
    ("timezone", "Europe/Atlantis"),
    ("timezone", "../../etc/passwd"),
    ("language", "english"),
    ("language", "en_GB"),
    ("language", "e"),
    ("bio", "x" * 1_001),
    ("skills", ["x"] * 21),
    ("skills", ["x" * 101]),
    ("skills", ["a\nb"]),
    ("custom_fields", {"a": {"b": {"c": {"d": {"e": {}}}}}}),
    ("custom_fields", {"a": "x" * 4_096}),
    ("custom_fields", []),
    ("latitude", 51.0),
    ("latitude", 91.0),
    ("longitude", -181.0),
    ("theme", "pink"),
    ("reminder_time", "24:00"),
    ("user_type", "root"),
    ("first_name", "a\r\nb"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=str)
def test_a_value_that_cannot_be_is_refused_by_name(
    standard: Bench, name: str, value: object
):
    alice = standard.member("alice")
    reply = standard.ask(**update(alice, **{name: value}))
    assert reply["code"] == "INVALID_REQUEST"
    assert name in reply["details"][0]["field"]
    at_creation = standard.ask(**creation("bobby", **{name: value}))
    assert at_creation["code"] in ("INVALID_REQUEST", "PERMISSION_DENIED")
    assert standard.store.get(DETAILS, standard.user_id("alice")) is None


@pytest.mark.parametrize("name", ["language", "timezone", "website"])
def test_values_of_the_world_are_taken(standard: Bench, name: str):
    alice = standard.member("alice")
    good = {
        "language": ["en", "pt-BR", "zh-Hant-TW", "sl-rozaj", "es-419", "gsw"],
        "timezone": ["UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"],
        "website": ["https://müller.example/ä?b#c", "https://a.b:8443/x"],
    }[name]
    for value in good:
        reply = standard.ask(**update(alice, **{name: value}))
        assert reply["status"] == "success", value


@pytest.mark.parametrize("name", ["", "a" * 500, "\0", "é", "/etc/passwd", "Europe"])
def test_no_text_breaks_the_search_for_a_time_zone(name: str):
    assert not is_time_zone(name)


# --- names ---


@pytest.mark.parametrize(
    ("full_name", "before", "after", "expected"),
    [
        ("", ["", "", ""], ["A", "", "B"], "A B"),
        ("A B", ["A", "", "B"], ["A", "M", "C"], "A M C"),
        ("Queen of Hearts", ["A", "", "B"], ["A", "", "C"], "Queen of Hearts"),
        ("Given Alone", ["", "", ""], ["", "", ""], "Given Alone"),
        ("A", ["A", "", ""], ["", "", ""], ""),
        ("", ["x" * 200, "", ""], ["x" * 200, "y" * 200, ""], ("x" * 200 + " " + "y" * 200)[:300]),
    ],
)  # fmt: skip
def test_a_full_name_follows_the_parts_it_was_made_of(
    full_name: str, before: list[str], after: list[str], expected: str
):
    assert full_name_after(full_name, before, after) == expected


def test_a_full_name_that_was_given_is_not_split_and_stays(standard: Bench):
    alice = standard.member("alice", full_name="Alice L.", first_name="Alice")
    standard.ask(**update(alice, last_name="Liddell"))
    profile = shown(standard, alice)["profile"]
    assert (profile["full_name"], profile["first_name"]) == ("Alice L.", "Alice")


def test_another_word_for_a_field_is_taken(standard: Bench):
    alice = standard.member("alice", phone_number="+44 1")
    assert standard.user("alice").phone == "+44 1"
    reply = standard.ask(**update(alice, phone_number="+44 2"))
    assert reply["user"]["phone"] == "+44 2"
    both = standard.ask(**update(alice, phone_number="+44 3", phone="+44 4"))
    assert both["user"]["phone"] == "+44 4"
    assert both["ignored"] == ["update_data.phone_number"]


# --- who sees and changes what ---


def test_a_type_of_user_is_given_by_who_manages_accounts_only(either: Bench):
    admin, alice = either.admin(), either.member("alice")
    refused = either.ask(**creation("bobby", user_type="super_admin"))
    assert (refused["status"] == "success") is either.compat
    mine = either.ask(**update(alice, user_type="super_admin"))
    assert (mine["status"] == "success") is either.compat
    assert either.user("alice").user_type == ""
    either.ask(**update(admin, either.user_id("alice"), user_type="partner"))
    assert either.user("alice").user_type == "partner"
    by_admin = creation("carol", user_type="reseller") | {"session_token": admin}
    assert either.ask(**by_admin)["status"] == "success"
    assert either.user("carol").user_type == "reseller"


def test_what_an_administrator_changes_is_told_in_the_log(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice", job_title="reader")
    user_id = standard.user_id("alice")
    standard.ask(**update(admin, user_id, job_title="fellow", bio="b", first_name="A"))
    found = standard.ask(
        action="query_audit", session_token=alice, events=["user_updated"]
    )
    found = found["entries"][0]
    assert found["changes"] == {
        "job_title": ["reader", "fellow"],
        "bio": ["", "b"],
        "first_name": ["", "A"],
        "full_name": ["", "A"],
    }


def test_preferences_are_read_and_changed_by_themselves(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    mine = {"action": "update_preferences", "session_token": alice}
    reply = standard.ask(**mine, theme="dark", timezone="Asia/Tokyo")
    assert reply["preferences"]["theme"] == "dark"
    refused = standard.ask(**mine, timezone="Mars")
    assert refused["details"][0]["field"] == "timezone"
    read = {"action": "get_preferences", "session_token": admin, "user_id": user_id}
    entries = standard.audited_by(lambda: standard.ask(**read))
    assert [e["event"] for e in entries] == ["preferences_read"]
    told = standard.ask(**read)["preferences"]
    assert (told["theme"], told["timezone"]) == ("dark", "Asia/Tokyo")
    assert standard.ask(**mine, nonsense=1)["code"] == "INVALID_REQUEST"


def test_two_changes_at_once_are_both_kept(standard: Bench):
    alice = standard.member("alice")
    changes = [{"theme": "dark"}, {"language": "de"}, {"marketing_emails": True}]
    message = {"action": "update_preferences", "session_token": alice}
    replies = standard.ask_all([message | change for change in changes])
    assert [reply["status"] for reply in replies] == ["success"] * 3
    values = standard.store.get(DETAILS, standard.user_id("alice"))
    assert values is not None
    assert len(values.values) == 3


def test_the_largest_account_fits_into_a_request():
    custom = {"a": "x" * 4_000}
    large: Message = {
        name: "ä" * 100
        for name, info in UpdateUser.model_fields.items()
        if "str" in str(info.annotation)
    }
    large |= {"custom_fields": custom, "dashboard_layout": custom}
    large |= {"custom_preferences": custom, "bio": "ä" * 1_000, "notes": "ä" * 4_000}
    large |= {"skills": ["ä" * 100] * 20, "interests": ["ä" * 100] * 20}
    large |= {"metadata": {"a": "x" * 16_000}}
    assert len(json.dumps(large, ensure_ascii=False).encode()) < REQUEST_BYTES_MAX
    assert set(CreateUser.model_fields) >= set(PersonFields.model_fields)


def test_security_tells_how_an_account_is_guarded(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    security = shown(standard, alice)["security"]
    assert (security["sessions"], security["mfa_methods"]) == (1, [])
    user_id = standard.user_id("alice")
    standard.ask(
        action="set_user_status",
        session_token=admin,
        user_id=user_id,
        status="suspended",
        reason="spam",
        duration_days=2,
    )
    security = shown(standard, admin, user_id=user_id)["security"]
    assert (security["sessions"], security["status_reason"]) == (0, "spam")
    assert security["suspended_until"]
    assert GOOD not in json.dumps(shown(standard, admin, user_id=user_id))


def contact(kind: str, value: str, **more: Any) -> Message:
    return {"type": kind, "value": value, **more}


@pytest.mark.parametrize(
    "contacts",
    [
        [contact("email", "nowhere")],
        [contact("phone", "")],
        [contact("pigeon", "Bath")],
        [contact("phone", "+44", address_type="billing")],
        [
            contact("phone", "+44", is_primary=True),
            contact("phone", "+45", is_primary=True),
        ],
        [contact("phone", "+44", is_verified=True)],
        [contact("phone", "+44")] * 11,
    ],
)
def test_contacts_that_cannot_be_are_refused(standard: Bench, contacts: list[Message]):
    alice = standard.member("alice")
    refused = standard.ask(**update(alice, contacts=contacts))
    assert refused["code"] == "INVALID_REQUEST", refused
    assert "contacts" in str(refused["details"]) or "email" in str(refused["details"])
    assert shown(standard, alice)["contact"]["contacts"] == []


def test_each_type_has_a_first_contact_and_they_go_with_the_account(standard: Bench):
    contacts = [
        contact("email", "a@example.org", is_primary=True),
        contact("phone", "+44 1", is_primary=True),
        contact("phone", "+44 2", label="at night"),
    ]
    alice = standard.member("alice", contacts=contacts)
    standard.restart()
    alice = standard.login("alice")
    told = shown(standard, alice)["contact"]["contacts"]
    assert [one["value"] for one in told] == ["a@example.org", "+44 1", "+44 2"]
    gone = {"action": "delete_user", "session_token": alice, "mode": "erase"}
    assert standard.ask(**gone, password=GOOD)["status"] == "success"
    assert standard.store.count(DETAILS) == 0


@pytest.mark.parametrize(("policy_s", "kept_days"), [(DAY_S, 90), (0, 0)])
def test_an_account_is_kept_as_long_as_it_says(make_bench, policy_s, kept_days):
    bench = make_bench(deleted_kept_s=policy_s)
    alice = bench.member("alice", data_retention_days=90)
    user_id = bench.user_id("alice")
    gone = bench.ask(action="delete_user", session_token=alice, password=GOOD)
    assert ("purge_after" in gone) is bool(kept_days)
    bench.clock.advance(kept_days * DAY_S - 1)
    bench.purge()
    assert (bench.store.get(DELETED_USERS, user_id) is not None) is bool(kept_days)
    bench.clock.advance(2)
    bench.purge()
    assert bench.store.get(DELETED_USERS, user_id) is None
    assert bench.store.get(DETAILS, user_id) is None


@pytest.mark.parametrize("days", [0, 29, 3_651, "365"])
def test_so_long_nothing_is_kept(standard: Bench, days: Any):
    alice = standard.member("alice")
    refused = standard.ask(**update(alice, data_retention_days=days))
    assert refused["code"] == "INVALID_REQUEST"
