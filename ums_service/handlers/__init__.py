"""One async function per action, and the table that binds them to their requests."""

from typing import Any, Final

from ums_client.protocol.accounts import (
    CreateUser,
    DeleteUser,
    GetUser,
    ListUsers,
    UpdateUser,
)
from ums_client.protocol.addresses import (
    ChangeEmail,
    ResendVerification,
    RevertEmail,
    VerifyEmail,
)
from ums_client.protocol.mail import DropMail, ListMail, RetryMail, TestMail
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import ChangePassword
from ums_client.protocol.recovery import (
    IssueLink,
    LockDown,
    RequestPasswordReset,
    ResetPassword,
)
from ums_client.protocol.service import DescribeActions, HealthCheck
from ums_client.protocol.sessions import Login, Logout
from ums_service.catalogue import Handler
from ums_service.handlers import (
    accounts,
    addresses,
    lock_down,
    logins,
    mail,
    password_resets,
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
    DescribeActions: service.describe_actions,
    RequestPasswordReset: password_resets.request_password_reset,
    ResetPassword: password_resets.reset_password,
    IssueLink: password_resets.issue_link,
    LockDown: lock_down.lock_down,
    RevertEmail: lock_down.revert_email,
    VerifyEmail: addresses.verify_email,
    ResendVerification: addresses.resend_verification,
    ChangeEmail: addresses.change_email,
    ListMail: mail.list_mail,
    RetryMail: mail.retry_mail,
    DropMail: mail.drop_mail,
    TestMail: mail.test_mail,
}
