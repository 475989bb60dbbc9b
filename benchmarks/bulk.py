"""One operation on many accounts over the wire while somebody else reads."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from benchmarks import messages
from benchmarks.run import Run, percentile
from benchmarks.servers import service
from benchmarks.stores import ADMINISTRATOR, CAN_LOG_IN, PASSWORD, WITH_CODES, people
from benchmarks.table import Line, Quantity
from benchmarks.workers import Worker
from ums_client import Client, Login
from ums_client.protocol.accounts import GetUser
from ums_client.protocol.bulk import BulkUsers
from ums_client.protocol.limits import LIST_MAX

_DEADLINE_S: Final = 60.0
_READ_EVERY_S: Final = 0.002
"""As for the import: what is measured is how long a read waits."""


class _Changed(NamedTuple):
    """How long the requests took in seconds, and how many accounts they changed."""

    seconds: list[float]
    accounts: int


def measure(run: Run) -> list[Line]:
    """As many accounts in one request as there may be, out of use and back."""
    size = run.scale.small
    most = min(LIST_MAX, size - CAN_LOG_IN - WITH_CODES)
    data = run.stores.copy(size)
    some = [user.user_id for user in people(size)][-max(most, 1) :]
    run.say(f"changing {len(some):,} accounts at a time")
    gaps: list[float] = []
    with service(data) as subject, Worker() as worker:
        token = messages.log_in(subject.endpoint, 0)
        with Client(subject.endpoint, session_token=token) as reader:
            changed = worker.begin(_change, subject.endpoint, some, run.scale.rounds)
            while not changed.done():
                begin_s = time.perf_counter()
                reader.call(GetUser())
                gaps.append(time.perf_counter() - begin_s)
                time.sleep(_READ_EVERY_S)
        found = changed.result()
    run.stores.discard(data)
    rate = found.accounts / sum(found.seconds)
    return [
        Line(
            f"bulk_users, {len(some):,} accounts a request",
            Quantity(rate, "accounts/s"),
            notes=(
                "each account a decision, a commit and an entry",
                (
                    f"meanwhile get_user of one client waited {max(gaps) * 1000:.1f} ms "
                    f"at most, 99th percentile {percentile(gaps, 0.99) * 1000:.1f} ms"
                ),
            ),
        )
    ]


def _change(endpoint: str, user_ids: list[str], rounds: int) -> _Changed:
    """In a process of its own, so that the reader's waits are the service's."""
    seconds, accounts = list[float](), 0
    with Client(endpoint, deadline_s=_DEADLINE_S) as client:
        client.call(Login(username=ADMINISTRATOR, password=PASSWORD))
        for _ in range(rounds):
            for operation in ("deactivate", "activate"):
                begin_s = time.perf_counter()
                request = BulkUsers.model_validate(
                    {"user_ids": user_ids, "operation": operation}
                )
                reply = client.call(request)
                seconds.append(time.perf_counter() - begin_s)
                accounts += reply.succeeded or 0
    assert accounts == 2 * rounds * len(user_ids)
    return _Changed(seconds, accounts)
