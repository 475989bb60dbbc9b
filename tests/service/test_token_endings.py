"""What ends a login ends its tokens for other services, too."""

import pytest

from tests.service.harness import (
    ADMIN_PASSWORD,
    GOOD,
    Bench,
    Message,
    update,
)
from tests.service.token_holders import (
    DAY_S,
    NEW,
    alive,
    end_by_logout,
    is_revoked,
    member,
    must_renew,
    renewed,
    with_tokens,
)
from ums_service.domain.families import FAMILIES
from ums_service.starting.first_admin import recover


def end_by_revocation(bench: Bench, tokens: Message) -> Message:
    other = bench.login("alice")
    return bench.ask(
        action="revoke_session",
        session_token=other,
        session_id=tokens["session_id"],
    )


def end_by_password(bench: Bench, _: Message) -> Message:
    change = {"current_password": GOOD, "new_password": NEW}
    token = bench.login("alice")
    return bench.ask(action="change_password", session_token=token, **change)


def end_by_password_update(bench: Bench, _: Message) -> Message:
    change = {"current_password": GOOD, "password": NEW}
    return bench.ask(**update(bench.login("alice"), **change))


def end_by_deactivation(bench: Bench, _: Message) -> Message:
    return bench.ask(**update(bench.admin(), bench.user_id("alice"), status="inactive"))


def end_by_a_new_role(bench: Bench, _: Message) -> Message:
    return bench.ask(**update(bench.admin(), bench.user_id("alice"), role="moderator"))


def end_by_deletion(bench: Bench, _: Message) -> Message:
    token = bench.login("alice")
    return bench.ask(action="delete_user", session_token=token, password=GOOD)


ENDINGS = [
    end_by_logout,
    end_by_revocation,
    end_by_password,
    end_by_password_update,
    end_by_deactivation,
    end_by_a_new_role,
    end_by_deletion,
]


@pytest.mark.parametrize("after_restart", [False, True])
@pytest.mark.parametrize("end", ENDINGS)
def test_what_ends_a_login_ends_its_tokens_too(
    standard: Bench, end, after_restart: bool
):
    tokens, other = member(standard), member(standard, "bobby")
    if after_restart and end is not end_by_logout:
        standard.restart()
    assert end(standard, tokens)["status"] == "success"
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, tokens)
    assert not is_revoked(standard, other)
    assert must_renew(standard, other)
    standard.restart()
    assert is_revoked(standard, tokens)
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"


def test_a_change_of_password_keeps_the_tokens_of_its_own_session(standard: Bench):
    mine, other = member(standard), with_tokens(standard, "alice")
    reply = standard.ask(
        action="change_password",
        session_token=mine["session_token"],
        current_password=GOOD,
        new_password=NEW,
    )
    assert reply["sessions_ended"] == 1
    assert must_renew(standard, mine)
    assert not is_revoked(standard, mine)
    assert is_revoked(standard, other)


def test_a_refresh_that_meets_the_end_fails_or_is_ended(standard: Bench):
    tokens = member(standard)
    admin = standard.admin()
    request = {"action": "refresh_token", "refresh_token": tokens["refresh_token"]}
    stop = update(admin, standard.user_id("alice"), status="inactive")
    replies = standard.ask_all([request, stop, request])
    assert replies[1]["status"] == "success"
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    assert (
        len(standard.sessions.of_account(standard.user_id("alice"), standard.clock.now))
        == 0
    )
    for reply in (replies[0], replies[2]):
        if reply["status"] == "success":
            assert renewed(standard, reply)["code"] == "INVALID_TOKEN"
            assert is_revoked(standard, reply)


def test_the_oldest_family_makes_room_and_its_session_ends(make_bench):
    bench = make_bench(sessions_per_user=3)
    tokens = [member(bench)] + [with_tokens(bench, "alice") for _ in range(3)]
    assert [alive(bench, t) for t in tokens] == [False, True, True, True]
    assert renewed(bench, tokens[0])["code"] == "INVALID_TOKEN"
    assert is_revoked(bench, tokens[0])
    assert all(must_renew(bench, t) for t in tokens[1:])


def test_an_administrator_who_is_recovered_has_no_tokens_left(standard: Bench):
    standard.admin()
    tokens = with_tokens(standard, "admin", ADMIN_PASSWORD)
    admin, tx = standard.user("admin"), standard.store.transaction()
    when = standard.clock.now
    standard.run(recover(tx, admin, admin.password_hash, standard.profile, when))
    standard.run(tx.commit())
    assert standard.store.count(FAMILIES) == 0
    assert is_revoked(standard, tokens)


def test_logins_whose_tokens_have_expired_are_forgotten(standard: Bench):
    member(standard, "alice")
    standard.clock.advance(DAY_S)
    member(standard, "bobby")
    standard.clock.advance(6 * DAY_S)
    for _ in range(2):  # the first only begins to look
        standard.purge()
    assert list(standard.store.ids(FAMILIES)) == [standard.user_id("bobby")]


def test_erasure_leaves_no_family(compat: Bench):
    tokens = member(compat)
    compat.ask(
        action="delete_user", session_token=tokens["session_token"], password=GOOD
    )
    assert compat.store.count(FAMILIES) == 0
