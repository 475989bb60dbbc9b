"""Accounts as people name them: by user name or mail address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from gui.background import Job
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from ums_client.protocol.accounts import GetUser, User
from ums_client.protocol.labs import ListLabs, ListLabsReply

FailedWith = Callable[[Problem], object]
WHO = "account"
"""The name of the field in which people name an account."""
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def nobody(problem: Problem) -> Problem:
    """Nothing of that name was found: say so beside the field."""
    text = "No account has that name or address."
    return replace(problem, text=text, faults=((WHO, text),))


def find_account(
    desk: Desk, who: str, then: Callable[[User], object], failed: FailedWith
) -> Job:
    """Look up the account of that name or address."""

    def refused(problem: Problem) -> None:
        if problem.missing:
            problem = nobody(problem)
        elif not (problem.lost or problem.again):
            problem = replace(problem, faults=((WHO, problem.text),))
        failed(problem)

    return desk.ask(
        lambda: GetUser(**named(who)), lambda reply: then(reply.user), refused
    )


def find_lab(
    desk: Desk, lab: str, then: Callable[[str], object], failed: FailedWith
) -> None:
    """Look up the id of the lab of that code, name or id; nothing typed is no lab."""
    lab = lab.strip()
    if not lab or is_id(lab):
        then(lab)
        return

    def came(reply: ListLabsReply) -> None:
        wanted = lab.casefold()
        for one in reply.labs:
            if wanted in (one.code.casefold(), one.name.casefold()):
                then(one.lab_id)
                return
        failed(Problem(f"No lab has the name or code {lab}."))

    desk.ask(lambda: ListLabs(search=lab, include_inactive=True), came, failed)


def is_id(text: str) -> bool:
    """Whether it is an id of the service, and no name."""
    return _ID.fullmatch(text) is not None
