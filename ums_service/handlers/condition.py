"""How the service is, part by part, in words that tell nothing of where it keeps things."""

from enum import StrEnum
from statistics import median
from typing import Final, NamedTuple

from storage import State
from ums_service.calls.facilities import Facilities
from ums_service.deployment import process
from ums_service.domain.moment import Moment
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID

SLOW_COMMIT_S: Final = 1.0
"""A store whose commits take longer than this is not as it should be."""
SLOW_LOOP_S: Final = 1.0
_STORES: Final = {
    State.FULL: "the disk is full: nothing can be changed until there is room",
    State.READ_ONLY: "the disk failed: nothing can be changed until the next start",
}


class Grade(StrEnum):
    """How grave it is."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


class Part(NamedTuple):
    """How one part of the service is."""

    name: str
    grade: Grade
    text: str


def needed(facilities: Facilities, now: Moment) -> list[Part]:
    """What requests cannot do without; all must do more than fail."""
    return [_store(facilities), _signing_keys(facilities, now), _limits(facilities)]


def all_parts(facilities: Facilities, now: Moment) -> list[Part]:
    """Every part there is."""
    return [
        *needed(facilities, now),
        _commits(facilities),
        _hashing(facilities),
        _mail(facilities),
        _loop(facilities),
        _memory(),
    ]


def worst(parts: list[Part]) -> Grade:
    """The gravest of them."""
    return max((part.grade for part in parts), key=list(Grade).index, default=Grade.OK)


def _store(facilities: Facilities) -> Part:
    health = facilities.store.health
    if health.state in _STORES:
        return Part("store", Grade.FAILED, _STORES[health.state])
    if health.warnings:
        return Part("store", Grade.DEGRADED, "writes; the log of the process warns")
    return Part("store", Grade.OK, "reads and writes")


def _signing_keys(facilities: Facilities, now: Moment) -> Part:
    ring = facilities.store.get(KEY_RINGS, RING_ID)
    if ring is None or not ring.keys:
        text = "none yet; the first login that asks for tokens makes one"
        return Part("signing_keys", Grade.OK, text)
    if facilities.tokens.is_due(ring, now):
        return Part("signing_keys", Grade.DEGRADED, "the key should have changed")
    return Part("signing_keys", Grade.OK, "there is a key, and it is not too old")


def _limits(facilities: Facilities) -> Part:
    limits = facilities.limits
    text = f"{limits.remembered} counted, {len(limits.unheard)} addresses not heard"
    if limits.are_full:
        return Part("limits", Grade.DEGRADED, f"a table is full: {text}")
    return Part("limits", Grade.OK, text)


def _commits(facilities: Facilities) -> Part:
    latest_s = list(facilities.store.figures.flush_times.latest_s)
    if not latest_s:
        return Part("commits", Grade.OK, "none since the start")
    text = (
        f"the last {len(latest_s)} took {median(latest_s) * 1e3:.1f} ms, "
        f"at worst {max(latest_s) * 1e3:.1f} ms"
    )
    grade = Grade.DEGRADED if median(latest_s) > SLOW_COMMIT_S else Grade.OK
    return Part("commits", grade, text)


def _hashing(facilities: Facilities) -> Part:
    pool = facilities.gate.pool
    if pool.is_full:
        return Part("hashing", Grade.DEGRADED, "no more hashes are taken: busy")
    return Part("hashing", Grade.OK, f"{pool.admitted} hashes run or wait")


def _mail(facilities: Facilities) -> Part:
    if facilities.mail is None:
        return Part("mail", Grade.OK, "not set up")
    waiting = facilities.mail.waiting
    if not facilities.mail.has_room(facilities.store):
        return Part("mail", Grade.DEGRADED, f"the outbox is full: {waiting} wait")
    return Part("mail", Grade.OK, f"{waiting} wait")


def _loop(facilities: Facilities) -> Part:
    late_s = max(facilities.meters.lags_s, default=0.0)
    text = f"at worst {late_s * 1e3:.1f} ms late in the last minute"
    return Part("loop", Grade.DEGRADED if late_s > SLOW_LOOP_S else Grade.OK, text)


def _memory() -> Part:
    mib = process.memory().resident / 2**20
    return Part("memory", Grade.OK, f"{mib:.0f} MiB in use")
