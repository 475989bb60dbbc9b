"""Who is a member of a lab, and what as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, cast

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.who import WHO, blaming_who, named, nobody
from gui.controllers.wording import moment
from ums_client.protocol.lab_members import (
    AddLabMember,
    ListLabMembers,
    Member,
    RemoveLabMember,
    UpdateLabMember,
)

FailedWith = Callable[[Problem], object]
LabRole = Literal["viewer", "member", "admin"]
ROLES: Final[tuple[LabRole, ...]] = ("viewer", "member", "admin")


class Members(Streamed):
    """The members of one lab, and what can be done with them."""

    def __init__(self, desk: Desk, lab_id: str) -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.lab_id = desk, lab_id

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page."""
        return self.desk.ask(
            lambda: ListLabMembers(
                lab_id=self.lab_id, include_inactive=True, cursor=cursor
            ),
            lambda reply: then([_item(m) for m in reply.members], reply.next_cursor),
            failed,
        )

    def add(
        self, values: dict[str, str], then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Make an account a member, named as people name it."""
        told = blaming_who(failed)

        def refused(problem: Problem) -> None:
            told(nobody(problem) if problem.missing else problem)

        self.desk.ask(lambda: AddLabMember(**self._added(values)), then, refused)

    def change(
        self,
        user_id: str,
        role: str,
        then: Callable[[Any], object],
        failed: FailedWith,
        *,
        active: bool,
    ) -> None:
        """Change what a member is, and whether that counts."""
        self.desk.ask(
            lambda: UpdateLabMember(
                lab_id=self.lab_id,
                user_id=user_id,
                role=cast("LabRole", role),
                is_active=active,
            ),
            then,
            failed,
        )

    def remove(
        self, user_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Take a member out."""
        self.desk.ask(
            lambda: RemoveLabMember(lab_id=self.lab_id, user_id=user_id), then, failed
        )

    # --- the same from a shell

    def add_command(self, values: dict[str, str]) -> str:
        """The command for `add`."""
        return shell_command(self.desk.place, AddLabMember, **self._added(values))

    def change_command(self, user_id: str, role: str, *, active: bool) -> str:
        """The command for `change`."""
        return shell_command(
            self.desk.place,
            UpdateLabMember,
            lab_id=self.lab_id,
            user_id=user_id,
            role=role,
            is_active=active,
        )

    def remove_command(self, user_id: str) -> str:
        """The command for `remove`."""
        return shell_command(
            self.desk.place, RemoveLabMember, lab_id=self.lab_id, user_id=user_id
        )

    def _added(self, values: dict[str, str]) -> dict[str, Any]:
        who = named(values[WHO])
        return {"lab_id": self.lab_id, "role": values["role"], **who}


def _item(member: Member) -> Item:
    cells = (
        member.username,
        member.full_name,
        member.role,
        "active" if member.is_active else "inactive",
        moment(member.joined_at),
    )
    return Item(member.user_id, cells, "" if member.is_active else "muted")
