"""Why somebody may do something, or may not: the answer in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.who import WHO, find_account
from gui.controllers.wording import listed, moment
from ums_client.protocol.accounts import User
from ums_client.protocol.assignments import CheckPermission, PermissionDecision
from ums_client.protocol.granted import Source
from ums_client.protocol.labs import GetLab, Lab
from ums_client.protocol.roles import ListPermissions, PermissionView

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
_KINDS = {"role": "the role", "lab_role": "the lab role", "attribute": "the attribute"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether they may, in a sentence, and line by line why."""

    allowed: bool
    text: str
    reasons: tuple[str, ...]


class Why:
    """Asks for the decision, and for what would change it."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is asked yet."""
        self.desk = desk

    def explain(
        self, values: Values, then: Callable[[Answer], object], failed: FailedWith
    ) -> None:
        """Explain whether `who` may use `permission`, in the lab of a code if given."""
        code, permission = values["lab"].strip(), values["permission"].strip()

        def found(user: User) -> None:
            if not code:
                self._decide(user, permission, None, then, failed)
                return
            self.desk.ask(
                lambda: GetLab(code=code),
                lambda reply: self._decide(user, permission, reply.lab, then, failed),
                lambda problem: failed(Problem(problem.text, (("lab", problem.text),))),
            )

        find_account(self.desk, values[WHO], found, failed)

    def _decide(
        self,
        user: User,
        permission: str,
        lab: Lab | None,
        then: Callable[[Answer], object],
        failed: FailedWith,
    ) -> None:
        def decided(reply: Any) -> None:
            decision = reply.decisions[0]

            def told(listed_: Any) -> None:
                same = [p for p in listed_.permissions if p.name == permission]
                then(answer(user.username, decision, lab, same))

            self.desk.ask(lambda: ListPermissions(query=permission), told, failed)

        def refused(problem: Problem) -> None:
            wrong = [text for name, text in problem.faults if name != WHO]
            failed(Problem(problem.text, tuple(("permission", text) for text in wrong)))

        lab_id = lab.lab_id if lab else None
        self.desk.ask(
            lambda: CheckPermission(
                user_id=user.user_id, permissions=[permission], lab_id=lab_id
            ),
            decided,
            refused,
        )


def answer(
    username: str,
    decision: PermissionDecision,
    lab: Lab | None,
    permissions: Sequence[PermissionView],
) -> Answer:
    """Put a decision into words."""
    where = f"in {lab.name}" if lab else "everywhere"
    verb = "may" if decision.allowed else "may not"
    text = f"{username} {verb} use {decision.permission} {where}."
    reasons = [_reason(decision, lab)]
    if decision.by == "missing":
        allowing = sorted({n for p in permissions for n in p.allowed_by or ()})
        reasons.append(
            f"Roles that allow it: {listed(allowing)}."
            if allowing
            else "No role allows it by itself."
        )
    if lab is not None and not lab.is_active:
        reasons.append(f"{lab.name} is not active: nothing granted in it counts.")
    return Answer(decision.allowed, text, tuple(reasons))


def _reason(decision: PermissionDecision, lab: Lab | None) -> str:
    sources = listed([_source(source, lab) for source in decision.sources])
    return {
        "administrator": "The account administers the service: it may do everything.",
        "granted": f"Allowed by {sources}. Nothing denies it.",
        "denied": f"Denied by {sources}. That counts more than whatever allows it.",
        "missing": "None of the roles and attributes of the account allows it.",
        "inactive": "The account is not active, so it may do nothing.",
        "scope": "The key that was used leaves this permission out.",
    }.get(decision.by, f"The policy of the service decided: {decision.by}.")


def _source(source: Source, lab: Lab | None) -> str:
    text = f"{_KINDS[source.kind]} {source.name}"
    if source.lab_id is not None:
        known = lab is not None and lab.lab_id == source.lab_id
        text += f" in {lab.name if lab and known else source.lab_id}"
    if source.expires_at:
        text += f" (until {moment(source.expires_at)})"
    return text
