"""What administrators do with labs: find, make, change, delete them, and count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.paged import PAGE_SIZE, Pages
from gui.controllers.problems import Problem
from gui.controllers.who import WHO, named
from gui.controllers.wording import counted, moment
from ums_client.protocol.lab_members import AddLabMember
from ums_client.protocol.labs import (
    CreateLab,
    DeleteLab,
    GetLab,
    GetLabReply,
    GetLabStatistics,
    GetLabStatisticsReply,
    Lab,
    ListLabs,
    UpdateLab,
)
from ums_client.protocol.message import Request

FailedWith = Callable[[Problem], object]
Values = dict[str, str]


class FoundLabs(Pages):
    """The labs whose name or code has `query` in it, page by page."""

    def __init__(self, desk: Desk, query: str = "", *, inactive: bool = False) -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.query, self.inactive = desk, query.strip(), inactive

    @override
    def ask(
        self,
        page: int,
        then: Callable[[Sequence[Item], int], object],
        failed: FailedWith,
    ) -> Job:
        """Fetch a page."""
        return self.desk.ask(
            lambda: ListLabs(
                search=self.query or None,
                include_inactive=self.inactive,
                page=page + 1,
                page_size=PAGE_SIZE,
            ),
            lambda reply: then([_item(lab) for lab in reply.labs], reply.total),
            failed,
        )


@dataclass(frozen=True, slots=True)
class LabView:
    """One lab: what can be changed of it, and what cannot."""

    lab_id: str
    code: str
    active: bool
    values: Values
    facts: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.values["name"]


class Labs:
    """All labs."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def get(
        self, lab_id: str, then: Callable[[LabView], object], failed: FailedWith
    ) -> Job:
        """Read one lab."""
        return self.desk.ask(
            lambda: GetLab(lab_id=lab_id), lambda reply: then(_view(reply)), failed
        )

    def statistics(
        self, lab_id: str, then: Callable[[str], object], failed: FailedWith
    ) -> Job:
        """Count the members of a lab, in a sentence or two."""
        return self.desk.ask(
            lambda: GetLabStatistics(lab_id=lab_id),
            lambda reply: then(_counted(reply)),
            failed,
        )

    def create(
        self, values: Values, then: Callable[[tuple[str, str]], object], failed: Any
    ) -> None:
        """Make a lab, and its first administrator where one is named.

        `then` gets the id, and what did not work although the lab is there.
        """

        def made(reply: Any) -> None:
            lab_id, who = reply.lab.lab_id, values.get(WHO, "")
            if not who:
                then((lab_id, ""))
                return
            self.desk.ask(
                lambda: AddLabMember(lab_id=lab_id, role="admin", **named(who)),
                lambda _: then((lab_id, "")),
                lambda problem: then(
                    (lab_id, f"The lab is there, but without {who}: {problem.text}")
                ),
            )

        self.desk.ask(lambda: CreateLab(**_fields(values)), made, failed)

    def update(
        self,
        lab_id: str,
        changes: Values,
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Change name, description or features; only `changes` are sent."""
        self.desk.ask(
            lambda: UpdateLab(lab_id=lab_id, **_changed(changes)), then, failed
        )

    def set_active(
        self,
        lab_id: str,
        then: Callable[[Any], object],
        failed: FailedWith,
        *,
        active: bool,
    ) -> None:
        """Take a lab out of use, or back into it."""
        self.desk.ask(lambda: UpdateLab(lab_id=lab_id, is_active=active), then, failed)

    def delete(
        self, lab_id: str, code: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Delete a lab; `code` is typed by whoever wants that."""
        self.desk.ask(
            lambda: DeleteLab(lab_id=lab_id, confirm_code=code.strip()), then, failed
        )

    # --- the same from a shell

    def _command(self, request: type[Request[Any]], **fields: Any) -> str:
        return shell_command(self.desk.place, request, **fields)

    def create_command(self, values: Values) -> str:
        """The command for `create`."""
        return self._command(CreateLab, **_fields(values))

    def update_command(self, lab_id: str, changes: Values) -> str:
        """The command for `update`."""
        return self._command(UpdateLab, lab_id=lab_id, **_changed(changes))

    def active_command(self, lab_id: str, *, active: bool) -> str:
        """The command for `set_active`."""
        return self._command(UpdateLab, lab_id=lab_id, is_active=active)

    def delete_command(self, lab_id: str, code: str) -> str:
        """The command for `delete`."""
        return self._command(DeleteLab, lab_id=lab_id, confirm_code=code)


def words_of(text: str) -> list[str]:
    """The names in a text, parted by commas or spaces."""
    return text.replace(",", " ").split()


def _fields(values: Values) -> dict[str, Any]:
    return {name: values.get(name, "") for name in ("name", "code", "description")}


def _changed(changes: Values) -> dict[str, Any]:
    fields: dict[str, Any] = dict(changes)
    if "features" in fields:
        fields["features"] = words_of(changes["features"])
    return fields


def _item(lab: Lab) -> Item:
    state = "active" if lab.is_active else "inactive"
    cells = (lab.name, lab.code, state, moment(lab.created_at))
    return Item(lab.lab_id, cells, "" if lab.is_active else "muted")


def _view(reply: GetLabReply) -> LabView:
    lab = reply.lab
    mine = f"you are its {reply.my_role}" if reply.my_role else "you are no member"
    state = "active" if lab.is_active else "not active: nothing granted in it counts"
    return LabView(
        lab.lab_id,
        lab.code,
        lab.is_active,
        {
            "name": lab.name,
            "description": lab.description,
            "features": ", ".join(lab.features),
        },
        f"Code {lab.code}, {state}. Made {moment(lab.created_at)}; {mine}.",
    )


def _counted(reply: GetLabStatisticsReply) -> str:
    roles = ", ".join(f"{n} {role}" for role, n in sorted(reply.by_role.items()) if n)
    text = f"{counted(reply.members, 'member')}, {reply.active} active"
    text += f" ({roles}). " if roles else ". "
    text += f"{reply.recent_logins} signed in and {reply.recently_joined} joined in 7 "
    text += f"days; {reply.never_logged_in} never signed in"
    return f"{text}, {reply.suspended} suspended."
