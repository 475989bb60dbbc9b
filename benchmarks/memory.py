"""What an account and a membership cost in memory, once they are loaded."""

from __future__ import annotations

import asyncio
import os
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.run import Run
from benchmarks.stores import key_path
from benchmarks.table import Line, Quantity
from benchmarks.workers import Worker
from storage import RealDisk, Store
from ums_service.deployment.clock import read_clock
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.domain.attributes import LAB_MEMBER
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.users import USERS

_LABS: Final = 500
_LABS_OF_ONE: Final = 2
_AT_ONCE: Final = 500


def measure(run: Run) -> list[Line]:
    """The middle size of store, without memberships and with two for each account."""
    accounts = run.scale.accounts[1]
    plain, joined = run.stores.copy(accounts), run.stores.copy(accounts)
    run.say(f"memory of {accounts:,} accounts and {_LABS_OF_ONE * accounts:,} places")
    with Worker() as worker:
        worker.run(join, joined)
    sizes = [_elsewhere(data) for data in (plain, joined)]
    for data in (plain, joined):
        run.stores.discard(data)
    memberships = _LABS_OF_ONE * accounts
    return [
        Line(
            f"{accounts:,} accounts, memory of the store for each",
            Quantity(max(1, sizes[0]) / accounts, "B"),
        ),
        Line(
            f"{accounts:,} accounts, memory for each membership",
            Quantity(max(1, sizes[1] - sizes[0]) / memberships, "B"),
            notes=(f"of {_LABS_OF_ONE} in {_LABS} labs, with the groups of members",),
        ),
    ]


def join(data: Path) -> None:
    """Make every account a member of some labs; durable on return."""
    asyncio.run(_join(data))


def loaded_bytes(data: Path) -> int:
    """By how much the process grows when it loads the store."""
    before = _resident_bytes()
    store = _opened(data)
    grown = _resident_bytes() - before
    asyncio.run(store.close())
    return grown


def _elsewhere(data: Path) -> int:
    with Worker() as worker:
        return worker.run(loaded_bytes, data)


async def _join(data: Path) -> None:
    store, now = _opened(data), read_clock().text
    store.start(asyncio.get_running_loop())
    lab_ids = [f"1ab{number:05}-1000-4000-8000-000000000000" for number in range(_LABS)]
    async with store.transaction() as tx:
        for number, lab_id in enumerate(lab_ids):
            tx.put(LABS, Lab(lab_id, f"L{number:05}", f"Lab {number}", f"lab {number}"))
    member = Membership(LAB_MEMBER, active=True, joined_at=now)
    numbered = enumerate(store.ids(USERS))
    while some := list(islice(numbered, _AT_ONCE)):
        async with store.transaction() as tx:
            for number, user_id in some:
                places = (lab_ids[(number + i) % _LABS] for i in range(_LABS_OF_ONE))
                labs = dict.fromkeys(places, member)
                tx.put(ENTITLEMENTS, Entitlements(user_id, labs=labs))
    await store.checkpoint()
    await store.close()


def _opened(data: Path) -> Store:
    return Store.open(
        RealDisk(data),
        key_path(data).read_bytes().strip(),
        collections=COLLECTIONS,
        streams=STREAMS,
        now=read_clock().epoch_s,
    )


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
