"""A lab: an organisation whose members, data and log are apart from all others."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection, Store, Transaction
from ums_service.domain.errors import InvalidInput, NameTaken

NAME_CHARS_MIN: Final = 3
NAME_CHARS_MAX: Final = 100
NO_LAB: Final = ""
"""No lab has this id."""
_CODE: Final = re.compile(r"[A-Z0-9_-]{2,20}")


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab as it is stored. `lab_id` and `code` never change.

    `name_key` is what two labs must not share: the name without regard to case.
    """

    lab_id: str
    code: str
    name: str
    name_key: str
    description: str = ""
    active: bool = True
    features: tuple[str, ...] = ()
    created_at: str = ""
    updated_at: str = ""


def _key(lab: Lab) -> str:
    return lab.lab_id


def _from_document(document: dict[str, Any]) -> Lab:
    return Lab(**document | {"features": tuple(document["features"])})


LABS: Final = Collection(
    name="labs",
    key=_key,
    to_document=asdict,
    from_document=_from_document,
    unique=("code", "name_key"),
)


@dataclass(frozen=True, slots=True)
class EndedLab:
    """A lab that was deleted, while there are still memberships in it."""

    lab_id: str
    ended_at: str


def _key_of_ended(ended: EndedLab) -> str:
    return ended.lab_id


def _ended_from_document(document: dict[str, Any]) -> EndedLab:
    return EndedLab(**document)


ENDED_LABS: Final = Collection(
    name="ended_labs",
    key=_key_of_ended,
    to_document=asdict,
    from_document=_ended_from_document,
)


def normalise_code(text: str) -> str:
    """The form in which codes are stored and compared."""
    return text.strip().upper()


def checked_code(text: str) -> str:
    """A code in its stored form. Raises InvalidInput."""
    code = normalise_code(text)
    if not _CODE.fullmatch(code):
        raise InvalidInput(
            "code",
            "should have 2 to 20 of the letters A to Z, digits and the signs - _",
        )
    return code


def checked_name(text: str) -> str:
    """A name as it is shown, with single spaces. Raises InvalidInput."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not NAME_CHARS_MIN <= len(name) <= NAME_CHARS_MAX:
        raise InvalidInput(
            "name", f"should have {NAME_CHARS_MIN} to {NAME_CHARS_MAX} characters"
        )
    return name


def name_key(name: str) -> str:
    """What names are compared by."""
    return unicodedata.normalize("NFKC", name).casefold()


async def save_new(tx: Transaction, lab: Lab) -> None:
    """Make a lab. Raises NameTaken."""
    await check_is_free(tx, lab)
    tx.put(LABS, lab)


async def check_is_free(tx: Transaction, lab: Lab) -> None:
    """Raise NameTaken if the name or code belongs to another lab."""
    for field, shown in (("name_key", "lab name"), ("code", "lab code")):
        owner = await tx.find(LABS, field, getattr(lab, field))
        if owner not in (None, lab.lab_id):
            raise NameTaken(shown)


def id_of_code(store: Store, code: str) -> str | None:
    """The id of the lab with this code; whether somebody may know it is not asked."""
    return store.find(LABS, "code", normalise_code(code))
