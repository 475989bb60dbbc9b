"""Fixtures that several suites share: benches that close themselves, a clean environment."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.service.harness import Bench
from tests.service.running import RunningService, running_service

MakeBench = Callable[..., Bench]

settings.register_profile(
    "repeatable",  # what passes here passes everywhere; a failure is told at once
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
settings.register_profile("random")  # other examples at each run: make soak
settings.load_profile("repeatable")


def pytest_collection_finish() -> None:
    """What was loaded stays: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    """What is set on this machine must not change what tests see."""
    for name in list(os.environ):
        if name.startswith(("UMS_", "USERS_SERVICE_")):
            del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def _interrupts_arrive() -> None:
    """A shell starts what it runs in the background deaf to SIGINT, with its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_bench() -> Iterator[MakeBench]:
    """A function that makes benches; they are closed after the test."""
    with ExitStack() as stack:
        yield lambda *a, **k: stack.enter_context(Bench(*a, **k))


@pytest.fixture
def standard(make_bench: MakeBench) -> Bench:
    return make_bench(profile="standard")


@pytest.fixture
def hipaa(make_bench: MakeBench) -> Bench:
    return make_bench(profile="hipaa")


@pytest.fixture
def compat(make_bench: MakeBench) -> Bench:
    return make_bench(profile="compat")


@pytest.fixture(params=["standard", "compat"])
def either(request: pytest.FixtureRequest, make_bench: MakeBench) -> Bench:
    """First a service of one profile, then of the other."""
    return make_bench(profile=request.param)


@pytest.fixture(scope="module")
def shared_standard(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    """One process for all tests of a module that leave it as they found it."""
    data: Path = tmp_path_factory.mktemp("standard") / "data"
    with running_service(data) as service:
        yield service


@pytest.fixture(scope="module")
def shared_compat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """As `shared_standard`, for the profile compat."""
    data: Path = tmp_path_factory.mktemp("compat") / "data"
    with running_service(data, profile="compat") as service:
        yield service
