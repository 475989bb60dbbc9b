"""How the service is set: what its profile means, and what differs from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.lab_policy import BY_NAME
from gui.controllers.problems import Problem
from gui.controllers.spans import span
from gui.controllers.wording import counted, listed, said
from ums_client.protocol.operations import ConfiguredValue, GetConfig, GetConfigReply

FailedWith = Callable[[Problem], object]
PROFILES: Final = {
    "standard": "For most: what is known to protect accounts, and nothing that annoys.",
    "hipaa": "For health data: strict passwords, short sessions, long records.",
    "compat": "As the program that this service replaced: for old clients only.",
}
_SECOND_FACTOR: Final = {
    "off": "Nobody must have a second factor",
    "administrators": "Administrators must have a second factor",
    "everybody": "Everybody must have a second factor",
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What `get_config` tells, as lists of rows; `meaning` is in sentences."""

    profile: str
    about: str
    meaning: tuple[str, ...]
    lists: Mapping[str, tuple[Item, ...]]


def read_configuration(
    desk: Desk, then: Callable[[Configuration], object], failed: FailedWith
) -> None:
    """Ask how the service is set."""
    desk.ask(GetConfig, lambda reply: then(configuration_of(reply)), failed)


def configuration_of(reply: GetConfigReply) -> Configuration:
    """Put it into words."""
    policy = {one.name: one.value for one in reply.policy}
    differ = [one for one in reply.policy if one.source == "set"]
    lists = {
        "What differs from the profile": _items(differ),
        "All policies": _items(reply.policy),
        "Settings": _items(reply.settings),
        "Limits of messages": tuple(
            Item(name, (_title(name), _shown(name, value), ""))
            for name, value in reply.limits.items()
        ),
        "Features": tuple(
            Item(name, (said(name), "on" if on else "off", ""), "" if on else "muted")
            for name, on in reply.features.items()
        ),
    }
    about = PROFILES.get(reply.profile, "")
    return Configuration(reply.profile, about, meaning_of(policy), lists)


def meaning_of(policy: Mapping[str, Any]) -> tuple[str, ...]:
    """What a policy means for people, in a few sentences."""

    def told(name: str, absent: str = "without end") -> str:
        value = policy.get(name)
        return absent if value is None else span(int(value))

    classes = ", of four kinds" if policy.get("password_classes") else ""
    history = policy.get("password_history", 0)
    attempts = counted(policy.get("failures_max", 0), "failed attempt")
    return (
        (
            f"A password has at least {policy.get('password_chars_min')} characters"
            f"{classes}, and is good {told('password_expires_s')}. "
            f"The last {counted(history, 'one')} cannot come again."
        ),
        (
            f"{_SECOND_FACTOR.get(str(policy.get('mfa_required')), '')}. "
            f"A session lasts {told('session_s')}; without use "
            f"{told('session_idle_s', 'as long')}."
        ),
        (
            f"After {attempts} within {told('failures_window_s')} whoever tries is shut "
            f"out for {told('lockout_s')}."
        ),
        "Anybody can register."
        if policy.get("registration")
        else "Only administrators make accounts.",
    )


def _items(values: list[ConfiguredValue]) -> tuple[Item, ...]:
    sources = {"set": "set here", "profile": "of the profile", "default": "as it comes"}
    return tuple(
        Item(
            one.name,
            (
                _title(one.name),
                "not told" if one.hidden else _shown(one.name, one.value),
                sources.get(one.source, one.source),
            ),
            "warning" if one.source == "set" else "",
        )
        for one in values
    )


def _title(name: str) -> str:
    if name in BY_NAME:
        return BY_NAME[name].title
    return said(name.removesuffix("_s"))


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return listed([str(one) for one in value])
    if name.endswith("_s") and isinstance(value, int):
        return span(value)
    return f"{value:,}" if isinstance(value, int) else str(value)
