"""Devices that an account has asked to be known again, and the tokens they show.

A token is base64url of: version, device id, time of issue, HMAC-SHA256 over these and
the user id. So it is good for one account only; forgetting the device ends it at once,
its age in the end. It proves nothing but that somebody logged in from there before: it
is no session, and the password is asked for all the same.
"""

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.moment import Moment

_FORM: Final = struct.Struct(">B16sQ")
_VERSION: Final = 1
_TOKEN_BYTES: Final = _FORM.size + 32


class Device(NamedTuple):
    """One known device. Times are ISO 8601 text in UTC, as for users."""

    device_id: str
    label: str
    created_at: str
    last_used_at: str
    address: str
    issued_epoch_s: int  # of its newest token
    factor_epoch_s: int = 0  # a login that proved a second factor remembered it; or 0

    def spares_factor(self, now: Moment, *, good_for_s: int) -> bool:
        """Whether a second factor that was proved on it counts still."""
        proved_s = self.factor_epoch_s
        return proved_s > 0 and now.reached_s - proved_s < good_for_s


class Devices(NamedTuple):
    """The known devices of one account, the one used longest ago first."""

    user_id: str
    devices: tuple[Device, ...] = ()

    def find(self, device_id: str) -> Device | None:
        """The device of that id."""
        return next((d for d in self.devices if d.device_id == device_id), None)

    def current(self, now: Moment, *, good_for_s: int) -> tuple[Device, ...]:
        """Those whose tokens have not expired."""
        good_since = now.epoch_s - good_for_s
        return tuple(d for d in self.devices if d.issued_epoch_s > good_since)

    def without(self, device_id: str) -> "Devices":
        """The list after a device was forgotten."""
        kept = tuple(d for d in self.devices if d.device_id != device_id)
        return self._replace(devices=kept)

    def without_factors(self) -> "Devices":
        """The list where none spares a second factor any more."""
        kept = tuple(d._replace(factor_epoch_s=0) for d in self.devices)
        return self._replace(devices=kept)

    def with_device(
        self, device: Device, now: Moment, *, most: int, good_for_s: int
    ) -> "Devices":
        """The list with a device just used. Expired ones go, then the oldest."""
        kept = self.without(device.device_id).current(now, good_for_s=good_for_s)
        return self._replace(devices=(*kept, device)[-most:])


def device_token(key: bytes, user_id: str, device: Device) -> str:
    """The token that `device` shows from now on."""
    head = _FORM.pack(_VERSION, bytes.fromhex(device.device_id), device.issued_epoch_s)
    return urlsafe_b64encode(head + _mac(key, head, user_id)).decode()


def known_device(
    own: Devices, token: str | None, now: Moment, *, key: bytes, good_for_s: int
) -> Device | None:
    """The device of the account `own` whose token this is.

    None for a token that is altered, too old, of another account, or of a device that
    was forgotten.
    """
    raw = _decoded(token or "")
    if raw is None:
        return None
    head, mac = raw[: _FORM.size], raw[_FORM.size :]
    if not hmac.compare_digest(_mac(key, head, own.user_id), mac):
        return None
    version, device_id, issued_epoch_s = _FORM.unpack(head)
    if version != _VERSION or now.reached_s - issued_epoch_s >= good_for_s:
        return None
    return own.find(device_id.hex())


def _mac(key: bytes, head: bytes, user_id: str) -> bytes:
    return hmac.digest(key, head + user_id.encode(), hashlib.sha256)


def _decoded(token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token.encode())
    except (NotBase64, ValueError):
        return None
    # decoding skips what is not of the alphabet: only the one right spelling counts
    right = len(raw) == _TOKEN_BYTES and urlsafe_b64encode(raw).decode() == token
    return raw if right else None


def _key(devices: Devices) -> str:
    return devices.user_id


def _to_document(devices: Devices) -> dict[str, Any]:
    return {"user_id": devices.user_id, "devices": [list(d) for d in devices.devices]}


def _from_document(document: dict[str, Any]) -> Devices:
    return Devices(
        document["user_id"], tuple(Device(*fields) for fields in document["devices"])
    )


DEVICES: Final = Collection(
    name="devices", key=_key, to_document=_to_document, from_document=_from_document
)
