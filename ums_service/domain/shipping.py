"""How far the audit log was sent to another system, kept so that a restart goes on."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection


@dataclass(frozen=True, slots=True)
class Shipped:
    """The number of the last entry that was sent. There is one, named `audit`."""

    stream: str
    last: int


def _key(shipped: Shipped) -> str:
    return shipped.stream


def _from_document(document: dict[str, Any]) -> Shipped:
    return Shipped(**document)


SHIPPED: Final = Collection(
    name="shipped", key=_key, to_document=asdict, from_document=_from_document
)
