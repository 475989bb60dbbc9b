"""One role in full: what it allows and denies, and who has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typing_extensions import override

from gui.controllers.credentials import Item
from gui.controllers.problems import Problem
from gui.controllers.roles import Role, Roles, days_wrong
from gui.controllers.who import WHO
from gui.controllers.wording import counted
from gui.views.lists import ListPane
from gui.views.role_questions import allow_or_deny, edit_role
from gui.views.stage import Stage, tell
from gui.widgets.basics import Frame, button, frame, label, px, wrap_within
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.notice import Notice
from gui.widgets.rows import Column


class RolePane(Frame):
    """Shows the role that was selected last. `changed` is called after a change."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        roles: Roles,
        changed: Callable[[str], object],
        gone: Callable[[], object],
    ) -> None:
        """Empty, until `show`."""
        super().__init__(parent, padding=(px(parent, 14), 0, 0, 0), name="role")
        self.stage, self.roles, self._changed = stage, roles, changed
        self._gone = gone
        self.role: Role | None = None
        self._wanted = ""
        self.columnconfigure(0, weight=1)
        self.rowconfigure((5, 6), weight=1)
        gap = px(self, 6)
        self.title = label(self, font="heading", wrap=520, name="rolename")
        self.description = label(self, wrap=520)
        self.facts = label(self, font="small", look="secondary", wrap=520)
        lines = (self.title, self.description, self.facts)
        for row, line in enumerate(lines):
            line.grid(row=row, column=0, sticky="w", pady=(0, gap))
        wrap_within(self, lines)
        acts = frame(self, name="acts")
        acts.grid(row=3, column=0, sticky="w", pady=(0, gap))
        self.edit_button = button(acts, "Edit…", self.edit, name="edit")
        self.edit_button.pack(side="left", padx=(0, gap))
        self.delete_button = button(
            acts, "Delete…", self.delete, kind="danger", name="delete"
        )
        self.delete_button.pack(side="left")
        self.notice = Notice(self, wrap=420)
        self.notice.grid(row=4, column=0, sticky="ew", pady=(0, gap))
        self.notice.clear()
        self._lists(gap)

    def _lists(self, gap: int) -> None:
        self.permissions = ListPane(
            self,
            "Permissions",
            (
                Column("permission", "Permission", 190),
                Column("effect", "The role", 150),
                Column("until", "Until", 130),
            ),
            name="permissions",
        )
        self.permissions.grid(row=5, column=0, sticky="nsew", pady=(0, gap))
        self.permissions.add_button(
            "Take out…", self.take_out, name="takeout", kind="danger", needs_row=True
        )
        self.permissions.add_button(
            "Allow or deny…", self.set_permissions, name="set", kind="primary"
        )
        self.holders = ListPane(
            self,
            "Who has it",
            (
                Column("username", "User name", 150),
                Column("where", "Where", 150),
                Column("until", "Until", 130),
            ),
            name="holders",
        )
        self.holders.grid(row=6, column=0, sticky="nsew")
        self.holders.add_button(
            "Take away…", self.revoke, name="revoke", kind="danger", needs_row=True
        )
        self.holders.add_button("Give…", self.assign, name="assign", kind="primary")

    def show(self, name: str) -> None:
        """Fetch a role."""
        self._wanted = name
        self.notice.clear()

        def came(role: Role) -> None:
            if self._wanted == role.name:
                self._fill(role)

        def failed(problem: Problem) -> None:
            if self.winfo_exists() and self._wanted == name:
                tell(self.notice, problem, lambda: self.show(name))

        self.roles.get(name, came, failed)

    def _fill(self, role: Role) -> None:
        self.role = role
        self.title.configure(text=role.name)
        self.description.configure(
            text=role.values["description"]
            or role.values["display_name"]
            or "Without description"
        )
        self.facts.configure(text=role.facts)
        self.delete_button.configure(state="disabled" if role.built_in else "normal")
        self.permissions.show(
            role.permissions,
            nothing=("No permission", "It neither allows nor denies anything."),
        )
        self.holders.title.configure(
            text=f"Who has it: {counted(role.holder_count, 'account')}"
        )
        self.holders.show(role.holders, nothing=("Nobody", "No account has this role."))

    @override
    def focus(self) -> None:
        """Put the focus on the first thing that can be done."""
        self.edit_button.focus_set()

    def _deleted(self, name: str) -> None:
        self.stage.toasts.show(f"{name} is gone.")
        self._gone()

    def _done(self, text: str) -> Callable[[Any], None]:
        def done(_: Any) -> None:
            self.stage.toasts.show(text)
            self._changed(self._wanted)

        return done

    # --- the role

    def edit(self) -> None:
        """Ask for another description, place in the tree or state."""
        role = self.role
        if role is None:
            return
        values = role.values

        def changes(answers: dict[str, str]) -> dict[str, str]:
            other = {n: text for n, text in answers.items() if text != values[n]}
            return {"name": role.name, **other}

        self.stage.ask(
            edit_role(self.roles, role, changes),
            lambda answers, done, failed: self.roles.save(
                changes(answers), done, failed
            ),
            self._done("Saved."),
        )

    def delete(self) -> None:
        """Delete the role, after a question."""
        role = self.role
        if role is None:
            return
        self.stage.ask(
            Question(
                f"Delete {role.name}",
                "",
                (
                    f"Only a role that nobody has can be deleted: {self._how_many()} now.",
                    "It cannot be undone; one of the same name would be another.",
                ),
                confirm="Delete the role",
                danger=True,
                command=lambda _: self.roles.delete_command(role.name),
            ),
            lambda _, done, failed: self.roles.delete(role.name, done, failed),
            lambda _: self._deleted(role.name),
        )

    # --- what it allows

    def set_permissions(self) -> None:
        """Ask what the role is to allow or deny."""
        name = self._wanted
        self.stage.ask(
            allow_or_deny(self.roles, name),
            lambda answers, done, failed: self.roles.set_permissions(
                name, answers, done, failed
            ),
            self._done(f"{name} is changed."),
        )

    def take_out(self) -> None:
        """Have the role neither allow nor deny what is selected."""
        name, chosen = self._wanted, self.permissions.selected
        values = {
            "permissions": " ".join(item.key for item in chosen),
            "effect": "revoke",
        }
        self.stage.ask(
            Question(
                f"Take {counted(len(chosen), 'permission')} out of {name}",
                ", ".join(item.key for item in chosen),
                (
                    f"Counts at once, for {self._how_many()} and roles below.",
                    "What is inherited is not taken out here.",
                ),
                confirm="Take out",
                danger=True,
                command=lambda _: self.roles.set_command(name, values),
            ),
            lambda _, done, failed: self.roles.set_permissions(
                name, values, done, failed
            ),
            self._done(f"{name} is changed."),
        )

    def _how_many(self) -> str:
        return counted(self.role.holder_count if self.role else 0, "account")

    # --- who has it

    def assign(self) -> None:
        """Ask who is to have it."""
        name = self._wanted
        self.stage.ask(
            Question(
                f"Give {name}",
                "It counts everywhere, beside the primary role of the account.",
                fields=(
                    FieldSpec(WHO, "User name or mail address", required=True),
                    FieldSpec("days", "For so many days", check=days_wrong),
                    FieldSpec("reason", "Reason"),
                ),
                confirm="Give",
            ),
            lambda answers, done, failed: self.roles.assign(
                name, answers, done, failed
            ),
            self._done(f"{name} is given."),
        )

    def revoke(self) -> None:
        """Take it away from the one who is selected."""
        name = self._wanted
        holder: Item = self.holders.selected[0]
        self.stage.ask(
            Question(
                f"Take {name} away from {holder.cells[0]}",
                "",
                (
                    "What only this role allows ends at once. It can be given again.",
                    "A primary role is changed with the account instead.",
                ),
                confirm="Take away",
                danger=True,
                command=lambda _: self.roles.revoke_command(name, holder),
            ),
            lambda _, done, failed: self.roles.revoke(name, holder, done, failed),
            self._done(f"{holder.cells[0]} has {name} no more."),
        )
