"""Names, passwords, rates and sessions: the rules by themselves."""

import pytest

from tests.doubles import ManualClock
from ums_service.deployment.settings import Settings
from ums_service.domain.addresses import ExemptAddresses
from ums_service.domain.argon2id import HashParameters, UnusableHash
from ums_service.domain.audit import RefusalBudget
from ums_service.domain.blocklist import Blocklist
from ums_service.domain.errors import InvalidInput, RateLimited
from ums_service.domain.names import check_email, check_username, normalise
from ums_service.domain.password_hashes import (
    PasswordHashes,
    original_digest,
    original_form,
)
from ums_service.domain.passwords import PasswordPolicy
from ums_service.domain.profiles import COMPAT, HIPAA, STANDARD, Profile
from ums_service.domain.rate_limit import Bucket, RateLimits
from ums_service.domain.sessions import Purpose, Sessions, new_token

CHEAP = PasswordHashes(HashParameters(passes=1, memory_kib=8))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(" Alice ", "alice"), ("ＡＬＩＣＥ", "alice"), ("STRASSE", "strasse")],
)
def test_names_are_compared_in_one_form(typed: str, stored: str) -> None:
    assert normalise(typed) == stored


@pytest.mark.parametrize(
    "name", ["al", "a" * 65, "al ice", "alice@home", "аlice", "al\tice", "", "al/ice"]
)
def test_names_with_other_characters_or_lengths_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="username"):
        check_username(name, chars_min=3)


@pytest.mark.parametrize(
    "address",
    ["a@b", "@b.c", "a@", "a b@c.d", "a@b..c", "a@@b.c", "a@b.c ", "a" * 65 + "@b.c"],
)
def test_what_is_no_mail_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="email"):
        check_email(address)


def test_usual_names_and_addresses_are_accepted() -> None:
    check_username("al.ice_7-x", chars_min=3)
    check_email("al.ice+tag@mail.example.org")


def broken(password: str, profile: Profile) -> list[str]:
    policy = PasswordPolicy(profile, Blocklist())
    return policy.violations(password, username="alice", email="wonder@example.org")


def test_the_original_rule_is_kept_under_compat() -> None:
    assert broken("admin1", COMPAT) == []
    assert broken("12345", COMPAT) == ["Password must be at least 6 characters long"]


