"""What a lab asks of its members beyond what the service asks: never less."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Literal

from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.spans import seconds_of, span
from gui.controllers.wording import listed
from ums_client.protocol.policies import GetPolicy, GetPolicyReply, UpdatePolicy

FailedWith = Callable[[Problem], object]
ADDRESSES: Final = "addresses"
_EVERYWHERE: Final = "everywhere"


@dataclass(frozen=True, slots=True)
class Rule:
    """One value of a policy. `stricter` says which way is stricter.

    `choices` go from the loosest to the strictest.
    """

    name: str
    title: str
    kind: Literal["count", "span", "yes", "choice"]
    stricter: Literal["more", "less"] = "more"
    choices: tuple[str, ...] = ()

    def shown(self, value: Any) -> str:
        """The value as people read it."""
        if value is None:
            return "no limit"
        if self.kind == "span":
            return span(value)
        if self.kind == "yes":
            return "yes" if value else "no"
        return str(value)

    def read(self, text: str) -> Any:
        """The value that was typed.

        Raises:
            ValueError: it is none.
        """
        if self.kind == "span":
            return seconds_of(text)
        if self.kind == "count":
            return int(text)
        return text == "yes" if self.kind == "yes" else text

    def rank(self, value: Any) -> float:
        """The greater it is, the stricter is the value."""
        if self.kind == "choice":
            return self.choices.index(value)
        if self.stricter == "less":
            return -inf if value is None else -value
        return float(value)

    def at_least(self, value: Any) -> tuple[str, ...]:
        """The choices that ask for no less than `value`."""
        known = ("no", "yes") if self.kind == "yes" else self.choices
        if not known:
            return ()
        least = self.rank(value)
        return tuple(text for text in known if self.rank(self.read(text)) >= least)

    def fault(self, text: str, least: Any) -> str:
        """What is wrong with what was typed, where `least` has to be asked for."""
        try:
            value = self.read(text)
        except ValueError:
            like = "a length such as 12 h or 90 days"
            return f"Not {like if self.kind == 'span' else 'a number'}."
        if self.rank(value) >= self.rank(least):
            return ""
        return f"The service asks for more: {self.shown(least)}."


RULES: Final = (
    Rule("password_chars_min", "Characters of a password, at least", "count"),
    Rule("password_history", "Last passwords that cannot come again", "count"),
    Rule("password_classes", "Lower, upper case, digit and sign in each", "yes"),
    Rule("password_personal", "No name or address in it", "yes"),
    Rule("password_runs", "No abcd, no aaaa in it", "yes"),
    Rule(
        "password_common",
        "Common passwords",
        "choice",
        "more",
        ("off", "whole", "part"),
    ),
    Rule("password_expires_s", "A password is good for", "span", "less"),
    Rule(
        "mfa_required",
        "Who must have a second factor",
        "choice",
        "more",
        ("off", "administrators", "everybody"),
    ),
    Rule("device_spares_factor", "A known device spares the factor", "yes", "less"),
    Rule("session_s", "A session lasts at most", "span", "less"),
    Rule("session_idle_s", "Without use it lasts", "span", "less"),
    Rule("sessions_per_user", "Sessions of one account", "count", "less"),
)
BY_NAME: Final = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class LabPolicy:
    """The values of one lab beside those of the service; `own` are those it has set."""

    lab_id: str
    service: Mapping[str, Any]
    own: Mapping[str, Any]
    addresses: tuple[str, ...]

    def typed(self) -> dict[str, str]:
        """What a form shows: empty where the lab leaves it to the service."""
        values = {
            rule.name: rule.shown(self.own[rule.name]) if rule.name in self.own else ""
            for rule in RULES
        }
        return values | {ADDRESSES: listed(self.addresses)}

    def fields(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The fields of the request for what was changed; None goes back to the service."""
        before = self.typed()
        fields: dict[str, Any] = {
            rule.name: rule.read(values[rule.name]) if values[rule.name] else None
            for rule in RULES
            if values[rule.name] != before[rule.name]
        }
        if values[ADDRESSES] != before[ADDRESSES]:
            fields[ADDRESSES] = values[ADDRESSES].replace(",", " ").split()
        return fields

    def told(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        """What a change means, line by line: before and after."""
        lines = []
        for name, value in fields.items():
            if name == ADDRESSES:
                old = listed(self.addresses) or _EVERYWHERE
                lines.append(f"Sign in from: {old} → {listed(value) or _EVERYWHERE}")
                continue
            rule = BY_NAME[name]
            held = self.own.get(name, self.service[name])
            after = self.service[name] if value is None else value
            whose = ", as the service asks" if value is None else ""
            lines.append(
                f"{rule.title}: {rule.shown(held)} → {rule.shown(after)}{whose}"
            )
        return tuple(lines)

    def back(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that undo a change."""
        return {
            name: list(self.addresses) if name == ADDRESSES else self.own.get(name)
            for name in fields
        }


class LabPolicies:
    """The policies of labs."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def get(
        self, lab_id: str, then: Callable[[LabPolicy], object], failed: FailedWith
    ) -> None:
        """Read the policy of a lab, and that of the service."""

        def came(of_lab: GetPolicyReply, of_service: GetPolicyReply) -> None:
            service = {name: of_service.policy[name] for name in BY_NAME}
            addresses = tuple(of_lab.addresses or ())
            then(LabPolicy(lab_id, service, of_lab.own or {}, addresses))

        self.desk.ask(
            lambda: GetPolicy(lab_id=lab_id),
            lambda of_lab: self.desk.ask(
                GetPolicy, lambda reply: came(of_lab, reply), failed
            ),
            failed,
        )

    def change(
        self,
        lab_id: str,
        fields: Mapping[str, Any],
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Set these values; None takes one back to that of the service."""
        self.desk.ask(lambda: UpdatePolicy(lab_id=lab_id, **fields), then, failed)

    def command(self, lab_id: str, fields: Mapping[str, Any]) -> str:
        """The shell command for `change`, as far as it sets values."""
        return shell_command(self.desk.place, UpdatePolicy, lab_id=lab_id, **fields)
