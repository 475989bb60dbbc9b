"""What the service asks, and what a lab asks beyond it, through the window."""

from collections.abc import Callable
from typing import Any

import pytest

from gui.controllers.configuration import meaning_of
from gui.controllers.lab_policy import BY_NAME, RULES
from gui.controllers.spans import seconds_of, span
from tests.gui.driver import Driver
from tests.service.running import RunningService
from ums_client.protocol.policies import UpdatePolicy
from ums_service.domain.lab_policies import RANKS, is_stricter
from ums_service.domain.profiles import HIPAA, STANDARD

Member = Callable[[str], str]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "30 s"), (1_800, "30 min"), (43_200, "12 h"), (86_400, "1 day")],
)
def test_lengths_of_time_are_read_as_they_are_shown(seconds: int, text: str):
    assert span(seconds) == text
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "12", "h", "-1 h", "1 week"])
def test_what_is_no_length_is_refused(text: str):
    with pytest.raises(ValueError, match=f"^{text}$"):
        seconds_of(text)


def test_every_value_of_a_lab_can_be_set_and_none_other():
    names = set(UpdatePolicy.model_fields) - {"lab_id", "addresses"}
    assert {rule.name for rule in RULES} == names == set(RANKS)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_the_window_and_the_service_agree_on_what_is_stricter(name: str):
    rule = BY_NAME[name]
    samples: dict[str, tuple[Any, ...]] = {
        "count": (1, 5, 10),
        "span": (900, 86_400),
        "yes": (True, False),
        "choice": rule.choices,
    }
    values = samples[rule.kind]
    if name in ("password_expires_s", "session_idle_s", "sessions_per_user"):
        values += (None,)
    for one in values:
        for other in values:
            stricter = is_stricter(name, one, other)
            assert (rule.rank(one) > rule.rank(other)) is stricter


@pytest.mark.parametrize("profile", [STANDARD, HIPAA])
def test_a_profile_is_told_in_sentences(profile: Any):
    names = type(profile).__dataclass_fields__
    told = " ".join(meaning_of({name: getattr(profile, name) for name in names}))
    assert f"at least {profile.password_chars_min} characters" in told
    assert span(profile.session_s) in told
    assert "None" not in told


def test_the_policy_of_the_service_is_shown_and_searched(window: Driver):
    window.signed_in()
    page = window.go("policy")
    window.until(lambda: page.list.items)
    window.reads("Profile: standard")
    window.reads("A password has at least 8 characters")
    everything = len(page.list.items)
    window.type("query", "lockout")
    window.until(lambda: 0 < len(page.list.items) < everything)
    window.type("query", "nothing is like this")
    window.reads("Nothing here is like that")
    window.type("query", "")
    window.choose("which", "Limits of messages")
    window.until(lambda: "REQUEST_BYTES_MAX" in str(page.list.items).upper())


def test_a_lab_asks_for_more_never_for_less_and_takes_it_back(
    window: Driver, shared: RunningService
):
    token = shared.admin_token  # type: ignore[attr-defined]
    made = shared.ask(
        action="create_lab", session_token=token, name="Strict lab", code="STRICT"
    )
    lab_id = made["lab"]["lab_id"]

    def own() -> Any:
        reply = shared.ask(action="get_policy", session_token=token, lab_id=lab_id)
        return {**reply["own"], "addresses": reply["addresses"]}

    window.signed_in()
    labs = window.go("labs")
    window.type("query", "strict")
    window.until(lambda: labs.found.total == 1)
    window.settled()
    labs.table.focus_rows()
    window.until(lambda: labs.lab.lab and labs.lab.lab.code == "STRICT")
    window.click("policy")
    dialog = window.sheet
    window.click("ok")
    window.reads("Nothing is other than before")
    window.type("password_chars_min", "6")
    window.type("session_s", "a while")
    window.click("ok")
    field = dialog.form.field
    assert field("password_chars_min").fault == "The service asks for more: 8."
    assert "such as 12 h" in field("session_s").fault
    assert "off" not in field("password_common").widget.cget("values")
    window.type("password_chars_min", "14")
    window.type("session_s", "12 h")
    window.type("addresses", "192.0.2.0/24")
    window.click("ok")
    window.until(lambda: window.top is not dialog)
    window.reads("Characters of a password, at least: 8 → 14")
    window.reads("A session lasts at most: 1 day → 12 h")
    window.reads("Sign in from: everywhere → 192.0.2.0/24")
    window.reads("0 members")
    window.click("shell")
    command = window.find("command").get("1.0", "end")
    assert "--password-chars-min 14" in command
    assert own() == {"addresses": []}, "nothing was done yet"
    window.click("ok")
    window.until(lambda: "asks something else" in window.toast)
    assert own() == {
        "password_chars_min": 14,
        "session_s": 43_200,
        "addresses": ["192.0.2.0/24"],
    }
    window.click("undo")
    window.until(lambda: window.toast == "It is as before.")
    assert own() == {"addresses": []}
