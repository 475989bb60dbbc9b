"""Invitations: by state, in a table; invite, send again, take back."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from gui.controllers.invitations import OPEN, STATE_CELL, STATES, Invitations
from gui.controllers.known import Known
from gui.controllers.lab_members import ROLES
from gui.controllers.roles import days_wrong
from gui.views.stage import Page, Stage
from gui.views.streams import StreamPane
from gui.widgets.basics import choice, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column

ANY: Final = "any state"


class InvitationsPage(Page):
    """Those that one may see: one's own, or with the permission all."""

    title = "Invitations"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.invitations, self.known = Invitations(stage.desk), Known(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        bar, gap = frame(self.body, name="bar"), px(self, 8)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Show").pack(side="left", padx=(0, gap))
        self.state_box = choice(bar, (ANY, *STATES), name="state", width=14)
        self.state_box.pack(side="left")
        self.state_box.bind("<<ComboboxSelected>>", lambda _: self.open())
        self.list = StreamPane(
            self.body,
            "Who was invited",
            (
                Column("email", "Mail address", 260),
                Column("roles", "Is to be", 200),
                Column("state", "State", 90),
                Column("created", "Invited", 140),
                Column("until", "Good until", 140),
            ),
            name="invitations",
        )
        self.list.grid(row=1, column=0, sticky="nsew")
        self.cancel_button = self.list.add_button(
            "Take back…", self.cancel, name="takeback", kind="danger", needs_row=True
        )
        self.resend_button = self.list.add_button(
            "Send again…", self.resend, name="resend", needs_row=True
        )
        self.list.add_button("Invite…", self.invite, name="invite", kind="primary")
        self.list.on_selected = self._selected

    @override
    def open(self) -> None:
        """Fetch those of the state that was chosen."""
        self.stage.root.bind("<Control-n>", lambda _: self.invite())
        self.invitations.cancel()
        self.known.fetch_roles()
        chosen = str(self.state_box.get())
        found = Invitations(self.stage.desk, "" if chosen == ANY else chosen)
        self.invitations = found
        self.begin()

        def came() -> None:
            self.end()
            nothing = ("No invitation", "Invite somebody by their mail address.")
            if found.state:
                nothing = (f"None is {found.state}", "Look at those of another state.")
            self.list.follow(found, nothing=nothing, failed=self.failing(self.open))

        found.begin(came, self.failing(self.open))

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        self.stage.root.unbind("<Control-n>")

    def _selected(self) -> None:
        states = {item.cells[STATE_CELL] for item in self.list.selected}
        open_ones = bool(states) and states <= set(OPEN)
        self.resend_button.configure(state="normal" if open_ones else "disabled")
        pending = states == {"pending"}
        self.cancel_button.configure(state="normal" if pending else "disabled")

    def _sent(self, sent: tuple[str, str]) -> None:
        email, token = sent
        self.open()
        if token:
            self.stage.show_secret(
                f"The invitation of {email}",
                "No mail was sent. Hand this over yourself; it is shown only now.",
                token,
            )
        else:
            self.stage.toasts.show(f"{email} is invited by mail.")

    def invite(self) -> None:
        """Ask whom."""
        self.stage.ask(
            Question(
                "Invite somebody",
                "They make their own account, and have these roles from the start.",
                fields=(
                    FieldSpec("email", "Mail address", required=True),
                    FieldSpec("lab", "Into the lab", hint="Its code; may be empty"),
                    FieldSpec(
                        "lab_role", "There as", "choice", "member", choices=ROLES
                    ),
                    FieldSpec("days", "Good for so many days", check=days_wrong),
                    FieldSpec("message", "Message to them"),
                    FieldSpec("send_email", "Send a mail", "check", "yes"),
                    FieldSpec(
                        "roles",
                        "Roles",
                        "ticks",
                        choices=self.known.roles,
                        hint="None: a user",
                    ),
                ),
                columns=2,
                confirm="Invite",
                command=self.invitations.invite_command,
            ),
            self.invitations.invite,
            self._sent,
        )

    def resend(self) -> None:
        """Send the one that is selected again."""
        item, invitations = self.list.selected[0], self.invitations
        self.stage.ask(
            Question(
                f"Invite {item.cells[0]} again",
                "",
                ("Its time begins anew. What was sent before stays good.",),
                (FieldSpec("send_email", "Send a mail", "check", "yes"),),
                confirm="Send again",
                command=lambda a: invitations.resend_command(item.key, a),
            ),
            lambda answers, done, failed: invitations.resend(
                item.key, answers, done, failed
            ),
            self._sent,
        )

    def cancel(self) -> None:
        """Take the one that is selected back."""
        item, invitations = self.list.selected[0], self.invitations
        self.stage.ask(
            Question(
                f"Take back the invitation of {item.cells[0]}",
                "",
                (
                    "What was sent counts for nothing from now on.",
                    "They can be invited once more.",
                ),
                confirm="Take back",
                danger=True,
                command=lambda _: invitations.cancel_command(item.key),
            ),
            lambda _, done, failed: invitations.cancel_one(item.key, done, failed),
            lambda _: self.open(),
        )
