"""Passkeys of whoever is signed in: enrol one on a security key, name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.background import Done, Outcome
from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem, explain
from gui.controllers.security_keys import Json
from ums_client.protocol.passkeys import (
    BeginPasskeyEnrolment,
    BeginPasskeyEnrolmentReply,
    FinishPasskeyEnrolment,
    RenamePasskey,
)

FailedWith = Callable[[Problem], object]


def enrol_passkey(
    desk: Desk,
    values: dict[str, str],
    then: Callable[[tuple[str, ...]], object],
    failed: FailedWith,
) -> None:
    """Have a passkey made on the key that is plugged in; it must be touched.

    `values` are `password`, `code`, `name` and the `pin` of the key. With the first
    factor of the account come backup codes.
    """

    def begun(reply: BeginPasskeyEnrolmentReply) -> None:
        def made(outcome: Outcome[Json]) -> None:
            if not isinstance(outcome, Done):
                failed(explain(outcome.error))
                return
            credential = outcome.value
            desk.ask(
                lambda: FinishPasskeyEnrolment(
                    setup_token=reply.setup_token, credential=credential
                ),
                lambda finished: then(tuple(finished.backup_codes)),
                failed,
            )

        options = dict(reply.options)
        desk.runner.run(lambda: desk.keys.enrol(options, values.get("pin", "")), made)

    desk.ask(
        lambda: BeginPasskeyEnrolment(
            password=values["password"],
            code=values.get("code") or None,
            device_name=values.get("name") or None,
        ),
        begun,
        failed,
    )


def rename_passkey(
    desk: Desk,
    credential_id: str,
    name: str,
    then: Callable[[Any], object],
    failed: FailedWith,
) -> None:
    """Give a passkey another name."""
    desk.ask(
        lambda: RenamePasskey(credential_id=credential_id, name=name), then, failed
    )


def rename_command(desk: Desk, credential_id: str, name: str) -> str:
    """The command for `rename_passkey`."""
    return shell_command(
        desk.place, RenamePasskey, credential_id=credential_id, name=name
    )
