"""Counts of failures as they are stored, so that a restart does not forget them.

In memory time is in seconds since boot, which do not survive; stored is the wall clock.
It may be turned: what would lie in the future counts as now, so that no lock lasts
longer than it would from now on.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.lockout import Count, Counts
from ums_service.domain.moment import Moment

Stored = tuple[int, int, float]
"""Failures, failures in a row, and when the last one was in seconds since 1970."""


class FailureRecord(NamedTuple):
    """What is stored of the failures on one account."""

    account: str
    alone: Stored
    strangers: Mapping[str, Stored]
    known: Mapping[str, Stored]


class BlockedAddress(NamedTuple):
    """An address that is not listened to, and until when in seconds since 1970."""

    address: str
    until_epoch_s: float


def record_of(account: str, counts: Counts, now: Moment) -> FailureRecord | None:
    """What to store of an account; None where there is nothing to remember."""
    if all(count.is_empty() for count in counts.all()):
        return None
    return FailureRecord(
        account,
        _stored(counts.alone, now),
        _all_stored(counts.strangers.items(), now),
        _all_stored(counts.known.items(), now),
    )


def count_of(stored: Stored, now: Moment) -> Count:
    """The count as it is to go on now."""
    failures, in_row, at_epoch_s = stored
    elapsed_s = max(0.0, now.epoch_ns / 1e9 - at_epoch_s)
    return Count(failures, in_row, now.ticks_s - elapsed_s)


def blocked(address: str, for_s: float, now: Moment) -> BlockedAddress:
    """What to store of a block that lasts so long from now."""
    return BlockedAddress(address, now.epoch_ns / 1e9 + for_s)


def _all_stored(counts: Iterable[tuple[str, Count]], now: Moment) -> dict[str, Stored]:
    return {name: _stored(count, now) for name, count in counts if not count.is_empty()}


def _stored(count: Count, now: Moment) -> Stored:
    at_epoch_s = now.epoch_ns / 1e9 - (now.ticks_s - count.last_ticks_s)
    return count.failures, count.in_row, at_epoch_s


def _from_document(document: dict[str, Any]) -> FailureRecord:
    return FailureRecord(
        document["account"],
        tuple(document["alone"]),
        document["strangers"],
        document["known"],
    )


def _account(record: FailureRecord) -> str:
    return record.account


def _address(block: BlockedAddress) -> str:
    return block.address


FAILURES: Final = Collection(
    name="failures",
    key=_account,
    to_document=FailureRecord._asdict,
    from_document=_from_document,
)
"""Failures on accounts, under their user ids."""
FAILURES_OF_NOBODY: Final = Collection(
    name="failures_of_nobody",
    key=_account,
    to_document=FailureRecord._asdict,
    from_document=_from_document,
)
"""Failures on names that nobody has, under keyed digests of them: a restart must not
part them from the others."""
BLOCKED_ADDRESSES: Final = Collection(
    name="blocked_addresses",
    key=_address,
    to_document=BlockedAddress._asdict,
    from_document=lambda document: BlockedAddress(**document),
)
