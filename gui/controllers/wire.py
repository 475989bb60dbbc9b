"""The client and its messages, each loaded when it is first used.

Making the classes of the contract takes longer than drawing the window. So what the
window shows first does without them: it names them as `wire.sessions.Login`, on a
worker thread, or makes them ready by `load_all` while somebody types their name.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ums_client import client, keys
    from ums_client.protocol import (
        accounts,
        actions,
        activation,
        addresses,
        assignments,
        factors,
        passwords,
        recovery,
        service,
        sessions,
    )

__all__ = [
    "accounts",
    "actions",
    "activation",
    "addresses",
    "assignments",
    "client",
    "factors",
    "keys",
    "passwords",
    "recovery",
    "service",
    "sessions",
]
_OF_THE_CLIENT = ("client", "keys")


def __getattr__(name: str) -> ModuleType:
    """The module of that name."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = "ums_client" if name in _OF_THE_CLIENT else "ums_client.protocol"
    return import_module(f"{package}.{name}")


def load_all() -> None:
    """Load what is needed to ask anything; takes as long as it takes."""
    import_module("ums_client.client")
