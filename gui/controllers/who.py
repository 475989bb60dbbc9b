"""Accounts as people name them: by user name or mail address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gui.background import Job
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from ums_client.protocol.accounts import GetUser, User

FailedWith = Callable[[Problem], object]
WHO = "account"
"""The name of the field in which people name an account."""


def named(who: str) -> dict[str, Any]:
    """The field of a request that names an account as it was typed."""
    who = who.strip()
    return {"email" if "@" in who else "username": who}


def blaming_who(failed: FailedWith, *names: str) -> FailedWith:
    """What to call with a problem: faults of these fields are those of `who`."""
    ours = {"username", "email", "user_id", *names}

    def told(problem: Problem) -> None:
        faults = tuple((WHO if n in ours else n, text) for n, text in problem.faults)
        failed(replace(problem, faults=faults))

    return told


def find_account(
    desk: Desk, who: str, then: Callable[[User], object], failed: FailedWith
) -> Job:
    """Look up the account of that name or address."""

    def refused(problem: Problem) -> None:
        if not (problem.lost or problem.again):
            problem = replace(problem, faults=((WHO, problem.text),))
        failed(problem)

    return desk.ask(
        lambda: GetUser(**named(who)), lambda reply: then(reply.user), refused
    )
