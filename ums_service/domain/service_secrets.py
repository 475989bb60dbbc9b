"""Random keys that the service makes for itself, once, and keeps in the store.

One document for each subject, so that a key serves one purpose only. The store seals
them; they are never shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from storage import Collection, Store

KEY_BYTES: Final = 32
DEVICE_TOKENS: Final = "device_tokens"
NAME_ALIASES: Final = "name_aliases"
ALL: Final = (DEVICE_TOKENS, NAME_ALIASES)
"""Every subject; a new one is made at the next start."""


@dataclass(frozen=True, slots=True)
class ServiceSecret:
    """One key and what it is for."""

    name: str
    key: bytes = field(repr=False)


def _key(secret: ServiceSecret) -> str:
    return secret.name


def _to_document(secret: ServiceSecret) -> dict[str, Any]:
    return {"name": secret.name, "key": secret.key}


SERVICE_SECRETS: Final = Collection(
    name="service_secrets",
    key=_key,
    to_document=_to_document,
    from_document=lambda document: ServiceSecret(**document),
)


async def ensure_secrets(store: Store, random_bytes: Callable[[int], bytes]) -> None:
    """Make the keys that are not there yet; durable on return."""
    async with store.transaction() as tx:
        for name in ALL:
            if await tx.get(SERVICE_SECRETS, name) is None:
                tx.put(SERVICE_SECRETS, ServiceSecret(name, random_bytes(KEY_BYTES)))


def service_secret(store: Store, name: str) -> bytes:
    """The key for one subject, after `ensure_secrets`."""
    secret = store.get(SERVICE_SECRETS, name)
    assert secret is not None
    return secret.key
