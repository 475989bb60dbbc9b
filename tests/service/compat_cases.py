"""The contract of the original service: requests and their replies to the letter.

Tokens of live sessions are written as `$alice` and `$admin`; `$new` is a new one.
"""

from typing import Any, NamedTuple

from tests.service.harness import Message, update

NOW = "2026-03-01T12:00:00.000000+00:00"
SESSION = "Invalid or expired session"
CREDENTIALS = "Invalid username/email or password"
REQUIRED = "Username, email, and password are required"
TOO_SHORT = "Password must be at least 6 characters long"
NAME_TAKEN, MAIL_TAKEN = "Username already exists", "Email already registered"
PROFILE = {
    "full_name": "Alice Liddell",
    "phone": "+44 1865 276150",
    "address": "Christ Church",
    "city": "Oxford",
    "country": "UK",
    "postal_code": "OX1 1DP",
    "date_of_birth": "4 May 1852",
    "notes": "line one\nline two",
}
ADMIN_USER = {
    "username": "admin",
    "email": "admin@localhost",
    "full_name": "System Administrator",
    "role": "admin",
    "status": "active",
    "created_at": NOW,
    "updated_at": NOW,
    "last_login": NOW,
    "metadata": {},
}


def record(username: str, email: str, **more: Any) -> Message:
    """A user as the original shows it: its keys in its order."""
    keys = [
        "full_name",
        "phone",
        "address",
        "city",
        "country",
        "postal_code",
        "date_of_birth",
    ]
    return {
        "username": username,
        "email": email,
        **dict.fromkeys(keys, ""),
        "role": "user",
        "status": "active",
        "created_at": NOW,
        "updated_at": NOW,
        "last_login": NOW,
        "notes": "",
        "metadata": {},
    } | more


ALICE = record("alice", "alice@example.org")


def error(message: str) -> Message:
    return {"status": "error", "message": message}


def created(username: str, email: str) -> Message:
    text = "User created successfully"
    return {"status": "success", "message": text, "username": username, "email": email}


def updated(**changes: Any) -> Message:
    text = "User updated successfully"
    return {"status": "success", "message": text, "user": ALICE | changes}


def listed(*users: Message) -> Message:
    return {"status": "success", "users": list(users), "count": len(users)}


def names_of(user: Message) -> Message:
    return {key: user[key] for key in ("username", "full_name", "role")}


class Case(NamedTuple):
    name: str
    request: Message
    reply: Message


def creating(name: str, reply: Message, **user_data: Any) -> Case:
    return Case(name, {"action": "create_user", "user_data": user_data}, reply)


def logging_in(name: str, reply: Message, **credentials: Any) -> Case:
    return Case(name, {"action": "login", "credentials": credentials}, reply)


def updating(name: str, reply: Message, token: str = "$alice", **data: Any) -> Case:
    return Case(name, update(token, **data), reply)


def asking(name: str, reply: Message, **request: Any) -> Case:
    return Case(name, request, reply)


NEW = {"username": "dora", "email": "dora@example.org", "password": "secret1"}
PUBLIC = listed(names_of(ADMIN_USER), names_of(ALICE), names_of(record("bob", "")))
SUCCESS = {"status": "success", "message": "Login successful"}
LOGGED_IN = {**SUCCESS, "session_token": "$new", "user": ALICE}
WRONG = {"username": "alice", "password": "wrong password"}

