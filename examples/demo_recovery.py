"""The tour's forgotten password: a mail with a token, a new password, a login."""

import re

from examples.demo_accounts import Person
from examples.demo_mail import Inbox
from examples.demo_service import refusal, show
from ums_client import Client, errors
from ums_client.protocol.recovery import RequestPasswordReset, ResetPassword

SUBJECT = "Choose a new password"


def reset_by_mail(client: Client, person: Person, inbox: Inbox) -> None:
    show(f"{person.name} forgets the password, and asks for a mail")
    print(client.call(RequestPasswordReset(username=person.name)).message)
    mails = list(inbox.until(SUBJECT))
    print("came so far:", "; ".join(mail["Subject"] for mail in mails))
    body = mails[-1].get_body(("plain",))
    assert body is not None
    text = body.get_content()
    print("".join(f"  | {line}\n" for line in text.splitlines() if line), end="")

    show("the token of the mail sets a password, once, and the lock is gone")
    token = re.search(r"[0-9a-f-]{36}\.[\w-]{43}", text)
    assert token is not None
    person.password = "a-walk-that-nobody-guesses"
    reset = ResetPassword(token=token[0], new_password=person.password)
    print(client.call(reset).message)
    refusal(client, reset, errors.InvalidLink)
    print(f"without a known device: {client.call(person.login()).message}")
