"""Invitations: who was asked to come, with what they are to be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, cast

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.labs import words_of
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.wording import listed, moment
from ums_client.protocol.invitations import (
    CancelInvitation,
    InvitationView,
    InviteUser,
    ListInvitations,
    ResendInvitation,
)
from ums_client.protocol.labs import GetLab

FailedWith = Callable[[Problem], object]
Values = dict[str, str]
Sent = Callable[[tuple[str, str]], object]
"""Gets the address, and the token where no mail was to be sent."""
State = Literal["pending", "accepted", "declined", "cancelled", "expired"]
STATES: Final[tuple[State, ...]] = (
    "pending",
    "accepted",
    "declined",
    "cancelled",
    "expired",
)
OPEN: Final = ("pending", "expired")
"""The states in which an invitation can be sent again."""
_TONES: Final = {"cancelled": "muted", "declined": "muted", "expired": "warning"}
STATE_CELL: Final = 2


class Invitations(Streamed):
    """Invitations in a state, or all of them; and what can be done with them."""

    def __init__(self, desk: Desk, state: str = "") -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.state = desk, state

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page."""
        state = cast("State", self.state) if self.state else None
        return self.desk.ask(
            lambda: ListInvitations(
                state=state, all=self.desk.may("invitations.manage"), cursor=cursor
            ),
            lambda reply: then(
                [_item(one) for one in reply.invitations], reply.next_cursor
            ),
            failed,
        )

    def invite(self, values: Values, then: Sent, failed: FailedWith) -> None:
        """Invite somebody."""
        code = values.get("lab", "").strip()

        def send(lab_id: str | None) -> None:
            self.desk.ask(
                lambda: InviteUser(**_fields(values, lab_id)),
                lambda reply: then((reply.invitation.email, reply.token or "")),
                failed,
            )

        if not code:
            send(None)
            return
        self.desk.ask(
            lambda: GetLab(code=code),
            lambda reply: send(reply.lab.lab_id),
            lambda problem: failed(Problem(problem.text, (("lab", problem.text),))),
        )

    def resend(self, key: str, values: Values, then: Sent, failed: FailedWith) -> None:
        """Send one again, its time begins anew."""
        self.desk.ask(
            lambda: ResendInvitation(
                invitation_id=key, send_email=bool(values["send_email"])
            ),
            lambda reply: then((reply.invitation.email, reply.token or "")),
            failed,
        )

    def cancel_one(
        self, key: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Take one back."""
        self.desk.ask(lambda: CancelInvitation(invitation_id=key), then, failed)

    # --- the same from a shell

    def invite_command(self, values: Values) -> str:
        """The command for `invite`, into no lab."""
        fields = _fields(values, None)
        return shell_command(self.desk.place, InviteUser, **fields)

    def resend_command(self, key: str, values: Values) -> str:
        """The command for `resend`."""
        return shell_command(
            self.desk.place,
            ResendInvitation,
            invitation_id=key,
            send_email=bool(values["send_email"]),
        )

    def cancel_command(self, key: str) -> str:
        """The command for `cancel_one`."""
        return shell_command(self.desk.place, CancelInvitation, invitation_id=key)


def _fields(values: Values, lab_id: str | None) -> dict[str, Any]:
    days = values.get("days", "").strip()
    return {
        "email": values["email"].strip(),
        "roles": words_of(values.get("roles", "")) or None,
        "lab_id": lab_id,
        "lab_role": values["lab_role"] if lab_id else None,
        "expires_in_days": int(days) if days else None,
        "message": values.get("message", ""),
        "send_email": bool(values.get("send_email")),
    }


def _item(one: InvitationView) -> Item:
    roles = listed(one.roles)
    if one.lab_role:
        roles = listed([*one.roles, f"{one.lab_role} of a lab"])
    cells = (
        one.email,
        roles,
        one.state,
        moment(one.created_at),
        moment(one.expires_at),
    )
    return Item(one.invitation_id, cells, _TONES.get(one.state, ""))
