"""A live service with people, labs and a gateway, for programs that use one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from examples.lab_portal.sample import Samples, make_samples
from tests.programs import run_program
from tests.service.harness import ADMIN_PASSWORD
from tests.service.running import RunningService, login_as_admin, running_service
from ums_client import Client, Login

PASSWORD = "a-long-winter-walk"
"""Of everybody but the administrator."""
FAILURES_MAX = 4
"""Of one address: each is answered later than the one before."""


class Live(NamedTuple):
    """A running service and what is in it."""

    service: RunningService
    samples: Samples

    @property
    def endpoint(self) -> str:
        return self.service.endpoint

    def admin(self) -> Client:
        """A client of the administrator, newly logged in."""
        return logged_in(self.endpoint, "admin", ADMIN_PASSWORD)


def logged_in(endpoint: str, name: str, password: str = PASSWORD) -> Client:
    """A client with a session of its own."""
    client = Client(endpoint)
    client.call(Login(username=name, password=password))
    return client


@contextmanager
def live_service(folder: Path, **options: Any) -> Iterator[Live]:
    few = {"UMS_POLICY__ADDRESS_FAILURES_MAX": str(FAILURES_MAX)}
    with running_service(folder / "data", env=few, **options) as service:
        token = login_as_admin(service)
        with Client(service.endpoint, session_token=token) as admin:
            samples = make_samples(admin, PASSWORD)
        yield Live(service, samples)


def run_example(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run_program(f"examples.{name}", *map(str, arguments), env={})
