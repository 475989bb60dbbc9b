"""A tour: starts a throw-away service, uses it as people and programs would, stops it.

make demo
"""

import os
import re
import signal
import tempfile
from pathlib import Path

from examples.demo_accounts import Person, first_administrator, register_and_log_in
from examples.demo_factors import log_in_with_code, set_up_authenticator
from examples.demo_guessing import guess, owner_comes_in
from examples.demo_mail import Inbox, inbox
from examples.demo_recovery import reset_by_mail
from examples.demo_service import run, service, show
from ums_client import Client, GetUser, HealthCheck
from ums_client.protocol.audit import QueryAudit


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ums-demo-") as folder, inbox() as mails:
        data = Path(folder) / "data"
        show("a new store")
        with service(data, mails.settings) as (endpoint, said, process):
            print(said.strip())
            first_password = re.search(r"the first password (\S+)", said)
            assert first_password is not None
            alice = life_of_alice(endpoint, mails)
            with Client(endpoint) as client:
                admin = first_administrator(client, first_password[1])
            show("the process is killed; a new one finds everything")
            process.send_signal(signal.SIGKILL)
        with service(data, mails.settings) as (endpoint, said, _):
            print(said.strip())
            with Client(endpoint) as client:
                client.call(alice.login())
                print(f"alice lives in {client.call(GetUser()).user.city}")
                print(f"health: {client.call(HealthCheck()).state}")
            with Client(endpoint) as client:
                client.call(admin.login())
                tell_what_happened(client)

        show("the store verifies")
        print(run("verify", "--full", "--data", str(data)).strip())


def life_of_alice(endpoint: str, mails: Inbox) -> Person:
    with Client(endpoint) as client:
        alice = register_and_log_in(client)
        code = set_up_authenticator(client, alice)
    with Client(endpoint) as client:
        log_in_with_code(client, alice, code)
    guess(endpoint, alice)
    with Client(endpoint) as client:
        owner_comes_in(client, alice)
    with Client(endpoint) as client:
        reset_by_mail(client, alice, mails)
    return alice


def tell_what_happened(client: Client) -> None:
    show("an administrator asks the audit log what happened, the oldest first")
    for entry in reversed(client.call(QueryAudit()).entries):
        told = {**(entry.details or {}), **({"code": entry.code} if entry.code else {})}
        print(
            f"{entry.at[11:23]}  {entry.event:26} {entry.outcome:8} "
            f"{entry.subject_name or '':6} {told or ''}"
        )


if __name__ == "__main__":
    os.umask(0o077)
    main()
