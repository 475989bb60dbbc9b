"""Which endpoints may be bound without CURVE: those that only this machine reaches."""

import ipaddress
import re
from typing import Final

LOOPBACK_ADDRESS: Final = "127.0.0.1"
_TCP: Final = re.compile(r"tcp://(\[[0-9a-f:.%]+\]|[^:\[\]]+):(\d+|\*)", re.IGNORECASE)


class UnsupportedEndpoint(ValueError):
    """Not an endpoint this service can bind."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"cannot bind {endpoint!r}: use tcp://ADDRESS:PORT or ipc://PATH"
        )


def is_local(endpoint: str) -> bool:
    """Whether only programs of this machine can connect.

    A host name counts as reachable from outside: what it resolves to may change.

    Raises:
        UnsupportedEndpoint: neither tcp:// with a port nor ipc://.
    """
    if endpoint.startswith("ipc://") and len(endpoint) > len("ipc://"):
        return True
    match = _TCP.fullmatch(endpoint)
    if match is None:
        raise UnsupportedEndpoint(endpoint)
    try:
        return ipaddress.ip_address(match[1].strip("[]")).is_loopback
    except ValueError:
        return False
