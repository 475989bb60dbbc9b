"""The dialogs about the policy of a lab: its values, then what a change means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from gui.controllers.lab_policy import ADDRESSES, RULES, LabPolicies, LabPolicy, Rule
from gui.controllers.labs import Labs, LabView
from gui.views.stage import Stage
from gui.widgets.dialogs import Answers, Question, Sheet
from gui.widgets.forms import FieldSpec

AS_SERVICE = ""


def edit_policy(stage: Stage, lab: LabView, policy: LabPolicy) -> Sheet:
    """Ask what the lab should ask; nothing is done before the next question."""

    def submit(answers: Answers, sheet: Sheet) -> None:
        fields = policy.fields(answers)
        if not fields:
            sheet.say("Nothing is other than before.", "info")
            return
        _confirm(stage, lab, policy, fields, sheet)

    return stage.dialogs.open(
        Question(
            f"What {lab.name} asks of its members",
            "What is left empty is as the service asks. A lab can ask for more, never "
            "for less; who is in several labs is held to the strictest.",
            fields=(
                *(_field(rule, policy) for rule in RULES),
                FieldSpec(
                    ADDRESSES,
                    "Sign in only from these networks",
                    value=policy.typed()[ADDRESSES],
                    hint="For example 192.0.2.0/24; empty: everywhere",
                ),
            ),
            columns=3,
            confirm="Go on…",
            command=lambda v: LabPolicies(stage.desk).command(
                policy.lab_id, policy.fields(v)
            ),
        ),
        submit,
    )


def _field(rule: Rule, policy: LabPolicy) -> FieldSpec:
    least = policy.service[rule.name]
    choices = rule.at_least(least)
    return FieldSpec(
        rule.name,
        rule.title,
        "choice" if choices else "text",
        policy.typed()[rule.name],
        hint=f"The service: {rule.shown(least)}",
        choices=(AS_SERVICE, *choices) if choices else (),
        check=partial(_fault, rule, least),
    )


def _fault(rule: Rule, least: Any, text: str) -> str:
    return rule.fault(text, least)


def _confirm(
    stage: Stage,
    lab: LabView,
    policy: LabPolicy,
    fields: Mapping[str, Any],
    behind: Sheet,
) -> None:
    """Say what a change means and to whom; then do it."""
    policies = LabPolicies(stage.desk)

    def changed(_: Any) -> None:
        behind.close()
        stage.toasts.show(
            f"{lab.name} asks something else of its members.",
            action="Undo",
            command=lambda: policies.change(
                policy.lab_id,
                policy.back(fields),
                lambda _: stage.toasts.show("It is as before."),
                lambda problem: stage.toasts.show(problem.text, "warning"),
            ),
        )

    def ask(numbers: str) -> None:
        stage.ask(
            Question(
                f"Change the policy of {lab.name}",
                numbers,
                (
                    *policy.told(fields),
                    "It holds for all members from the next sign-in or password on.",
                ),
                confirm="Change the policy",
                danger=True,
                command=lambda _: policies.command(policy.lab_id, fields),
            ),
            lambda _, done, failed: policies.change(
                policy.lab_id, fields, done, failed
            ),
            changed,
        )

    Labs(stage.desk).statistics(lab.lab_id, ask, lambda problem: ask(problem.text))
