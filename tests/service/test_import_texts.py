"""Imports of texts in three formats: read strictly, and told by their places."""

import json

import pytest

from tests.service.harness import Bench
from tests.service.importing import imported, row, verdicts
from ums_service.domain.users import USERS


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "csv",
            (
                "Username,email,full_name,email_verified,metadata,user_id\r\n"
                'al1ce,al1ce@example.org,"A, ""B""",yes,"{""a"": [1]}",77\r\n'
                "bob,bob@example.org,'=SUM(1),,,\r\n"
            ),
        ),
        (
            "jsonl",
            (
                '{"username": "al1ce", "email": "al1ce@example.org", "user_id": "77", '
                '"full_name": "A, \\"B\\"", "email_verified": true, "metadata": {"a": [1]}}\n\n'
                '{"username": "bob", "email": "bob@example.org", "full_name": "=SUM(1)"}\n'
            ),
        ),
        (
            "json",
            (
                '[{"username": "al1ce", "email": "al1ce@example.org", '
                '"full_name": "A, \\"B\\"", "email_verified": true, "metadata": {"a": [1]}},'
                '{"username": "bob", "email": "bob@example.org", "full_name": "=SUM(1)"}]'
            ),
        ),
    ],
)
def test_text_is_read_in_three_formats(standard: Bench, kind: str, text: str):
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert verdicts(reply) == ["create", "create"], reply
    first, second = standard.user("al1ce"), standard.user("bob")
    assert first.full_name == 'A, "B"'
    assert (first.email_verified, first.metadata) == (True, {"a": [1]})
    assert second.full_name == "=SUM(1)"


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("csv", "username,email\na,b,c\n", "line 2"),
        ("csv", "username,username\na,b\n", "line 1"),
        ("csv", 'username,email\n"a,b\n', "line"),
        ("jsonl", '{"username": "a"}\n{"username"\n', "line 2"),
        ("jsonl", "[1]\n", "line 1"),
        ("json", '{"username": "a"}', "list"),
        ("json", "[[]]", "row 1"),
        ("json", "[" * 50_000, "deep"),
        ("jsonl", "", "no rows"),
        ("csv", "username,email\n", "no rows"),
        ("jsonl", "{}\n" * 1_001, "at most"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    standard: Bench, kind: str, text: str, place: str
):
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert reply["code"] == "INVALID_REQUEST"
    assert place in reply["message"], reply
    assert standard.store.count(USERS) == 1


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", "9" * 30, '"\\ud800"', '{"b": 1, "b": 2}', "[" * 14],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_text_is_read_as_strictly_as_messages(standard: Bench, kind: str, value: str):
    value += "]" * value.count("[")
    metadata = f'{{"a": {value}}}'
    text = f'{{"username": "alice", "email": "a@example.org", "metadata": {metadata}}}'
    if kind == "json":
        text = f"[{text}]"
    elif kind == "csv":
        cell = metadata.replace('"', '""')
        text = f'username,email,metadata\nalice,a@example.org,"{cell}"\n'
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert reply["status"] == "error" or verdicts(reply) == ["refuse"], reply
    assert "codec" not in json.dumps(reply)
    assert standard.store.count(USERS) == 1


def test_no_name_of_an_imported_text_costs_the_reply(standard: Bench):
    text = '{"username": "\\ud800", "email": "a@example.org"}'
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format="jsonl")
    assert reply["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_only_line_ends_end_a_line(standard: Bench, kind: str):
    odd = "a\u2028b\u2029c"
    text = json.dumps(row("alice", full_name=odd), ensure_ascii=False)
    if kind == "json":
        text = f"[{text}]"
    elif kind == "csv":
        text = f"username,email,full_name\ralice,alice@example.org,{odd}\r"
    token = standard.admin()
    reply = imported(standard, token, None, data=f"\ufeff{text}", format=kind)
    assert verdicts(reply) == ["create"], reply
    assert standard.user("alice").full_name == odd
