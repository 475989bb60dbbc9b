"""One thing done to many accounts: tried first, then done, with progress and an end."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.deeds import Bulk, Deed, Result, SetStatus, Task
from gui.controllers.desk import Desk
from gui.controllers.granting import GiveRole, JoinLab, LabRole, LeaveLab, TakeRole
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from ums_client.protocol.bulk import BulkUsers
from ums_client.protocol.labs import GetLab
from ums_client.protocol.limits import BULK_ACCOUNTS_USUAL
from ums_client.protocol.user_files import FORMULA_STARTS

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
_BACK: Final = "It can be taken back here as long as this window is open."


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done to many; `fields` are what it asks for.

    `done` ends the sentence `3 accounts are ...`.
    """

    name: str
    title: str
    permission: str
    done: str
    lines: tuple[str, ...]
    fields: tuple[str, ...] = ("reason",)
    danger: bool = False


_ENDS: Final = "Their sessions end at once, and they cannot sign in."
OFFERS: Final = (
    Offer(
        "suspend",
        "Suspend",
        "users.status",
        "suspended",
        (_ENDS, "The owners are told by mail, with the reason.", _BACK),
        danger=True,
    ),
    Offer(
        "deactivate",
        "Deactivate",
        "users.status",
        "deactivated",
        (_ENDS, _BACK),
        danger=True,
    ),
    Offer(
        "activate",
        "Activate",
        "users.status",
        "active again",
        ("They can sign in again.", _BACK),
    ),
    Offer(
        "unlock",
        "Unlock",
        "users.status",
        "unlocked",
        ("Failed sign-ins are forgotten.",),
        (),
    ),
    Offer(
        "end_sessions",
        "End all sessions",
        "users.status",
        "signed out",
        ("They are signed out everywhere. This cannot be taken back.",),
        (),
        danger=True,
    ),
    Offer(
        "force_password_change",
        "Force a password change",
        "credentials.manage",
        "to choose another password",
        ("Their sessions end, and the next sign-in asks for another password.",),
        danger=True,
    ),
    Offer(
        "reset_password",
        "Mail a link for a new password",
        "credentials.manage",
        "sent a link",
        ("Each owner gets a mail. The old password stays until the link is used.",),
        (),
    ),
    Offer(
        "assign_role",
        "Give a role",
        "roles.assign",
        "given the role",
        ("It counts everywhere, beside what they have.", _BACK),
        ("role", "reason"),
    ),
    Offer(
        "remove_role",
        "Take a role away",
        "roles.assign",
        "without the role",
        ("Primary roles stay: they are changed with the account.", _BACK),
        ("role", "reason"),
        danger=True,
    ),
    Offer(
        "join_lab",
        "Add to a lab",
        "labs.manage",
        "members of the lab",
        (_BACK,),
        ("lab", "lab_role"),
    ),
    Offer(
        "leave_lab",
        "Take out of a lab",
        "labs.manage",
        "out of the lab",
        (
            "What they were given in the lab ends.",
            "Taking it back makes them members again, without what they were given.",
        ),
        ("lab",),
        danger=True,
    ),
    Offer(
        "delete",
        "Delete",
        "users.delete",
        "deleted",
        (
            "They are signed out everywhere; their names and addresses are free.",
            "They can be brought back for a while, from here or under Deleted….",
        ),
        ("reason", "password"),
        danger=True,
    ),
)


_KINDS: Final[dict[str, type[Bulk]]] = {
    "suspend": SetStatus,
    "deactivate": SetStatus,
    "activate": SetStatus,
    "assign_role": GiveRole,
    "remove_role": TakeRole,
}


class Run:
    """A task on its way: `results` so far, and whether it goes on.

    `told` is called after each piece, `ended` when all is done or after `cancel`.
    """

    def __init__(
        self,
        desk: Desk,
        tasks: Sequence[Task],
        *,
        dry_run: bool,
        told: Callable[[], object],
        ended: Callable[[], object],
        failed: FailedWith,
    ) -> None:
        """Nothing is done before `go_on`."""
        self.results: list[Result] = []
        self.total = sum(len(picks) for _, picks in tasks)
        self.tasks = tasks
        self.dry_run = dry_run
        self.running = False
        self.cancelled = False
        self._desk, self._told, self._ended = desk, told, ended
        self._failed = failed
        self._job: Job | None = None

    def go_on(self) -> None:
        """Begin, or go on after a problem with those that are left."""
        deed, rest = self._rest()
        if not rest or self.cancelled:
            self.running = False
            self._ended()
            return
        self.running = True
        some = rest[: deed.at_once]

        def done(results: list[Result]) -> None:
            self.results += results
            self._told()
            self.go_on()

        def failed(problem: Problem) -> None:
            self.running = False
            self._failed(problem)

        self._job = self._desk.work(
            lambda client: (deed.attempt if self.dry_run else deed.perform)(
                client, some
            ),
            done,
            failed,
        )

    def cancel(self) -> None:
        """End after those it is at; what is done stays done."""
        self.cancelled = True

    def _rest(self) -> tuple[Deed, tuple[Pick, ...]]:
        done = len(self.results)
        for deed, picks in self.tasks:
            if done < len(picks):
                return deed, picks[done:]
            done -= len(picks)
        return self.tasks[-1][0], ()

    @property
    def succeeded(self) -> tuple[Result, ...]:
        """What was done, or would be."""
        return tuple(result for result in self.results if result.ok)

    def undo(self) -> list[Task]:
        """What takes back what was done."""
        tasks: list[Task] = []
        start = 0
        for deed, picks in self.tasks:
            some = self.results[start : start + len(picks)]
            tasks += deed.undo([result.pick for result in some if result.ok])
            start += len(picks)
        return tasks

    def reasons(self) -> list[tuple[str, int]]:
        """Why some were left out, and how many, the most frequent first."""
        return Counter(r.text for r in self.results if not r.ok).most_common()


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


def as_csv(results: Sequence[Result]) -> str:
    """Results as a file for a spreadsheet; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("user_id", "username", "done", "reason"))
    for result in results:
        pick = result.pick
        done = "yes" if result.ok else "no"
        writer.writerow(map(safe, (pick.user_id, pick.username, done, result.text)))
    return text.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
