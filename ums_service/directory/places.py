"""Which row an account has."""

from typing import Final

_PARTS: Final = 64


class Places:
    """Rows by the ids of their accounts, in many small dicts.

    A dict is copied when it grows: one of 100,000 ids takes 4 ms, and the loop waits.
    """

    def __init__(self) -> None:
        self._parts: list[dict[str, int]] = [{} for _ in range(_PARTS)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, user_id: str) -> bool:
        return user_id in self._part(user_id)

    def __setitem__(self, user_id: str, row: int) -> None:
        part = self._part(user_id)
        self._count += user_id not in part
        part[user_id] = row

    def __delitem__(self, user_id: str) -> None:
        del self._part(user_id)[user_id]
        self._count -= 1

    def get(self, user_id: str) -> int | None:
        """The row of an account; None where it has none."""
        return self._part(user_id).get(user_id)

    def _part(self, user_id: str) -> dict[str, int]:
        # not the lowest bits of the hash: those find the place within a dict
        return self._parts[(hash(user_id) >> 40) % _PARTS]
