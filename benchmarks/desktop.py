"""The desktop program: how soon one can type, how soon what is typed is found, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.run import Run
from benchmarks.servers import service
from benchmarks.table import AtMost, Line, Quantity
from tests.gui.display import private_display

_JUDGED: Final = 100_000
"""The size of store that the target of searches is for."""
_KEYSTROKES: Final = 10


def measure(run: Run) -> list[Line]:
    """The window is drawn on an X server of its own, with nobody to look at it."""
    accounts = run.scale.accounts[1]
    data = run.stores.copy(accounts)
    starts: list[dict[str, Any]] = []
    with private_display() as display, service(data) as subject:
        for number in range(run.scale.starts + 1):  # the first one warms the files
            run.say(f"start of the window: {number} of {run.scale.starts}")
            starts.append(_use(display, subject.endpoint, 0))
        run.say(f"finding people among {accounts:,}")
        used = _use(display, subject.endpoint, _KEYSTROKES)
    run.stores.discard(data)
    return _lines(accounts, starts[1:], used)


def _lines(
    accounts: int, starts: list[dict[str, Any]], used: dict[str, Any]
) -> list[Line]:
    each = ", ".join(f"{one['usable_s']:.2f}" for one in starts)
    typed = used["found_s"]
    return [
        Line(
            "desktop, from start to a window that takes keys",
            Quantity(median(one["usable_s"] for one in starts), "s"),
            target=AtMost(0.6),
            notes=(f"each: {each} s", _stages(starts)),
        ),
        Line(
            "desktop, from start to connected",
            Quantity(median(one["connected_s"] for one in starts), "s"),
        ),
        Line(
            f"desktop, {accounts:,} accounts, from a keystroke to its result",
            Quantity(median(typed) * 1e3, "ms"),
            target=AtMost(150) if accounts >= _JUDGED else None,
            notes=(
                f"worst of {len(typed)}: {max(typed) * 1e3:.0f} ms",
                f"{used['pause_s'] * 1e3:.0f} ms of it wait for another key",
            ),
        ),
        Line(
            "desktop, resident memory after that",
            Quantity(used["resident_bytes"] / 2**20, "MiB"),
            target=AtMost(120),
        ),
    ]


def _stages(starts: list[dict[str, Any]]) -> str:
    names = list(starts[0]["cpu_s"])
    parts = (
        f"{name} {median(one['cpu_s'][name] for one in starts):.2f}" for name in names
    )
    return f"CPU until then: {', '.join(parts)} s"


def _use(display: str, endpoint: str, keystrokes: int) -> dict[str, Any]:
    """Have the program started and used in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": home}
        begin_s = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "benchmarks.desktop_user",
                endpoint,
                str(keystrokes),
            ],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent.parent,
        )
    told: dict[str, Any] = json.loads(done.stdout)
    for name in ("usable_s", "connected_s"):
        told[name] -= begin_s
    return told
