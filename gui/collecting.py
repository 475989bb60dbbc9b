"""Garbage is collected on the window's thread only.

Variables, fonts and images of tkinter tell Tcl when they go. A collection that happens
to run on a worker thread would do so from there, which Tcl does not bear.
"""

import gc
import time
from typing import Final

EVERY_S: Final = 1.0


class Collector:
    """Collects when it is called, if the last time is a while ago."""

    def __init__(self) -> None:
        """From now on nothing is collected by itself."""
        self._was_on = gc.isenabled()
        gc.disable()
        self._due = time.monotonic() + EVERY_S
        self._times = 0

    def collect(self) -> None:
        """The young garbage each second, all of it each minute."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + EVERY_S
        self._times += 1
        gc.collect(2 if self._times % 60 == 0 else 1)

    def close(self) -> None:
        """As before the window was there."""
        gc.collect()
        if self._was_on:
            gc.enable()
