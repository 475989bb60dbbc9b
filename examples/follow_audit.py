"""Follow the audit log: print each new entry as a line of JSON, the oldest first.

    python -m examples.follow_audit --key-file audit.key --place audit.place

It begins with what comes after its first run and keeps its place in a file: after a
restart, of itself or of the service, it goes on where it was. An entry is printed before
the place is kept, so one may come twice and none is left out. It ends with status 2 if
the log is broken, misses an entry, or was set back: if what it has read is no longer there.

The key is an API key with the scopes `audit.read` and `users.read`, of an account of its
own that may read the log: what that account reads leaves entries too, which are not shown.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from ums_client import Client, GetUser, errors
from ums_client.protocol.audit import AuditedEvent, QueryAudit, VerifyAudit

PAGE: Final = 100
AWAY: Final = (errors.NoAnswer, errors.Busy, errors.RateLimited)
"""What passes: the service is away, or has more to do than it can."""
OWN_EVENTS: Final = frozenset({"audit_read", "audit_verified"})
BROKEN: Final = 2


class LogBroken(Exception):
    """The log is not what it was."""


class Place(NamedTuple):
    """The last entry that was read, and a digest of what must never change of it."""

    number: int
    digest: str

    @classmethod
    def of(cls, entry: AuditedEvent) -> "Place":
        lasting = (entry.number, entry.at, entry.event, entry.outcome, entry.actor)
        return cls(entry.number, hashlib.sha256(repr(lasting).encode()).hexdigest())

    @classmethod
    def read(cls, path: Path) -> "Place | None":
        """The place that was kept; None before the first run. Raises ValueError."""
        try:
            kept: Any = json.loads(path.read_text())
            return cls(int(kept["number"]), str(kept["digest"]))
        except FileNotFoundError:
            return None
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{path} holds no place of this program") from None

    def write(self, path: Path) -> None:
        """Replace the file at once: who ends this in between leaves one of the two."""
        new = path.with_name(path.name + ".new")
        new.write_text(json.dumps(self._asdict()) + "\n")
        new.replace(path)


class Follower:
    """Reads on from a place. What calls raise comes out of all of it."""

    def __init__(self, client: Client, path: Path, heads: Path | None) -> None:
        self._client = client
        self._path = path
        self._heads = heads
        self._place = Place.read(path)
        self._own = ""
        self._first = 1
        """The oldest entry that the service has not dropped for its age."""

    def verify(self) -> None:
        """Have the whole log verified, and keep the head of the store if asked to.

        Raises:
            LogBroken: it is broken.
        """
        self._own = self._client.call(GetUser()).user.user_id
        seen = self._client.call(VerifyAudit(), deadline_s=300)
        if not seen.intact:
            raise LogBroken(f"entry {seen.first_bad} is broken: {seen.reason}")
        self._first = seen.first
        if self._heads is not None:
            with self._heads.open("a") as file:
                file.write(f"{seen.head}\n")

    def read_on(self) -> list[AuditedEvent]:
        """The new entries, the oldest first; none at the first run.

        Raises:
            LogBroken: one is missing, or the last one known is another or gone.
        """
        if self._place is None:
            return self._client.call(QueryAudit(limit=1)).entries
        known = self._place
        if known.number < self._first:
            if known.number < self._first - 1:
                warn(f"entries before {self._first} were dropped for their age, unseen")
            return list(self._down_to(self._first))[::-1]
        found = list(self._down_to(known.number))
        if not found or found[-1].number > known.number:
            raise LogBroken(f"entry {known.number} is gone: the store was set back")
        if Place.of(found[-1]) != known:
            raise LogBroken(f"entry {known.number} is another: the store was set back")
        numbers = [entry.number for entry in found]
        if numbers != list(range(numbers[0], known.number - 1, -1)):
            raise LogBroken(f"an entry after {known.number} is missing")
        return found[-2::-1]

    def show(self, entries: list[AuditedEvent]) -> None:
        """Print entries, then keep the place. At the first run only the latter."""
        if not entries:
            return
        if self._place is not None:
            for entry in entries:
                if entry.event not in OWN_EVENTS or entry.actor != self._own:
                    print(entry.model_dump_json(exclude_none=True))
            sys.stdout.flush()
        self._place = Place.of(entries[-1])
        self._place.write(self._path)

    def _down_to(self, number: int) -> Iterator[AuditedEvent]:
        """Entries from the newest one down to this one."""
        cursor: str | None = None
        while True:
            page = self._client.call(QueryAudit(limit=PAGE, cursor=cursor))
            for entry in page.entries:
                if entry.number < number:
                    return
                yield entry
            cursor = page.next_cursor
            if cursor is None or int(cursor) <= number:
                return


def follow(follower: Follower, every_s: float, *, once: bool) -> None:
    """Read on and on, also when the service was away; then the log is verified anew."""
    away, told = True, False
    while True:
        try:
            if away:
                follower.verify()
            follower.show(follower.read_on())
        except AWAY as error:
            if once:
                raise
            if not told:
                warn(f"{error}; waiting")
            away = told = True
        else:
            away = told = False
        if once:
            return
        time.sleep(every_s)


def warn(text: str) -> None:
    print(f"follow_audit: {text}", file=sys.stderr, flush=True)


def fail(text: str, status: int = 1) -> NoReturn:
    warn(text)
    sys.exit(status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--service", default="tcp://127.0.0.1:5556", metavar="ENDPOINT")
    parser.add_argument("--key-file", type=Path, required=True, help="its API key")
    parser.add_argument("--place", type=Path, required=True, help="where its place is")
    parser.add_argument(
        "--heads",
        type=Path,
        help="append the head of the store at each verification; on the machine of the "
        "service, `verify --against @FILE` then proves that nothing was set back",
    )
    parser.add_argument("--every-s", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--once", action="store_true", help="end when all is read")
    given = parser.parse_args()
    key = given.key_file.read_text().strip()
    with Client(given.service, api_key=key) as client:
        follower = Follower(client, given.place, given.heads)
        follow(follower, given.every_s, once=given.once)


if __name__ == "__main__":
    try:
        main()
    except LogBroken as broken:
        fail(str(broken), BROKEN)
    except (errors.UmsError, OSError, ValueError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
