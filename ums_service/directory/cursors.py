"""Where a page ends, as text that is handed back to get the next one.

A cursor names the last account that was shown and its place in the order, nothing that
its holder has not seen: it needs no signature. It stays good when accounts come and go,
when the service restarts, and when that account itself is deleted.
"""

import base64
import json
from typing import Any, NamedTuple

from ums_service.directory.order import Key
from ums_service.directory.rows import SORTS
from ums_service.domain.errors import InvalidInput


class Cursor(NamedTuple):
    """The order, and the key of the last account shown."""

    sort_by: str
    descending: bool
    key: Key

    @property
    def text(self) -> str:
        """The form in which it leaves the service."""
        value, user_id = self.key
        plain = json.dumps(
            [self.sort_by, self.descending, value, user_id], ensure_ascii=False
        )
        return base64.urlsafe_b64encode(plain.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor of a text.

        Raises:
            InvalidInput: the service did not make it.
        """
        try:
            plain = json.loads(base64.urlsafe_b64decode(text.encode()))
            cursor = _checked(*plain)
        except (ValueError, TypeError, RecursionError):
            raise InvalidInput("cursor", "should be one that was given") from None
        return cursor


def _checked(sort_by: Any, descending: Any, value: Any, user_id: Any) -> Cursor:
    """A cursor of these parts. Raises ValueError or TypeError."""
    kinds = (type(descending), type(value), type(user_id))
    if sort_by not in SORTS or kinds != (bool, SORTS[sort_by].kind, str):
        raise ValueError(sort_by)
    return Cursor(sort_by, descending, (value, user_id))
