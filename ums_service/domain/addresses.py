"""Addresses that stand for many people, and so are not held to limits for one."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

_REMEMBERED: Final = 4_096


class ExemptAddresses:
    """A set of networks, as `10.0.0.0/8` or a single address.

    Raises:
        ValueError: one of them is no network; its text names it.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ip_network(network) for network in networks]
        self._holds = lru_cache(_REMEMBERED)(self._look_up)

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and self._holds(address)

    def _look_up(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self._networks)
