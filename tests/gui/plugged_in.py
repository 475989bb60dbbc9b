"""A security key that is plugged in: the software authenticator, spoken to as over USB."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import CtapDevice, CtapError
from fido2.ctap2 import Ctap2
from fido2.ctap2.pin import PinProtocolV1
from fido2.hid import CAPABILITY
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from tests.service.authenticator import SecurityKey

FLAG = AuthenticatorData.FLAG
PROTOCOL = PinProtocolV1()
AAGUID = b"\0" * 16


class PluggedIn(CtapDevice):
    """Answers the commands of CTAP 2.0 that make and use passkeys.

    It knows its owner by `finger`, by `pin` (PIN protocol 1), or not at all.
    """

    def __init__(self, *, finger: bool = False, pin: str = "") -> None:
        self.key = SecurityKey()
        self.options = {"rk": True, "up": True}
        if finger:
            self.options["uv"] = True
        self.options["clientPin"] = bool(pin)  # it could have one
        self.pin = pin
        self._agreed = ec.generate_private_key(ec.SECP256R1())
        self._token = b"t" * 32
        self.failure: CtapError.ERR | None = None
        self.is_unplugged = False
        self.closed = 0
        self.stored: bytes | None = None

    @property
    def capabilities(self) -> int:
        return CAPABILITY.CBOR

    def call(
        self,
        cmd: int,
        data: bytes = b"",
        event: Event | None = None,
        on_keepalive: Callable[[Any], None] | None = None,
    ) -> bytes:
        if self.is_unplugged:
            raise OSError("no such device")
        given: Mapping[int, Any] = cbor.decode(data[1:]) if data[1:] else {}
        if data[0] == Ctap2.CMD.GET_INFO:
            said = {1: ["FIDO_2_0"], 3: AAGUID, 4: self.options, 6: [1]}
        elif self.failure is not None:
            return bytes([self.failure])
        elif data[0] == Ctap2.CMD.CLIENT_PIN:
            if given[2] == 2:
                said = {1: dict(ES256.from_cryptography_key(self._agreed.public_key()))}
                said[1][3] = -25  # as CTAP wants it, 6.5.6
            elif not self._is_pin(given):
                return bytes([CtapError.ERR.PIN_INVALID])
            else:
                said = {2: PROTOCOL.encrypt(self._secret(given), self._token)}
        elif data[0] == Ctap2.CMD.MAKE_CREDENTIAL:
            said = self._make(given)
        elif self.stored is None or not self._is_wanted(given):
            return bytes([CtapError.ERR.NO_CREDENTIALS])
        else:
            said = self._sign(given)
        return b"\0" + cbor.encode(said)

    def _is_wanted(self, given: Mapping[int, Any]) -> bool:
        ids = [one["id"] for one in given.get(3) or ()]
        return not ids or self.key.credential_id in ids

    def _secret(self, given: Mapping[int, Any]) -> bytes:
        x, y = (int.from_bytes(given[3][part], "big") for part in (-2, -3))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        return PROTOCOL.kdf(self._agreed.exchange(ec.ECDH(), public))

    def _is_pin(self, given: Mapping[int, Any]) -> bool:
        typed = PROTOCOL.decrypt(self._secret(given), given[6])
        return typed == hashlib.sha256(self.pin.encode()).digest()[:16]

    def _flags(self, given: Mapping[int, Any], options: int, proof: int) -> FLAG:
        by_finger = given.get(options, {}).get("uv")
        by_pin = proof in given
        if by_pin:
            assert given[proof] == PROTOCOL.authenticate(
                self._token, given[2 if options == 5 else 1]
            )
        return FLAG.UP | FLAG.UV if by_finger or by_pin else FLAG.UP

    def _make(self, given: Mapping[int, Any]) -> dict[int, Any]:
        self.stored = given[3]["id"]
        public = ES256.from_cryptography_key(self.key.key.public_key())
        described = AttestedCredentialData.create(
            AAGUID, self.key.credential_id, public
        )
        rp_hash = hashlib.sha256(given[2]["id"].encode()).digest()
        flags = self._flags(given, 7, 8) | FLAG.AT
        data = AuthenticatorData.create(rp_hash, flags, 0, described)
        return {1: "none", 2: bytes(data), 3: {}}

    def _sign(self, given: Mapping[int, Any]) -> dict[int, Any]:
        self.key.count += 1
        rp_hash = hashlib.sha256(given[1].encode()).digest()
        data = AuthenticatorData.create(
            rp_hash, self._flags(given, 5, 6), self.key.count
        )
        signature = self.key.key.sign(data + given[2], ec.ECDSA(hashes.SHA256()))
        return {
            1: {"type": "public-key", "id": self.key.credential_id},
            2: bytes(data),
            3: signature,
            4: {"id": self.stored},
        }

    def close(self) -> None:
        """Nothing is open afterwards."""
        self.closed += 1

    @classmethod
    def list_devices(cls) -> Iterator[Self]:
        yield cls()
