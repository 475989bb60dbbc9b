"""The proofs proved: twelve classic mistakes are planted, and each must be caught.

A copy of the package gets one mistake by an edit of its source, and the proof that is
meant to find it runs against the copy in another process. It must fail there; that it
passes on the true source is shown by the same proof in its own file. An edit that does
not apply any more fails the test: the source has moved on, and so must the edit.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
TESTS_FAILED = 1  # the exit code of pytest; a collection error has another
PASSED = 0


class Edit(NamedTuple):
    """A replacement that must apply exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Bug:
    """A mistake, and the proof that must find it with the words it uses."""

    name: str
    edits: tuple[Edit, ...]
    proof: str
    only: str
    words: str


BUGS = (
    Bug(
        "acknowledged before fsync",
        (
            Edit(
                "writer.py",
                "        try:\n            self.journal.flush(end)\n",
                "        self._tell(self._outcomes.published, len(batch))\n"
                "        try:\n            self.journal.flush(end)\n",
            ),
            Edit(
                "writer.py",
                "            self._tell(outcomes.published, len(batch))\n",
                "            return\n",
            ),
        ),
        "test_faults.py",
        "EIO_once",
        "fdatasync number",
    ),
    Bug(
        "no fsync of the directory",
        (
            Edit(
                "durable.py",
                "    try:\n        disk.fsync_directory()\n",
                "    try:\n        disk.list()\n",
            ),
        ),
        "test_crash_states.py",
        "contains_all",
        "a created store is gone|promised|is missing|the length is wrong",
    ),
    Bug(
        "two frames per commit",
        (
            Edit(
                "writer.py",
                "            end = self.journal.write(batch)\n",
                "            for record in batch:\n"
                "                end = self.journal.write([record])\n"
                "                self.journal.end = end\n"
                "                self.journal._header_digest = b''\n",
            ),
        ),
        "test_crash_states.py",
        "contains_all",
        "StoreCorrupt",
    ),
    Bug(
        "no truncation after a short write",
        (Edit("journal.py", "self._file.truncate(length)", "self._file.size()"),),
        "test_faults.py",
        "half_then_ENOSPC",
        "half_then_ENOSPC: write number",
    ),
    Bug(
        "fsync retried",
        (
            Edit(
                "journal.py",
                "        self._file.fdatasync()\n        self._header_digest",
                "        try:\n            self._file.fdatasync()\n"
                "        except OSError:\n            self._file.fdatasync()\n"
                "        self._header_digest",
            ),
        ),
        "test_faults.py",
        "EIO_once",
        "fdatasync number",
    ),
    Bug(
        "tokens kept as text",
        (
            Edit(
                "cipher.py",
                "return token + hmac.finalize()",
                "return base64.urlsafe_b64encode(token + hmac.finalize())",
            ),
            Edit(
                "cipher.py",
                "        view = memoryview(token)\n",
                "        token = base64.urlsafe_b64decode(token)\n"
                "        view = memoryview(token)\n",
            ),
            Edit("cipher.py", "import os\n", "import base64\nimport os\n"),
        ),
        "test_misplaced.py",
        "changed_together_with_its_crc",
        "StoreCorrupt",
    ),
    Bug(
        "chain not checked",
        (
            Edit(
                "journal.py",
                "if (sequence, tag) != (self.end.sequence + 1, self.end.tag):",
                "if sequence != self.end.sequence + 1:",
            ),
        ),
        "test_misplaced.py",
        "another_continuation",
        "the contents are of no state that ever was",
    ),
    Bug(
        "memory changed before the commit",
        (
            Edit(
                "commits.py",
                "            change.table.stage(number, change)\n",
                "            change.table.stage(number, change)\n"
                "            change.table.apply(change)\n",
            ),
            Edit(  # a group is told once that somebody leaves
                "table.py",
                '        """Make a durable change visible."""\n        self.apply(change)\n',
                '        """Make a durable change visible."""\n',
            ),
        ),
        "test_faults.py",
        "half_then_ENOSPC",
        "shows what was not committed|of no state that ever was",
    ),
    Bug(
        "a killed process's writes not flushed at start",
        (
            Edit(
                "recovery.py",
                "            file.truncate(good)\n        file.fsync()\n",
                "            file.truncate(good)\n        file.size()\n",
            ),
        ),
        "test_faults.py",
        "cut_after_kill and fdatasync",
        "the length is wrong",
    ),
    Bug(
        "page cache trusted after a failed flush",
        (
            Edit(
                "recovery.py",
                "            file.drop_cache()\n",
                "            file.size()\n",
            ),
        ),
        "test_faults.py",
        "cut_after_failed_flush",
        "the length is wrong",
    ),
    Bug(
        "POSIX lockf instead of flock",
        (Edit("disk.py", "fcntl.flock(", "fcntl.lockf("),),
        "test_real_disk.py",
        "same_process or outlives",
        "DID NOT RAISE|Bad file descriptor",
    ),
    Bug(
        "mode set after creation",
        (
            Edit(
                "disk.py",
                "        flags |= os.O_CLOEXEC | os.O_NOFOLLOW\n"
                "        self._descriptor = os.open(path, flags, FILE_MODE)\n",
                "        flags |= os.O_CLOEXEC | os.O_NOFOLLOW\n"
                "        self._descriptor = os.open(path, flags, 0o666)\n"
                "        os.fchmod(self._descriptor, FILE_MODE)\n",
            ),
        ),
        "test_real_disk.py",
        "first_moment",
        r"assert \[\(\d+, 384",
    ),
)


def copy_of_the_source(target: Path) -> Path:
    """The package and its proofs, without anything else of the project."""
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    for folder in ("storage", "tests/storage"):
        shutil.copytree(ROOT / folder, target / folder, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def plant(source: Path, edit: Edit) -> None:
    file = source / "storage" / edit.file
    text = file.read_text()
    assert text.count(edit.old) == 1, f"the edit of {edit.file} does not apply any more"
    file.write_text(text.replace(edit.old, edit.new))


def run_proof(
    source: Path, only: str, *proofs: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--noconftest", "-x", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    command += ["-m", "not soak", "-k", only]
    command += [f"tests/storage/{proof}" for proof in proofs]
    return subprocess.run(
        command,
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "_"))
def test_the_planted_bug_is_caught(bug: Bug, tmp_path: Path) -> None:
    source = copy_of_the_source(tmp_path)
    for edit in bug.edits:
        plant(source, edit)
    result = run_proof(source, bug.only, bug.proof)
    assert result.returncode == TESTS_FAILED, result.stdout + result.stderr
    assert "1 failed" in result.stdout
    assert re.search(rf"^E .*({bug.words})", result.stdout, re.MULTILINE), result.stdout


def test_a_copy_without_a_bug_passes(tmp_path: Path) -> None:
    """So a failure above comes from the bug, not from the copying."""
    source = copy_of_the_source(tmp_path)
    only = "first_moment or same_process or its_crc or another_continuation"
    result = run_proof(source, only, "test_real_disk.py", "test_misplaced.py")
    assert result.returncode == PASSED, result.stdout + result.stderr
    assert re.search(r"^5 passed", result.stdout, re.MULTILINE), result.stdout
