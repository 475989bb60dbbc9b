"""A list with its buttons whose rows come from the service as they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.controllers.problems import Problem
from gui.controllers.streamed import Streamed
from gui.views.lists import ItemSource, ListPane


class StreamPane(ListPane):
    """As a `ListPane`; `follow` shows what comes of a stream."""

    def follow(
        self,
        stream: Streamed,
        *,
        nothing: tuple[str, str],
        failed: Callable[[Problem], object],
    ) -> None:
        """Show what has been fetched; more comes when one scrolls there."""

        def more() -> None:
            if self.winfo_exists():
                self.items = {item.key: item for item in stream.fetched}
                self.table.refresh()

        self.show(stream.fetched, nothing=nothing)
        self.table.show(ItemSource(stream))
        stream.changed, stream.failed = more, failed

    def open_with(self, command: Callable[[], Any]) -> None:
        """Call that when Return is pressed on a row, or it is clicked twice."""
        self.table.on_open = lambda _: command()
