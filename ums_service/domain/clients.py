"""What a client says of itself: shown to the owner of a session, never believed."""

from collections.abc import Mapping
from typing import Final, NamedTuple

USER_AGENT_CHARS_MAX: Final = 255
DEVICE_NAME_CHARS_MAX: Final = 100


class ClientInfo(NamedTuple):
    """The program and the device, in the client's own words."""

    user_agent: str = ""
    device_name: str = ""


UNKNOWN_CLIENT: Final = ClientInfo()


def client_info(said: object) -> ClientInfo:
    """What can be shown of the `client` object of a request, whatever it holds."""
    if not isinstance(said, Mapping):
        return UNKNOWN_CLIENT
    return ClientInfo(
        _line(said.get("user_agent"), USER_AGENT_CHARS_MAX),
        _line(said.get("device_name"), DEVICE_NAME_CHARS_MAX),
    )


def _line(said: object, chars_max: int) -> str:
    if not isinstance(said, str):
        return ""
    shown = "".join(c for c in said[:chars_max] if c.isprintable())
    return shown.encode(errors="ignore").decode().strip()


def user_agent_of(said: object) -> str | None:
    """The client's own words for itself, for one line of a log."""
    return client_info(said).user_agent or None if said is not None else None
