"""When a session begins and ends, without any service."""

from ums_client import DeleteUser, GetUser, HealthCheck, Login, Logout
from ums_client.protocol.accounts import DeleteUserReply, User
from ums_client.protocol.sessions import LoginReply, LogoutReply
from ums_client.protocol.tokens import RefreshToken, RefreshTokenReply
from ums_client.session import Session

ALICE = User(username="alice", user_id="a1")


def logged_in(token="new"):
    session = Session()
    session.learn(Login(), LoginReply(session_token=token, user=ALICE), None)
    return session


def test_the_end_of_an_older_session_does_not_end_a_newer_one():
    """Another thread may have logged in while the refusal was on its way."""
    session = logged_in()
    session.end("old")
    session.learn(Logout(), LogoutReply(), "old")
    assert session.token == "new"
    session.end("new")
    assert session.token is None


def test_only_the_deletion_of_the_own_account_ends_the_session():
    session = logged_in()
    session.learn(DeleteUser(user_id="b2"), DeleteUserReply(), "new")
    assert session.token == "new"
    session.learn(DeleteUser(user_id="a1"), DeleteUserReply(), "new")
    assert session.token is None


def test_a_token_set_by_hand_is_nobodys_known_account():
    session = logged_in()
    session.token = "given"
    session.learn(DeleteUser(user_id="a1"), DeleteUserReply(), "given")
    assert session.token == "given"


def test_the_token_goes_only_where_it_is_looked_at():
    session = Session("t")
    assert session.token_for(GetUser()) == "t"
    assert session.token_for(HealthCheck()) == "t"
    assert session.token_for(Login()) is None
    assert "t'" not in repr(session)


def renewed(session_token):
    return RefreshTokenReply(
        access_token="a",
        refresh_token="r",
        token_type="Bearer",
        expires_in=900,
        refresh_expires_at="2026-03-08T12:00:00+00:00",
        session_id="s",
        session_token=session_token,
    )


def test_a_session_that_was_opened_anew_takes_the_place_of_the_old_one():
    session = logged_in()
    request = RefreshToken(refresh_token="r")
    session.learn(request, renewed(""), None)
    assert session.token == "new"
    session.learn(request, renewed("newer"), None)
    assert session.token == "newer"
    session.learn(DeleteUser(user_id="a1"), DeleteUserReply(), "newer")
    assert session.token is None
