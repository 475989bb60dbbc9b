"""What happened to one's own account, as the audit log has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from typing_extensions import override

from gui.background import Job
from gui.controllers.audit_changes import changes_of
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.wording import moment, said
from ums_client.protocol.audit import AuditedEvent, QueryAudit, QueryAuditReply

FailedWith = Callable[[Problem], object]
Facts: TypeAlias = tuple[tuple[str, str], ...]
PAGE: Final = 100
ANY: Final = "Everything"
KINDS: Final[dict[str, tuple[str, ...]]] = {
    ANY: (),
    "Sign-ins": ("login", "logout", "session_revoked", "reauthenticated"),
    "Password and factors": (
        "password_changed", "password_reset", "password_reset_requested",
        "password_change_forced", "mfa_enabled", "mfa_disabled",
        "backup_codes_regenerated",
    ),
    "Profile and address": (
        "user_updated", "email_change_requested", "email_verified", "email_reverted",
        "change_reverted", "consent_set", "preferences_changed",
    ),
    "API keys": ("api_key_created", "api_key_rotated", "api_key_revoked"),
    "Looked at or taken out": (
        "user_read", "user_data_exported", "mfa_read", "sessions_listed",
        "consents_read", "preferences_read",
    ),
}  # fmt: skip
"""Events in groups that people understand."""
OUTCOMES: Final = {
    "done": "done",
    "refused": "refused",
    "found": "noticed",
    "suppressed": "not written down one by one",
}
_TONES: Final = {"warning": "warning", "error": "danger", "critical": "danger"}


class Activity(Streamed):
    """Entries of which one is the actor or the subject, the newest first."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        super().__init__()
        self.desk = desk
        self.kind = ANY
        self._entries: dict[str, AuditedEvent] = {}

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page."""

        def came(reply: QueryAuditReply) -> None:
            self._entries |= {str(entry.number): entry for entry in reply.entries}
            then([self._item(entry) for entry in reply.entries], reply.next_cursor)

        return self.desk.ask(
            lambda: QueryAudit(
                user_id=self._me,
                events=list(KINDS[self.kind]) or None,
                limit=PAGE,
                cursor=cursor,
            ),
            came,
            failed,
        )

    @property
    def _me(self) -> str:
        me = self.desk.me
        return me.user_id if me is not None else ""

    def _who(self, entry: AuditedEvent) -> str:
        if entry.actor == self._me:
            return "you"
        if entry.actor is None:  # who signs in is nobody yet
            return "—" if entry.address else "the service"
        return entry.actor_name or "somebody else"

    def _item(self, entry: AuditedEvent) -> Item:
        cells = (
            moment(entry.at),
            said(entry.event),
            OUTCOMES.get(entry.outcome, entry.outcome),
            self._who(entry),
            entry.address or "",
        )
        return Item(str(entry.number), cells, _TONES.get(entry.severity, ""))

    def read(self, key: str) -> tuple[str, Facts] | None:
        """An entry in full."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        whose = "yours" if entry.subject == self._me else entry.subject_name or ""
        facts = {
            "When": moment(entry.at),
            "Outcome": OUTCOMES.get(entry.outcome, entry.outcome)
            + (f" ({entry.code})" if entry.code else ""),
            "Done by": self._who(entry),
            "To the account": whose,
            "From": entry.address or "",
            "Program": entry.user_agent or "",
            "Number in the log": str(entry.number),
        }
        for name, before, after in changes_of(entry):
            facts[f"{name}, before and after"] = f"{before}  →  {after}"
        return said(entry.event), tuple((n, text) for n, text in facts.items() if text)
