r"""The way to a session, step by step, whatever the service asks for on the way.

    PASSWORD --> FACTOR or PASSKEY ----------------------+--> DONE
       |    \--> PASSKEY alone ---------------------------+
       |    \--> NEW_PASSWORD --> (PASSWORD again) ------+
       |    \--> SET_UP_FACTOR --> CONFIRM --> (PASSWORD)-+
       |    \--> ADDRESS --> (PASSWORD)
       +--> REGISTER, FORGOT --> RESET --> PASSWORD

What was typed before is kept in here until the session is open, so that nobody types it
twice; it is forgotten then.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from gui.background import Done, Failed, Outcome
from gui.controllers import wire
from gui.controllers.desk import Desk, Me
from gui.controllers.problems import Problem, explain
from gui.controllers.qr import qr_png
from ums_client.errors import (
    EmailNotVerified,
    InvalidToken,
    MfaRequired,
    MfaSetupRequired,
    PasswordChangeRequired,
    PasswordExpired,
    RequestRefused,
    ResetRequired,
)

if TYPE_CHECKING:
    from ums_client.client import Client
    from ums_client.protocol.accounts import CreateUserReply
    from ums_client.protocol.factors import ConfirmMfaReply, SetupMfaReply
    from ums_client.protocol.sessions import LoginReply

FailedWith = Callable[[Problem], object]
ACCEPTED: Final = {
    "terms": "terms_accepted",
    "privacy": "privacy_accepted",
    "marketing": "marketing_consent",
}
"""What can be consented to at a registration: the field of each in its request."""
NO_CODES: Final = frozenset({"passkey", "backup_code"})
"""Ways to prove oneself that show no codes; backup codes are for when those fail."""


class Step(Enum):
    """What is wanted next."""

    PASSWORD = "password"
    FACTOR = "factor"
    PASSKEY = "passkey"
    NEW_PASSWORD = "new password"
    SET_UP_FACTOR = "set up factor"
    CONFIRM = "confirm factor"
    ADDRESS = "verify address"
    REGISTER = "register"
    FORGOT = "forgot"
    RESET = "reset"
    ACTIVATE = "activate"
    DONE = "done"


@dataclass
class Kept:
    """What has been typed, and what the service gave for the next step."""

    username: str = ""
    password: str = field(default="", repr=False)
    remember: bool = False
    token: str = field(default="", repr=False)
    methods: tuple[str, ...] = ()
    passkey_options: dict[str, Any] | None = field(default=None, repr=False)
    qr_png: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


class SignIn:
    """One attempt to sign in. `on_step` is called whenever `step` is another."""

    def __init__(self, desk: Desk, note: str = "") -> None:
        """It begins with name and password; `note` says why."""
        self.desk = desk
        self.step = Step.PASSWORD
        self.note = note
        self.kept = Kept(username=desk.place.last_user)
        self.on_step: Callable[[], object] = lambda: None
        self.on_backup_codes: Callable[[tuple[str, ...]], object] = lambda _: None

    def go(self, step: Step, note: str = "") -> None:
        """Go on with another step; `note` says why."""
        self.step, self.note = step, note
        self.on_step()

    def begin_again(self, note: str = "") -> None:
        """Back to name and password; the name is kept."""
        self.kept = Kept(username=self.kept.username)
        self.go(Step.PASSWORD, note)

    # --- name and password

    def sign_in(
        self,
        username: str,
        password: str,
        failed: FailedWith,
        *,
        remember: bool | None = None,
    ) -> None:
        """Try name and password; with `remember` this computer is known from now on."""
        self.kept.username, self.kept.password = username, password
        if remember is not None:
            self.kept.remember = remember
        device = self.device()

        def work(client: Client) -> tuple[LoginReply, Me]:
            return opened(
                client,
                client.call(
                    wire.sessions.Login(username=username, password=password, **device)
                ),
            )

        self.desk.call_directly(work, lambda o: self.answered(o, failed))

    def device(self) -> dict[str, Any]:
        """What a login says of this computer: the token it is known by, or that it asks."""
        known = self.desk.devices.of(self.desk.place.endpoint, self.kept.username)
        fields: dict[str, Any] = {} if known is None else {"device_token": known}
        if self.kept.remember:
            fields |= {"remember_device": True, "device_label": platform.node()[:100]}
        return fields

    def answered(
        self, outcome: Outcome[tuple[LoginReply, Me]], failed: FailedWith
    ) -> None:
        """Go on with what the service said to a login."""
        match outcome:
            case Done((reply, me)):
                if reply.device_token:
                    endpoint, token = self.desk.place.endpoint, reply.device_token
                    for name in {self.kept.username, me.username} - {""}:
                        self.desk.devices.keep(endpoint, name, token)
                self._open(me)
            case Failed(error):
                self._wanted(error, failed)

    def _wanted(self, error: Exception, failed: FailedWith) -> None:
        """See what the service wants before it opens a session."""
        match error:
            case MfaRequired():
                self.kept.token, self.kept.methods = (
                    error.mfa_token or "",
                    error.methods,
                )
                self.kept.passkey_options = error.passkey_options
                codes = [name for name in error.methods if name not in NO_CODES]
                self.go(Step.FACTOR if codes else Step.PASSKEY)
            case PasswordExpired() | PasswordChangeRequired():
                self.kept.token = error.password_change_token or ""
                why = (
                    "is too old"
                    if isinstance(error, PasswordExpired)
                    else "must be changed"
                )
                self.go(Step.NEW_PASSWORD, f"Your password {why}. Choose another one.")
            case MfaSetupRequired():
                self.kept.token = error.mfa_setup_token or ""
                self.go(Step.SET_UP_FACTOR)
            case EmailNotVerified():
                self.go(Step.ADDRESS)
            case ResetRequired():
                self.go(
                    Step.RESET,
                    "This account is locked down. Set a new password with the code "
                    "from the mail that was sent to you.",
                )
            case _:
                failed(explain(error))

    def _open(self, me: Me) -> None:
        self.kept = Kept(username=me.username)
        self.step = Step.DONE
        self.desk.sign_in_as(me)
        self.on_step()

    # --- second factor

    def give_code(self, code: str, method: str, failed: FailedWith) -> None:
        """Complete the login with a code; the password is kept in case it takes long."""
        token, device = self.kept.token, self.device()

        def work(client: Client) -> tuple[LoginReply, Me]:
            request = wire.factors.VerifyMfa(
                mfa_token=token, code=code, method=method or None, **device
            )
            return opened(client, client.call(request))

        def then(outcome: Outcome[tuple[LoginReply, Me]]) -> None:
            if isinstance(outcome, Failed) and isinstance(outcome.error, InvalidToken):
                self.begin_again("That took too long. Sign in once more.")
            else:
                self.answered(outcome, failed)

        self.desk.call_directly(work, then)

    def send_code(
        self, method: str, sent: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Have a code sent; `sent` gets the masked address."""
        token = self.kept.token
        self.desk.ask(
            lambda: wire.factors.SendMfaCode(mfa_token=token, method=method),
            lambda reply: sent(reply.hint),
            failed,
        )

    def set_up_factor(self, failed: FailedWith) -> None:
        """Begin to set up an authenticator, where the account must have one."""
        kept = self.kept

        def begun(reply: SetupMfaReply) -> None:
            kept.token, kept.secret = reply.setup_token, reply.secret
            kept.qr_png = qr_png(reply.otpauth_uri)
            self.go(Step.CONFIRM)

        self.desk.ask(
            lambda: wire.factors.SetupMfa(
                method="totp", password=kept.password, mfa_setup_token=kept.token
            ),
            begun,
            failed,
        )

    def confirm_factor(self, code: str, failed: FailedWith) -> None:
        """Finish that; the backup codes have to be shown before one goes on."""
        token = self.kept.token

        def confirmed(reply: ConfirmMfaReply) -> None:
            self.begin_again("The second factor is set up. Sign in with its next code.")
            self.on_backup_codes(tuple(reply.backup_codes))

        self.desk.ask(
            lambda: wire.factors.ConfirmMfa(setup_token=token, code=code),
            confirmed,
            failed,
        )

    # --- new password, address, registration, reset

    def choose_password(self, new: str, failed: FailedWith) -> None:
        """Replace a password that is over, then sign in with the new one."""
        kept = self.kept
        self.desk.ask(
            lambda: wire.passwords.ChangePassword(
                current_password=kept.password,
                new_password=new,
                password_change_token=kept.token,
            ),
            lambda _: self.sign_in(kept.username, new, failed),
            failed,
        )

    def verify_address(self, code: str, failed: FailedWith) -> None:
        """Give the code of the mail, then sign in with what was typed before."""
        kept = self.kept
        self.desk.ask(
            lambda: wire.addresses.VerifyEmail(token=code),
            lambda _: self.sign_in(kept.username, kept.password, failed),
            failed,
        )

    def resend(
        self, email: str, then: Callable[[], object], failed: FailedWith
    ) -> None:
        """Have the mail for that sent once more."""
        self.desk.ask(
            lambda: wire.addresses.ResendVerification(email=email),
            lambda _: then(),
            failed,
        )

    def register(self, values: dict[str, str], failed: FailedWith) -> None:
        """Make an account, and sign in to it."""
        fields: dict[str, Any] = {
            ACCEPTED.get(name, name): True if name in ACCEPTED else text
            for name, text in values.items()
            if text
        }

        def made(_: CreateUserReply) -> None:
            self.note = "Your account is there."
            self.sign_in(values["username"], values["password"], later)

        def later(problem: Problem) -> None:
            self.kept.username = values["username"]
            self.go(Step.PASSWORD, f"Your account is there. {problem.text}")

        self.desk.ask(lambda: wire.accounts.CreateUser(**fields), made, failed)

    def ask_for_reset(self, who: str, failed: FailedWith) -> None:
        """Have a code sent to the mail address of an account."""
        by_mail = "@" in who
        self.desk.ask(
            lambda: wire.recovery.RequestPasswordReset(
                email=who if by_mail else None, username=None if by_mail else who
            ),
            lambda _: self.go(
                Step.RESET, "If there is such an account, a mail is on its way."
            ),
            failed,
        )

    def reset(self, code: str, new: str, failed: FailedWith) -> None:
        """Set a new password with the code of that mail."""
        self.desk.ask(
            lambda: wire.recovery.ResetPassword(token=code, new_password=new),
            lambda _: self.begin_again("Your new password counts. Sign in with it."),
            failed,
        )

    def activate(self, code: str, new: str, failed: FailedWith) -> None:
        """Take up an account that somebody made for you."""
        self.desk.ask(
            lambda: wire.activation.ActivateAccount(token=code, password=new or None),
            lambda reply: self._activated(reply.username),
            failed,
        )

    def _activated(self, username: str) -> None:
        self.kept.username = username
        self.begin_again("Your account is ready. Sign in.")


def opened(client: Client, reply: LoginReply) -> tuple[LoginReply, Me]:
    """The session is open; find out what it may do."""
    user = reply.user
    try:
        rights = client.call(wire.assignments.GetUserPermissions())
        is_admin, permissions = rights.is_admin, frozenset(rights.effective_permissions)
    except RequestRefused:  # a service of another profile
        is_admin, permissions = user.role == "admin", frozenset()
    me = Me(
        user_id=user.user_id,
        username=user.username,
        full_name=user.full_name,
        is_admin=is_admin,
        permissions=permissions,
        warnings=tuple(reply.account_warnings),
    )
    return reply, me
