"""Each benchmark in miniature: it runs, and its lines make sense. No figure is judged."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import GROUPS, main, measure
from benchmarks.run import Scale
from benchmarks.table import AtLeast, AtMost, Line, Quantity, render
from ums_service.directory.rows import SORTS

TINY = Scale(
    rounds=1,
    seconds=0.2,
    accounts=(100, 200, 400),
    crowd=4,
    small=100,
    repeats=2,
    starts=1,
)
NAMES = {
    "authorize": ["authorize"],
    "reads": [
        "get_user, 16 clients, against",
        "get_user, 16 clients, CPU",
        "get_user, 1 client",
        "verify_session, 16 clients, against",
    ],
    "logins": [
        "login, 16 clients, against raw Argon2",
        "login, 16 clients, against argon2-cffi",
        "login with a one-time code",
        "get_user at 2,000/s",
    ],
    "import": ["import_users, 200 accounts"],
    "writes": ["durable update_user"],
    "store": ["the store alone"],
    "empty": ["empty store, from start", "empty store, resident"],
    "scaling": ["create_user", "update_user", "login"],
    "checkpoint": ["checkpoint of 400"],
    "audit": [f"audit log of {size} entries" for size in (200, 400) for _ in range(6)],
    "search": [
        "200 accounts, reading them all",
        "200 accounts, making all orders",
        *(f"200 accounts, first page by {name}" for name in SORTS),
        *("200 accounts, last page of 20" for _ in range(2)),
        *("200 accounts, substring" for _ in range(6)),
        "200 accounts, longest hold of the loop",
        "200 accounts, memory of the index",
    ],
    "desktop": [
        "desktop, from start to a window",
        "desktop, from start to connected",
        "desktop, 200 accounts, from a keystroke",
        "desktop, resident memory",
    ],
    "bulk": ["bulk_users, "],
    "memory": [
        "200 accounts, memory of the store for each",
        "200 accounts, memory for each membership",
    ],
    "other": ["list_users", "describe_actions", "get_user by the client library"],
}


@pytest.mark.parametrize("group", NAMES)
def test_a_group_yields_its_lines_with_positive_figures(
    group: str, tmp_path: Path
) -> None:
    lines = [line for more in measure([group], TINY, tmp_path) for line in more]
    assert len(lines) == len(NAMES[group])
    for line, name in zip(lines, NAMES[group], strict=True):
        assert line.name.startswith(name)
        assert line.measured.value > 0
        assert line.floor is None or line.floor.value > 0
    assert list(tmp_path.iterdir()) == []


def test_starts_are_measured_at_each_size(tmp_path: Path) -> None:
    [lines] = measure(["start"], TINY, tmp_path)
    assert [line.name.split(",")[0] for line in lines] == [
        "100 accounts",
        "100 accounts",
        "200 accounts",
        "200 accounts",
        "400 accounts",
        "400 accounts",
        "start-up time per account",
    ]


def test_every_group_has_a_test_here() -> None:
    assert set(GROUPS) == {*NAMES, "start"}


def test_a_target_holds_for_the_ratio_where_there_is_one() -> None:
    rate = Quantity(50, "requests/s")
    assert Line("x", rate, Quantity(100, "requests/s"), 0.5, AtLeast(0.7)).met is False
    assert Line("x", rate, Quantity(100, "requests/s"), 0.7, AtLeast(0.7)).met is True
    assert Line("x", Quantity(26, "ms"), target=AtMost(25)).met is False
    assert Line("x", Quantity(25, "ms"), target=AtMost(25)).met is True
    assert Line("x", rate).met is None


def test_the_table_says_missed_and_shows_notes_below_the_line() -> None:
    slow = Line("slow", Quantity(26, "ms"), target=AtMost(25), notes=("why",))
    line, note = render([slow]).splitlines()[-2:]
    assert line.split() == ["slow", "26.0", "ms", "<=", "25", "MISSED"]
    assert note == "    why"


def test_the_command_prints_a_table_and_writes_the_same_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lines.json"
    main(
        ["--quick", "--only", "empty", "--json", str(file), "--scratch", str(tmp_path)]
    )
    out, err = capsys.readouterr()
    lines = json.loads(file.read_text())["lines"]
    assert len(lines) == 2
    assert all(line["name"] in out for line in lines)
    assert "start with an empty store" in err
