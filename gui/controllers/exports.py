"""Accounts taken out of the service into a file, page by page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.deeds import DEADLINE_S
from gui.controllers.desk import Desk
from gui.controllers.files import DraftFile, FileProblem
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from ums_client import Client
from ums_client.protocol.exports import ExportUsers, ExportUsersReply
from ums_client.protocol.limits import EXPORT_PAGE_MAX

FORMATS: Final[dict[str, Literal["csv", "jsonl", "json"]]] = {
    "CSV, for spreadsheets": "csv",
    "JSON lines": "jsonl",
    "JSON": "json",
}
FEW_FIELDS: Final = ("user_id", "username", "email", "full_name", "role", "status")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be in the file. `picks` are those accounts, None stands for all."""

    reason: str
    format: Literal["csv", "jsonl", "json"] = "csv"
    few_fields: bool = False
    inactive: bool = False
    picks: Sequence[Pick] | None = None

    def fields(self) -> dict[str, Any]:
        """As fields of a request, without the accounts."""
        more: dict[str, Any] = {}
        if self.few_fields:
            more["fields_wanted"] = list(FEW_FIELDS)
        if self.inactive and self.picks is None:
            more["include_inactive"] = True
        return {"reason": self.reason, "format": self.format, **more}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the export is: the first of the named accounts, and the cursor."""

    first: int = 0
    cursor: str | None = None


class Export:
    """One file on its way; `count` accounts are in it.

    `told` is called after each page, `ended` when the file is in its place.
    """

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        path: Path,
        *,
        told: Callable[[], object],
        ended: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Nothing is asked or written before `go_on`."""
        self.count = 0
        self.wanted, self.path = wanted, path
        self.total = len(wanted.picks) if wanted.picks is not None else 0
        self.sha256 = ""
        self._desk, self._told = desk, told
        self._ended, self._failed = ended, failed
        self._place = _Place()
        self._draft: DraftFile | None = None
        self._job: Job | None = None
        self._over = False

    def go_on(self) -> None:
        """Begin, or go on after a problem with the page that failed."""
        place = self._place

        def came(done: tuple[int, _Place | None]) -> None:
            number, following = done
            self.count += number
            self._told()
            if self._over:
                return
            if following is None:
                self._over = True
                self._ended()
            else:
                self._place = following
                self.go_on()

        self._job = self._desk.work(
            lambda client: self._page(client, place), came, self._failed
        )

    def give_up(self) -> None:
        """Leave no file behind; one that is in its place stays."""
        if self._job is not None:
            self._job.cancel()
        if not self._over and self._draft is not None:
            self._draft.drop()
        self._over = True

    def _page(self, client: Client, place: _Place) -> tuple[int, _Place | None]:
        """Fetch a page and write it, on a thread of its own; then where to go on."""
        picks = self.wanted.picks
        more: dict[str, Any] = {"cursor": place.cursor} if place.cursor else {}
        end = place.first + EXPORT_PAGE_MAX
        if picks is not None:
            more["user_ids"] = [pick.user_id for pick in picks[place.first : end]]
        reply = client.call(
            ExportUsers(**self.wanted.fields(), **more), deadline_s=DEADLINE_S
        )
        if hashlib.sha256(reply.data.encode()).hexdigest() != reply.sha256:
            raise FileProblem("A page came damaged. Try again.")
        if self._draft is None:
            self._draft = DraftFile(self.path)
            if self._over:
                self._draft.drop()
        is_first = place == _Place()
        self._draft.write(self._text(reply, place, is_first=is_first))
        if reply.next_cursor is not None:
            return reply.count, _Place(place.first, reply.next_cursor)
        if picks is not None and end < len(picks):
            return reply.count, _Place(end)
        if self.wanted.format == "json":
            self._draft.write("]\n")
        self._draft.keep()
        self.sha256 = self._draft.sha256
        return reply.count, None

    def _text(self, reply: ExportUsersReply, place: _Place, *, is_first: bool) -> str:
        """A page as a part of one file."""
        data = reply.data
        if self.wanted.format == "json":
            inside = data.strip()[1:-1]
            if is_first:
                return f"[{inside}"
            return f",{inside}" if inside else ""
        if self.wanted.format == "csv" and place.cursor is None and not is_first:
            return data.partition("\r\n")[
                2
            ]  # named accounts begin with a heading again
        return data


def export_command(desk: Desk, wanted: Wanted) -> str:
    """The command for the first page."""
    fields = wanted.fields()
    if wanted.picks is not None:
        fields["user_ids"] = [p.user_id for p in wanted.picks[:EXPORT_PAGE_MAX]]
    return shell_command(desk.place, ExportUsers, **fields)
