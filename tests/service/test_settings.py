"""Settings: flags before variables before the file, and every mistake named."""

import os
from pathlib import Path
from typing import Any

import pytest

from ums_service.deployment.settings import (
    BadSettings,
    Settings,
    load_settings,
    misspelt,
)
from ums_service.domain.profiles import PROFILES


def load(**flags: Any) -> Settings:
    return load_settings(flags, os.environ)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration file that is in force."""
    path = tmp_path / "ums.toml"
    path.write_text("")
    monkeypatch.setenv("UMS_CONFIG", str(path))
    return path


def test_the_defaults_are_the_documented_ones():
    settings = load()
    assert settings.endpoint == "tcp://127.0.0.1:5556"
    assert settings.profile == "standard"
    assert settings.policy_profile() == PROFILES["standard"]
    assert settings.key_path == Path("ums-data.key")


def test_flags_come_before_variables_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
):
    config.write_text('port = 1\nprofile = "hipaa"\nlog_level = "debug"\n')
    monkeypatch.setenv("UMS_PORT", "2")
    monkeypatch.setenv("UMS_PROFILE", "compat")
    settings = load(port=3)
    assert (settings.port, settings.profile, settings.log_level) == (
        3,
        "compat",
        "debug",
    )


def test_single_values_of_a_profile_can_be_set(
    config: Path, monkeypatch: pytest.MonkeyPatch
):
    config.write_text("[policy]\npassword_chars_min = 20\n")
    monkeypatch.setenv("UMS_POLICY__FAILURES_MAX", "3")
    profile = load().policy_profile()
    assert (profile.password_chars_min, profile.failures_max) == (20, 3)
    assert profile.session_s == PROFILES["standard"].session_s


def test_lists_of_a_profile_can_be_set(config: Path, monkeypatch: pytest.MonkeyPatch):
    config.write_text('[policy]\nconsents_required = ["terms"]\n')
    monkeypatch.setenv("UMS_POLICY__REFUSAL_DELAYS_MS", "[5, 10]")
    profile = load().policy_profile()
    assert profile.consents_required == ("terms",)
    assert profile.refusal_delays_ms == (5, 10)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("UMS_POLICY__REFUSAL_DELAYS_MS", "5, 10", "refusal_delays_ms.*JSON list"),
        ("UMS_POLICY__REFUSAL_DELAYS_MS", "5", "refusal_delays_ms"),
        ("UMS_POLICY__REFUSAL_DELAYS_MS", "[-1]", "refusal_delays_ms"),
        ("UMS_POLICY__REFUSAL_DELAYS_MS", "[60001]", "refusal_delays_ms"),
        ("UMS_POLICY__CONSENTS_REQUIRED", "[1]", "consents_required"),
        ("UMS_PORT", "many", "port"),
        ("UMS_PORT", "65536", "port"),
        ("UMS_PROFILE", "strict", "profile"),
        ("UMS_ARGON2_PASSES", "0", "argon2_passes"),
        ("UMS_ARGON2_MEMORY_KIB", "4194304", "argon2_memory_kib"),
        ("UMS_MEMORY_HEADROOM_MIB", "1", "memory_headroom_mib"),
        ("UMS_POLICY__FAILURES", "3", "failures"),
        ("UMS_POLICY__FAILURES_MAX", "some", "failures_max"),
        ("UMS_POLICY__FAILURES_MAX", "0", "failures_max"),
        ("UMS_POLICY__SESSION_S", "-1", "session_s"),
        ("UMS_POLICY__RESET_LINK_S", "86401", "reset_link_s"),
        ("UMS_POLICY__SESSION_S", "9" * 20, "session_s"),
        ("UMS_POLICY__DEVICE_TOKEN_S", "9" * 12, "device_token_s"),
        ("UMS_POLICY__UNUSED_DAYS", "9" * 7, "unused_days"),
        ("UMS_POLICY__RATE_LOGIN_BURST", "9" * 20, "rate_login_burst"),
        ("UMS_SMTP_SECURITY", "none", "smtp_security"),
        ("UMS_MAIL_RETRY_S", "[]", "mail_retry_s"),
        ("UMS_MAIL_RETRY_S", "[0]", "mail_retry_s"),
        ("UMS_CONFIG", "/nonexistent/ums.toml", "/nonexistent/ums.toml"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=named):
        load().policy_profile()


@pytest.mark.parametrize(
    "text", ["prot = 1\n", "port = \n", 'port = "x"\n', "[police]\n"]
)
def test_a_wrong_file_is_refused(config: Path, text: str):
    config.write_text(text)
    with pytest.raises(BadSettings):
        load()


def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("UMS_PORT", "canary")
    with pytest.raises(BadSettings) as caught:
        load()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"prot = 1", "no such setting: prot"),
        (b"port = 99999", "port: should be less than or equal to 65535"),
        (b"\xff\xfe", "ums.toml: should be TOML in UTF-8"),
    ],
)
def test_a_bad_file_is_told_in_plain_words(config: Path, text: bytes, told: str):
    config.write_bytes(text)
    with pytest.raises(BadSettings) as caught:
        load()
    assert str(caught.value).endswith(told)


def test_a_misspelt_variable_is_found_with_what_may_be_meant():
    found = misspelt(
        {"UMS_PROT": "1", "UMS_PORT": "1", "UMS_POLICY__X": "1", "HOME": "/"}
    )
    assert found == {"UMS_PROT": "UMS_PORT"}
