"""What dialogs can offer to choose from: names that the service knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from gui.controllers.desk import Desk
from gui.controllers.paged import read_pages
from ums_client import Client
from ums_client.protocol.message import Request
from ums_client.protocol.roles import ListPermissions, ListRoles

Names: TypeAlias = tuple[str, ...]


class Known:
    """Names as they were when they were last fetched.

    They are empty until they have come, and where one may not know them; what stands
    here may be typed then.
    """

    def __init__(self, desk: Desk) -> None:
        """Nothing is known yet."""
        self._desk = desk
        self.roles: Names = ()
        self.templates: Names = ()
        self.permissions: Names = ()

    def fetch_roles(self) -> None:
        """Ask for the roles that count."""
        self._fetch("roles", active_roles)

    def fetch_for_roles(self) -> None:
        """Ask for what a role can stand below, begin like, and allow."""
        self._fetch("roles", all_roles)
        self._fetch("templates", templates)
        self._fetch("permissions", permission_names)

    def fetch_permissions(self, then: Callable[[Names], object]) -> None:
        """Ask for the permissions of the service, and others that roles name."""
        self._desk.work(permission_names, then, lambda _: None)

    def _fetch(self, kind: str, read: Callable[[Client], Names]) -> None:
        self._desk.work(read, lambda names: setattr(self, kind, names), lambda _: None)


def active_roles(client: Client) -> Names:
    """The roles that give something."""
    return _roles(client, active=True)


def all_roles(client: Client) -> Names:
    """The roles there are."""
    return _roles(client)


def templates(client: Client) -> Names:
    """What roles can be made like beside roles."""
    return _roles(client, template=True)


def _roles(client: Client, **which: Any) -> Names:
    return _all(
        client, lambda n, size: ListRoles(page=n, page_size=size, **which), "roles"
    )


def permission_names(client: Client) -> Names:
    """The permissions there are."""
    return _all(
        client, lambda n, size: ListPermissions(page=n, page_size=size), "permissions"
    )


def _all(
    client: Client, request: Callable[[int, int], Request[Any]], what: str
) -> Names:
    """The names of all pages; none where there are too many, which are typed then."""
    names: list[str] = []
    total = 0
    for reply in read_pages(client, request):
        names += [one.name for one in getattr(reply, what)]
        total = reply.total
    return tuple(sorted(names)) if len(names) >= total else ()


def or_none(names: Sequence[str], now: str = "") -> Names:
    """What a field offers that may be empty; what it has `now` is offered in any case."""
    if not names:
        return ()
    return ("", *sorted({*names, now} - {""}))
