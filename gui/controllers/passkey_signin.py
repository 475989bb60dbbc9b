"""Signing in with a security key: as the second factor, or with the key alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gui.background import Failed, Outcome
from gui.controllers.problems import Problem
from gui.controllers.signin import SignIn, opened
from ums_client.errors import InvalidMfaCode, InvalidToken
from ums_client.protocol.factors import VerifyMfa
from ums_client.protocol.passkeys import BeginPasskeyLogin, FinishPasskeyLogin

if TYPE_CHECKING:
    from ums_client.client import Client


def sign_in_with_key(
    flow: SignIn, pin: str, failed: Callable[[Problem], object]
) -> None:
    """Have the key sign what the service asks for; it must be touched.

    After a password it is the second factor. Alone, the key must know its owner, by PIN
    or finger.
    """
    keys, kept, device = flow.desk.keys, flow.kept, flow.device()

    def work(client: Client) -> Any:
        if kept.passkey_options is None:
            asked = client.call(BeginPasskeyLogin())
            assertion = keys.sign(dict(asked.options), pin)
            return opened(
                client,
                client.call(
                    FinishPasskeyLogin(mfa_token=asked.mfa_token, assertion=assertion)
                ),
            )
        assertion = keys.sign(kept.passkey_options, pin)
        return opened(
            client,
            client.call(VerifyMfa(mfa_token=kept.token, assertion=assertion, **device)),
        )

    def then(outcome: Outcome[Any]) -> None:
        error = outcome.error if isinstance(outcome, Failed) else None
        if isinstance(error, InvalidToken):
            flow.begin_again("That took too long. Sign in once more.")
        elif isinstance(error, InvalidMfaCode):
            failed(Problem("The service does not know this passkey."))
        else:
            flow.answered(outcome, failed)

    flow.desk.call_directly(work, then)
