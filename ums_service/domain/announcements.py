"""What somebody sends to accounts, as a stored job that is worked off bit by bit.

    WAITING --time--> RUNNING --all told--> DONE, or WAITING for the next time
    either --cancelled--> CANCELLED     --the sender may not any more--> STOPPED

`cursor` is the last account of the run that was dealt with, in order of ids. It is
stored in the commit that tells these accounts, so a run goes on after a restart where it
was, and nobody is told twice.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from storage import Collection
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import HOUR_S
from ums_service.domain.schedules import Schedule


class State(StrEnum):
    """What has become of it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


_TIME_CHARS: Final = 10
ENDED: Final = frozenset({State.DONE, State.CANCELLED, State.STOPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One job. `user_id` is who sends; `recipients` are ids in order, of a lab none."""

    job_id: str
    user_id: str
    created_s: int
    type: str
    title: str
    body: str
    channels: tuple[str, ...]
    priority: str
    schedule: Schedule
    next_s: int
    key_id: str = ""
    """The API key that asked for it: it ends with the key, and may what the key may."""
    lab_id: str = ""
    recipients: tuple[str, ...] = ()
    accounts: int = 0
    """How many were named: the ids are forgotten when all is done."""
    state: str = State.WAITING.value
    cursor: str = ""
    done: int = 0
    skipped: int = 0
    runs: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether nothing comes of it any more."""
        return self.state in ENDED

    def is_due(self, now: Moment) -> bool:
        """Whether there is something to do."""
        if self.state == State.WAITING:
            return self.next_s <= now.epoch_s
        return self.state == State.RUNNING

    def named_next(self, most: int) -> list[str]:
        """The next accounts of those that were named."""
        begin = bisect_right(self.recipients, self.cursor)
        return list(self.recipients[begin : begin + most])

    def begun(self) -> "Announcement":
        """At the beginning of a run."""
        if self.state == State.RUNNING:
            return self
        state = State.RUNNING.value
        return replace(self, state=state, cursor="", done=0, skipped=0)

    def advanced(self, cursor: str, *, done: int, skipped: int) -> "Announcement":
        """After some more accounts."""
        return replace(
            self, cursor=cursor, done=self.done + done, skipped=self.skipped + skipped
        )

    def finished(self, now: Moment) -> "Announcement":
        """After the last account of a run: what was missed meanwhile is not made up."""
        next_s = self.schedule.after(max(now.epoch_s, self.next_s))
        after = replace(self, runs=self.runs + 1)
        if next_s is None:
            return after.ended(State.DONE)
        return replace(after, state=State.WAITING.value, next_s=next_s)

    def ended(self, state: State) -> "Announcement":
        """For good."""
        return replace(self, state=state.value, recipients=())


def new_id(now: Moment, random: str) -> str:
    """The id of a job: by it they are in the order in which they were made."""
    return f"{now.epoch_s:0{_TIME_CHARS}x}{random}"


def made_within_hour(ids: Iterable[str], now: Moment) -> frozenset[str]:
    """Those of the jobs with these ids that were made less than an hour ago."""
    made = ((int(id_[:_TIME_CHARS], 16), id_) for id_ in ids)
    return frozenset(id_ for at_s, id_ in made if abs(now.epoch_s - at_s) < HOUR_S)


def _key(job: Announcement) -> str:
    return job.job_id


def _to_document(job: Announcement) -> dict[str, Any]:
    fields = {name: getattr(job, name) for name in Announcement.__slots__}
    return fields | {
        "channels": list(job.channels),
        "recipients": list(job.recipients),
        "schedule": job.schedule._asdict(),
        "open_of": None if job.has_ended else job.user_id,
    }


def _from_document(document: dict[str, Any]) -> Announcement:
    fields = {n: v for n, v in document.items() if n != "open_of"}
    fields["channels"] = tuple(fields["channels"])
    fields["recipients"] = tuple(fields["recipients"])
    fields["schedule"] = Schedule(**fields["schedule"])
    return Announcement(**fields)


ANNOUNCEMENTS: Final = Collection(
    name="announcements",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    grouped=("user_id", "open_of"),
)
