"""The table of imports in docs/architecture.md, held against the code."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("storage", "ums_client", "ums_service", "gui")
LINES_MAX = 400


def module_name(path: Path) -> str:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


MODULES = {
    module_name(path): path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
}


def allowed_imports(text: str) -> dict[str, set[str]]:
    """The rows of the table below the heading `## Imports`."""
    section = re.split(r"^## ", text.split("\n## Imports\n", 1)[1], flags=re.MULTILINE)[
        0
    ]
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", section, flags=re.MULTILINE)
    return {package: set(re.findall(r"`([\w.]+)`", cells)) for package, cells in rows}


ALLOWED = allowed_imports((ROOT / "docs" / "architecture.md").read_text())


def unit_of(name: str) -> str:
    """The row that rules a module: the longest that it lies in."""
    rows = [row for row in ALLOWED if name == row or name.startswith(f"{row}.")]
    return max(rows, key=len, default=name.split(".", maxsplit=1)[0])


@cache
def imports_of(name: str) -> tuple[str, ...]:
    """Everything a module imports: modules of ours in full, others by their first name."""
    return tuple(_imports_of(name))


def _imports_of(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            targets = [t if t in MODULES else str(node.module) for t in full]
        else:
            continue
        for target in targets:
            first = target.split(".")[0]
            if first not in sys.stdlib_module_names:
                yield target if first in PACKAGES else first


def test_the_table_has_a_row_for_every_package():
    assert {unit_of(name).split(".")[0] for name in MODULES} <= ALLOWED.keys()
    assert "ums_service.domain" in ALLOWED


def test_a_module_imports_only_what_the_table_allows():
    against = {
        name: others
        for name in MODULES
        if (others := used_by(name) - ALLOWED[unit_of(name)])
    }
    assert against == {}


def used_by(name: str) -> set[str]:
    """What a module imports beside what is of its own row."""
    return {unit_of(target) for target in imports_of(name)} - {unit_of(name)}


@pytest.mark.parametrize("row", sorted(ALLOWED))
def test_the_table_allows_nothing_that_is_not_used(row: str):
    names = [name for name in MODULES if unit_of(name) == row]
    used = {unit_of(target) for name in names for target in imports_of(name)}
    assert ALLOWED[row] <= used


def test_no_module_imports_itself_by_way_of_others():
    graph = {
        name: {
            target
            for target in imports_of(name)
            if target in MODULES and target != name
        }
        for name in MODULES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_packages_import_downwards_only():
    graph = {
        package: {
            target.split(".")[0]
            for name in MODULES
            if name.split(".")[0] == package
            for target in imports_of(name)
            if target in MODULES
        }
        - {package}
        for package in PACKAGES
    }
    TopologicalSorter(graph).prepare()
    assert graph["storage"] == set()
    assert graph["ums_client"] == set()


def test_packages_of_the_service_import_only_from_rows_above():
    above: set[str] = set()
    for row, allowed in ALLOWED.items():
        if row.split(".")[0] == "ums_service":
            assert {n for n in allowed if n.startswith("ums_service")} <= above
            above.add(row)


def test_the_root_of_the_service_holds_its_command_line_only():
    names = {name for name in MODULES if name.startswith("ums_service")}
    packages = {name for name in names if MODULES[name].name == "__init__.py"}
    assert packages <= ALLOWED.keys()
    in_root = {name for name in names - packages if name.count(".") == 1}
    assert in_root == {"ums_service.__main__", "ums_service.cli"}


def test_only_the_broker_and_the_client_import_zmq():
    users = {name for name in MODULES if "zmq" in imports_of(name)}
    assert not {
        n for n in users if not n.startswith(("ums_service.broker", "ums_client."))
    }
    assert not {n for n in users if n.startswith("ums_client.protocol")}


def test_a_module_has_a_docstring_and_fits_in_the_head():
    texts = {name: path.read_text() for name, path in MODULES.items()}
    silent = [n for n, text in texts.items() if not ast.get_docstring(ast.parse(text))]
    long = [n for n, text in texts.items() if text.count("\n") > LINES_MAX]
    assert (silent, long) == ([], [])


@cache
def attributes_of(name: str) -> set[str]:
    """Dotted names that a module uses, such as time.monotonic."""
    tree = ast.parse(MODULES[name].read_text())
    return {
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


DOMAIN = [
    name
    for name in MODULES
    if name.startswith(("ums_service.domain", "ums_service.handlers"))
]


def test_the_rules_read_no_clock_and_no_environment():
    clocks = (
        "time.",
        "datetime.now",
        "datetime.utcnow",
        "date.today",
        "os.environ",
        "os.getenv",
    )
    readers = {
        name: used
        for name in DOMAIN
        for used in attributes_of(name)
        if used.startswith(clocks)
    }
    assert readers == {}


WALL_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "time.time",
    "time.time_ns",
    "time.CLOCK_REALTIME",
}


def test_one_module_reads_the_wall_clock():
    readers = {
        name
        for name in MODULES
        if name.startswith("ums_service") and attributes_of(name) & WALL_CLOCK
    }
    assert readers == {"ums_service.deployment.clock"}


def test_only_the_disk_module_of_the_store_touches_files():
    calls = {
        "os.open",
        "os.write",
        "os.pread",
        "os.fsync",
        "os.fdatasync",
        "os.replace",
        "os.rename",
        "os.unlink",
    }
    users = {n for n in MODULES if n.startswith("storage") and attributes_of(n) & calls}
    assert users == {"storage.disk"}


def test_product_code_has_no_names_of_tests():
    for name in MODULES:
        assert not [
            t
            for t in imports_of(name)
            if t.split(".")[0] in ("tests", "pytest", "hypothesis")
        ]


def stdlib_imports_of(name: str) -> set[str]:
    """Everything a module imports, by its first name."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    return found


GUI = {name: stdlib_imports_of(name) for name in MODULES if name.startswith("gui")}


def test_only_widgets_draw_with_tkinter():
    users = {name for name, used in GUI.items() if used & {"tkinter", "ttkbootstrap"}}
    beside = {name for name in users if not name.startswith("gui.widgets.")}
    assert beside == {"gui.__main__"}  # which tries whether they are there


def test_one_module_of_the_program_knows_threads():
    knowing = {"threading", "queue", "concurrent", "asyncio", "multiprocessing"}
    assert {name for name, used in GUI.items() if used & knowing} == {"gui.background"}


RARELY_NEEDED = ["email.headerregistry", "fido2", "jinja2", "jwt", "reportlab", "segno"]
RARELY_NEEDED += ["smtplib", "urllib.request", "zxcvbn"]


def test_starting_loads_no_library_that_few_requests_need():
    loaded = f"[name for name in {RARELY_NEEDED} if name in sys.modules]"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, ums_service.starting.serve; print({loaded})",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[]"
