"""The Python client of UMS and, in `protocol`, the contract that both ends share.

    from ums_client import Client, GetUser, Login, errors

    with Client("tcp://127.0.0.1:5556") as client:
        client.call(Login(username="alice", password=password))
        user = client.call(GetUser()).user

The names are loaded when they are first used: who needs only the contract, such as the
service, does not load the sockets of the client with it. The messages of all other
actions are in the modules of `ums_client.protocol`, one for each subject.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ums_client import errors
    from ums_client.async_client import AsyncClient
    from ums_client.client import Client
    from ums_client.core import new_idempotency_key
    from ums_client.exchange import Patience
    from ums_client.protocol.accounts import (
        CreateUser,
        CreateUserReply,
        DeleteUser,
        DeleteUserReply,
        GetUser,
        GetUserReply,
        ListedUser,
        ListUsers,
        ListUsersReply,
        UpdateUser,
        UpdateUserReply,
        User,
    )
    from ums_client.protocol.codec import Encoding
    from ums_client.protocol.errors import ErrorCode
    from ums_client.protocol.message import Reply, Request
    from ums_client.protocol.passwords import ChangePassword, ChangePasswordReply
    from ums_client.protocol.service import (
        DescribeActions,
        DescribeActionsReply,
        HealthCheck,
        HealthCheckReply,
    )
    from ums_client.protocol.sessions import Login, LoginReply, Logout, LogoutReply

__all__ = [
    "AsyncClient",
    "ChangePassword",
    "ChangePasswordReply",
    "Client",
    "CreateUser",
    "CreateUserReply",
    "DeleteUser",
    "DeleteUserReply",
    "DescribeActions",
    "DescribeActionsReply",
    "Encoding",
    "ErrorCode",
    "GetUser",
    "GetUserReply",
    "HealthCheck",
    "HealthCheckReply",
    "ListUsers",
    "ListUsersReply",
    "ListedUser",
    "Login",
    "LoginReply",
    "Logout",
    "LogoutReply",
    "Patience",
    "Reply",
    "Request",
    "UpdateUser",
    "UpdateUserReply",
    "User",
    "errors",
    "new_idempotency_key",
]

_HOMES: Final = {
    "AsyncClient": "ums_client.async_client",
    "Client": "ums_client.client",
    "new_idempotency_key": "ums_client.core",
    "Patience": "ums_client.exchange",
    "CreateUser": "ums_client.protocol.accounts",
    "CreateUserReply": "ums_client.protocol.accounts",
    "DeleteUser": "ums_client.protocol.accounts",
    "DeleteUserReply": "ums_client.protocol.accounts",
    "GetUser": "ums_client.protocol.accounts",
    "GetUserReply": "ums_client.protocol.accounts",
    "ListedUser": "ums_client.protocol.accounts",
    "ListUsers": "ums_client.protocol.accounts",
    "ListUsersReply": "ums_client.protocol.accounts",
    "UpdateUser": "ums_client.protocol.accounts",
    "UpdateUserReply": "ums_client.protocol.accounts",
    "User": "ums_client.protocol.accounts",
    "Encoding": "ums_client.protocol.codec",
    "ErrorCode": "ums_client.protocol.errors",
    "Reply": "ums_client.protocol.message",
    "Request": "ums_client.protocol.message",
    "DescribeActions": "ums_client.protocol.service",
    "DescribeActionsReply": "ums_client.protocol.service",
    "HealthCheck": "ums_client.protocol.service",
    "HealthCheckReply": "ums_client.protocol.service",
    "ChangePassword": "ums_client.protocol.passwords",
    "ChangePasswordReply": "ums_client.protocol.passwords",
    "Login": "ums_client.protocol.sessions",
    "LoginReply": "ums_client.protocol.sessions",
    "Logout": "ums_client.protocol.sessions",
    "LogoutReply": "ums_client.protocol.sessions",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
