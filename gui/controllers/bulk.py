"""What whoever is signed in may do to many accounts, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from gui.controllers.commands import shell_command
from gui.controllers.deeds import Bulk, Deed, SetStatus
from gui.controllers.desk import Desk
from gui.controllers.granting import GiveRole, JoinLab, LabRole, LeaveLab, TakeRole
from gui.controllers.offers import OFFERS, Offer
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from ums_client.protocol.bulk import BulkUsers
from ums_client.protocol.labs import GetLab
from ums_client.protocol.limits import BULK_ACCOUNTS_USUAL

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
_KINDS: Final[dict[str, type[Bulk]]] = {
    "suspend": SetStatus,
    "deactivate": SetStatus,
    "activate": SetStatus,
    "assign_role": GiveRole,
    "remove_role": TakeRole,
}


class BulkWork:
    """What can be done to accounts that were picked."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is asked yet."""
        self.desk = desk

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What whoever is signed in may do."""
        return tuple(offer for offer in OFFERS if self.desk.may(offer.permission))

    def prepare(
        self, offer: Offer, values: Values, then: Callable[[Deed], object], failed: Any
    ) -> None:
        """Make a deed of what was typed; a lab is looked up by its code."""
        if "lab" not in offer.fields:
            then(_deed(offer, values))
            return
        role = cast("LabRole", values.get("lab_role") or "member")

        def found(reply: Any) -> None:
            lab_id = reply.lab.lab_id
            joins = offer.name == "join_lab"
            then(JoinLab(lab_id, role) if joins else LeaveLab(lab_id))

        self.desk.ask(
            lambda: GetLab(code=values["lab"].strip()),
            found,
            lambda problem: failed(Problem(problem.text, (("lab", problem.text),))),
        )

    def command(self, offer: Offer, values: Values, picks: Sequence[Pick]) -> str:
        """The shell command, for as many accounts as one request may name."""
        if "lab" in offer.fields:
            return "# one after the other: add-lab-member, remove-lab-member"
        fields = _deed(offer, values).fields(picks[:BULK_ACCOUNTS_USUAL])
        return shell_command(self.desk.place, BulkUsers, **fields)


def _deed(offer: Offer, values: Values) -> Bulk:
    return _KINDS.get(offer.name, Bulk)(
        cast("Any", offer.name),
        reason=values.get("reason", "").strip(),
        password=values.get("password", ""),
        role=values.get("role", "").strip(),
    )
