"""Gateways that pass on the requests of end users, and say from where these came.

A gateway is the account of a program (`create_service_account`) with the permission
`gateway.forward`, and proves to be one with an API key in `gateway_key`. Then `client.ip`
is the address of the request, for all that goes by addresses: limits, blocks, sessions,
networks of API keys, the audit log. From anybody else `client.ip` is not even looked at.
"""

from typing import NamedTuple

from ums_client.protocol.permissions import Permission
from ums_service.calls.facilities import Facilities
from ums_service.domain.authorisation import WHOLE_SERVICE, may
from ums_service.domain.clients import address_told
from ums_service.domain.errors import PermissionDenied
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS


class Forwarded(NamedTuple):
    """Where a request came from, and the id of the key of the gateway that says so."""

    address: str
    key_id: str


def forwarded(
    gateway_key: str, client: object, peer: str, facilities: Facilities, now: Moment
) -> Forwarded:
    """Where a gateway at the address `peer` says that a request came from.

    Raises:
        InvalidToken: the key is none, has ended, or may not be used from `peer`.
        PermissionDenied: it is not that of a gateway.
        InvalidInput: the gateway tells no address, or a malformed one.
    """
    key = facilities.keys.find(gateway_key, peer, now)
    owner = facilities.store.get(USERS, key.user_id)
    caller = facilities.authority.caller(key.user_id)
    if owner is None or caller is None or not owner.service_account:
        raise PermissionDenied  # a key of a person speaks for that person only
    caller = caller._replace(scopes=frozenset(key.scopes))
    if not may(caller, Permission.GATEWAY_FORWARD, WHOLE_SERVICE, now).allowed:
        raise PermissionDenied
    return Forwarded(address_told(client), key.key_id)
