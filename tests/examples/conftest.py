from collections.abc import Iterator

import pytest

from tests.examples.live import Live, live_service


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with people, labs and a gateway."""
    with live_service(tmp_path_factory.mktemp("service")) as running:
        yield running
