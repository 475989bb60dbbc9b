"""What people have consented to, and all that the service knows of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import moment, said
from ums_client.protocol.consents import (
    GetConsents,
    GetConsentsReply,
    GivenConsent,
    SetConsent,
)
from ums_client.protocol.personal_data import ExportUserData, ExportUserDataReply

FailedWith = Callable[[Problem], object]
USUAL: Final = ("terms", "privacy", "marketing")
"""What consents are mostly about; a service may ask for others."""
SOURCE: Final = "desktop program"
GIVEN, WITHDRAWN, MISSING = "given", "withdrawn", "asked for"
EXPORT_DEADLINE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Agreements:
    """The newest answer of each kind with what is missing, and all answers."""

    items: tuple[Item, ...]
    history: tuple[Item, ...]
    missing: int

    def to_give(self) -> tuple[str, ...]:
        """The kinds that can be consented to: what is asked for comes first."""
        asked = [item.key for item in self.items if item.cells[2] == MISSING]
        given = [item.key for item in self.items if item.cells[2] == GIVEN]
        others = [item.key for item in self.items] + list(USUAL)
        found = dict.fromkeys([*asked, *others])
        return tuple(kind for kind in found if kind not in given or kind in asked)


class Privacy:
    """Of whoever is signed in."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def load(self, then: Callable[[Agreements], object], failed: FailedWith) -> None:
        """Fetch the consents."""
        self.desk.ask(GetConsents, lambda reply: then(_agreements(reply)), failed)

    def set(
        self,
        kind: str,
        then: Callable[[Any], object],
        failed: FailedWith,
        *,
        granted: bool,
    ) -> None:
        """Give a consent, to the version that is asked for, or withdraw it."""
        self.desk.ask(
            lambda: SetConsent(type=kind, granted=granted, source=SOURCE), then, failed
        )

    def set_command(self, kind: str, *, granted: bool) -> str:
        """The command for `set`."""
        return shell_command(self.desk.place, SetConsent, type=kind, granted=granted)

    def export(
        self,
        password: str,
        progress: Callable[[int], object],
        then: Callable[[str], object],
        failed: FailedWith,
    ) -> None:
        """Fetch all that is known, part by part; `then` gets it as one document.

        `progress` is told how many entries of the audit log have come.
        """
        document: dict[str, Any] = {}

        def ask(cursor: str | None) -> None:
            self.desk.ask(
                lambda: ExportUserData(password=password, cursor=cursor),
                came,
                failed,
                deadline_s=EXPORT_DEADLINE_S,
            )

        def came(reply: ExportUserDataReply) -> None:
            part = reply.model_dump(mode="json", exclude_none=True)
            part.pop("next_cursor", None)
            entries = [*document.get("audit", []), *part.pop("audit")]
            document.update({**part, **document, "audit": entries})
            progress(len(entries))
            if reply.next_cursor is not None:
                ask(reply.next_cursor)
            else:
                then(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

        ask(None)

    def export_command(self) -> str:
        """The command for `export`."""
        return shell_command(self.desk.place, ExportUserData, password="-")


def _agreements(reply: GetConsentsReply) -> Agreements:
    missing = {wanted.type: wanted for wanted in reply.missing}
    items = [
        Item(w.type, (said(w.type), w.version, MISSING, "", ""), "warning")
        for w in reply.missing
    ]
    items += [_item(c) for c in reply.consents if c.type not in missing]
    history = tuple(
        Item(str(number), _item(consent).cells, _item(consent).mark)
        for number, consent in enumerate(reversed(reply.history))
    )
    return Agreements(tuple(items), history, len(missing))


def _item(consent: GivenConsent) -> Item:
    answer = GIVEN if consent.granted else WITHDRAWN
    cells = (
        said(consent.type),
        consent.version,
        answer,
        moment(consent.at),
        consent.source,
    )
    return Item(consent.type, cells, "" if consent.granted else "muted")
