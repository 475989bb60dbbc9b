"""What a handler gives back: the fields of a reply, not yet bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ums_client.protocol.message import Reply

R = TypeVar("R", bound=Reply)
Fields = dict[str, Any]


@dataclass(slots=True)
class Answer(Generic[R]):
    """A successful reply of class `kind`, of which only the given fields are sent.

    The values are plain data and trusted, not validated: building the class would cost
    more than all the rest of a read. That every reply on the wire is valid for its
    class is proved by the tests of the contract.
    """

    kind: type[R]
    given: Fields | None
    source: bytes | None = None
    """The stored value that the whole reply is made of, where it is made of one."""
    make: Callable[[bytes], Fields] | None = None
    about: bytes = b""
    """What stands for whatever else the reply is made of and does not change."""

    def fields(self) -> Fields:
        """The fields that are sent, in order."""
        if self.make is not None and self.source is not None:
            return self.make(self.source)
        return self.given or {}


def answer(kind: type[R], **fields: Any) -> Answer[R]:
    """An answer with these fields, in this order."""
    return Answer(kind, fields)


def answer_from(
    kind: type[R],
    source: bytes,
    make: Callable[[bytes], Fields],
    about: bytes = b"",
) -> Answer[R]:
    """An answer that `make` makes of one stored value, and of what `about` stands for.

    Its bytes may be kept and sent again for as long as both are the same.
    """
    return Answer(kind, None, source, make, about)
