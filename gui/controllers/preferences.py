"""How people want to be told things: by which ways, about what, and when not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final
from zoneinfo import available_timezones

from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from ums_client.protocol.personal import (
    GetPreferences,
    Preferences,
    UpdatePreferences,
)

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
YES_OR_NO: Final = (
    ("in_app_notifications", "Messages of people: in this program"),
    ("email_notifications", "Messages of people: by mail"),
    ("push_notifications", "Messages of people: on telephones"),
    ("account_updates", "News of your account"),
    ("system_maintenance", "Maintenance of the service"),
    ("reminder_enabled", "Reminders"),
    ("insights_enabled", "Insights"),
    ("marketing_emails", "Advertising"),
)
"""What can be wanted or not, with labels."""
TEXTS: Final = ("quiet_hours_start", "quiet_hours_end", "timezone")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def time_fault(text: str) -> str:
    """What is wrong with a time of the day, if anything."""
    return "" if _TIME.fullmatch(text.strip()) else "A time such as 22:00."


def zones() -> Sequence[str]:
    """The time zones that this computer knows; the service may know others."""
    return sorted(available_timezones())


class Wishes:
    """The preferences about notifications of whoever is signed in."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk
        self.values: Values = {}

    def load(self, then: Callable[[Values], object], failed: FailedWith) -> None:
        """Fetch them as the values of a form."""

        def came(reply: Any) -> None:
            self.values = _values(reply.preferences)
            then(self.values)

        self.desk.ask(GetPreferences, came, failed)

    def save(
        self, values: Values, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Send what is other than before; quiet hours need both ends, or none."""
        start, end = values["quiet_hours_start"], values["quiet_hours_end"]
        if bool(start.strip()) != bool(end.strip()):
            text = "Quiet hours need a beginning and an end."
            missing = "quiet_hours_end" if start.strip() else "quiet_hours_start"
            failed(Problem(text, ((missing, text),)))
            return
        changes = self._changes(values)
        if not changes:
            then(None)
            return
        self.desk.ask(lambda: UpdatePreferences(**changes), then, failed)

    def command(self, values: Values) -> str:
        """The shell command for `save`."""
        return shell_command(
            self.desk.place, UpdatePreferences, **self._changes(values)
        )

    def _changes(self, values: Values) -> dict[str, Any]:
        now = {name: text.strip() for name, text in values.items()}
        changed = {n: text for n, text in now.items() if text != self.values[n]}
        switches = {name for name, _ in YES_OR_NO}
        return {n: bool(t) if n in switches else t for n, t in changed.items()}


def _values(preferences: Preferences) -> Values:
    switches = {
        name: "yes" if getattr(preferences, name) else "" for name, _ in YES_OR_NO
    }
    return switches | {name: getattr(preferences, name) for name in TEXTS}