CREATE_USER = (
    creating("answers with the name and address", created("dora", "dora@example.org"), **NEW),
    creating(
        "trims and lower-cases name and address",
        created("dora", "dora@example.org"),
        username="  DORA ",
        email=" Dora@Example.ORG ",
        password="secret1",
    ),
    creating("takes every documented field", created("dora", "d@e.org"), **NEW | PROFILE | {"email": "d@e.org", "metadata": {"a": [1, None]}}),
    creating("ignores a status", created("dora", "dora@example.org"), **NEW, status="suspended"),
    creating("ignores unknown fields", created("dora", "dora@example.org"), **NEW, shoe=42),
    creating("ignores a role", created("dora", "dora@example.org"), **NEW, role="admin"),
    creating("ignores a role that is none", created("dora", "dora@example.org"), **NEW, role="boss"),
    creating("takes exactly six characters", created("dora", "dora@example.org"), **NEW | {"password": "sixsix"}),
    asking("wants user_data", error(REQUIRED), action="create_user"),
    asking("wants user_data, not null", error(REQUIRED), action="create_user", user_data=None),
    creating("wants what is in it", error(REQUIRED)),
    creating("wants a name", error(REQUIRED), **NEW | {"username": ""}),
    creating("wants a name beside blanks", error(REQUIRED), **NEW | {"username": "   "}),
    creating("wants an address", error(REQUIRED), username="dora", password="secret1"),
    creating("wants a password", error(REQUIRED), username="dora", email="dora@example.org"),
    creating("wants all three before it judges one", error(REQUIRED), username="alice", password="x"),
    creating("wants six characters", error(TOO_SHORT), **NEW | {"password": "five5"}),
    creating("judges the password before the name", error(TOO_SHORT), username="alice", email="alice@example.org", password="five5"),
    creating("refuses a taken name", error(NAME_TAKEN), **NEW | {"username": "Alice"}),
    creating("refuses a taken name before a taken address", error(NAME_TAKEN), **NEW | {"username": "alice", "email": "bob@example.org"}),
    creating("refuses a taken address", error(MAIL_TAKEN), **NEW | {"email": " BOB@example.org"}),
)  # fmt: skip

LOGIN = (
    logging_in("opens a session", LOGGED_IN, username="alice", password="secret-a"),
    logging_in("takes the address", LOGGED_IN, username="alice@example.org", password="secret-a"),
    logging_in("trims and lower-cases the name", LOGGED_IN, username=" ALICE ", password="secret-a"),
    logging_in("shows the built-in administrator", {**LOGGED_IN, "user": ADMIN_USER}, username="admin", password="admin123"),
    asking("wants credentials", error("Username/email and password are required"), action="login"),
    logging_in("wants a name", error("Username/email and password are required"), password="x"),
    logging_in("wants a password", error("Username/email and password are required"), username="alice"),
    logging_in("wants no empty password", error("Username/email and password are required"), username="alice", password=""),
    logging_in("refuses a wrong password", error(CREDENTIALS), username="alice", password="secret-b"),
    logging_in("refuses a padded password", error(CREDENTIALS), username="alice", password=" secret-a "),
    logging_in("refuses an unknown name alike", error(CREDENTIALS), username="nobody", password="secret-a"),
    logging_in("tells who knows the password that the account is not active", error("Account is not active"), username="carol", password="secret-c"),
    logging_in("tells nobody else", error(CREDENTIALS), username="carol", password="wrong"),
    asking("fails on credentials that are no object", error("Login failed"), action="login", credentials=["alice"]),
    asking("fails on credentials that are text", error("Login failed"), action="login", credentials="alice"),
    logging_in("fails on a name that is no text", error("Login failed"), username=7, password="x"),
)  # fmt: skip

LOGOUT = (
    asking("ends the session", {"status": "success", "message": "Logged out successfully"}, action="logout", session_token="$alice"),
    asking("wants a token", error("Invalid session"), action="logout"),
    asking("wants a token, not null", error("Invalid session"), action="logout", session_token=None),
    asking("refuses an unknown token", error("Invalid session"), action="logout", session_token="x" * 43),
    asking("refuses an empty token", error("Invalid session"), action="logout", session_token=""),
)  # fmt: skip

GET_USER = (
    asking("shows the account and no message", {"status": "success", "user": ALICE}, action="get_user", session_token="$alice"),
    asking("shows the administrator without the keys it lacks", {"status": "success", "user": ADMIN_USER}, action="get_user", session_token="$admin"),
    asking("wants a token", error(SESSION), action="get_user"),
    asking("refuses an unknown token", error(SESSION), action="get_user", session_token="x" * 43),
    asking("ignores unknown fields", {"status": "success", "user": ALICE}, action="get_user", session_token="$alice", colour="red"),
)  # fmt: skip

