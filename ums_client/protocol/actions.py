"""The public surface on one page: every action, who may call it, what it counts as."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from ums_client.protocol import accounts, passwords, service, sessions
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
    CHECK = "check"  # it changes nothing, but costs more than a read


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
    PASSWORD_STATUS_READ = "password_status_read"
    PASSWORD_CHANGE_FORCED = "password_change_forced"


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
    Action("check_password",    passwords.CheckPassword,  Access.PUBLIC,    Rate.CHECK,     Audit.NONE,              Repeat.SAFE),
    Action("get_password_status", passwords.GetPasswordStatus, Access.SESSION, Rate.READ,   Audit.PASSWORD_STATUS_READ, Repeat.SAFE),
    Action("force_password_change", passwords.ForcePasswordChange, Access.SESSION, Rate.WRITE, Audit.PASSWORD_CHANGE_FORCED, Repeat.KEYED),
    Action("describe_actions",  service.DescribeActions,  Access.PUBLIC,    Rate.READ,      Audit.NONE,              Repeat.SAFE),
)
# fmt: on

ACTION_BY_NAME: Final = {action.name: action for action in ACTIONS}
ACTION_BY_REQUEST: Final = {action.request: action for action in ACTIONS}
