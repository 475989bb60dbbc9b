"""API keys of whoever is signed in: made, put in the place of others, ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import counted, listed, moment
from ums_client.protocol.keys import (
    CreateApiKey,
    KeyView,
    ListApiKeys,
    RevokeApiKey,
    RotateApiKey,
)
from ums_client.protocol.permissions import NEVER_FOR_KEYS, Permission

FailedWith = Callable[[Problem], object]
SCOPES: Final = tuple(str(p) for p in Permission if p not in NEVER_FOR_KEYS)
"""What an API key can be made for."""


class ApiKeys:
    """The keys of one account."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk
        self._views: dict[str, KeyView] = {}

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a key of theirs could do: what they may do themselves comes first."""
        mine = [scope for scope in SCOPES if self.desk.may(scope)]
        return (*mine, *(scope for scope in SCOPES if scope not in mine))

    def load(self, then: Callable[[list[Item]], object], failed: FailedWith) -> None:
        """List them."""

        def came(reply: Any) -> None:
            self._views = {view.key_id: view for view in reply.keys}
            then([_item(view) for view in reply.keys])

        self.desk.ask(ListApiKeys, came, failed)

    def facts(self, key_id: str) -> tuple[tuple[str, str], ...]:
        """All about one, with names."""
        view = self._views[key_id]
        facts = (
            ("What it is for", view.description),
            ("May", "\n".join(view.scopes)),
            ("Only from", listed(view.addresses) or "anywhere"),
            ("Made", moment(view.created_at)),
            ("Good until", moment(view.expires_at)),
            ("Used", counted(view.uses, "time") if view.uses else "never"),
            ("Last used", _last_use(view)),
            ("State", view.state),
            ("Number", view.key_id),
        )
        return tuple((name, text) for name, text in facts if text)

    def create(
        self, values: dict[str, str], then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Make one; `then` gets the key, which is shown once."""
        self.desk.ask(
            lambda: CreateApiKey(**key_fields(values)),
            lambda reply: then(reply.api_key),
            failed,
        )

    def create_command(self, values: dict[str, str]) -> str:
        """The command for `create`."""
        return shell_command(self.desk.place, CreateApiKey, **key_fields(values))

    def rotate(
        self, key_id: str, then: Callable[[str], object], failed: FailedWith
    ) -> None:
        """Put a new key in its place; `then` gets that, which is shown once."""
        self.desk.ask(
            lambda: RotateApiKey(key_id=key_id),
            lambda reply: then(reply.api_key),
            failed,
        )

    def rotate_command(self, key_id: str) -> str:
        """The command for `rotate`."""
        return shell_command(self.desk.place, RotateApiKey, key_id=key_id)

    def revoke(
        self, key_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """End one."""
        self.desk.ask(lambda: RevokeApiKey(key_id=key_id), then, failed)

    def revoke_command(self, key_id: str) -> str:
        """The command for `revoke`."""
        return shell_command(self.desk.place, RevokeApiKey, key_id=key_id)


def _item(view: KeyView) -> Item:
    cells = (
        view.name,
        view.state,
        listed(view.scopes),
        moment(view.expires_at),
        moment(view.last_used_at),
    )
    return Item(view.key_id, cells, "" if view.state == "active" else "muted")


def _last_use(view: KeyView) -> str:
    if not view.last_used_at:
        return ""
    where = f" from {view.last_address}" if view.last_address else ""
    return moment(view.last_used_at) + where


def key_fields(values: dict[str, str]) -> dict[str, Any]:
    """The fields of a new key, as typed."""
    days = values.get("days", "").strip()
    addresses = values.get("addresses", "").replace(",", " ").split()
    return {
        "name": values["name"].strip(),
        "description": values.get("description", ""),
        "scopes": values["scopes"].replace(",", " ").split(),
        "expires_in_days": int(days) if days else None,
        "addresses": addresses or None,
    }
