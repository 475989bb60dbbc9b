"""The tour's second factor: an authenticator is set up, its codes are good once."""

import time

import pyotp

from examples.demo_accounts import Person
from examples.demo_service import refusal, show
from ums_client import Client, Login, errors
from ums_client.protocol.factors import ConfirmMfa, SetupMfa, VerifyMfa

STEP_S = 30


def set_up_authenticator(client: Client, person: Person) -> str:
    """Confirm an authenticator, and return the code that it shows next."""
    show(f"{person.name} scans this with an authenticator, and confirms its first code")
    setup = client.call(
        SetupMfa(method="totp", password=person.password, device_name="telephone")
    )
    print(setup.qr_text)
    authenticator = pyotp.parse_uri(setup.otpauth_uri)
    assert isinstance(authenticator, pyotp.TOTP)
    now_s = int(time.time())  # noqa: TID251 - an authenticator has a clock of its own
    first, following = authenticator.at(now_s), authenticator.at(now_s + STEP_S)
    confirmed = client.call(ConfirmMfa(setup_token=setup.setup_token, code=first))
    person.backup_codes = confirmed.backup_codes
    print(f"on: {confirmed.mfa_enabled}; backup codes: {len(person.backup_codes)}")
    return following


def log_in_with_code(client: Client, person: Person, code: str) -> None:
    show("the password alone opens nothing; with a code it does, once")
    password_only = Login(username=person.name, password=person.password)
    required = refusal(client, password_only, errors.MfaRequired)
    assert required.mfa_token is not None
    print(f"she can use: {', '.join(required.methods)}")
    reply = client.call(
        VerifyMfa(mfa_token=required.mfa_token, code=code, remember_device=True)
    )
    person.device_token = reply.device_token
    print(f"{reply.message}; this device is known from now on")
    required = refusal(client, password_only, errors.MfaRequired)
    assert required.mfa_token is not None
    used = VerifyMfa(mfa_token=required.mfa_token, code=code)
    refusal(client, used, errors.InvalidMfaCode)
