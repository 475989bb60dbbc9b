"""Guessing passwords through the actions: who is shut out, for how long, and who is not."""

from collections import Counter

import pytest

from tests.doubles import CountingHashes
from tests.service.harness import GOOD, Bench, creation, login, update

HERE, THERE = "203.0.113.1", "203.0.113.2"
HALF_HOUR_S = 30 * 60


def fail(
    bench: Bench, times: int, source: str = HERE, name: str = "alice"
) -> list[dict]:
    return [bench.try_login(name, "wrong", source) for _ in range(times)]


@pytest.fixture
def shut_out(standard: Bench) -> Bench:
    """A service on which the source HERE has failed five times for alice."""
    standard.register("alice")
    fail(standard, 5)
    return standard


def test_four_failures_do_no_harm(standard: Bench):
    standard.register("alice")
    fail(standard, 4)
    assert standard.try_login("alice", source=HERE)["status"] == "success"


def test_five_failures_shut_one_source_out_and_no_other(shut_out: Bench):
    assert shut_out.try_login("alice", source=HERE)["code"] == "INVALID_CREDENTIALS"
    assert shut_out.try_login("alice", source=THERE)["status"] == "success"


def test_other_accounts_are_open_to_the_source(shut_out: Bench):
    shut_out.register("bobby")
    assert shut_out.try_login("bobby", source=HERE)["status"] == "success"


def test_while_shut_out_right_wrong_and_unknown_get_the_same_answer(shut_out: Bench):
    fail(shut_out, 5, name="nobody")
    right = shut_out.try_login("alice", source=HERE)
    wrong = shut_out.try_login("alice", "wrong", HERE)
    unknown = shut_out.try_login("nobody", "wrong", HERE)
    assert right == wrong == unknown
    assert right["message"] == "Invalid username/email or password"


def test_the_first_failures_of_known_and_unknown_names_look_alike(standard: Bench):
    standard.register("alice")
    assert fail(standard, 6) == fail(standard, 6, name="nobody")


@pytest.mark.parametrize(
    ("seconds", "status"), [(HALF_HOUR_S - 1, "error"), (HALF_HOUR_S, "success")]
)
def test_half_an_hour_later_it_works_again(shut_out: Bench, seconds: int, status: str):
    shut_out.clock.advance(seconds)
    assert shut_out.try_login("alice", source=HERE)["status"] == status


def test_the_answer_says_when(shut_out: Bench):
    shut_out.clock.advance(600)
    assert shut_out.try_login("alice", source=HERE)["retry_after"] == HALF_HOUR_S - 600


def test_trying_while_shut_out_does_not_prolong_it(shut_out: Bench):
    shut_out.clock.advance(HALF_HOUR_S - 1)
    fail(shut_out, 20)
    shut_out.clock.advance(1)
    assert shut_out.try_login("alice", source=HERE)["status"] == "success"


def test_a_right_password_starts_the_count_anew(standard: Bench):
    standard.register("alice")
    for _ in range(3):
        fail(standard, 4)
        assert standard.try_login("alice", source=HERE)["status"] == "success"


def test_old_failures_are_forgotten(standard: Bench):
    standard.register("alice")
    fail(standard, 4)
    standard.clock.advance(HALF_HOUR_S)
    fail(standard, 4)
    assert standard.try_login("alice", source=HERE)["status"] == "success"


def test_name_and_address_are_counted_together(standard: Bench):
    standard.register("alice")
    fail(standard, 3)
    fail(standard, 2, name=" ALICE@example.org ")
    assert standard.try_login("alice", source=HERE)["status"] == "error"


