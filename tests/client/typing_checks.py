"""What a type checker must know of the client; read by mypy, never run."""

from typing import assert_type

from ums_client import (
    AsyncClient,
    ChangePassword,
    ChangePasswordReply,
    Client,
    CreateUser,
    CreateUserReply,
    DeleteUser,
    DeleteUserReply,
    DescribeActions,
    DescribeActionsReply,
    Encoding,
    GetUser,
    GetUserReply,
    HealthCheck,
    HealthCheckReply,
    ListedUser,
    ListUsers,
    ListUsersReply,
    Login,
    LoginReply,
    Logout,
    LogoutReply,
    UpdateUser,
    UpdateUserReply,
    User,
    errors,
    new_idempotency_key,
)


def blocking(client: Client) -> None:
    assert_type(client.call(Login(username="a", password="b")), LoginReply)
    assert_type(client.call(Logout()), LogoutReply)
    assert_type(client.call(CreateUser()), CreateUserReply)
    assert_type(client.call(GetUser()), GetUserReply)
    assert_type(client.call(GetUser()).user, User)
    assert_type(client.call(UpdateUser()), UpdateUserReply)
    assert_type(client.call(DeleteUser()), DeleteUserReply)
    assert_type(client.call(ListUsers()), ListUsersReply)
    assert_type(client.call(ListUsers()).users, list[ListedUser])
    assert_type(client.call(HealthCheck()), HealthCheckReply)
    assert_type(client.call(DescribeActions()), DescribeActionsReply)
    change = ChangePassword(current_password="a", new_password="b")
    key = new_idempotency_key()
    assert_type(key, str)
    reply = client.call(change, idempotency_key=key, deadline_s=1.5)
    assert_type(reply, ChangePasswordReply)
    assert_type(client.session_token, str | None)


async def awaited() -> None:
    async with AsyncClient("tcp://localhost:1", encoding=Encoding.MSGPACK) as client:
        assert_type(client, AsyncClient)
        assert_type(await client.call(GetUser()), GetUserReply)
        assert_type((await client.call(Login())).user, User)


def mistakes(client: Client) -> None:
    client.call("get_user")  # type: ignore[arg-type]
    client.call(GetUser)  # type: ignore[arg-type]
    client.call(GetUser(), "key")  # type: ignore[call-arg]
    GetUser(user_id=7)  # type: ignore[arg-type]


def refused(error: errors.UmsError, required: errors.PasswordChangeRequired) -> None:
    assert_type(error.retry_after, float | None)
    assert_type(error.code, str | None)
    assert_type(required.password_change_token, str | None)
