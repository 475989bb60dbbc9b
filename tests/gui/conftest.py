"""Fixtures of the tests of the window: a display, a service, a program."""

import gc
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.gui.asking import asked
from tests.gui.display import private_display
from tests.gui.driver import Driver
from tests.service.harness import GOOD
from tests.service.running import RunningService, login_as_admin, running_service

SHOW = "UMS_GUI_SHOW"
COLLECTED_EVERY = 25
_TESTS = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Iterator[None]:
    """Collect garbage between tests of the window, and in this thread only.

    What is left of a closed window tells Tcl when it goes, and waits for ever if a thread
    of a later test happens to collect it.
    """
    gc.disable()
    result = yield
    goes_on = nextitem is not None and nextitem.path.parent == item.path.parent
    if not goes_on or next(_TESTS) % COLLECTED_EVERY == 0:
        gc.collect()
    if not goes_on:
        gc.enable()
    return result


@pytest.fixture(scope="session", autouse=True)
def display() -> Iterator[None]:
    """Never the desktop of whoever runs the tests, unless they want to watch."""
    if os.environ.get(SHOW):
        yield
        return
    with private_display() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", name)
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service with an administrator; tests make accounts of their own in it."""
    data: Path = tmp_path_factory.mktemp("gui") / "data"
    with running_service(data) as service:
        service.admin_token = login_as_admin(service)  # type: ignore[attr-defined]
        yield service


@pytest.fixture
def member(shared: RunningService) -> Callable[[str], str]:
    """A function that makes an account with the usual password."""

    def make(username: str) -> str:
        reply = shared.ask(
            action="create_user",
            session_token=shared.admin_token,  # type: ignore[attr-defined]
            user_data={
                "username": username,
                "email": f"{username}@example.org",
                "password": GOOD,
            },
        )
        assert reply["status"] == "success", reply
        return str(reply["user_id"])

    return make


@pytest.fixture
def ask(shared: RunningService) -> Callable[..., Any]:
    """A function that asks what must succeed, as the administrator."""
    return partial(asked, shared)


@pytest.fixture
def open_window(
    shared: RunningService, tmp_path: Path
) -> Iterator[Callable[..., Driver]]:
    """A function that opens the program; it is closed after the test."""
    opened: list[Driver] = []

    def make(endpoint: str = "", theme: str = "light", **more: Any) -> Driver:
        driver = Driver(
            tmp_path / "desktop.json", endpoint or shared.endpoint, theme, **more
        )
        opened.append(driver)
        return driver

    yield make
    for driver in opened:
        driver.close()


@pytest.fixture
def window(open_window: Callable[..., Driver]) -> Driver:
    return open_window()
