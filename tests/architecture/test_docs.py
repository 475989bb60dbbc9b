"""The README keeps its word: its programs run, its commands exist, its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import run_program
from tests.service.harness import LIMIT_S, ROOT
from tests.service.running import RunningService, service_environment

ENDPOINT = "tcp://127.0.0.1:5556"
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str, *languages: str) -> list[str]:
    """The code blocks of a page in these languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


PYTHON = blocks(README, "python")
CONSOLE = blocks(README, "console")
SHELL = blocks(README, "sh", "console")


def test_the_readme_shows_programs_and_commands():
    assert PYTHON
    assert SHELL


def run(
    command: list[str], code: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        input=code,
        cwd=ROOT,
        env=service_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_a_program_of_the_readme_runs(shared_standard: RunningService, number: int):
    code = PYTHON[number]
    assert ENDPOINT in code, "a program of the README says where the service is"
    done = run(
        [sys.executable, "-W", "error", "-"],
        code.replace(ENDPOINT, shared_standard.endpoint),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_dialogues_of_the_readme_happen(shared_standard: RunningService):
    """Lines after `$ ` are run; what follows them must be among what they print."""
    for text in CONSOLE:
        dialogue = text.replace(ENDPOINT, shared_standard.endpoint)
        for part in re.split(r"^\$ ", dialogue, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            done = run(["bash", "-c", f'PATH="{ROOT}/.venv/bin:$PATH"; {command}'])
            assert done.returncode == 0, done.stderr
            assert expected.strip() in done.stdout + done.stderr


COMMANDS = sorted(
    {
        (module, verb)
        for page in PAGES
        for code in blocks(page.read_text(), "sh", "console")
        for module, verb in re.findall(r"python -m (ums_\w+) ([a-z][a-z-]+)", code)
    }
)


@pytest.mark.parametrize(("module", "verb"), COMMANDS)
def test_a_command_of_the_documents_exists(module: str, verb: str):
    done = run_program(module, verb, "--help", env=service_environment())
    assert done.returncode == 0, done.stderr


def test_a_target_of_the_documents_exists_in_the_makefile():
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    named = {
        target
        for page in PAGES
        for target in re.findall(r"\bmake ([a-z]+)\b(?=[`\n ]*[`\n])", page.read_text())
    }
    assert named
    assert named <= targets


LINKS = [
    pytest.param(page, target, id=f"{page.name} {target}")
    for page in PAGES
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
]


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_a_link_leads_somewhere(page: Path, target: str):
    assert (page.parent / target).exists()


def test_every_picture_is_shown():
    taken = {path.name for path in (ROOT / "docs" / "screenshots").iterdir()}
    shown = re.findall(
        r"\(screenshots/([^)]+)\)", (ROOT / "docs" / "screens.md").read_text()
    )
    assert set(shown) == taken
    assert len(shown) == len(set(shown))
