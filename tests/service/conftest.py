"""Fixtures of the suites of the service: somebody with an account."""

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.harness import Bench, Message


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
