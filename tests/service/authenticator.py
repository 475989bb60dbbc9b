"""Second factors as their owners hold them: a phone with codes, a key that signs."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Self

import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from tests.service.harness import GOOD, Bench, Message
from ums_service.domain.errors import NotDelivered
from ums_service.domain.users import User

FLAG = AuthenticatorData.FLAG


@dataclass
class Phone:
    """Shows one-time codes; its clock is that of the bench, give or take `late_s`."""

    bench: Bench
    secret: str
    backup_codes: list[str] = field(default_factory=list)

    def code(self, late_s: float = 0.0) -> str:
        return pyotp.TOTP(self.secret).at(self.bench.clock.now.epoch_s - late_s)

    def next_code(self) -> str:
        """A code that was not shown before: time passes until there is one."""
        self.bench.clock.advance(30)
        return self.code()

    @classmethod
    def of_first_factor(cls, bench: Bench, token: str, password: str) -> Self:
        """Set up where no session is given without a factor."""
        begin = {"action": "setup_mfa", "method": "totp", "mfa_setup_token": token}
        begun = bench.ask(**begin, password=password)
        assert begun["status"] == "success", begun
        phone = cls(bench, begun["secret"])
        confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
        done = bench.ask(**confirm, code=phone.code())
        assert done["status"] == "success", done
        phone.backup_codes = done["backup_codes"]
        return phone


def set_up(bench: Bench, token: str, password: str = GOOD, **more: Any) -> Phone:
    """A phone that is a second factor of the session's account."""
    begun = bench.ask(
        action="setup_mfa",
        method="totp",
        session_token=token,
        password=password,
        **more,
    )
    assert begun["status"] == "success", begun
    phone = Phone(bench, begun["secret"])
    done = bench.ask(
        action="confirm_mfa",
        session_token=token,
        setup_token=begun["setup_token"],
        code=phone.code(),
    )
    assert done["status"] == "success", done
    phone.backup_codes = done["backup_codes"]
    return phone


@dataclass
class Telephone:
    """Receives codes: a sender that keeps what it is given, or refuses to take it."""

    received: list[tuple[str, str, str]] = field(default_factory=list, repr=False)
    is_off: bool = False

    async def send(self, user: User, address: str, code: str, purpose: str) -> None:
        if self.is_off:
            raise NotDelivered
        self.received.append((address, code, purpose))

    @property
    def code(self) -> str:
        return self.received[-1][1]

    @classmethod
    def of(cls, bench: Bench, method: str = "sms") -> Self:
        """What messages of this service arrive at."""
        telephone = cls()
        senders: Any = bench.service.facilities.factors.senders
        senders[method] = telephone
        return telephone


def set_up_messages(
    bench: Bench, telephone: Telephone, token: str, password: str = GOOD
) -> None:
    """Make a number a second factor of the session's account."""
    own = {"session_token": token}
    begin = {"action": "setup_mfa", "method": "sms", "phone_number": "+49 30 123456"}
    begun = bench.ask(**begin, **own, password=password)
    assert begun["status"] == "success", begun
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    done = bench.ask(**confirm, **own, code=telephone.code)
    assert done["status"] == "success", done


class SecurityKey:
    """A software authenticator: one key pair, and what WebAuthn wants signed with it."""

    def __init__(self, origin: str = "https://localhost") -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = b"credential" + self.key.private_numbers().private_value.to_bytes(32, "big")[:8]  # fmt: skip
        self.user_handle = b""
        self.count = 0
        self.flags = FLAG.UP | FLAG.UV

    def enrol(self, options: Message) -> Message:
        """What `finish_passkey_enrolment` takes as `credential`."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())
        described = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, public
        )
        data = self._data(options["rp"]["id"], self.flags | FLAG.AT, described)
        made = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=made)

    def sign(self, options: Message) -> Message:
        """What `verify_mfa` and `finish_passkey_login` take as `assertion`."""
        self.count += 1
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options)
        signed = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signed,
            userHandle=self.user_handle,
        )

    def _data(
        self, rp_id: str, flags: FLAG, described: bytes = b""
    ) -> AuthenticatorData:
        rp_hash = hashlib.sha256(rp_id.encode()).digest()
        return AuthenticatorData.create(rp_hash, flags, self.count, described)

    def _client(self, kind: str, options: Message) -> CollectedClientData:
        return CollectedClientData.create(kind, options["challenge"], self.origin)

    def _answer(self, **response: bytes) -> Message:
        credential_id = websafe_encode(self.credential_id)
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        return {
            "id": credential_id,
            "rawId": credential_id,
            "type": "public-key",
            "response": encoded,
            "clientExtensionResults": {},
        }


def enrol(bench: Bench, token: str, password: str = GOOD, **more: Any) -> SecurityKey:
    """A security key that is a second factor of the session's account."""
    begun = bench.ask(
        action="begin_passkey_enrolment",
        session_token=token,
        password=password,
        **more,
    )
    assert begun["status"] == "success", begun
    key = SecurityKey()
    done = bench.ask(
        action="finish_passkey_enrolment",
        session_token=token,
        setup_token=begun["setup_token"],
        credential=key.enrol(begun["options"]),
    )
    assert done["status"] == "success", done
    return key
