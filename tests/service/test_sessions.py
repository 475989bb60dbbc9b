"""Sessions under `standard`: how long they last, how many there are, what ends them."""

import base64

import pytest

from tests.service.harness import GOOD, Bench, creation, login, update
from ums_service.domain.sessions import new_token

HOUR_S = 3600
NEW = "another pass 1"


def alive(bench: Bench, token: str) -> bool:
    return bench.ask(action="get_user", session_token=token)["status"] == "success"


@pytest.mark.parametrize(
    ("idle_s", "lives"), [(8 * HOUR_S - 1, True), (8 * HOUR_S, False)]
)
def test_a_session_ends_after_eight_hours_of_disuse(
    standard: Bench, idle_s: int, lives: bool
):
    alice = standard.member("alice")
    standard.clock.advance(idle_s)
    assert alive(standard, alice) is lives


def test_use_puts_off_the_idle_end_but_not_the_absolute_one(standard: Bench):
    alice = standard.member("alice")
    for _ in range(23):
        standard.clock.advance(HOUR_S)
        assert alive(standard, alice)
    standard.clock.advance(HOUR_S - 1)
    assert alive(standard, alice)
    standard.clock.advance(1)
    assert not alive(standard, alice)


def test_login_tells_when_the_session_ends(standard: Bench):
    standard.register("alice")
    assert (
        standard.try_login("alice")["session_expires_at"] == "2026-03-02T12:00:00+00:00"
    )


def test_an_eleventh_session_ends_the_oldest(standard: Bench):
    tokens = [standard.member("alice")] + [standard.login("alice") for _ in range(10)]
    other = standard.member("bobby")
    assert [alive(standard, token) for token in tokens] == [False] + [True] * 10
    assert alive(standard, other)


def test_the_table_of_sessions_is_bounded(make_bench):
    bench = make_bench(settings={"sessions_max": 3})
    tokens = [bench.member(f"user{number}") for number in range(5)]
    assert [alive(bench, token) for token in tokens] == [False, False, True, True, True]


@pytest.mark.parametrize("way", ["update_user", "change_password"])
def test_a_new_password_ends_the_other_sessions_and_says_how_many(
    standard: Bench, way: str
):
    mine, *others = [
        standard.member("alice"),
        standard.login("alice"),
        standard.login("alice"),
    ]
    stranger = standard.member("bobby")
    if way == "update_user":
        reply = standard.ask(**update(mine, password=NEW, current_password=GOOD))
    else:
        reply = standard.ask(
            action=way, session_token=mine, current_password=GOOD, new_password=NEW
        )
        assert reply["sessions_ended"] == 2
    assert reply["status"] == "success"
    assert [alive(standard, token) for token in (mine, *others, stranger)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_refused_new_password_ends_nothing(standard: Bench):
    mine, other = standard.member("alice"), standard.login("alice")
    standard.ask(**update(mine, password=NEW, current_password="wrong"))
    standard.ask(**update(mine, password="short", current_password=GOOD))
    assert alive(standard, mine)
    assert alive(standard, other)


def test_a_login_that_meets_a_new_password_fails_or_is_ended(standard: Bench):
    mine = standard.member("alice")
    replies = standard.ask_all(
        [
            update(mine, password=NEW, current_password=GOOD),
            login("alice"),
            login("alice"),
        ]
    )
    assert replies[0]["status"] == "success"
    for reply in replies[1:]:
        assert reply["status"] == "error" or not alive(standard, reply["session_token"])


def test_a_login_that_meets_the_deletion_fails_or_is_ended(standard: Bench):
    mine = standard.member("alice")
    delete = {"action": "delete_user", "session_token": mine, "password": GOOD}
    replies = standard.ask_all([login("alice"), delete, login("alice")])
    for reply in (replies[0], replies[2]):
        assert reply["status"] == "error" or not alive(standard, reply["session_token"])
    assert len(standard.sessions) == 0


def test_a_login_that_meets_deactivation_fails_or_is_ended(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    stop = update(admin, standard.user_id("alice"), status="inactive")
    replies = standard.ask_all([login("alice"), stop, login("alice")])
    assert replies[1]["status"] == "success"
    for reply in (replies[0], replies[2]):
        assert reply["status"] == "error" or not alive(standard, reply["session_token"])


def test_a_reactivated_account_does_not_get_its_sessions_back(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    alice_id = standard.user_id("alice")
    standard.ask(**update(admin, alice_id, status="inactive"))
    standard.ask(**update(admin, alice_id, status="active"))
    assert not alive(standard, alice)


def test_an_old_token_never_becomes_valid_for_a_new_owner_of_the_name(standard: Bench):
    tokens = [standard.member("alice")]
    for _ in range(3):
        delete = {
            "action": "delete_user",
            "session_token": tokens[-1],
            "password": GOOD,
        }
        assert standard.ask(**delete)["status"] == "success"
        tokens.append(standard.member("alice"))
    assert [alive(standard, token) for token in tokens] == [False, False, False, True]


def test_health_counts_what_the_caller_may_see(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    standard.login("alice")
    counts = [
        standard.ask(action="health_check", session_token=token)["active_sessions"]
        for token in (None, alice, admin)
    ]
    assert counts == [0, 2, 3]


def test_deletion_leaves_no_session_in_memory(standard: Bench):
    mine, _ = standard.member("alice"), standard.login("alice")
    standard.ask(action="delete_user", session_token=mine, password=GOOD)
    assert len(standard.sessions) == 0


def test_deletion_ends_nobody_elses_session(standard: Bench):
    mine, other = standard.member("alice"), standard.member("bobby")
    standard.ask(action="delete_user", session_token=mine, password=GOOD)
    assert alive(standard, other)


def test_creating_an_account_opens_no_session(standard: Bench):
    assert "session_token" not in standard.ask(**creation("alice"))
    assert len(standard.sessions) == 0


def test_tokens_are_long_and_never_the_same():
    """43 characters of base64url hold 256 bits; each bit of them is used."""
    tokens = [new_token() for _ in range(2_000)]
    assert len(set(tokens)) == len(tokens)
    raw = [base64.urlsafe_b64decode(token + "=") for token in tokens]
    assert {len(token) for token in raw} == {32}
    ones = zeros = 0
    for token in raw:
        ones |= (value := int.from_bytes(token))
        zeros |= ~value
    assert ones == zeros & (1 << 256) - 1 == (1 << 256) - 1


def test_each_login_has_another_token(standard: Bench):
    mine = [standard.member("alice"), standard.login("alice"), standard.login("alice")]
    assert len(set(mine)) == 3
