"""Imports that can be taken back, and what that would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from gui.background import Job
from gui.controllers.chain import Chain
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.deeds import DEADLINE_S
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import counted, moment
from ums_client import Client
from ums_client.core import new_idempotency_key
from ums_client.protocol.imports import (
    ListedImport,
    ListImports,
    RevertImport,
    RevertImportReply,
)

FailedWith = Callable[[Problem], object]


class Reverting:
    """Takes batches back, the newest first; tells first what that would do."""

    def __init__(self, desk: Desk, import_ids: Sequence[str]) -> None:
        """Nothing is asked yet."""
        self.desk, self.import_ids = desk, list(reversed(import_ids))
        self.erased = self.reverted = 0
        self.left: list[str] = []

    def run(
        self, ended: Callable[[], object], failed: FailedWith, *, dry_run: bool
    ) -> Chain[RevertImportReply]:
        """Take them back, or find out what that would do."""
        self.erased = self.reverted = 0
        self.left = []

        def told(reply: RevertImportReply) -> None:
            self.erased += reply.erased
            self.reverted += reply.reverted
            self.left += [entry.reason for entry in reply.left]

        steps = [_revert(import_id, dry_run=dry_run) for import_id in self.import_ids]
        chain = Chain(self.desk, steps, told=told, ended=ended, failed=failed)
        chain.go_on()
        return chain

    def lines(self) -> tuple[str, ...]:
        """What it does, line by line."""
        told = [
            f"{counted(self.erased, 'account')} erased at once and for good.",
            f"{counted(self.reverted, 'account')} given back what was changed.",
        ]
        why = Counter(self.left).most_common()
        told += [f"{counted(n, 'account')} left as now: {text}." for text, n in why]
        return tuple(told)

    def command(self) -> str:
        """The command for the first batch."""
        return shell_command(
            self.desk.place, RevertImport, import_id=self.import_ids[0]
        )


def _revert(import_id: str, *, dry_run: bool) -> Callable[[Client], RevertImportReply]:
    key = new_idempotency_key()
    request = RevertImport(import_id=import_id, dry_run=dry_run)
    return lambda client: client.call(
        request, idempotency_key=key, deadline_s=DEADLINE_S
    )


def earlier_imports(
    desk: Desk, then: Callable[[list[Item]], object], failed: FailedWith
) -> Job:
    """The newest batches that can still be taken back."""
    return desk.ask(
        ListImports,
        lambda reply: then([_batch(one) for one in reply.imports]),
        failed,
    )


def _batch(one: ListedImport) -> Item:
    back = f"taken back {moment(one.reverted_at)}" if one.reverted_at else ""
    cells = (
        one.label,
        moment(one.at),
        f"{one.created:,}",
        f"{one.updated:,}",
        back or f"until {moment(one.revertible_until)}",
    )
    return Item(one.import_id, cells, "muted" if one.reverted_at else "")
