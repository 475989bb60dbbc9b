"""The tables of OWASP ASVS 5.0 in docs/security.md: whole, and backed by tests."""

import ast
import re
from collections import Counter
from functools import cache
from typing import Final, NamedTuple

import pytest

from tests.service.harness import ROOT

SECTION = (ROOT / "docs" / "security.md").read_text().split("\n## OWASP ASVS 5.0\n")[1]

_OF_EACH_GROUP: Final = """
    6.1.1 6.1.2 6.1.3
    6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12
    6.3.1 6.3.2 6.3.3 6.3.4
    6.4.1 6.4.2 6.4.3 6.4.4
    6.5.1 6.5.2 6.5.3 6.5.4 6.5.5
    6.6.1 6.6.2 6.6.3
    6.8.1 6.8.2 6.8.3 6.8.4
    7.1.1 7.1.2 7.1.3
    7.2.1 7.2.2 7.2.3 7.2.4
    7.3.1 7.3.2
    7.4.1 7.4.2 7.4.3 7.4.4 7.4.5
    7.5.1 7.5.2
    7.6.1 7.6.2
    9.1.1 9.1.2 9.1.3
    9.2.1 9.2.2 9.2.3 9.2.4
    16.1.1
    16.2.1 16.2.2 16.2.3 16.2.4 16.2.5
    16.3.1 16.3.2 16.3.3 16.3.4
    16.4.1 16.4.2 16.4.3
    16.5.1 16.5.2 16.5.3
"""
NUMBERS: Final = _OF_EACH_GROUP.split()
"""Every requirement of level 1 and 2 of the chapters V6, V7, V9 and V16."""
VERDICTS: Final = ("met", "partly", "gap", "not ours")


class Row(NamedTuple):
    """One line of a table."""

    number: str
    requirement: str
    verdict: str
    proof: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """The tests that it names, each as file and function."""
        return re.findall(r"`([\w/]+\.py)::(\w+)`", self.proof)


ROWS: Final = [
    Row(*(cell.strip() for cell in line.strip("|").split("|")))
    for line in SECTION.splitlines()
    if re.match(r"\| *\d", line)
]


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the test functions of a file, without reading more of it."""
    nodes = ast.walk(ast.parse((ROOT / "tests" / path).read_text()))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(
        node.name
        for node in nodes
        if isinstance(node, kinds) and node.name.startswith("test_")
    )


def test_every_requirement_has_one_row():
    assert [row.number for row in ROWS] == NUMBERS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_row_is_judged_and_has_tests_that_exist(row: Row):
    assert row.verdict in VERDICTS
    assert 3 <= len(row.requirement.split()) <= 8
    if row.verdict == "met":
        assert row.tests
    else:
        assert len(re.sub(r"`[^`]*`", "", row.proof).split()) >= 3  # a reason in words
    assert row.proof.count("::") == len(row.tests)  # none that is spelt otherwise
    for path, name in row.tests:
        assert name in names_in(path), f"{path} has no {name}"


def test_the_count_is_true():
    said = re.search(r"(\d+) met, (\d+) partly, (\d+) gaps?,\s+(\d+) not ours", SECTION)
    assert said
    count = Counter(row.verdict for row in ROWS)
    assert [int(n) for n in said.groups()] == [count[v] for v in VERDICTS]
