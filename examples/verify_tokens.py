"""Verify access tokens in another service, without asking for each.

    python -m examples.verify_tokens [tcp://127.0.0.1:5556]

One account logs in for tokens. The part of the other service fetches keys and revoked
sessions now and then, and judges the token by itself.
"""

import secrets
import sys
import time

from ums_client import Client, CreateUser, DeleteUser, Login, errors
from ums_client.protocol.sessions import RevokeSession
from ums_client.protocol.tokens import GetRevocations, GetSigningKeys, RefreshToken
from ums_client.verifier import TokenVerifier

ENDPOINT = sys.argv[1] if len(sys.argv) > 1 else "tcp://127.0.0.1:5556"
ISSUER, AUDIENCE = "ums", "ums-services"  # as the service is set
PASSWORD = "correct-horse-42"


class OtherService:
    """What takes tokens: it has a connection, but needs it rarely."""

    def __init__(self, client: Client) -> None:
        self._client = client
        keys = client.call(GetSigningKeys()).keys
        self._verifier = TokenVerifier(keys, ISSUER, AUDIENCE)

    def judge(self, token: str) -> str:
        try:
            bearer = self._verifier.verify(token, time.time())  # noqa: TID251 - a program has a clock
        except errors.UnknownSigningKey:  # a new key: fetch, and try once more
            self._verifier.replace_keys(self._client.call(GetSigningKeys()).keys)
            bearer = self._verifier.verify(token, time.time())  # noqa: TID251 - a program has a clock
        return f"{bearer.user_id} with {', '.join(bearer.roles)}"

    def catch_up(self) -> None:
        """To be done every few seconds."""
        more = True
        while more:
            reply = self._client.call(GetRevocations(after=self._verifier.sequence))
            self._verifier.update(reply.revocations)
            more = reply.more


def main() -> None:
    name = f"example-{secrets.token_hex(4)}"
    with Client(ENDPOINT) as client:
        client.call(
            CreateUser(username=name, email=f"{name}@example.org", password=PASSWORD)
        )
        login = client.call(Login(username=name, password=PASSWORD, tokens=True))
        other = OtherService(client)
        print(f"verified: {other.judge(login.access_token)}")
        renewed = client.call(RefreshToken(refresh_token=login.refresh_token))
        print(f"verified: {other.judge(renewed.access_token)}")
        client.call(Login(username=name, password=PASSWORD))
        client.call(RevokeSession(session_id=login.session_id))
        other.catch_up()
        try:
            other.judge(renewed.access_token)
        except errors.TokenRevoked as refusal:
            print(f"refused: {refusal}")
        client.call(DeleteUser(password=PASSWORD))
        print("deleted")


if __name__ == "__main__":
    try:
        main()
    except errors.UmsError as error:
        sys.exit(str(error))
