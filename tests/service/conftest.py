"""Fixtures of the suites of the service: somebody with an account."""

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.harness import Bench, Message
from tests.service.role_office import Office


@pytest.fixture
def phone(standard: Bench) -> Phone:
    """Alice's, on a service of the profile standard."""
    return set_up(standard, standard.member("alice"))


@pytest.fixture
def asked(standard: Bench, phone: Phone) -> Message:
    """What Alice's login with her password alone is answered."""
    return standard.try_login("alice")


@pytest.fixture
def alice(standard: Bench) -> Bench:
    """A service with alice and an administrator who has a password of their own."""
    standard.admin()
    standard.register("alice")
    return standard


@pytest.fixture
def office(standard: Bench) -> Office:
    return Office(standard)


@pytest.fixture
def people(standard: Bench) -> Bench:
    for name in ("alice", "bob", "carol"):
        standard.register(name)
    return standard
