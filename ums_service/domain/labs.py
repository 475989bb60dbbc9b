"""A lab: an organisation whose members, data and log are apart from all others."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection


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
