"""What the program remembers between two starts: choices and places, never secrets."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from ums_client.defaults import DEFAULT_ENDPOINT

SCALES: Final = (0, 100, 125, 150, 175, 200)
"""In percent; 0 takes what the desktop asks for."""
_SIZE_MIN: Final = (880, 560)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is, and with which keys: a profile of a connection.

    `server_key_file` holds the public key of the service, `key_file` the pair of this
    client; without the first nothing is encrypted.
    """

    name: str = "This computer"
    endpoint: str = DEFAULT_ENDPOINT
    server_key_file: str = ""
    key_file: str = ""
    last_user: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How a table looks: its columns in their order, and their widths at 100 %."""

    columns: tuple[str, ...]
    widths: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """How the window looked, and which places are known. Sizes are in pixels.

    `looks` are those of tables, by the name of their page.
    """

    theme: Literal["light", "dark"] = "light"
    scale_percent: int = 0
    width: int = 1280
    height: int = 800
    place: str = "This computer"
    places: tuple[Place, ...] = field(default=(Place(),))
    looks: dict[str, Look] = field(default_factory=dict)

    @property
    def here(self) -> Place:
        """The place that was used last."""
        known = [place for place in self.places if place.name == self.place]
        return (known or [*self.places, Place()])[0]

    def at(self, place: Place) -> Choices:
        """Use a place from now on; it replaces the one of its name."""
        others = tuple(known for known in self.places if known.name != place.name)
        return replace(self, place=place.name, places=(place, *others))

    def without(self, name: str) -> Choices:
        """Forget a place."""
        left = tuple(place for place in self.places if place.name != name)
        return replace(self, places=left or (Place(),))


def load_choices(path: Path) -> Choices:
    """Read them; whatever cannot be read is as at the first start."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        places = tuple(Place(**_texts(place)) for place in read["places"])
        return Choices(
            theme="dark" if read["theme"] == "dark" else "light",
            scale_percent=read["scale_percent"]
            if read["scale_percent"] in SCALES
            else 0,
            width=max(int(read["width"]), _SIZE_MIN[0]),
            height=max(int(read["height"]), _SIZE_MIN[1]),
            place=str(read["place"]),
            places=places or (Place(),),
            looks=_looks(read.get("looks", {})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Choices()


def save_choices(path: Path, choices: Choices) -> None:
    """Write them, all or nothing.

    Raises:
        OSError: they cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(choices), indent=2), encoding="utf-8")
    draft.replace(path)


def _looks(read: Any) -> dict[str, Look]:
    given = cast("dict[str, dict[str, Any]]", read)
    return {
        str(page): Look(
            tuple(str(name) for name in look["columns"]),
            {str(name): max(int(w), 1) for name, w in look["widths"].items()},
        )
        for page, look in given.items()
    }


def _texts(read: Any) -> dict[str, str]:
    known = {part.name for part in fields(Place)}
    given = cast("dict[str, Any]", read)
    return {name: str(given[name]) for name in known if name in given}
