"""What a handler gives back: the fields of a reply, not yet bytes."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ums_client.protocol.message import Reply

R = TypeVar("R", bound=Reply)


@dataclass(slots=True)
class Answer(Generic[R]):
    """A successful reply of class `kind`, of which only `fields` are sent.

    The values are plain data and trusted, not validated: building the class would cost
    more than all the rest of a read. That every reply on the wire is valid for its
    class is proved by the tests of the contract.
    """

    kind: type[R]
    fields: dict[str, Any]


def answer(kind: type[R], **fields: Any) -> Answer[R]:
    """An answer with these fields, in this order."""
    return Answer(kind, fields)
