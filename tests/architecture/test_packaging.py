"""What is installed is said in several files; they must say the same."""

import re
import tomllib
from pathlib import Path

from click.testing import CliRunner

from ums_service import __version__
from ums_service.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements(name: str) -> set[str]:
    """The lines of a requirements file without comments."""
    lines = (ROOT / name).read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and line[0] != "#"}


def test_the_runtime_requirements_are_those_of_the_package() -> None:
    assert requirements("requirements.txt") == set(PROJECT["dependencies"])


def test_the_development_requirements_are_those_of_the_extra() -> None:
    extra = PROJECT["optional-dependencies"]["dev"]
    assert requirements("requirements-dev.txt") == set(extra)


def test_everything_is_pinned_and_no_address_is_recorded() -> None:
    pinned = requirements("constraints.txt")
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pinned)
    names = {re.split(r"==", line)[0].lower().replace("_", "-") for line in pinned}
    wanted = requirements("requirements.txt") | requirements("requirements-dev.txt")
    assert {re.split(r"[<>=]", line)[0].lower() for line in wanted} <= names


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == __version__
    assert CliRunner().invoke(cli, ["--version"]).output.strip().endswith(__version__)


def test_the_reference_is_the_one_the_code_makes() -> None:
    made = CliRunner().invoke(cli, ["reference"]).output
    assert (ROOT / "docs" / "protocol.md").read_text() == made


def test_every_command_explains_itself() -> None:
    commands = cli.list_commands(None)  # type: ignore[arg-type] # needs no context
    assert {"serve", "verify", "backup", "restore", "repair", "import"} <= set(commands)
    for name in commands:
        shown = CliRunner().invoke(cli, [name, "--help"])
        assert shown.exit_code == 0
        assert len(shown.output.splitlines()) > 5, name
