"""Accounts that were deleted and can still be brought back, or erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from typing_extensions import override

from gui.background import Job
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from gui.controllers.streamed import Came, Streamed
from gui.controllers.wording import moment
from ums_client.protocol.accounts import DeleteUser
from ums_client.protocol.deletions import DeletedAccount, ListDeleted, RestoreUser

FailedWith = Callable[[Problem], object]
PAGE_SIZE: Final = 100


class DeletedAccounts(Streamed):
    """The oldest first. The cursor is the number of the next page."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is asked before `begin`."""
        super().__init__()
        self.desk = desk

    @override
    def ask(self, cursor: str | None, then: Came, failed: FailedWith) -> Job:
        """Fetch a page."""
        page = int(cursor or 1)

        def came(reply: Any) -> None:
            following = str(page + 1) if reply.truncated else None
            then([_item(user) for user in reply.users], following)

        return self.desk.ask(
            lambda: ListDeleted(page=page, page_size=PAGE_SIZE), came, failed
        )

    def restore(
        self,
        user_id: str,
        names: dict[str, str],
        then: Callable[[Any], object],
        failed: FailedWith,
    ) -> None:
        """Bring one back, with other names where `names` has some."""
        self.desk.ask(
            lambda: RestoreUser(user_id=user_id, **_given(names)), then, failed
        )

    def restore_command(self, user_id: str, names: dict[str, str]) -> str:
        """The command for `restore`."""
        return shell_command(
            self.desk.place, RestoreUser, user_id=user_id, **_given(names)
        )

    def erase_command(self, picks: tuple[Pick, ...]) -> str:
        """The command that erases the first of these."""
        return shell_command(
            self.desk.place,
            DeleteUser,
            user_id=picks[0].user_id,
            mode="erase",
            password="-",
        )

    def picks(self, keys: set[str]) -> tuple[Pick, ...]:
        """Those of the list that have these keys."""
        return tuple(
            Pick(item.key, item.cells[0]) for item in self.fetched if item.key in keys
        )


def _given(names: dict[str, str]) -> dict[str, Any]:
    return {name: text.strip() for name, text in names.items() if text.strip()}


def _item(user: DeletedAccount) -> Item:
    cells = (
        user.username,
        user.email,
        moment(user.deleted_at),
        "never: on legal hold" if user.held else moment(user.purge_after),
    )
    return Item(user.user_id, cells, "muted" if user.held else "")
