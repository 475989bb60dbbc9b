"""The tour's people: alice registers, the first administrator chooses a password."""

from dataclasses import dataclass, field
from typing import Any

from examples.demo_service import refusal, show
from ums_client import (
    ChangePassword,
    Client,
    CreateUser,
    GetUser,
    ListUsers,
    Login,
    Request,
    UpdateUser,
    errors,
    new_idempotency_key,
)


@dataclass
class Person:
    """Somebody, and what they know or have to prove who they are."""

    name: str
    password: str
    backup_codes: list[str] = field(default_factory=list)
    device_token: str | None = None

    def login(self, *, known_device: bool = False) -> Login:
        """A login that spends a backup code, where there are any."""
        return Login(
            username=self.name,
            password=self.password,
            mfa_code=self.backup_codes.pop() if self.backup_codes else None,
            device_token=self.device_token if known_device else None,
        )


def register_and_log_in(client: Client) -> Person:
    show("alice registers, twice with one key: it happens once")
    alice = Person("alice", "a-long-winter-walk")
    registration = CreateUser(
        username=alice.name, email="alice@example.org", password=alice.password
    )
    key = new_idempotency_key()
    first = client.call(registration, idempotency_key=key)
    again = client.call(registration, idempotency_key=key)
    print(f"user id {first.user_id}, and again {again.user_id}")

    show("a name is taken, a password is weak, a password is wrong")
    refused_ones: tuple[Request[Any], ...] = (
        registration,
        CreateUser(username="bob", email="bob@example.org", password="password"),
        Login(username="alice", password="a-short-summer-walk"),
    )
    for request in refused_ones:
        refusal(client, request, errors.RequestRefused)

    show("alice logs in and changes her profile")
    client.call(alice.login())
    client.call(UpdateUser(full_name="Alice Ahlgren", city="Lund"))
    user = client.call(GetUser()).user
    print(f"{user.username}: {user.full_name}, {user.city}, {user.email}")
    return alice


def first_administrator(client: Client, first_password: str) -> Person:
    show("the first administrator must choose a password")
    first = Person("admin", first_password)
    required = refusal(client, first.login(), errors.PasswordChangeRequired)
    admin = Person("admin", "a-quiet-harbour-town")
    client.call(
        ChangePassword(
            password_change_token=required.password_change_token,
            current_password=first.password,
            new_password=admin.password,
        )
    )
    client.call(admin.login())
    for listed in client.call(ListUsers()).users:
        print(f"{listed.username:8} {listed.role:6} {listed.email}")
    return admin
