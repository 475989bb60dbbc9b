"""What docs/security.md says of the service as a whole is what the code does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.harness import ROOT
from ums_client.protocol.actions import ACTION_BY_NAME, Audit
from ums_service.domain.profiles import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    PROFILES,
    Profile,
)

PAGE = (ROOT / "docs" / "security.md").read_text()
SERVICE = sorted((ROOT / "ums_service").rglob("*.py"))
STORAGE = sorted((ROOT / "storage").rglob("*.py"))
UNIT_S = {"day": DAY_S, "days": DAY_S, "h": HOUR_S, "min": MINUTE_S}
WORDS = {"yes": True, "no": False}


def rows_below(header: str) -> list[list[str]]:
    """The cells of all tables of the page that begin with this line."""
    found, inside = [], False
    for line in PAGE.splitlines():
        if line == header:
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not line.startswith("|---"):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


POLICIES = rows_below("| policy | standard | hipaa | compat | |")


def value_of(cell: str) -> object:
    """What a cell says: a number, a duration in seconds, a word, several numbers."""
    if cell in WORDS:
        return WORDS[cell]
    amount, _, unit = cell.partition(" ")
    if unit in UNIT_S:
        return int(amount) * UNIT_S[unit]
    if re.fullmatch(r"[\d, ]+", cell):
        numbers = tuple(int(number) for number in cell.split(","))
        return numbers if len(numbers) > 1 else numbers[0]
    return cell


def said_of(profile: Profile, policy: str) -> object:
    value = getattr(profile, policy)
    return "none" if value is None or value == () else value


@pytest.mark.parametrize("row", POLICIES, ids=lambda row: row[0])
def test_a_policy_of_the_page_has_the_value_of_the_code(row: list[str]):
    policy, *cells = row[0].strip("`"), *row[1:4]
    said = [value_of(cell) for cell in cells]
    assert said == [said_of(profile, policy) for profile in PROFILES.values()]


def test_the_page_has_the_policies_of_each_section():
    named = {row[0].strip("`") for row in POLICIES}
    assert len(named) == len(POLICIES)
    fields = set(Profile.__dataclass_fields__)
    for stem in ("password_", "session", "failures_", "address_", "mfa_", "guessing_"):
        wanted = {name for name in fields if name.startswith(stem)}
        assert wanted - {"password_change_token_s"} <= named


def test_the_ways_in_are_all_there_are():
    ways = rows_below("| way | what is asked | what it gives |")
    said = {
        name
        for way, _, gives in ways
        if gives.startswith(("a session", "the session"))
        for name in re.findall(r"`(\w+)`", way)
    }
    opening = {
        name
        for name, action in ACTION_BY_NAME.items()
        if "session_token" in action.request.reply_type().model_fields
    }
    assert said == opening


def names_of_events() -> Iterator[str]:
    """Every event that an action or a piece of the service's own code enters."""
    yield from (event.value for event in Audit if event is not Audit.NONE)
    calls = {"_tell", "_enter", "commit_early", "commit_and_refuse"}
    for path in SERVICE:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = node.args if called in calls else []
            given = [k.value for k in node.keywords if k.arg == "event"] + given
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def test_every_event_of_the_audit_log_is_named():
    named = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert set(names_of_events()) - named == set()


def calls_and_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_no_chance_comes_from_a_generator_that_can_be_predicted():
    paths = [*SERVICE, *STORAGE]
    assert [path for path in paths if "random" in set(calls_and_imports(path))] == []


def test_the_log_of_the_process_goes_to_stderr_only():
    """One place configures it, and names no handler or file."""
    configuring = []
    for path in [*SERVICE, *STORAGE]:
        for name in calls_and_imports(path):
            assert not re.search(
                r"(File|Stream|SysLog|Socket|HTTP|SMTP)Handler$", name
            ), path
            assert not name.endswith("addHandler"), path
            if name.startswith("logging.") and name.endswith("Config"):
                configuring.append((path.name, name))
    assert configuring == [("cli.py", "logging.basicConfig")]
