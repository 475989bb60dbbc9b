"""One async function per action, and the table that binds them to their requests."""

from typing import Any, Final

from ums_client.protocol.accounts import (
    CreateUser,
    DeleteUser,
    GetUser,
    ListUsers,
    UpdateUser,
)
from ums_client.protocol.devices import ForgetDevice, ListDevices
from ums_client.protocol.lockouts import UnlockUser
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import ChangePassword
from ums_client.protocol.service import DescribeActions, HealthCheck
from ums_client.protocol.sessions import Login, Logout
from ums_service.catalogue import Handler
from ums_service.handlers import (
    accounts,
    devices,
    lockouts,
    logins,
    passwords,
    service,
    sessions,
)

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
    ListDevices: devices.list_devices,
    ForgetDevice: devices.forget_device,
    UnlockUser: lockouts.unlock_user,
    DescribeActions: service.describe_actions,
}
