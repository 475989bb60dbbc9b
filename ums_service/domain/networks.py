"""Networks that something is limited to."""

from ipaddress import ip_address, ip_network

from ums_service.domain.errors import InvalidInput


def network_of(given: str, field: str = "addresses") -> str:
    """An address or network as it is stored. Raises InvalidInput."""
    try:
        return str(ip_network(given.strip(), strict=False))
    except ValueError:
        reason = f"{given!r} is neither an address nor a network"
        raise InvalidInput(field, reason) from None


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of these networks; in none at all, every one does."""
    if not networks:
        return True
    try:
        source = ip_address(address)
    except ValueError:  # not over TCP: no network that could be named
        return False
    return any(source in ip_network(network) for network in networks)
