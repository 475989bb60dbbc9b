"""Telephones and browsers that notifications are pushed to: one list for each account.

What a push service gave a device leads to it, with the operator's credentials: it is
stored to be read back, and found again by its digest.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.sessions import digest_of


@dataclass(frozen=True, slots=True)
class PushDevice:
    """One device. `registered_at` is ISO 8601 in UTC."""

    device_id: str
    device_type: str
    device_name: str
    registered_at: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushDevices:
    """Those of one account, the one registered longest ago first."""

    user_id: str
    devices: tuple[PushDevice, ...] = ()

    def with_one(self, device: PushDevice, *, most: int) -> "PushDevices":
        """The list with one more; the same device again takes its own place."""
        kept = self.without(device.token).devices
        return replace(self, devices=(*kept, device)[-most:])

    def without(self, name: str) -> "PushDevices":
        """The list without the device of that id or token."""
        kept = tuple(d for d in self.devices if name not in (d.device_id, d.token))
        return replace(self, devices=kept)


def _key(own: PushDevices) -> str:
    return own.user_id


def _to_document(own: PushDevices) -> dict[str, Any]:
    fields = PushDevice.__slots__
    return {
        "user_id": own.user_id,
        "devices": [{n: getattr(d, n) for n in fields} for d in own.devices],
        "digests": sorted({digest_of(d.token).hex() for d in own.devices}),
    }


def _from_document(document: dict[str, Any]) -> PushDevices:
    devices = tuple(PushDevice(**fields) for fields in document["devices"])
    return PushDevices(document["user_id"], devices)


PUSH_DEVICES: Final = Collection(
    name="push_devices",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    grouped=("digests",),
)


async def take_from_others(tx: Transaction, user_id: str, token: str) -> None:
    """A device that changed hands is told nothing any more that is for others."""
    digest = digest_of(token).hex()
    for other in await tx.ids_where(PUSH_DEVICES, "digests", digest):
        own = await tx.get(PUSH_DEVICES, other)
        if own is not None and other != user_id:
            tx.put(PUSH_DEVICES, own.without(token))
