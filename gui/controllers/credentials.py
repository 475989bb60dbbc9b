"""What opens an account beside its password: factors, sessions, devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.qr import qr_png
from gui.controllers.wording import moment
from ums_client.protocol.devices import ForgetDevice, ListDevices
from ums_client.protocol.factors import (
    ConfirmMfa,
    DisableMfa,
    GetMfaStatus,
    RegenerateBackupCodes,
    SetupMfa,
)
from ums_client.protocol.sessions import ListSessions, RevokeSession

FailedWith = Callable[[Problem], object]

METHODS = {
    "totp": "Authenticator app",
    "sms": "Text message",
    "email": "Mail",
    "passkey": "Passkey",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a list: its key and its cells. `mark` sets it apart from the others."""

    key: str
    cells: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Factors:
    """The second factors of an account."""

    enabled: bool
    required: bool
    items: tuple[Item, ...]
    backup_codes: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authenticator that is being set up; shown once."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    qr_png: str = field(repr=False)
    hint: str


class Credentials:
    """Those of whoever is signed in or, with `user_id`, of somebody else."""

    def __init__(self, desk: Desk, user_id: str | None = None) -> None:
        """Nothing is fetched yet."""
        self.desk = desk
        self.user_id = user_id

    # --- second factors

    def factors(self, then: Callable[[Factors], object], failed: FailedWith) -> None:
        """List them."""

        def got(reply: Any) -> None:
            items = tuple(
                Item(
                    m.credential_id or m.method,
                    (
                        METHODS.get(m.method, m.method),
                        m.name,
                        moment(m.enabled_at),
                        moment(m.last_used_at),
                    ),
                    m.method,
                )
                for m in reply.methods
            )
            then(
                Factors(
                    reply.mfa_enabled,
                    reply.required,
                    items,
                    reply.backup_codes_remaining,
                )
            )

        self.desk.ask(lambda: GetMfaStatus(user_id=self.user_id), got, failed)

    def begin_factor(
        self,
        method: str,
        values: dict[str, str],
        then: Callable[[Enrolment], object],
        failed: FailedWith,
    ) -> None:
        """Begin to set up a factor that shows codes, or has them sent.

        With the password, maybe with a code of a factor that is there already.
        """
        self.desk.ask(
            lambda: SetupMfa(
                method=method,
                password=values["password"],
                code=values.get("code") or None,
                device_name=values.get("name") or None,
                phone_number=values.get("phone", "").strip() or None,
            ),
            lambda reply: then(
                Enrolment(
                    reply.setup_token,
                    reply.secret,
                    qr_png(reply.otpauth_uri) if reply.otpauth_uri else "",
                    reply.hint,
                )
            ),
            failed,
        )

    def begin_command(self, method: str, values: dict[str, str]) -> str:
        """The command for `begin_factor`."""
        return shell_command(
            self.desk.place,
            SetupMfa,
            method=method,
            password="-",
            device_name=values.get("name"),
            phone_number=values.get("phone"),
        )

    def confirm_factor(
        self,
        token: str,
        code: str,
        then: Callable[[tuple[str, ...]], object],
        failed: FailedWith,
    ) -> None:
        """Finish it; with the first factor come backup codes."""
        self.desk.ask(
            lambda: ConfirmMfa(setup_token=token, code=code),
            lambda reply: then(tuple(reply.backup_codes)),
            failed,
        )

    def new_backup_codes(
        self,
        values: dict[str, str],
        then: Callable[[tuple[str, ...]], object],
        failed: FailedWith,
    ) -> None:
        """Replace the backup codes; those of before are void."""
        self.desk.ask(
            lambda: RegenerateBackupCodes(
                password=values["password"], code=values.get("code") or None
            ),
            lambda reply: then(tuple(reply.backup_codes)),
            failed,
        )

    def new_codes_command(self) -> str:
        """The command for `new_backup_codes`."""
        return shell_command(self.desk.place, RegenerateBackupCodes, password="-")

    def remove_factor_command(self, item: Item) -> str:
        """The command for `remove_factor`, of oneself."""
        return shell_command(
            self.desk.place,
            DisableMfa,
            method=item.mark,
            credential_id=item.key if item.mark == "passkey" else None,
            password="-",
        )

    def remove_factor(
        self,
        item: Item,
        values: dict[str, str],
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Remove one; for somebody else with a reason, for oneself with the password."""
        passkey = item.key if item.mark == "passkey" else None
        self.desk.ask(
            lambda: DisableMfa(
                method=item.mark,
                credential_id=passkey,
                password=values.get("password") or None,
                code=values.get("code") or None,
                user_id=self.user_id,
                reason=values.get("reason") or None,
            ),
            then,
            failed,
        )

    # --- sessions and devices

    def sessions(
        self, then: Callable[[list[Item]], object], failed: FailedWith
    ) -> None:
        """List logins, the newest first."""

        def got(reply: Any) -> None:
            then(
                [
                    Item(
                        s.session_id,
                        (
                            s.device_name or s.user_agent or "unknown program",
                            s.address,
                            moment(s.created_at),
                            moment(s.last_used_at),
                            moment(s.expires_at),
                            "this one" if s.is_current else "",
                        ),
                        "current" if s.is_current else "",
                    )
                    for s in reversed(reply.sessions)
                ]
            )

        self.desk.ask(lambda: ListSessions(user_id=self.user_id), got, failed)

    def revoke_sessions(
        self, ids: list[str], then: Callable[[int], object], failed: FailedWith
    ) -> None:
        """End these logins, one after the other."""
        ended = 0

        def one(left: list[str]) -> None:
            if not left:
                then(ended)
                return
            self.desk.ask(
                lambda: RevokeSession(session_id=left[0], user_id=self.user_id),
                lambda reply: count(reply.revoked, left[1:]),
                failed,
            )

        def count(revoked: int, left: list[str]) -> None:
            nonlocal ended
            ended += revoked
            one(left)

        one(ids)

    def revoke_others(self, then: Callable[[int], object], failed: FailedWith) -> None:
        """End all logins but this one; of somebody else, all."""
        self.desk.ask(
            lambda: RevokeSession(
                all=True, except_current=self.user_id is None, user_id=self.user_id
            ),
            lambda reply: then(reply.revoked),
            failed,
        )

    def revoke_others_command(self) -> str:
        """The command for `revoke_others`."""
        return shell_command(
            self.desk.place,
            RevokeSession,
            all=True,
            except_current=self.user_id is None or None,
            user_id=self.user_id,
        )

    def devices(self, then: Callable[[list[Item]], object], failed: FailedWith) -> None:
        """List known devices, the one used last first."""

        def got(reply: Any) -> None:
            then(
                [
                    Item(
                        d.device_id,
                        (
                            d.label or "unnamed",
                            d.address,
                            moment(d.last_used_at),
                            moment(d.expires_at),
                        ),
                    )
                    for d in reversed(reply.devices)
                ]
            )

        self.desk.ask(lambda: ListDevices(user_id=self.user_id), got, failed)

    def revoke_command(self, session_id: str) -> str:
        """The command that ends one login."""
        return shell_command(
            self.desk.place, RevokeSession, session_id=session_id, user_id=self.user_id
        )

    def forget_command(self, device_id: str) -> str:
        """The command for `forget_device`."""
        return shell_command(
            self.desk.place, ForgetDevice, device_id=device_id, user_id=self.user_id
        )

    def forget_device(
        self, device_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Forget one."""
        self.desk.ask(
            lambda: ForgetDevice(device_id=device_id, user_id=self.user_id),
            then,
            failed,
        )


def days_fault(text: str) -> str:
    """What is wrong with a number of days, if anything."""
    return "" if text.strip().isdigit() and int(text) > 0 else "A number of days."
