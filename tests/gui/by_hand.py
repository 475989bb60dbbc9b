"""The program in a process of its own, used from outside: keys in, pictures out."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import ImageGrab

from tests.service.harness import LIMIT_S, ROOT

_STILL: int = 4
"""So many pictures in a row that are the same: nothing moves, nothing is awaited."""
_COLOURS: int = 8
"""A screen with no more than these has nothing on it yet."""


class Hands:
    """A person at the keyboard of `python -m gui`, who looks at titles and pictures."""

    def __init__(self, endpoint: str, home: Path) -> None:
        self._home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gui", "--endpoint", endpoint],
            cwd=ROOT,
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home)},
            stderr=subprocess.PIPE,
            text=True,
        )
        window = self.see("Sign in - UMS")
        self.rest()  # keys that come before the window is drawn are nobody's
        self._wait(lambda: _xdotool("windowfocus", "--sync", window), "the focus")

    def see(self, title: str) -> str:
        """Wait for a window of that title; returns its id."""
        words = ("search", "--onlyvisible", "--name", f"^{title}$")
        return self._wait(lambda: _xdotool(*words), repr(title)).stdout.split()[0]

    def _wait(
        self, look: Callable[[], subprocess.CompletedProcess[str]], what: str
    ) -> subprocess.CompletedProcess[str]:
        """Look until it succeeds: a window may come and go between two questions."""
        end = time.monotonic() + LIMIT_S
        while (done := look()).returncode != 0:
            if time.monotonic() > end:
                seen = self._home / "seen.png"
                ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).save(seen)
                raise AssertionError(f"no {what}; what was seen is in {seen}")
            time.sleep(0.02)
        return done

    def type(self, text: str) -> None:
        assert _xdotool("type", "--delay", "1", text).returncode == 0

    def press(self, *keys: str) -> None:
        assert _xdotool("key", "--delay", "1", *keys).returncode == 0

    def fill(self, *texts: str) -> None:
        """Type into one field after the other, then press Return."""
        for number, text in enumerate(texts):
            if number:
                self.press("Tab")
            self.type(text)
        self.press("Return")

    def rest(self) -> None:
        """Wait until the picture stands still."""
        end = time.monotonic() + LIMIT_S
        same, before = 0, b""
        while same < _STILL:
            picture = ImageGrab.grab(xdisplay=os.environ["DISPLAY"])
            drawn = picture.getcolors(_COLOURS) is None
            same = same + 1 if drawn and picture.tobytes() == before else 0
            before = picture.tobytes()
            assert time.monotonic() < end, "the picture does not stand still"
            time.sleep(0.02)

    def quit(self) -> None:
        """Close the program by its key; it must end well and in silence."""
        self.press("ctrl+q")
        _, complaints = self.process.communicate(timeout=LIMIT_S)
        assert (self.process.returncode, complaints) == (0, "")


@contextmanager
def hands(endpoint: str, home: Path) -> Iterator[Hands]:
    person = None
    try:
        person = Hands(endpoint, home)
        yield person
    finally:
        if person is not None:
            person.process.kill()
            person.process.communicate()


def _xdotool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["xdotool", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