UPDATE_USER = (
    updating("changes what people say about themselves", updated(**PROFILE), **PROFILE),
    updating("does nothing for nothing", updated()),
    asking("does nothing without update_data", updated(), action="update_user", session_token="$alice"),
    updating("renames", updated(username="alicia"), username=" Alicia "),
    updating("changes the address", updated(email="a@b.org"), email=" A@B.org "),
    updating("ignores empty names", updated(), username="", email=" "),
    updating("ignores names that stay", updated(), username="ALICE", email="Alice@example.org"),
    updating("ignores role, status, metadata", updated(), role="admin", status="inactive", metadata={"a": 1}),
    updating("ignores a role and status that are none", updated(), role="boss", status="gone"),
    updating("ignores unknown fields", updated(city="Oxford"), city="Oxford", shoe=42),
    updating("takes a new password with the current one", updated(), password="secret-x", current_password="secret-a"),
    updating("ignores an empty password", updated(), password=""),
    updating("wants a session", error(SESSION), token="", city="x"),
    updating("wants a session before all else", error(SESSION), token="x" * 43, username="bob", password="x"),
    updating("refuses a taken name", error(NAME_TAKEN), username="BOB"),
    updating("refuses a taken name before a taken address", error(NAME_TAKEN), username="bob", email="bob@example.org"),
    updating("refuses a taken address", error(MAIL_TAKEN), email="bob@example.org"),
    updating("refuses a taken address before a short password", error(MAIL_TAKEN), email="bob@example.org", password="x"),
    updating("refuses a short password", error(TOO_SHORT), password="five5", current_password="secret-a"),
    updating("refuses a short password before a wrong current one", error(TOO_SHORT), password="five5", current_password="wrong"),
    updating("refuses a wrong current password", error("Current password is incorrect"), password="secret-x", current_password="wrong"),
)  # fmt: skip

DELETE_USER = (
    asking("deletes the account", {"status": "success", "message": "Account deleted successfully"}, action="delete_user", session_token="$alice", password="secret-a"),
    asking("wants a session", error(SESSION), action="delete_user", password="secret-a"),
    asking("wants a session before the password", error(SESSION), action="delete_user", session_token="x", password="wrong"),
    asking("refuses a wrong password", error("Incorrect password"), action="delete_user", session_token="$alice", password="wrong"),
    asking("refuses a missing password", error("Incorrect password"), action="delete_user", session_token="$alice"),
    asking("refuses an empty password", error("Incorrect password"), action="delete_user", session_token="$alice", password=""),
)  # fmt: skip

WHOLE = listed(ADMIN_USER, ALICE, record("bob", "bob@example.org", last_login=None))
LIST_USERS = (
    asking("shows everybody three fields of active accounts", PUBLIC, action="list_users"),
    asking("shows members no more", PUBLIC, action="list_users", session_token="$alice"),
    asking("takes a bogus token for none", PUBLIC, action="list_users", session_token="x" * 43),
    asking("takes an empty token for none", PUBLIC, action="list_users", session_token=""),
    asking("shows administrators the accounts", WHOLE, action="list_users", session_token="$admin"),
)  # fmt: skip

HEALTH = {
    "status": "healthy",
    "service": "Secure Universal Users Service",
    "timestamp": NOW,
    "storage": "bench-data",
}
HEALTH_CHECK = (
    asking("says healthy, not success", {**HEALTH, "active_sessions": 0}, action="health_check"),
    asking("counts for administrators", {**HEALTH, "active_sessions": 2}, action="health_check", session_token="$admin"),
)  # fmt: skip

UNKNOWN = (
    asking("names the action", error("Unknown action: fly"), action="fly"),
    asking("says None where there is no action", error("Unknown action: None")),
    asking("tells capitals apart", error("Unknown action: LOGIN"), action="LOGIN"),
)

TABLES = {
    "create_user": CREATE_USER,
    "login": LOGIN,
    "logout": LOGOUT,
    "get_user": GET_USER,
    "update_user": UPDATE_USER,
    "delete_user": DELETE_USER,
    "list_users": LIST_USERS,
    "health_check": HEALTH_CHECK,
    "unknown": UNKNOWN,
}
