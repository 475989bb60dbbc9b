"""Messages about tokens for other services: renew them, verify them, take them back."""

from typing import Annotated

from pydantic import Field

from ums_client.protocol.fields import Secret
from ums_client.protocol.message import Reply, Request


class RefreshTokenReply(Reply):
    """The tokens that replace those before; the refresh token was good once.

    A `session_token` comes along where the session had ended, by age or with the
    service, and was opened anew.
    """

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str
    expires_in: int
    refresh_expires_at: str
    session_id: str
    session_token: str = Field(default="", repr=False)
    session_expires_at: str = ""


class RefreshToken(Request[RefreshTokenReply]):
    """Renew the tokens of a login.

    A refresh token is good once. When the answer was lost it may be sent again, from
    the same address within 30 seconds, and gets the same successor; used again in any
    other way it ends the login, as it must have been copied.
    """

    refresh_token: Secret = Field(repr=False)


class GetSigningKeysReply(Reply):
    """A JSON Web Key Set (RFC 7517), and what else a verifier must insist on."""

    keys: list[dict[str, str]]
    issuer: str
    audience: str
    algorithms: list[str]


class GetSigningKeys(Request[GetSigningKeysReply]):
    """Get the public keys that access tokens are verified with."""


class GetRevocationsReply(Reply):
    """Sessions that ended while access tokens of theirs run on, signed as a JWT.

    `more`: ask again with `after` = `sequence`.
    """

    revocations: str
    sequence: int
    more: bool = False


class GetRevocations(Request[GetRevocationsReply]):
    """Get the revoked sessions that were entered behind number `after`."""

    after: Annotated[int, Field(ge=0)] = 0


class RotateSigningKeyReply(Reply):
    """New tokens are signed with this key."""

    key_id: str


class RotateSigningKey(Request[RotateSigningKeyReply]):
    """Take a new signing key, as an administrator.

    Tokens of the key before it stay good until they expire, unless it is `compromised`:
    then it is dropped, and with it every token that it signed.
    """

    compromised: bool = False
