"""Passkeys (WebAuthn level 2): what an authenticator is asked, and whether it answered.

Options and answers are JSON as browsers read and write it (`parseCreationOptionsFromJSON`,
`toJSON`). Attestation is not asked for: any authenticator will do. The library is
imported when a passkey is first used, not when the service starts.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ums_service.domain.errors import WrongFactor
from ums_service.domain.factors import Passkey
from ums_service.domain.users import User

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestedCredentialData

ALGORITHMS: Final = (-7, -8, -257)
"""ES256, EdDSA and RS256: what WebAuthn recommends to offer."""
CREDENTIAL_BYTES_MAX: Final = 4_096
"""An id has at most 1,023 bytes (WebAuthn, 4), an RSA key some hundred."""
State = Mapping[str, Any]


class Asked(NamedTuple):
    """What the authenticator is given, and what must be kept until it answers."""

    options: dict[str, Any]
    state: State


class RelyingParty:
    """The service as authenticators know it; a passkey works for its `rp_id` only.

    `origin` is where the browser or program says the answer was made.
    """

    def __init__(self, rp_id: str, name: str, origin: str) -> None:
        self._rp_id = rp_id
        self._name = name
        self._origin = origin
        self._made: Fido2Server | None = None

    def ask_to_enrol(self, user: User, known: Iterable[Passkey]) -> Asked:
        """Ask for a new passkey of `user`, on an authenticator that has none yet."""
        from fido2.webauthn import (  # noqa: PLC0415 - 20 ms that most starts never need
            PublicKeyCredentialUserEntity,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(
                id=user.user_id.encode(),
                name=user.username,
                display_name=user.full_name or user.username,
            ),
            _credentials(known),
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return Asked(dict(options)["publicKey"], state)

    def enrolled(
        self, state: State, answer: Mapping[str, Any], *, name: str, at: str
    ) -> Passkey:
        """The new passkey. Raises WrongFactor unless the answer fits what was asked."""
        try:
            data = self._server.register_complete(state, answer)
        except Exception as error:  # whatever a hostile answer breaks in the parser
            raise WrongFactor from error
        credential = data.credential_data
        if credential is None or len(credential) > CREDENTIAL_BYTES_MAX:
            raise WrongFactor
        if credential.public_key.get(3) not in ALGORITHMS:
            raise WrongFactor
        return Passkey(
            credential_id=credential.credential_id,
            credential=bytes(credential),
            sign_count=data.counter,
            name=name,
            enabled_at=at,
        )

    def ask_to_sign(self, known: Iterable[Passkey], *, alone: bool) -> Asked:
        """Ask for a signature: with one of `known`, or `alone` with any of ours.

        Alone it takes the place of the password, so the authenticator must verify its
        user by PIN or finger.
        """
        from fido2.webauthn import UserVerificationRequirement  # noqa: PLC0415

        wanted = UserVerificationRequirement
        options, state = self._server.authenticate_begin(
            None if alone else _credentials(known),
            user_verification=wanted.REQUIRED if alone else wanted.PREFERRED,
        )
        return Asked(dict(options)["publicKey"], state)

    def signed(
        self, state: State, answer: Mapping[str, Any], known: tuple[Passkey, ...]
    ) -> tuple[Passkey, int]:
        """Which passkey has signed, and its signature counter now.

        Raises:
            WrongFactor: no signature of one of `known` on what was asked, or its counter
                did not go on: then somebody has a copy of the key (WebAuthn, 6.1.1).
        """
        from fido2.webauthn import AuthenticationResponse  # noqa: PLC0415

        try:
            response = AuthenticationResponse.from_dict(answer)
            used = self._server.authenticate_complete(
                state, _credentials(known), response
            )
            count = response.response.authenticator_data.counter
        except Exception as error:  # whatever a hostile answer breaks in the parser
            raise WrongFactor from error
        passkey = next(p for p in known if p.credential_id == used.credential_id)
        if (count or passkey.sign_count) and count <= passkey.sign_count:
            raise WrongFactor
        return passkey, count

    @property
    def _server(self) -> "Fido2Server":
        if self._made is None:
            from fido2.server import Fido2Server  # noqa: PLC0415
            from fido2.webauthn import PublicKeyCredentialRpEntity  # noqa: PLC0415

            entity = PublicKeyCredentialRpEntity(id=self._rp_id, name=self._name)
            server = Fido2Server(entity, verify_origin=self._origin.__eq__)
            server.allowed_algorithms = [
                offered
                for offered in server.allowed_algorithms
                if offered.alg in ALGORITHMS
            ]
            self._made = server
            # it would log the ids of keys; what happens is in the audit log
            logging.getLogger("fido2").setLevel(logging.WARNING)
        return self._made


def owner_named_by(answer: Mapping[str, Any]) -> str:
    """The user id that a passkey says it belongs to, or nothing; it proves nothing yet.

    Raises:
        WrongFactor: the answer cannot be read.
    """
    from fido2.webauthn import AuthenticationResponse  # noqa: PLC0415

    try:
        handle = AuthenticationResponse.from_dict(answer).response.user_handle
        return (handle or b"").decode()
    except Exception as error:  # whatever a hostile answer breaks in the parser
        raise WrongFactor from error


def _credentials(known: Iterable[Passkey]) -> "list[AttestedCredentialData]":
    from fido2.webauthn import AttestedCredentialData  # noqa: PLC0415

    return [AttestedCredentialData(passkey.credential) for passkey in known]
