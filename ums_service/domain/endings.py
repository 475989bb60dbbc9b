"""The end of logins: what is durable of them, and what is in memory."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from storage import Transaction
from ums_service.domain.families import end_families
from ums_service.domain.moment import Moment
from ums_service.domain.sessions import Session, Sessions


class Ending(NamedTuple):
    """What ends: its session ids, and what to call once the transaction is durable."""

    session_ids: frozenset[str]
    finish: Callable[[], object]


async def end_everything(
    tx: Transaction,
    sessions: Sessions,
    user_id: str,
    now: Moment,
    *,
    but: Session | None = None,
) -> Ending:
    """End every login of an account but one.

    In `tx`: no token can be renewed any more, and other services hear that the access
    tokens are revoked. By `finish`, after the commit: sessions end, tokens for a
    change of password among them.
    """
    kept = but.session_id if but else None
    ended = await end_families(tx, user_id, now, but=kept)
    live = [session.session_id for session in sessions.of_account(user_id, now)]
    return Ending(
        frozenset({*ended, *live} - {kept}),
        lambda: sessions.end_all_of(user_id, but=but),
    )


async def end_logins(
    tx: Transaction,
    sessions: Sessions,
    user_id: str,
    session_ids: Collection[str],
    now: Moment,
) -> Ending:
    """End some logins of an account. Ids of others, or of nobody, end nothing."""
    ended = await end_families(tx, user_id, now, only=session_ids)
    live = [s.session_id for s in sessions.of_account(user_id, now)]
    own = frozenset({*ended, *live}) & frozenset(session_ids)

    def finish() -> None:
        for session_id in own:
            sessions.end_with_id(session_id)

    return Ending(own, finish)
