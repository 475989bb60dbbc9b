"""The buttons above an account: each says in a dialog what will happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.credentials import days_fault
from gui.controllers.users import Person, Users
from gui.views.stage import Stage
from gui.widgets.basics import Frame, button, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec

MODES: Final = {
    "at the next sign-in": "flag",
    "by a link in a mail": "mail_reset",
    "with a temporary password": "temporary",
}
_REASON: Final = FieldSpec(
    "reason", "Reason", required=True, hint="The owner reads it."
)


class PersonActions(Frame):
    """Suspend, activate, unlock, force a change, delete: what one may, and what fits."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        users: Users,
        person: Person,
        done: Callable[[], object],
        gone: Callable[[], object],
    ) -> None:
        """`done` is called when something has been done, `gone` when it was deleted."""
        super().__init__(parent, name="actions")
        self.stage, self.users, self.person, self._done = stage, users, person, done
        self._gone = gone
        self.who = person.values["username"]
        may = stage.desk.may
        offered: list[tuple[str, str, Any, Callable[[], object]]] = []
        if may("users.status"):
            if person.status == "active":
                offered.append(("Suspend…", "suspend", "plain", self._suspend))
                offered.append(("Deactivate…", "deactivate", "plain", self._deactivate))
            else:
                offered.append(("Activate…", "activate", "primary", self._activate))
            offered.append(("Unlock", "unlock", "plain", self._unlock))
        if may("credentials.manage"):
            offered.append(("Force password change…", "force", "plain", self._force))
        if may("users.delete"):
            offered.append(("Delete…", "delete", "danger", self._delete))
        for number, (text, name, kind, command) in enumerate(offered):
            made = button(self, text, command, kind=kind, name=name)
            made.grid(
                row=number // 3,
                column=number % 3,
                sticky="ew",
                padx=(0, px(self, 6)),
                pady=(0, px(self, 6)),
            )

    @property
    def with_focus(self) -> str:
        """The name of the button that has the focus, if one has."""
        if not self.winfo_exists():
            return ""
        at = self.focus_get()
        return next((n for n, made in self.children.items() if made is at), "")

    def focus_on(self, name: str) -> None:
        """Put the focus on the button of that name, or on the first."""
        first, *_ = self.children.values()
        self.children.get(name, first).focus_set()

    def _finished(self, text: str) -> None:
        self.stage.toasts.show(text)
        self._done()

    def _set_status(
        self, status: str, title: str, lines: tuple[str, ...], fields: Any, word: str
    ) -> None:
        users, user_id = self.users, self.person.user_id
        self.stage.ask(
            Question(
                f"{title} {self.who}",
                "",
                lines,
                fields,
                confirm=title,
                danger=status != "active",
                command=lambda v: users.status_command(user_id, status, v),
            ),
            lambda v, done, failed: users.set_status(user_id, status, v, done, failed),
            lambda _: self._finished(f"{self.who} is {word}."),
        )

    def _suspend(self) -> None:
        self._set_status(
            "suspended",
            "Suspend",
            (
                "Its sessions end at once, and it cannot sign in.",
                "The owner is told by mail, with the reason.",
                "It can be activated again at any time.",
            ),
            (
                _REASON,
                FieldSpec(
                    "days",
                    "For so many days",
                    hint="Empty: until further notice",
                    check=days_fault,
                ),
            ),
            "suspended",
        )

    def _deactivate(self) -> None:
        self._set_status(
            "inactive",
            "Deactivate",
            (
                "Its sessions end at once, and it cannot sign in.",
                "It can be activated again at any time.",
            ),
            (_REASON,),
            "inactive",
        )

    def _activate(self) -> None:
        self._set_status(
            "active",
            "Activate",
            ("It can sign in again.",),
            (FieldSpec("reason", "Reason", hint="The owner reads it."),),
            "active again",
        )

    def _unlock(self) -> None:
        self.users.unlock(
            self.person.user_id,
            self._finished,
            lambda problem: self.stage.toasts.show(problem.text, "warning"),
        )

    def _force(self) -> None:
        users, user_id = self.users, self.person.user_id

        def finished(password: str) -> None:
            self._finished(f"{self.who} has to choose another password.")
            if password:
                self.stage.show_secret(
                    f"Temporary password of {self.who}",
                    "It is shown only now, and is good for choosing another one only.",
                    password,
                )

        self.stage.ask(
            Question(
                f"Have {self.who} choose another password",
                "",
                ("Its sessions end at once.",),
                (
                    FieldSpec(
                        "mode", "How", "choice", next(iter(MODES)), choices=[*MODES]
                    ),
                    FieldSpec("reason", "Reason"),
                ),
                confirm="Force a change",
                danger=True,
                command=lambda v: users.force_command(
                    user_id, MODES[v["mode"]], v["reason"]
                ),
            ),
            lambda v, done, failed: users.force_change(
                user_id, MODES[v["mode"]], v["reason"], done, failed
            ),
            finished,
        )

    def _delete(self) -> None:
        users, user_id = self.users, self.person.user_id
        self.stage.ask(
            Question(
                f"Delete {self.who}",
                "",
                (
                    "It is signed out everywhere and cannot sign in any more.",
                    "Its user name and mail address are free for others.",
                    "It can be brought back for a while, unless it is erased.",
                ),
                (
                    FieldSpec("reason", "Reason"),
                    FieldSpec("erase", "Erase at once: it cannot be undone", "check"),
                    FieldSpec(
                        "password", "Your own password", "password", required=True
                    ),
                ),
                confirm="Delete",
                danger=True,
                command=lambda v: users.delete_command(user_id, v),
            ),
            lambda v, done, failed: users.delete(user_id, v, done, failed),
            lambda reply: self._deleted(reply.purge_after is not None),
        )

    def _deleted(self, can_be_restored: bool) -> None:  # noqa: FBT001 - one fact
        self._gone()
        if not can_be_restored:
            self.stage.toasts.show(f"{self.who} is erased.")
            return
        users, user_id = self.users, self.person.user_id
        self.stage.toasts.show(
            f"{self.who} is deleted.",
            action="Undo",
            command=lambda: users.restore(
                user_id,
                lambda _: self._finished(f"{self.who} is back."),
                lambda problem: self.stage.toasts.show(problem.text, "warning"),
            ),
        )
