"""Why may she? Who, what, where; and the answer in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from gui.controllers.known import Known
from gui.controllers.roles import PERMISSIONS
from gui.controllers.who import WHO
from gui.controllers.why import Answer, Why
from gui.views.stage import Page, Stage
from gui.widgets.basics import Frame, button, frame, label, px
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.notice import Notice, empty_state


class WhyPage(Page):
    """Explains one decision of the service."""

    title = "Why may she?"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """No question yet."""
        super().__init__(parent, stage, name=name)
        self.why, self.known = Why(stage.desk), Known(stage.desk)
        self.answer: Answer | None = None
        gap = px(self, 10)
        self.body.columnconfigure(1, weight=1)
        self.body.rowconfigure(0, weight=1)
        left = frame(self.body, name="question")
        left.grid(row=0, column=0, sticky="nw", padx=(0, px(self, 30)))
        left.columnconfigure(0, weight=1, minsize=px(self, 320))
        self.form = Form(
            left,
            (
                FieldSpec(WHO, "Who: user name or mail address", required=True),
                FieldSpec(
                    "permission",
                    "What: a permission",
                    "choice",
                    PERMISSIONS[0],
                    choices=PERMISSIONS,
                    free=True,
                    required=True,
                    hint="Choose one, or type one of your own programs",
                ),
                FieldSpec("lab", "Where: code of a lab", hint="Empty: everywhere"),
            ),
            name="form",
        )
        self.form.grid(row=0, column=0, sticky="ew")
        self.form.on_return(self.explain)
        button(left, "Explain", self.explain, kind="primary", name="explain").grid(
            row=1, column=0, sticky="w", pady=gap
        )
        self.right = frame(self.body, name="answer")
        self.right.grid(row=0, column=1, sticky="nsew")
        self._shown: Frame = empty_state(
            self.right,
            "Nothing asked yet",
            "The service tells which role, grant or denial decides.",
            icon="question-circle",
        )
        self._shown.pack(anchor="n")

    @override
    def open(self) -> None:
        """Ready for a question; the one before is still there."""
        self.known.fetch_permissions(self._offer)
        self.form.focus_first()

    def _offer(self, names: Sequence[str]) -> None:
        if self.winfo_exists():
            self.form.field("permission").offer(names)

    def explain(self) -> None:
        """Ask the service, if the question is complete."""
        if self.spinner.running or not self.form.judge():
            return
        self.begin("Asking…")
        self.why.explain(
            self.form.values(), self._came, self.failing(self.explain, self.form)
        )

    def _came(self, answer: Answer) -> None:
        self.end()
        self.answer = answer
        self._shown.destroy()
        self._shown = box = frame(self.right)
        box.pack(fill="x", anchor="n")
        box.columnconfigure(0, weight=1)
        verdict = Notice(box, wrap=460)
        verdict.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 10)))
        verdict.show(answer.text, "success" if answer.allowed else "danger")
        for row, reason in enumerate(answer.reasons, 1):
            label(box, reason, wrap=500).grid(
                row=row, column=0, sticky="w", pady=(0, px(self, 6))
            )