def test_guessing_with_an_open_session_shuts_out_that_session(standard: Bench):
    alice, other = standard.member("alice"), standard.login("alice")
    delete = {"action": "delete_user", "session_token": alice, "password": "wrong"}
    guesses = [
        update(alice, password="another pass 1", current_password="wrong"),
        update(alice, username="alicia", current_password="wrong"),
        {
            "action": "change_password",
            "session_token": alice,
            "current_password": "wrong",
            "new_password": "another pass 1",
        },
        delete,
        delete,
    ]
    for guess in guesses:
        assert standard.ask(source=HERE, **guess)["code"] == "INVALID_CREDENTIALS"
    right = delete | {"password": GOOD}
    for source in (HERE, THERE):
        assert standard.ask(source=source, **right)["code"] == "INVALID_CREDENTIALS"
    right["session_token"] = other
    assert standard.ask(source=HERE, **right)["status"] == "success"


def test_a_hundred_parallel_guesses_are_no_more_than_five(standard: Bench):
    standard.register("alice")
    guesses = [login("alice", f"guess {number}") for number in range(60)]
    replies = standard.ask_all([*guesses, login("alice"), *guesses], source=HERE)
    assert replies[60]["status"] == "error"
    assert standard.try_login("alice", source=HERE)["status"] == "error"
    codes = {reply["code"] for reply in replies}
    assert codes <= {"INVALID_CREDENTIALS", "BUSY", "RATE_LIMITED"}


@pytest.mark.parametrize("number", [6, 20, 60])
def test_parallel_right_logins_are_not_shut_out(standard: Bench, number: int):
    standard.register("alice")
    replies = standard.ask_all([login("alice")] * number)
    outcomes = Counter(reply.get("code", reply["status"]) for reply in replies)
    assert outcomes == {"success": number}


def test_more_right_logins_than_can_be_queued_are_told_busy(standard: Bench):
    standard.register("alice")
    replies = standard.ask_all([login("alice")] * 300)
    assert {reply.get("code", "success") for reply in replies} == {"success", "BUSY"}
    for reply in replies:
        assert reply["status"] == "success" or reply["retry_after"] > 0
    assert standard.try_login("alice")["status"] == "success"


def test_many_sources_make_the_owner_wait_seconds_not_hours(standard: Bench):
    standard.register("alice")
    for number in range(40):
        fail(standard, 5, f"198.51.100.{number}")
        standard.clock.advance(5)
    standard.clock.advance(10)
    assert standard.try_login("alice", source=THERE)["status"] == "success"


def test_many_sources_together_guess_slowly(standard: Bench):
    """200 sources with four guesses each, at once: nearly all go unheard."""
    standard.register("alice")
    hashes = standard.service.facilities.gate.hashes
    standard.service.facilities.gate.hashes = counting = CountingHashes(hashes)
    for number in range(200):
        fail(standard, 4, f"198.51.100.{number}")
    stored = standard.user("alice").password_hash
    assert counting.verified[stored] <= 10


def test_a_full_hashing_queue_says_busy_and_counts_no_failure(make_bench):
    bench = make_bench(settings={"hashing_threads": 1, "hashing_queue_max": 1})
    names = [f"user{number}" for number in range(20)]
    for name in names:
        bench.register(name)
    replies = bench.ask_all([login(name) for name in names])
    codes = Counter(reply.get("code", "success") for reply in replies)
    assert codes["BUSY"] >= 1
    assert set(codes) == {"success", "BUSY"}
    for _ in range(3):
        assert bench.try_login("user7")["status"] == "success"


class Memoryless(CountingHashes):
    """Hashes that find no memory for some time, as under a limit of the process."""

    failing = True

    def verify(self, stored: str, password: str) -> bool:
        if self.failing:
            raise MemoryError
        return super().verify(stored, password)


def test_a_fault_while_hashing_counts_as_no_attempt(standard: Bench):
    standard.register("alice")
    gate = standard.service.facilities.gate
    gate.hashes = hashes = Memoryless(gate.hashes)
    codes = {reply["code"] for reply in fail(standard, 8)}
    assert codes == {"INTERNAL"}
    hashes.failing = False
    assert standard.try_login("alice", source=HERE)["status"] == "success"


def test_guessing_a_name_before_it_is_taken_does_not_shut_its_owner_out(
    standard: Bench,
):
    fail(standard, 5)
    standard.ask(**creation("alice"))
    assert standard.try_login("alice", source=HERE)["status"] == "success"
