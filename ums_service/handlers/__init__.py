"""One async function per action, and the table that binds them to their requests."""

from typing import Any, Final

from ums_client.protocol.accounts import (
    CreateUser,
    DeleteUser,
    GetUser,
    ListUsers,
    UpdateUser,
)
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import (
    ChangePassword,
    CheckPassword,
    ForcePasswordChange,
    GetPasswordStatus,
)
from ums_client.protocol.service import DescribeActions, HealthCheck
from ums_client.protocol.sessions import Login, Logout
from ums_service.catalogue import Handler
from ums_service.handlers import accounts, logins, passwords, service, sessions

HANDLERS: Final[dict[type[Request[Any]], Handler]] = {
    CreateUser: accounts.create_user,
    Login: logins.login,
    Logout: sessions.logout,
    GetUser: accounts.get_user,
    UpdateUser: accounts.update_user,
    DeleteUser: accounts.delete_user,
    ListUsers: accounts.list_users,
    HealthCheck: service.health_check,
    ChangePassword: passwords.change_password,
    CheckPassword: passwords.check_password,
    GetPasswordStatus: passwords.get_password_status,
    ForcePasswordChange: passwords.force_password_change,
    DescribeActions: service.describe_actions,
}