@pytest.mark.parametrize(
    "password",
    ["short", "Password", "xx alice xx", "my WONDER", "aaaaaaaaaa", "abcdefghij"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    assert broken(password, STANDARD)


@pytest.mark.parametrize("password", ["Test123!", "TestPass123", "long and plain"])
def test_decent_passwords_are_accepted(password: str) -> None:
    assert broken(password, STANDARD) == []


def test_all_violations_are_told_at_once() -> None:
    assert len(broken("alice123", HIPAA)) == 5
    assert broken("Wq7!nebula-Orchid", HIPAA) == []
    assert broken("Wq7!nebula-Orchid-2345", HIPAA)
    assert broken("Wq7!nebula-Orchiddddd", HIPAA)


def test_the_parameters_in_use_are_not_the_cheap_ones_of_the_tests() -> None:
    settings = Settings()
    cost = (settings.argon2_memory_kib, settings.argon2_passes)
    assert cost == (7_168, 5), "one of the equal choices of OWASP"
    assert HashParameters() == HashParameters(passes=5, memory_kib=7_168, lanes=1)


def test_a_hash_verifies_its_password_only() -> None:
    stored = CHEAP.hash("right")
    assert CHEAP.verify(stored, "right")
    assert not CHEAP.verify(stored, "wrong")
    assert not CHEAP.is_outdated(stored)


def test_a_hash_of_other_parameters_is_outdated() -> None:
    other = PasswordHashes(HashParameters(passes=2, memory_kib=16))
    assert CHEAP.is_outdated(other.hash("right"))


def test_a_hash_of_the_original_verifies_and_is_outdated() -> None:
    salt = "00112233445566778899aabbccddeeff"
    stored = original_form(original_digest("right", salt), salt)
    assert CHEAP.verify(stored, "right")
    assert not CHEAP.verify(stored, "wrong")
    assert CHEAP.is_outdated(stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$argon2id$v=19$m=4194304,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b5dWRWJTmaaJObG",
        "$argon2id$v=19$m=8,t=1000000,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b5dWRWJTmaaJObG",
        "$pbkdf2-original$short$short",
    ],
)
def test_an_unknown_or_exorbitant_hash_is_not_computed(stored: str) -> None:
    with pytest.raises(UnusableHash):
        CHEAP.verify(stored, "whatever")


def make_limits(addresses: dict, callers: dict | None = None, **more) -> RateLimits:
    exempt = ExemptAddresses(["127.0.0.0/8"])
    rules = {"refusals_max": 3, "unheard_s": 5} | more
    return RateLimits(addresses, callers or {}, exempt, **rules)


def test_a_bucket_empties_and_fills_again_and_spares_this_machine() -> None:
    limits = make_limits({"login": Bucket(burst=2, per_s=0.5)}, entries_max=10)
    for _ in range(2):
        limits.take("login", "192.0.2.1", 0)
    with pytest.raises(RateLimited) as refused:
        limits.take("login", "192.0.2.1", 0)
    assert refused.value.retry_after_s == pytest.approx(2)
    limits.take("login", "192.0.2.1", 2)
    for number in range(1_000):
        limits.take("login", "127.0.0.1", 2)
        limits.take("read", "192.0.2.1", 2)
        limits.take("login", f"198.51.100.{number}", 2)
    assert len(limits._addresses) <= 10


def test_the_refusal_budget_is_bounded_and_counts_what_exceeds_it() -> None:
    budget = RefusalBudget(burst=3, per_s=1, addresses_max=2)
    admitted = [budget.admits("here", 0) for _ in range(5)]
    assert admitted == [True, True, True, False, False]
    assert budget.admits("here", 1)
    for number in range(100):
        budget.admits(f"address {number}", 1)
    assert len(budget._levels) <= 3
    assert budget.take_suppressed() == 2 + 100 - 1 - 3
    assert budget.take_suppressed() == 0


def open_session(sessions: Sessions, clock: ManualClock, user: str) -> str:
    token = new_token()
    sessions.open(token, user, clock.now, purpose=Purpose.SESSION, address="here")
    return token


def test_the_oldest_session_makes_room_for_the_newest() -> None:
    clock, sessions = ManualClock(), Sessions(HIPAA, sessions_max=100)
    tokens = [open_session(sessions, clock, "u") for _ in range(7)]
    alive = [
        sessions.find(token, clock.now, purpose=Purpose.SESSION) for token in tokens
    ]
    assert [session is not None for session in alive] == [False] * 2 + [True] * 5


def test_the_table_of_sessions_is_bounded_over_all_accounts() -> None:
    clock, sessions = ManualClock(), Sessions(COMPAT, sessions_max=10)
    for number in range(50):
        open_session(sessions, clock, f"user {number}")
    assert len(sessions) == 10


def test_sweeping_drops_what_has_ended_a_little_at_a_time() -> None:
    clock, sessions = ManualClock(), Sessions(STANDARD, sessions_max=10_000)
    for number in range(2_500):
        open_session(sessions, clock, f"user {number}")
    clock.advance(STANDARD.session_idle_s or 0)
    rounds = 0
    while len(sessions):
        assert sessions.sweep(clock.now, budget=1_000) <= 1_000
        rounds += 1
        assert rounds < 10
    assert rounds >= 3


def test_a_turned_wall_clock_neither_ends_nor_prolongs_a_session() -> None:
    clock, sessions = ManualClock(), Sessions(STANDARD, sessions_max=10)
    token = open_session(sessions, clock, "u")
    clock.set_wall_clock(10 * 365 * 86_400)
    assert sessions.find(token, clock.now, purpose=Purpose.SESSION)
    clock.set_wall_clock(-20 * 365 * 86_400)
    clock.advance(STANDARD.session_s)
    assert not sessions.find(token, clock.now, purpose=Purpose.SESSION)
