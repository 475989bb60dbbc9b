"""What a client says of itself: shown to the owner of a session, never believed.

Only a gateway that has proved to be one is believed, and only the address.
"""

from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from ums_service.domain.errors import InvalidInput

USER_AGENT_CHARS_MAX: Final = 255
DEVICE_NAME_CHARS_MAX: Final = 100
ADDRESS_CHARS_MAX: Final = 45
"""The longest text of an IPv6 address, one with an IPv4 address in it."""


class ClientInfo(NamedTuple):
    """The program and the device, in the client's own words."""

    user_agent: str = ""
    device_name: str = ""


UNKNOWN_CLIENT: Final = ClientInfo()


def client_info(said: object) -> ClientInfo:
    """What can be shown of the `client` object of a request, whatever it holds."""
    if not isinstance(said, dict):
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


def address_told(said: object) -> str:
    """The address of the end user in the `client` object of a gateway's request.

    One text for each address: an IPv4 address in IPv6 clothes is an IPv4 address.

    Raises:
        InvalidInput: there is none, or nobody can have that address.
    """
    text = said.get("ip") if isinstance(said, dict) else None
    if not isinstance(text, str) or len(text) > ADDRESS_CHARS_MAX or "%" in text:
        raise InvalidInput("client.ip", "a gateway tells the address of the end user")
    try:
        address = ip_address(text)
    except ValueError:
        raise InvalidInput("client.ip", "should be an IPv4 or IPv6 address") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_unspecified or address.is_multicast:
        raise InvalidInput("client.ip", "is not the address of a machine")
    return str(address)
