from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.doubles import BlockingView, FakeService
from ums_client import Client


@pytest.fixture
def service() -> Iterator[FakeService]:
    with FakeService() as running:
        yield running


@pytest.fixture(params=[Client, BlockingView], ids=["blocking", "asyncio"])
def make_client(request: pytest.FixtureRequest) -> Any:
    """Both clients, under one interface."""
    return request.param
