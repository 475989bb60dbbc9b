"""Operations on many accounts that go on after their request was answered.

They live in memory: a stop of the service ends them, and what was done by then is done.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ums_service.domain.errors import Busy, NoSuchJob

RUNNING_MAX: Final = 4
KEPT_MAX: Final = 50
"""Jobs remembered, the oldest that have ended go first: at most 200 KB each."""
_LOG: Final = logging.getLogger(__name__)


class ItemResult(NamedTuple):
    """What became of one account."""

    user_id: str
    ok: bool
    code: str = ""
    message: str = ""

    def told(self) -> dict[str, Any]:
        """As it is told; what is empty is left out."""
        plain = {"user_id": self.user_id, "ok": self.ok}
        return (
            plain if self.ok else plain | {"code": self.code, "message": self.message}
        )


@dataclass(slots=True)
class Job:
    """One job, who asked for it, and how far it is."""

    job_id: str
    owner: str
    operation: str
    total: int
    state: str = "running"
    results: list[ItemResult] = field(default_factory=list)
    wanted: bool = True
    """False once it is to stop."""
    task: asyncio.Task[None] | None = None


class BulkJobs:
    """Runs jobs on the loop, a bounded number of them."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def check_room(self) -> None:
        """Raise Busy where as many run as may."""
        if sum(job.state == "running" for job in self._jobs.values()) >= RUNNING_MAX:
            raise Busy(retry_after_s=5.0)

    def start(self, job: Job, work: AsyncIterator[list[ItemResult]]) -> None:
        """Begin; `work` yields the results of a few accounts at a time."""
        ended = [j.job_id for j in self._jobs.values() if j.state != "running"]
        for job_id in ended[: max(0, len(self._jobs) + 1 - KEPT_MAX)]:
            del self._jobs[job_id]
        self._jobs[job.job_id] = job
        job.task = asyncio.get_running_loop().create_task(_run(job, work))

    def of(self, owner: str, job_id: str) -> Job:
        """A job of this caller.

        Raises:
            NoSuchJob: there is none of this id, or it is somebody else's.
        """
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NoSuchJob
        return job


async def _run(job: Job, work: AsyncIterator[list[ItemResult]]) -> None:
    try:
        async for results in work:
            job.results += results
            if not job.wanted:
                break
    except Exception:  # noqa: BLE001 - the task has nobody else who could tell
        _LOG.exception("the job %s failed", job.job_id)
        job.state = "failed"
    else:
        cut_short = len(job.results) < job.total
        job.state = "cancelled" if cut_short else "done"
