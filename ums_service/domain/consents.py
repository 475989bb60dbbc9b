"""What a person has consented to: which version, when, through what; and withdrawn.

Every answer is kept, the newest last: that somebody once consented is what has to be
shown later (GDPR art. 7(1)), also when it was withdrawn.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.moment import Moment

KEPT_OF_A_TYPE: Final = 20
"""Answers of one type; past it the oldest go, but the first grant stays."""
TYPES_MAX: Final = 50


class Consent(NamedTuple):
    """One answer. `version` is empty where the text has none."""

    type: str
    version: str
    granted: bool
    at: str
    source: str
    """Where it was given, in the client's words."""
    set_by: str
    """The id of who gave it: the person, or who noted it for them."""


class Required(NamedTuple):
    """A consent that everybody must give; a version asks for that very one."""

    type: str
    version: str

    @classmethod
    def of(cls, text: str) -> "Required":
        """From the setting: `privacy`, or `privacy:2026-01`."""
        kind, _, version = text.partition(":")
        return cls(kind, version)


@dataclass(frozen=True, slots=True)
class Consents:
    """All answers of one person, in the order in which they were given."""

    user_id: str
    given: tuple[Consent, ...] = ()

    def current(self) -> list[Consent]:
        """The newest answer of each type, in the order of the types' first answers."""
        newest: dict[str, Consent] = {}
        for consent in self.given:
            newest[consent.type] = consent
        return list(newest.values())

    def with_answer(self, consent: Consent) -> "Consents":
        """With one more answer; of too many of its type the second oldest goes."""
        own = [one for one in self.given if one.type == consent.type]
        drop = own[1] if len(own) >= KEPT_OF_A_TYPE else None
        kept = tuple(one for one in self.given if one is not drop)
        return Consents(self.user_id, (*kept, consent))

    def missing(self, required: Iterable[str]) -> list[Required]:
        """Which of the consents that everybody must give are not given, or not now."""
        granted = {one.type: one.version for one in self.current() if one.granted}
        wanted = [Required.of(text) for text in required]
        return [
            one
            for one in wanted
            if one.type not in granted or one.version not in ("", granted[one.type])
        ]


def required_version(kind: str, required: Iterable[str]) -> str:
    """The version of a type that is asked for; empty where none is."""
    wanted = [Required.of(text) for text in required]
    return next((one.version for one in wanted if one.type == kind), "")


def at_registration(
    user_id: str, granted: Iterable[str], required: Iterable[str], now: Moment
) -> Consents:
    """The consents that somebody gave by registering, to the versions asked for."""
    versions = list(required)
    answers = (
        Consent(
            type=kind,
            version=required_version(kind, versions),
            granted=True,
            at=now.text,
            source="registration",
            set_by=user_id,
        )
        for kind in granted
    )
    return Consents(user_id, tuple(answers))


def _key(consents: Consents) -> str:
    return consents.user_id


def _to_document(consents: Consents) -> dict[str, Any]:
    return {"user_id": consents.user_id, "given": [list(one) for one in consents.given]}


def _from_document(document: dict[str, Any]) -> Consents:
    given = tuple(Consent(*one) for one in document["given"])
    return Consents(document["user_id"], given)


CONSENTS: Final = Collection(
    name="consents", key=_key, to_document=_to_document, from_document=_from_document
)
