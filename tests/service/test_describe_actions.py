"""What the service tells of its actions is what the tables say."""

import pytest

from tests.service.harness import (
    Bench,
)
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
    ACTIONS,
)

OF_A_LAB = {("create_lab", "code"), ("get_lab", "code")}
"""Codes that name a lab, and prove nothing."""


def is_secret(action: str, field: str) -> bool:
    if (action, field) in OF_A_LAB or action == "update_policy":  # what it asks of them
        return False
    answers = {"code", "mfa_code", "assertion", "credential"}
    return "password" in field or field.endswith("token") or field in answers


def test_descriptions_match_the_tables(standard: Bench):
    described = standard.ask(action="describe_actions")["actions"]
    assert [entry["name"] for entry in described] == [action.name for action in ACTIONS]
    for entry, action in zip(described, ACTIONS, strict=True):
        assert entry["access"] == action.access.value
        assert entry["repeat"] == action.repeat.value
        assert entry["wrapper"] == action.request.wrapper
        assert entry["summary"]
        fields = {field["name"]: field for field in entry["fields"]}
        assert set(fields) == set(action.request.model_fields)
        for name, info in action.request.model_fields.items():
            assert fields[name]["required"] == info.is_required()
            secret = is_secret(action.name, name) and info.annotation is not bool
            assert fields[name]["secret"] == secret
        replied = {field["name"] for field in entry["reply"]}
        assert replied == set(action.request.reply_type().model_fields)


@pytest.mark.parametrize("name", list(ACTION_BY_NAME))
def test_one_action_can_be_described_alone(standard: Bench, name: str):
    [entry] = standard.ask(action="describe_actions", name=name)["actions"]
    assert entry["name"] == name


def test_types_are_told_in_words(standard: Bench):
    [entry] = standard.ask(action="describe_actions", name="update_user")["actions"]
    kinds = {field["name"]: field["type"] for field in entry["fields"]}
    assert kinds["city"] == "text"
    assert kinds["metadata"] == "object"
    assert "any" not in {
        f["type"]
        for a in standard.ask(action="describe_actions")["actions"]
        for f in a["fields"] + a["reply"]
    }
