"""What a handler gives back: the fields of a reply, not yet bytes."""

from collections.abc import Callable, Hashable
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
    source: Hashable | None = None
    """What the whole reply is made of, a stored value for one; None for no such thing."""
    make: Callable[[], Fields] | None = None
    about: Hashable = None
    """What stands for whatever else the reply is made of and does not change."""

    def fields(self) -> Fields:
        """The fields that are sent, in order."""
        return self.make() if self.make is not None else self.given or {}


def answer(kind: type[R], **fields: Any) -> Answer[R]:
    """An answer with these fields, in this order."""
    return Answer(kind, fields)


def answer_from(
    kind: type[R],
    source: Hashable,
    make: Callable[[], Fields],
    about: Hashable = None,
) -> Answer[R]:
    """An answer that `make` makes of `source`, and of what `about` stands for.

    Its bytes may be kept and sent again for as long as both are the same.
    """
    return Answer(kind, None, source, make, about)
