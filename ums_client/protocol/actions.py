"""The public surface on one page: every action, who may call it, what it counts as."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from ums_client.protocol import (
    accounts,
    addresses,
    mail,
    passwords,
    recovery,
    service,
    sessions,
)
from ums_client.protocol.message import Request


class Access(StrEnum):
    """Who may call an action. The handler may refuse more, never less."""

    PUBLIC = "public"  # a session token is not looked at
    OPTIONAL = "optional"  # a session counts where there is one
    SESSION = "session"  # a live session is required


class Rate(StrEnum):
    """Which bucket a request is counted in."""

    READ = "read"
    WRITE = "write"
    LOGIN = "login"
    REGISTER = "register"
    MAIL = "mail"  # anybody can have a mail sent to somebody


class Audit(StrEnum):
    """What the audit log calls the event; NONE leaves no entry when it succeeds."""

    NONE = "none"
    LOGIN = "login"
    LOGOUT = "logout"
    USER_CREATED = "user_created"
    USER_READ = "user_read"
    USER_UPDATED = "user_updated"
    USER_DELETED = "user_deleted"
    USERS_LISTED = "users_listed"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"
    PASSWORD_RESET = "password_reset"
    EMAIL_VERIFIED = "email_verified"
    VERIFICATION_REQUESTED = "verification_requested"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_REVERTED = "email_reverted"
    LOCKED_DOWN = "locked_down"
    LINK_ISSUED = "link_issued"
    MAIL_LISTED = "mail_listed"
    MAIL_RETRIED = "mail_retried"
    MAIL_DROPPED = "mail_dropped"
    MAIL_TESTED = "mail_tested"


class Repeat(StrEnum):
    """Whether a request whose answer was lost may be sent again."""

    SAFE = "safe"  # it changes nothing
    KEYED = "keyed"  # with its idempotency key: it is done once, answered again
    NEVER = "never"  # the caller must decide


class Action(NamedTuple):
    """One row of the public surface."""

    name: str
    request: type[Request[Any]]
    access: Access
    rate: Rate
    audit: Audit
    repeat: Repeat


# fmt: off
ACTIONS: Final = (
    #      name                request                   access            rate            audit                    repeat
    Action("create_user",       accounts.CreateUser,      Access.OPTIONAL,  Rate.REGISTER,  Audit.USER_CREATED,      Repeat.KEYED),
    Action("login",             sessions.Login,           Access.PUBLIC,    Rate.LOGIN,     Audit.LOGIN,             Repeat.NEVER),
    Action("logout",            sessions.Logout,          Access.SESSION,   Rate.WRITE,     Audit.LOGOUT,            Repeat.NEVER),
    Action("get_user",          accounts.GetUser,         Access.SESSION,   Rate.READ,      Audit.USER_READ,         Repeat.SAFE),
    Action("update_user",       accounts.UpdateUser,      Access.SESSION,   Rate.WRITE,     Audit.USER_UPDATED,      Repeat.KEYED),
    Action("delete_user",       accounts.DeleteUser,      Access.SESSION,   Rate.WRITE,     Audit.USER_DELETED,      Repeat.KEYED),
    Action("list_users",        accounts.ListUsers,       Access.OPTIONAL,  Rate.READ,      Audit.USERS_LISTED,      Repeat.SAFE),
    Action("health_check",      service.HealthCheck,      Access.OPTIONAL,  Rate.READ,      Audit.NONE,              Repeat.SAFE),
    Action("change_password",   passwords.ChangePassword, Access.OPTIONAL,  Rate.LOGIN,     Audit.PASSWORD_CHANGED,  Repeat.KEYED),
    Action("describe_actions",  service.DescribeActions,  Access.PUBLIC,    Rate.READ,      Audit.NONE,              Repeat.SAFE),

    Action("request_password_reset", recovery.RequestPasswordReset, Access.PUBLIC,   Rate.MAIL,  Audit.PASSWORD_RESET_REQUESTED, Repeat.KEYED),
    Action("reset_password",         recovery.ResetPassword,        Access.PUBLIC,   Rate.LOGIN, Audit.PASSWORD_RESET,           Repeat.KEYED),
    Action("lock_down",              recovery.LockDown,             Access.OPTIONAL, Rate.LOGIN, Audit.LOCKED_DOWN,              Repeat.KEYED),
    Action("issue_link",             recovery.IssueLink,            Access.SESSION,  Rate.LOGIN, Audit.LINK_ISSUED,              Repeat.NEVER),
    Action("verify_email",           addresses.VerifyEmail,         Access.PUBLIC,   Rate.LOGIN, Audit.EMAIL_VERIFIED,           Repeat.KEYED),
    Action("resend_verification",    addresses.ResendVerification,  Access.PUBLIC,   Rate.MAIL,  Audit.VERIFICATION_REQUESTED,   Repeat.KEYED),
    Action("change_email",           addresses.ChangeEmail,         Access.SESSION,  Rate.LOGIN, Audit.EMAIL_CHANGE_REQUESTED,   Repeat.KEYED),
    Action("revert_email",           addresses.RevertEmail,         Access.PUBLIC,   Rate.LOGIN, Audit.EMAIL_REVERTED,           Repeat.KEYED),

    Action("list_mail",              mail.ListMail,                 Access.SESSION,  Rate.READ,  Audit.MAIL_LISTED,              Repeat.SAFE),
    Action("retry_mail",             mail.RetryMail,                Access.SESSION,  Rate.WRITE, Audit.MAIL_RETRIED,             Repeat.KEYED),
    Action("drop_mail",              mail.DropMail,                 Access.SESSION,  Rate.WRITE, Audit.MAIL_DROPPED,             Repeat.KEYED),
    Action("test_mail",              mail.TestMail,                 Access.SESSION,  Rate.WRITE, Audit.MAIL_TESTED,              Repeat.KEYED),
)
# fmt: on

ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS}
ACTION_BY_REQUEST: Final = {action.request: action for action in ACTIONS}
