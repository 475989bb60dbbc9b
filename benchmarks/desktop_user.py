"""Starts the desktop program and uses it; prints what that took, as JSON.

Times are those of the monotonic clock, which is one for all processes of a machine.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gui.app import Program

_WITHIN_S: Final = 60.0
_PASSWORD: Final = "pomegranate gramophone 4711"
_DIGITS: Final = 7


def main() -> None:
    """Open the window on the service of the first argument; type as often as told."""
    endpoint, keystrokes = sys.argv[1], int(sys.argv[2])
    cpu_s: dict[str, float] = {}

    def stage(name: str) -> None:
        cpu_s[name] = time.process_time() - sum(cpu_s.values())

    stage("Python")

    from gui.start import open_program  # noqa: PLC0415 - measured

    stage("imports")
    program = open_program(endpoint, None, None, "light", "100")
    stage("building")
    root = program.root
    _until(program, lambda: root.winfo_viewable() and root.focus_get() is not None)
    stage("drawing")
    told: dict[str, Any] = {"usable_s": time.monotonic(), "cpu_s": cpu_s}
    _until(program, lambda: program.desk.latency_ms)
    told["connected_s"] = time.monotonic()
    if keystrokes:
        told |= _find(program, keystrokes)
    told["resident_bytes"] = _resident_bytes()
    program.close()
    print(json.dumps(told))


def _until(program: Program, true: Callable[[], Any]) -> None:
    end_s = time.monotonic() + _WITHIN_S
    while not true():
        program.root.update()
        if time.monotonic() > end_s:
            raise TimeoutError(true)
        time.sleep(0.001)


def _find(program: Program, keystrokes: int) -> dict[str, Any]:
    """Sign in, type a name but for its last digit, then that digit, and look."""
    assert program.sign_in is not None
    fields = program.sign_in.form.fields
    fields["username"].value, fields["password"].value = "admin", _PASSWORD
    program.sign_in.ok.invoke()
    _until(program, lambda: program.shell)
    assert program.shell is not None
    page: Any = program.shell.show("users")
    found_s = []
    for number in range(keystrokes):
        name = f"person{number:0{_DIGITS}}"
        page.query.delete(0, "end")
        page.query.insert(0, name[:-1])
        page.look()
        _until(program, lambda: not page.spinner.running)
        page.query.focus_force()
        begin_s = time.monotonic()
        for event in ("<KeyPress>", "<KeyRelease>"):
            page.query.event_generate(event, keysym=name[-1])
        _until(program, lambda n=name: _shows(page, n))  # type: ignore[misc]
        found_s.append(time.monotonic() - begin_s)
    return {"found_s": found_s, "pause_s": page.look_after_ms / 1e3}


def _shows(page: Any, name: str) -> bool:
    rows = page.table.tree.get_children()
    return len(rows) == 1 and name in page.table.tree.item(rows[0], "values")


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None
    return int(match[1]) * 1024


if __name__ == "__main__":
    main()
