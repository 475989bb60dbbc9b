"""Putting text on paper, by the printing program of the desktop."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable
from typing import Any, Final

PROGRAMS: Final = ("lp", "lpr")
LOOK_MS: Final = 100
"""How often it is looked whether the program has ended."""


def print_text(widget: Any, text: str, then: Callable[[str], object]) -> None:
    """Hand text to the printer; `then` gets what went wrong, or nothing.

    Text goes through a pipe and never lies in a file of ours.

    Raises:
        OSError: no printing program is there, or it cannot be started.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise OSError(errno.ENOENT, "no printing program (lp) is installed")
    job = subprocess.Popen(  # noqa: S603 - found by name on the PATH of the user
        [found],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert job.stdin is not None, "a pipe was asked for"
    try:
        job.stdin.write(text)
        job.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already, and says why

    def look() -> None:
        if not widget.winfo_exists():
            return
        if job.poll() is None:
            widget.after(LOOK_MS, look)
            return
        assert job.stderr is not None, "a pipe was asked for"
        with job.stderr:
            said = job.stderr.read().strip()
        then("" if job.returncode == 0 else said or "the printer refused it")

    look()
