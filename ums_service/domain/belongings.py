"""What an account has beside its own document, and what becomes of it in the end.

Each of these collections holds at most one document for an account, under its user id:
what is asked for rarely does not make every read of an account dearer.
"""

from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.one_time import ONE_TIME

OWNED: Final[tuple[Collection[Any], ...]] = (ONE_TIME,)
"""Collections keyed by user id. They stay as they are while a deleted account can be
brought back, and are erased with it."""


def erase(tx: Transaction, user_id: str) -> None:
    """Delete all that belongs to an account but its own document."""
    for collection in OWNED:
        tx.delete(collection, user_id)
