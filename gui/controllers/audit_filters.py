"""Which entries of the audit log are wanted, as people type it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gui.controllers.audit import Wanted
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.who import find_lab, is_id, named
from ums_client.protocol.accounts import GetUser

FailedWith = Callable[[Problem], object]
_FORMS: Final = {
    "%Y-%m-%d": timedelta(days=1),
    "%Y-%m-%d %H:%M": timedelta(minutes=1),
    "%Y-%m-%d %H:%M:%S": timedelta(seconds=1),
}
"""How a time may be typed, and how much of time such a text stands for."""
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was typed. Empty text stands for any.

    Accounts by user name, mail address or id; the lab by code, name or id; times in the
    zone of this machine.
    """

    event: str = ""
    outcome: str = ""
    severity: str = ""
    actor: str = ""
    subject: str = ""
    address: str = ""
    lab: str = ""
    since: str = ""
    until: str = ""


def time_fault(text: str) -> str:
    """What is wrong with a time as it was typed, or nothing."""
    try:
        since(text)
    except ValueError:
        return "Like 2026-11-21 14:30."
    return ""


def since(text: str) -> str:
    """The first instant that a text stands for, as the service reads it.

    Raises:
        ValueError: it is no time.
    """
    return _span(text)[0].isoformat() if text.strip() else ""


def until(text: str) -> str:
    """The last one: a day stands for all of it.

    Raises:
        ValueError: it is no time.
    """
    return _span(text)[1].isoformat() if text.strip() else ""


def _span(text: str) -> tuple[datetime, datetime]:
    for form, length in _FORMS.items():
        try:
            begin = datetime.strptime(text.strip(), form).astimezone()
        except ValueError:
            continue
        return begin, begin + length - _INSTANT
    raise ValueError(text)


def find_wanted(
    desk: Desk,
    filters: Filters,
    then: Callable[[Wanted], object],
    failed: FailedWith,
) -> None:
    """Look up the ids of what was named; a problem says which field it is about."""
    wanted = Wanted(
        event=filters.event,
        outcome=filters.outcome,
        severity=filters.severity,
        address=filters.address.strip(),
        since=since(filters.since),
        until=until(filters.until),
    )

    def with_actor(user_id: str) -> None:
        step = replace(wanted, actor=user_id)
        _account(desk, filters.subject, lambda i: with_both(step, i), blame("subject"))

    def with_both(step: Wanted, user_id: str) -> None:
        step = replace(step, subject=user_id)
        find_lab(
            desk, filters.lab, lambda i: then(replace(step, lab_id=i)), blame("lab")
        )

    def blame(field: str) -> FailedWith:
        def told(problem: Problem) -> None:
            if not problem.again:
                problem = replace(problem, faults=((field, problem.text),))
            failed(problem)

        return told

    _account(desk, filters.actor, with_actor, blame("actor"))


def _account(
    desk: Desk, who: str, then: Callable[[str], object], failed: FailedWith
) -> None:
    who = who.strip()
    if not who or is_id(who):
        then(who)
        return
    desk.ask(
        lambda: GetUser(**named(who)), lambda reply: then(reply.user.user_id), failed
    )
