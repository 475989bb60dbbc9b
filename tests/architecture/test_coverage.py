"""docs/coverage.md: every endpoint of the systems before has its action here."""

import re
from pathlib import Path
from typing import Final

import pytest

from ums_client.protocol.actions import ACTION_BY_NAME

PAGE: Final = Path(__file__).parents[2] / "docs" / "coverage.md"
ORIGINAL: Final = {
    "create_user",
    "login",
    "logout",
    "get_user",
    "update_user",
    "delete_user",
    "list_users",
    "health_check",
}


def rows() -> list[tuple[str, str]]:
    """Endpoint and actions of every row of every table."""
    found = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    return [row for row in found if row[1] not in ("action", "here", "---")]


def actions_of(row: tuple[str, str]) -> list[str]:
    return re.findall(r"`(\w+)`", row[1])


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_an_endpoint_is_reached_by_actions_that_are_there(row: tuple[str, str]):
    named = actions_of(row)
    assert named, "no action is named"
    assert [name for name in named if name not in ACTION_BY_NAME] == []


def test_the_actions_of_the_original_service_have_their_names():
    same = {row[0] for row in rows() if actions_of(row) == [row[0]]}
    assert same == ORIGINAL
