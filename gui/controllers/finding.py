"""Finding accounts: what is wanted, page by page, and what one can choose from."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from gui.background import Job
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.known import active_roles
from gui.controllers.paged import PAGE_SIZE, Pages, read_pages
from gui.controllers.problems import Problem
from gui.controllers.wording import moment, state_of
from ums_client import Client
from ums_client.protocol.accounts import User
from ums_client.protocol.finding import SearchUsers
from ums_client.protocol.labs import ListLabs

FailedWith = Callable[[Problem], object]
LOCKED: Final = "locked"
STATUSES: Final = (
    "active",
    LOCKED,
    "inactive",
    "suspended",
    "archived",
    "pending",
    "expired",
)
PRIMARY_ROLES: Final = ("user", "moderator", "admin")
USERNAME_CELL, STATUS_CELL = 0, 4
_TONES: Final = {"suspended": "warning", "archived": "muted", "inactive": "muted"}


@dataclass(frozen=True, slots=True)
class Search:
    """Which accounts are wanted, in which order. Empty text stands for any."""

    query: str = ""
    status: str = ""
    role: str = ""
    lab_id: str = ""
    verified: bool | None = None
    factor: bool | None = None
    never: bool | None = None
    sort_by: str = "username"
    descending: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether not all accounts are wanted."""
        return self.conditions() != {}

    def conditions(self) -> dict[str, Any]:
        """What must be so, as fields of a request.

        One of the built-in roles means the primary one, which the list shows; any other
        is found in whatever way an account has it.
        """
        found = {
            "query": self.query.strip(),
            "status": "" if self.status == LOCKED else self.status,
            "locked": True if self.status == LOCKED else None,
            "role" if self.role in PRIMARY_ROLES else "has_role": self.role,
            "lab_id": self.lab_id,
            "email_verified": self.verified,
            "mfa_enabled": self.factor,
            "never_logged_in": self.never,
        }
        return {name: value for name, value in found.items() if value not in ("", None)}

    def fields(self) -> dict[str, Any]:
        """As fields of a request."""
        order = "desc" if self.descending else "asc"
        return self.conditions() | {"sort_by": self.sort_by, "sort_order": order}


class FoundUsers(Pages):
    """The accounts that a search finds, page by page.

    What is found does not tell who is shut out after too many failures: `locked`
    tells the ids of those.
    """

    def __init__(
        self,
        desk: Desk,
        search: Search,
        locked: Callable[[], Container[str]] = frozenset,
    ) -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk, self.search, self._locked = desk, search, locked

    @override
    def item(self, number: int) -> Item | None:
        found = super().item(number)
        if found is None or not (
            found.key in self._locked() or self.search.status == LOCKED
        ):
            return found
        cells = list(found.cells)
        cells[STATUS_CELL] = state_of(cells[STATUS_CELL], locked=True)
        return Item(found.key, tuple(cells), "warning")

    @override
    def ask(
        self,
        page: int,
        then: Callable[[Sequence[Item], int], object],
        failed: FailedWith,
    ) -> Job:
        """Fetch a page."""
        return self.desk.ask(
            lambda: SearchUsers(
                **self.search.fields(), page=page + 1, page_size=PAGE_SIZE
            ),
            lambda reply: then([_item(user) for user in reply.users], reply.total),
            failed,
        )


def filters(
    desk: Desk,
    roles: Callable[[list[str]], object],
    labs: Callable[[dict[str, str]], object],
) -> None:
    """Fetch what accounts can be found by: roles by name, ids of labs by name.

    Where one may not know them nothing is called.
    """
    desk.work(lambda c: list(active_roles(c)), roles, lambda _: None)
    desk.work(lab_ids, labs, lambda _: None)


def lab_ids(client: Client) -> dict[str, str]:
    """The ids of the labs that one may see, by code and name."""
    replies = read_pages(client, lambda n, size: ListLabs(page=n, page_size=size))
    return {
        f"{lab.code}  {lab.name}": lab.lab_id for reply in replies for lab in reply.labs
    }


def locked_ids(client: Client) -> frozenset[str]:
    """Who is shut out after too many failures now, as far as that is a list to read."""
    replies = read_pages(
        client, lambda n, size: SearchUsers(locked=True, page=n, page_size=size)
    )
    return frozenset(user.user_id for reply in replies for user in reply.users)


def _item(user: User) -> Item:
    cells = (
        user.username,
        user.full_name,
        user.email,
        user.role,
        state_of(user.status, locked_down=user.locked_down),
        moment(user.last_login),
        moment(user.created_at),
        user.phone,
        user.city,
        user.country,
        "yes" if user.email_verified else "no",
        "yes" if user.must_change_password else "no",
        moment(user.updated_at),
    )
    tone = "warning" if user.locked_down else _TONES.get(user.status, "")
    return Item(user.user_id, cells, tone)
