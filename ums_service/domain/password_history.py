"""The passwords an account had before, as hashes, so that none comes back too soon."""

from typing import Any, Final, NamedTuple

from storage import Collection, Transaction


class PasswordHistory(NamedTuple):
    """Hashes of former passwords, the newest first; the current one is the account's."""

    user_id: str
    hashes: list[str]


def _key(history: PasswordHistory) -> str:
    return history.user_id


def _to_document(history: PasswordHistory) -> dict[str, Any]:
    return history._asdict()


def _from_document(document: dict[str, Any]) -> PasswordHistory:
    return PasswordHistory(**document)


HISTORIES: Final = Collection(
    name="password_histories",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)


async def recent_hashes(
    tx: Transaction, user_id: str, current: str, *, most: int
) -> list[str]:
    """The current hash and those before it, `most` in all, the newest first.

    A new account has no current one yet, and so none at all.
    """
    if not most or not current:
        return []
    history = await tx.get(HISTORIES, user_id)
    return [current, *(history.hashes if history else ())][:most]


def remember(tx: Transaction, user_id: str, recent: list[str], *, most: int) -> None:
    """Keep `recent` as former passwords: a new one, not among them, becomes current."""
    kept = recent[: max(0, most - 1)]
    if kept:
        tx.put(HISTORIES, PasswordHistory(user_id, kept))
    else:
        tx.delete(HISTORIES, user_id)
