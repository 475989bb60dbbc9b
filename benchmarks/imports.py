"""Many accounts imported over the wire while somebody else reads."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from benchmarks import messages
from benchmarks.run import Run, percentile
from benchmarks.servers import service
from benchmarks.stores import ADMINISTRATOR, PASSWORD
from benchmarks.table import AtMost, Line, Quantity
from benchmarks.workers import Worker
from ums_client import Client, Login, new_idempotency_key
from ums_client.import_users import batches
from ums_client.protocol.accounts import GetUser
from ums_client.protocol.imports import ImportUsers
from ums_client.protocol.user_files import Row

_HASH: Final = "pbkdf2_sha256$600000$hIrd4XrkPibUguIvQOkeMw$" + "A" * 43 + "="
_TARGET_S: Final = AtMost(30)
_DEADLINE_S: Final = 30.0
_READ_EVERY_S: Final = 0.002
"""So that what is measured is how long a read waits, not what reading costs."""


class _Imported(NamedTuple):
    """How long it took, and how long the dearest message took, in seconds."""

    created: int
    seconds: float
    batches: int
    slowest_s: float


def measure(run: Run) -> list[Line]:
    """As many accounts as the middle one of the stores, each with a hash of Django."""
    accounts = run.scale.accounts[1]
    data = run.stores.copy(run.scale.small)
    run.say(f"importing {accounts:,} accounts")
    gaps: list[float] = []
    with service(data) as subject, Worker() as worker:
        token = messages.log_in(subject.endpoint, 0)
        with Client(subject.endpoint, session_token=token) as reader:
            reader.call(GetUser())
            imported = worker.begin(_import, subject.endpoint, accounts)
            while not imported.done():
                begin_s = time.perf_counter()
                reader.call(GetUser())
                gaps.append(time.perf_counter() - begin_s)
                time.sleep(_READ_EVERY_S)
        found = imported.result()
    assert found.created == accounts
    return [
        Line(
            f"import_users, {accounts:,} accounts with hashes",
            Quantity(found.seconds, "s"),
            target=_TARGET_S,
            notes=(
                (
                    f"{accounts / found.seconds:,.0f} accounts/s in {found.batches} messages, "
                    f"the slowest {found.slowest_s * 1000:.0f} ms"
                ),
                (
                    f"meanwhile {len(gaps):,} get_user of one client, longest wait "
                    f"{max(gaps) * 1000:.1f} ms, 99th percentile "
                    f"{percentile(gaps, 0.99) * 1000:.1f} ms"
                ),
            ),
        )
    ]


def _import(endpoint: str, accounts: int) -> _Imported:
    """In a process of its own, so that the reader's waits are the service's."""
    created, slowest_s, number = 0, 0.0, 0
    with Client(endpoint, deadline_s=_DEADLINE_S) as client:
        client.call(Login(username=ADMINISTRATOR, password=PASSWORD))
        begin_s = time.perf_counter()
        for batch in batches(_row(i) for i in range(accounts)):
            sent_s = time.perf_counter()
            request = ImportUsers(users=batch.rows)
            reply = client.call(request, idempotency_key=new_idempotency_key())
            slowest_s = max(slowest_s, time.perf_counter() - sent_s)
            created += reply.created
            number += 1
        seconds = time.perf_counter() - begin_s
    return _Imported(created, seconds, number, slowest_s)


def _row(number: int) -> Row:
    return {
        "username": f"imported-{number}",
        "email": f"imported-{number}@example.org",
        "password_hash": _HASH,
        "full_name": f"Imported Person {number}",
    }
