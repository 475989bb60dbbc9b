"""One lab in full: what it is, its numbers, its members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typing_extensions import override

from gui.controllers.credentials import Item
from gui.controllers.lab_members import ROLES, Members
from gui.controllers.lab_policy import LabPolicies
from gui.controllers.labs import Labs, LabView
from gui.controllers.problems import Problem
from gui.controllers.who import WHO
from gui.views.lab_policy import edit_policy
from gui.views.stage import Stage, tell
from gui.views.streams import StreamPane
from gui.widgets.basics import Frame, button, frame, label, px, wrap_within
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.notice import Notice
from gui.widgets.rows import Column


class LabPane(Frame):
    """Shows the lab that was selected last. `changed` is called after a change."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        labs: Labs,
        changed: Callable[[str], object],
        gone: Callable[[], object],
    ) -> None:
        """Empty, until `show`."""
        super().__init__(parent, padding=(px(parent, 14), 0, 0, 0), name="lab")
        self.stage, self.labs, self._changed = stage, labs, changed
        self._gone = gone
        self.lab: LabView | None = None
        self.members = Members(stage.desk, "")
        self.columnconfigure(0, weight=1)
        self.rowconfigure(6, weight=1)
        gap = px(self, 6)
        self.title = label(self, font="heading", wrap=520, name="labname")
        self.description = label(self, wrap=520, name="description")
        self.facts = label(self, font="small", look="secondary", wrap=520)
        self.numbers = label(self, font="small", wrap=520, name="numbers")
        lines = (self.title, self.description, self.facts, self.numbers)
        for row, line in enumerate(lines):
            line.grid(row=row, column=0, sticky="w", pady=(0, gap))
        wrap_within(self, lines)
        self._buttons().grid(row=4, column=0, sticky="w", pady=(0, gap))
        self.notice = Notice(self, wrap=420)
        self.notice.grid(row=5, column=0, sticky="ew", pady=(0, gap))
        self.notice.clear()
        self._members()

    def _buttons(self) -> Frame:
        row, gap = frame(self, name="acts"), px(self, 6)
        self.edit_button = button(row, "Edit…", self.edit, name="edit")
        self.state_button = button(row, "", self.change_state, name="state")
        self.delete_button = button(
            row, "Delete…", self.delete, kind="danger", name="delete"
        )
        self.policy_button = button(row, "Policy…", self.edit_policy, name="policy")
        made = (
            self.edit_button,
            self.policy_button,
            self.state_button,
            self.delete_button,
        )
        for one in made:
            one.pack(side="left", padx=(0, gap))
        if not self.stage.desk.may("labs.manage"):
            self.state_button.pack_forget()
            self.delete_button.pack_forget()
        return row

    def _members(self) -> None:
        columns = (
            Column("username", "User name", 100),
            Column("full_name", "Full name", 140),
            Column("role", "Role", 70),
            Column("state", "State", 65),
            Column("joined", "Since", 130),
        )
        self.list = pane = StreamPane(self, "Members", columns, name="members")
        pane.grid(row=6, column=0, sticky="nsew")
        pane.add_button(
            "Remove…", self.remove, name="remove", kind="danger", needs_row=True
        )
        pane.add_button("Change…", self.change, name="change", needs_row=True)
        pane.add_button("Add…", self.add, name="add", kind="primary")
        pane.open_with(self.change)

    # --- what is shown

    def show(self, lab_id: str) -> None:
        """Fetch a lab, its numbers and its members."""
        self.members.cancel()
        self.members = Members(self.stage.desk, lab_id)
        self.list.table.clear_selection()
        self.notice.clear()
        self.numbers.configure(text="Counting…")

        def again() -> None:
            self.show(lab_id)

        def failed(problem: Problem) -> None:
            if self.winfo_exists() and self.members.lab_id == lab_id:
                tell(self.notice, problem, again)

        self.labs.get(lab_id, self._came, failed)
        self.labs.statistics(
            lab_id,
            lambda text: self._count(lab_id, text),
            lambda _: self._count(lab_id, "Its members are counted for those who "
                                          "administer it."),
        )  # fmt: skip
        self.fetch_members()

    def fetch_members(self) -> None:
        """Fetch the first members."""
        members = self.members

        def failed(problem: Problem) -> None:
            if self.winfo_exists():
                tell(self.notice, problem, self.fetch_members)

        def came() -> None:
            self.list.follow(
                members,
                nothing=("No member", "Add the first one by user name or address."),
                failed=failed,
            )

        members.begin(came, failed)

    def _came(self, lab: LabView) -> None:
        if lab.lab_id != self.members.lab_id:
            return
        self.lab = lab
        self.title.configure(text=lab.name)
        self.description.configure(
            text=lab.values["description"] or "Without description"
        )
        self.facts.configure(text=lab.facts)
        self.state_button.configure(text="Deactivate…" if lab.active else "Activate…")

    def _count(self, lab_id: str, text: str) -> None:
        if lab_id == self.members.lab_id:
            self.numbers.configure(text=text)

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
            self._changed(self.members.lab_id)

        return done

    # --- the lab

    def edit(self) -> None:
        """Ask for another name, description or features."""
        lab = self.lab
        if lab is None:
            return
        values = lab.values
        fields = [
            FieldSpec("name", "Name", value=values["name"], required=True),
            FieldSpec("description", "Description", "lines", values["description"]),
        ]
        if self.stage.desk.may("labs.manage"):
            hint = "Names with commas, such as: exports, review"
            fields.append(
                FieldSpec("features", "Features", value=values["features"], hint=hint)
            )

        def changes(answers: dict[str, str]) -> dict[str, str]:
            return {n: text for n, text in answers.items() if text != values[n]}

        self.stage.ask(
            Question(
                f"Edit {lab.name}",
                fields=fields,
                confirm="Save",
                command=lambda a: self.labs.update_command(lab.lab_id, changes(a)),
            ),
            lambda answers, done, failed: self.labs.update(
                lab.lab_id, changes(answers), done, failed
            ),
            self._done("Saved."),
        )

    def edit_policy(self) -> None:
        """Ask what the lab should ask of its members."""
        lab = self.lab
        if lab is None:
            return
        LabPolicies(self.stage.desk).get(
            lab.lab_id,
            lambda policy: edit_policy(self.stage, lab, policy),
            lambda problem: tell(self.notice, problem, self.edit_policy),
        )

    def change_state(self) -> None:
        """Take the lab out of use, or back into it."""
        lab = self.lab
        if lab is None:
            return
        to = not lab.active
        off = (
            "Its members stay, but nothing that was granted in it counts.",
            "It can be activated again; all is as before then.",
        )
        on = ("What was granted in it counts again.",)
        self.stage.ask(
            Question(
                f"{'Activate' if to else 'Deactivate'} {lab.name}",
                "",
                on if to else off,
                confirm="Activate" if to else "Deactivate",
                danger=not to,
                command=lambda _: self.labs.active_command(lab.lab_id, active=to),
            ),
            lambda _, done, failed: self.labs.set_active(
                lab.lab_id, done, failed, active=to
            ),
            lambda _: self._turned(lab, active=to),
        )

    def _turned(self, lab: LabView, *, active: bool) -> None:
        """Show it as it is now, also where the list leaves it out."""
        self.show(lab.lab_id)
        self._done(f"{lab.name} is {'active' if active else 'out of use'}.")(None)

    def delete(self) -> None:
        """Delete the lab, once its code was typed."""
        lab = self.lab
        if lab is None:
            return
        self.stage.ask(
            Question(
                f"Delete {lab.name}",
                "",
                (
                    f"All memberships and grants in it end ({self._how_many()}).",
                    "The accounts stay, and so does what the audit log has of it.",
                    "It cannot be undone.",
                ),
                (
                    FieldSpec(
                        "confirm_code",
                        f"Type its code, {lab.code}, to confirm",
                        required=True,
                    ),
                ),
                confirm="Delete the lab",
                danger=True,
                command=lambda a: self.labs.delete_command(
                    lab.lab_id, a["confirm_code"]
                ),
            ),
            lambda answers, done, failed: self.labs.delete(
                lab.lab_id, answers["confirm_code"], done, failed
            ),
            lambda _: self._deleted(lab.name),
        )

    def _how_many(self) -> str:
        more = "more than " if self.members.total > len(self.members.fetched) else ""
        return f"members: {more}{len(self.members.fetched)}"

    # --- its members

    def add(self) -> None:
        """Ask for an account to be a member."""
        self.stage.ask(
            Question(
                "Add a member",
                fields=(
                    FieldSpec(WHO, "User name or mail address", required=True),
                    FieldSpec("role", "As", "choice", "member", choices=ROLES),
                ),
                confirm="Add",
                command=self.members.add_command,
            ),
            self.members.add,
            self._done("Added."),
        )

    def change(self) -> None:
        """Ask what a member is to be."""
        member, members = self.list.selected[0], self.members
        username, _, role, state, _ = member.cells
        self.stage.ask(
            Question(
                f"{username} in {self.title.cget('text')}",
                "A membership that is not active counts for nothing.",
                fields=(
                    FieldSpec("role", "Role", "choice", role, choices=ROLES),
                    FieldSpec("active", "Active", "check", "yes" * (state == "active")),
                ),
                confirm="Save",
                command=lambda a: members.change_command(
                    member.key, a["role"], active=bool(a["active"])
                ),
            ),
            lambda a, done, failed: members.change(
                member.key, a["role"], done, failed, active=bool(a["active"])
            ),
            self._done(f"{username} is changed."),
        )

    def remove(self) -> None:
        """Take the member out, after a question."""
        member: Item = self.list.selected[0]
        members, username = self.members, member.cells[0]
        self.stage.ask(
            Question(
                f"Remove {username}",
                "",
                (
                    "The membership ends, with all that was granted in the lab.",
                    "The account itself stays. It can be added again.",
                ),
                confirm="Remove",
                danger=True,
                command=lambda _: members.remove_command(member.key),
            ),
            lambda _, done, failed: members.remove(member.key, done, failed),
            self._done(f"{username} is no member any more."),
        )
