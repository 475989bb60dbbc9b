"""What is done to many accounts at once, a few in one piece, and how it is undone.

A deed is tried first. The trial leaves out those to whom there is nothing to do, and
notes of the others what undoing it needs (`Pick.before`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from typing_extensions import override

from gui.controllers.picked import Pick
from gui.controllers.problems import explain, sentence
from ums_client import Client
from ums_client.core import new_idempotency_key
from ums_client.errors import (
    Busy,
    InvalidSession,
    NoAnswer,
    RateLimited,
    ReauthenticationRequired,
    UmsError,
    WrongState,
)
from ums_client.protocol.accounts import DeleteUser, GetUser
from ums_client.protocol.actions import ACTION_BY_REQUEST, Repeat
from ums_client.protocol.bulk import BulkUsers, Operation
from ums_client.protocol.deletions import RestoreUser
from ums_client.protocol.message import R, Request

DEADLINE_S: Final = 30.0
"""For some accounts in one piece, also where the service has much to do."""
FOR_ALL: Final = (ReauthenticationRequired, InvalidSession, NoAnswer, Busy, RateLimited)
"""Refusals that are not of one account: nothing goes on before they are mended."""
TAKEN_BACK: Final = "Taken back"
_TO: Final[dict[str, Operation]] = {
    "active": "activate",
    "inactive": "deactivate",
    "suspended": "suspend",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one account, or would become of it; `text` says why not."""

    pick: Pick
    ok: bool
    text: str = ""


class Deed(ABC):
    """Something that is done to accounts.

    `at_once` is how many between two looks at progress and at a wish to stop. Fewer
    results than accounts are those from the first on.
    """

    at_once: int = 40

    @abstractmethod
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        """Find out what would become of them; nothing is changed.

        Raises:
            UmsError: nothing was found out.
        """

    @abstractmethod
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        """Do it, durable on return.

        Raises:
            UmsError: nothing was done.
        """

    def undo(self, picks: Sequence[Pick]) -> list[Task]:  # noqa: ARG002 - of those that can
        """What takes it back for those to whom it was done; nothing if nothing does."""
        return []


Task: TypeAlias = tuple[Deed, tuple[Pick, ...]]


@dataclass(frozen=True)
class Bulk(Deed):
    """What the service does to many accounts itself."""

    operation: Operation
    reason: str = ""
    password: str = field(default="", repr=False)
    role: str = ""

    def fields(self, picks: Sequence[Pick]) -> dict[str, Any]:
        """As fields of a request."""
        more = {"reason": self.reason, "password": self.password, "role": self.role}
        given = {name: text for name, text in more.items() if text}
        ids = [pick.user_id for pick in picks]
        return {"user_ids": ids, "operation": self.operation, **given}

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return self._ask(client, picks, dry_run=True)

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return self._ask(client, picks, dry_run=False)

    def _ask(
        self, client: Client, picks: Sequence[Pick], *, dry_run: bool
    ) -> list[Result]:
        if not picks:
            return []
        request = BulkUsers(**self.fields(picks), dry_run=dry_run)
        reply = client.call(request, deadline_s=DEADLINE_S)
        by_id = {result.user_id: result for result in reply.results}
        told = [(pick, by_id[pick.user_id]) for pick in picks]
        return [
            Result(pick, one.ok, sentence(one.message.removeprefix("user_id: ")))
            for pick, one in told
        ]

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        if self.operation != "delete" or not picks:
            return []
        return [(Restore(), tuple(picks))]


@dataclass(frozen=True)
class SetStatus(Bulk):
    """Give accounts another status."""

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def status(pick: Pick) -> str:
            before = client.call(GetUser(user_id=pick.user_id)).user.status
            if _TO.get(before) == self.operation:
                raise WrongState(f"It is {before} already")
            return before

        return tried(status, self, client, picks)

    @override
    def undo(self, picks: Sequence[Pick]) -> list[Task]:
        """Only active accounts become inactive: suspended ones would have to be used."""
        tasks: list[Task] = []
        for status, operation in _TO.items():
            same = tuple(pick for pick in picks if pick.before == status)
            if operation == "deactivate" and self.operation != "activate":
                continue
            if same and operation != self.operation:
                tasks.append((SetStatus(operation, TAKEN_BACK), same))
        return tasks


@dataclass(frozen=True)
class Restore(Deed):
    """Bring deleted accounts back."""

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return [Result(pick, ok=True) for pick in picks]

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return one_by_one(
            picks, lambda pick: call(client, RestoreUser(user_id=pick.user_id))
        )


@dataclass(frozen=True)
class Erase(Deed):
    """Leave nothing of accounts that were deleted before."""

    password: str = field(repr=False)
    at_once: int = 5

    @override
    def attempt(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        return [Result(pick, ok=True) for pick in picks]

    @override
    def perform(self, client: Client, picks: Sequence[Pick]) -> list[Result]:
        def erase(pick: Pick) -> None:
            request = DeleteUser(
                user_id=pick.user_id, password=self.password, mode="erase"
            )
            call(client, request)

        return one_by_one(picks, erase)


def call(client: Client, request: Request[R]) -> R:
    """Ask for one account; what is repeated by itself is done once."""
    keyed = ACTION_BY_REQUEST[type(request)].repeat is Repeat.KEYED
    key = new_idempotency_key() if keyed else None
    return client.call(request, idempotency_key=key, deadline_s=DEADLINE_S)


def one_by_one(picks: Iterable[Pick], do: Callable[[Pick], object]) -> list[Result]:
    """Do something to one account after the other.

    Raises:
        UmsError: the first one was refused with something that is not its own. Later
            ones end the list.
    """
    results: list[Result] = []
    for pick in picks:
        try:
            do(pick)
        except FOR_ALL:
            if results:
                break
            raise
        except UmsError as error:
            results.append(Result(pick, ok=False, text=explain(error).text))
        else:
            results.append(Result(pick, ok=True))
    return results


def checked(picks: Sequence[Pick], look: Callable[[Pick], Any]) -> list[Result]:
    """Look at one account after the other; what that tells is noted as `before`."""
    before: dict[str, Any] = {}

    def note(pick: Pick) -> None:
        before[pick.user_id] = look(pick)

    return [
        replace(result, pick=replace(result.pick, before=before[result.pick.user_id]))
        if result.ok
        else result
        for result in one_by_one(picks, note)
    ]


def tried(
    look: Callable[[Pick], Any], bulk: Bulk, client: Client, picks: Sequence[Pick]
) -> list[Result]:
    """Check accounts, and have the service try it with those that pass."""
    results = checked(picks, look)
    passed = [result.pick for result in results if result.ok]
    answers = {r.pick.user_id: r for r in Bulk.attempt(bulk, client, passed)}
    return [answers.get(result.pick.user_id, result) for result in results]
