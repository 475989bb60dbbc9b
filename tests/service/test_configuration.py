"""How the service is set, for who may know, without what nobody needs to know."""

from pathlib import Path
from typing import Any

import pytest

from tests.service.harness import Bench, Message, cheap_settings
from tests.service.test_keys import admin_key
from ums_service.deployment.configuration import _SHOWN_TEXTS, configuration_of
from ums_service.deployment.settings import Settings
from ums_service.domain.profiles import PROFILES, Profile

CANARY = "canary-of"
TEXTS = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if "str" in str(field.annotation) or "Path" in str(field.annotation)
}
"""The settings that hold texts or paths."""
CHOICES = {"profile", "log_level", "token_algorithm", "smtp_security", "policy"}


def planted(name: str) -> Any:
    """A value of this setting that can be told from all others."""
    text = f"{CANARY}-{name}"
    if "Path" in str(TEXTS[name]):
        return (Path("/secret") / text,) if "tuple" in str(TEXTS[name]) else Path(text)
    if name == "bind":
        return f"ipc:///secret/{text}"
    if name.endswith("_url"):
        return f"https://{text}.example.org"
    if name == "addresses_exempt":
        return ("10.99.0.0/16",)
    return (text,) if "tuple" in str(TEXTS[name]) else text


def read(bench: Bench) -> Message:
    reply = bench.ask(action="get_config", session_token=bench.admin())
    assert reply["status"] == "success", reply
    return reply


def by_name(values: list[Message]) -> dict[str, Message]:
    return {one["name"]: one for one in values}


def test_no_path_and_no_text_of_the_operator_is_told():
    names = TEXTS.keys() - CHOICES
    assert len(names) > 20
    settings = cheap_settings(**{name: planted(name) for name in names - {"data"}})
    told = configuration_of(settings)
    assert {one.name for one in told.settings} == Settings.model_fields.keys() - {
        "policy"
    }
    for one in told.settings:
        if CANARY in str(one.value) or "/secret" in str(one.value):
            assert one.name in _SHOWN_TEXTS
        if one.name in names - _SHOWN_TEXTS:
            assert (one.value, one.hidden) == (None, True), one.name


def test_every_setting_and_policy_is_named_with_its_source(make_bench):
    bench = make_bench(settings={"sessions_max": 77}, password_chars_min=9)
    reply = read(bench)
    settings, policy = by_name(reply["settings"]), by_name(reply["policy"])
    assert settings["sessions_max"] == {
        "name": "sessions_max",
        "value": 77,
        "source": "set",
        "hidden": False,
    }
    assert settings["log_level"]["source"] == "default"
    assert settings["data"]["value"] is None
    assert policy.keys() == set(Profile.__slots__)
    changed = {name for name, one in policy.items() if one["source"] == "set"}
    assert changed == {"password_chars_min"}
    assert policy["password_chars_min"]["value"] == 9


@pytest.mark.parametrize("profile", ["standard", "hipaa", "compat"])
def test_an_unchanged_profile_has_nothing_that_was_set(make_bench, profile: str):
    reply = read(make_bench(profile=profile))
    assert {one["source"] for one in reply["policy"]} == {"profile"}
    told = by_name(reply["policy"])
    assert told["session_s"]["value"] == PROFILES[profile].session_s


def test_features_and_limits_are_told(make_bench):
    plain = read(make_bench())
    assert plain["features"]["mail"] is False
    assert plain["limits"]["request_bytes_max"] == 65_536
    mailing = make_bench(
        settings={"smtp_host": "mail.example.org", "mail_from": "a@b.c"}
    )
    told = read(mailing)
    assert told["features"]["mail"] is True
    assert "mail.example.org" not in str(told)


def test_the_configuration_takes_a_permission(standard: Bench):
    alice = standard.member("alice")
    refused = standard.ask(action="get_config", session_token=alice)
    assert refused["code"] == "PERMISSION_DENIED"
    key = admin_key(standard, "system.read")
    assert standard.ask(action="get_config", api_key=key)["status"] == "success"
