"""The rules of second factors, without a service around them."""

import pytest
import segno

from tests.doubles import ManualClock
from ums_service.domain import totp
from ums_service.domain.argon2id import HashParameters
from ums_service.domain.backup_codes import new_codes
from ums_service.domain.challenges import (
    OF_ONE_ACCOUNT_MAX,
    Challenge,
    Challenges,
    Goal,
)
from ums_service.domain.errors import InvalidToken
from ums_service.domain.factor_guard import FORGOTTEN_S, FactorGuard
from ums_service.guard.qr import qr_code

SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("epoch_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(epoch_s: int, code: str):
    found = totp.matching_step(SEED, code, epoch_s=epoch_s, last_step=-1)
    assert found == epoch_s // 30


@pytest.mark.parametrize("spoilt", ["", "28708", "2870822", "٢٨٧٠٨٢", "287082\0"])
def test_what_is_no_code_matches_nothing(spoilt: str):
    assert totp.matching_step(SEED, spoilt, epoch_s=59, last_step=-1) is None


def test_a_code_is_typed_with_blanks_by_some():
    assert totp.matching_step(SEED, " 287 082 ", epoch_s=59, last_step=-1) == 1


def test_the_first_step_of_all_has_none_before_it():
    code = totp.code_at(SEED, 0)
    assert totp.matching_step(SEED, code, epoch_s=0, last_step=-1) == 0


def test_backup_codes_differ_between_accounts_and_sets():
    sets = [new_codes(10, HashParameters(1, 8)) for _ in range(20)]
    digests = {digest for kept, _ in sets for digest in kept.digests}
    assert len(digests) == 200
    kept, shown = sets[0]
    assert sets[1].stored.without(kept.digest(shown[0])) is None
    assert "".join(shown) not in repr(kept)
    for left, code in zip(range(9, -1, -1), shown, strict=True):
        digest = kept.digest(code)
        after = kept.without(digest)
        assert after is not None
        assert len(after.digests) == left
        assert after.without(digest) is None
        kept = after


def test_the_drawing_and_the_picture_are_the_code():
    uri = totp.enrolment_uri(SEED, account="alice", issuer="UMS")
    made, made_again = qr_code(uri), segno.make(uri, error="m", micro=False)
    dark = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    drawn: list[list[int]] = []
    for line in made.text.split("\n"):
        pairs = [dark[block] for block in line]
        drawn += [[upper for upper, _ in pairs], [lower for _, lower in pairs]]
    modules = [list(row) for row in made_again.matrix_iter(border=4)]
    assert drawn[: len(modules)] == modules
    assert made.png_data_uri == made_again.png_data_uri(scale=4, border=4)


# --- the guard ---


@pytest.mark.parametrize(
    ("failures", "wait_s"),
    [(4, 0), (5, 30), (9, 30), (10, 300), (15, 900), (19, 900), (20, 3600), (99, 3600)],
)
def test_waits_grow_with_wrong_codes(failures: int, wait_s: float):
    guard = FactorGuard()
    for _ in range(failures):
        guard.count("alice", 100.0)
    assert guard.wait_s("alice", 100.0) == wait_s
    assert guard.wait_s("alice", 100.0 + wait_s) == 0
    assert guard.wait_s("bobby", 100.0) == 0
    guard.forget("alice")
    assert guard.wait_s("alice", 100.0) == 0


def test_wrong_codes_are_forgotten_after_a_quiet_day():
    guard = FactorGuard()
    for _ in range(20):
        guard.count("alice", 0.0)
    guard.count("alice", FORGOTTEN_S - 1)
    assert guard.wait_s("alice", FORGOTTEN_S - 1) == 3600
    guard.count("alice", 2 * FORGOTTEN_S)
    assert guard.wait_s("alice", 2 * FORGOTTEN_S) == 0


def test_the_guard_is_bounded_and_forgets_the_oldest():
    guard = FactorGuard(entries_max=3)
    for name in ("old", "a", "b", "c"):
        for _ in range(5):
            guard.count(name, 0.0)
    waits = [guard.wait_s(name, 0.0) for name in ("old", "a", "b", "c")]
    assert waits == [0, 30, 30, 30]


# --- challenges ---


def opened(challenges: Challenges, token: str, user_id: str) -> Challenge:
    challenge = Challenge(goal=Goal.LOGIN, user_id=user_id)
    challenges.open(token, challenge, ManualClock().now, length_s=300)
    return challenge


def is_open(challenges: Challenges, token: str) -> bool:
    try:
        challenges.find(token, Goal.LOGIN, ManualClock().now, address="", by=None)
    except InvalidToken:
        return False
    return True


def test_an_account_has_few_challenges_and_the_oldest_goes():
    challenges = Challenges(failures_max=5)
    other = opened(challenges, "other", "bobby")
    for number in range(OF_ONE_ACCOUNT_MAX + 1):
        opened(challenges, f"{number}", "alice")
    assert len(challenges) == OF_ONE_ACCOUNT_MAX + 1
    assert not is_open(challenges, "0")
    assert is_open(challenges, "1")
    challenges.end(other)
    challenges.end(other)
    challenges.end_all_of("alice")
    assert len(challenges) == 0


def test_all_challenges_together_are_bounded_and_old_ones_make_room():
    challenges = Challenges(failures_max=5, most=3)
    for number in range(10):
        opened(challenges, f"{number}", f"user {number}")
    assert len(challenges) == 3
    late = ManualClock()
    late.advance(301)
    fresh = Challenge(goal=Goal.LOGIN, user_id="late")
    challenges.open("late", fresh, late.now, length_s=300)
    assert len(challenges) == 1


def test_a_challenge_shows_no_secret_when_printed():
    challenge = Challenge(goal=Goal.CONFIRM, secret=SEED, password_hash="$argon2")
    assert "argon2" not in repr(challenge)
    assert "1234567890" not in repr(challenge)
