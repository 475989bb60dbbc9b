"""The list of revocations, and the verifiers that follow it."""

import pytest

from tests.service.harness import (
    Bench,
)
from tests.service.token_holders import (
    end_by_logout,
    feed,
    member,
    now,
    verifier,
    with_tokens,
)
from ums_client.errors import (
    RevocationsOutdated,
    TokenRevoked,
)
from ums_service.domain.revocations import REVOCATIONS


def test_a_verifier_follows_the_list_in_steps(standard: Bench):
    first, second = member(standard), with_tokens(standard, "alice")
    check = verifier(standard)
    check.update(feed(standard)["revocations"])
    assert check.sequence == 0
    for number, tokens in enumerate((first, second), start=1):
        check.verify(tokens["access_token"], now(standard))
        end_by_logout(standard, tokens)
        step = feed(standard, check.sequence)
        check.update(step["revocations"])
        assert check.sequence == step["sequence"] == number
    for tokens in (first, second):
        with pytest.raises(TokenRevoked):
            check.verify(tokens["access_token"], now(standard))


def test_an_entry_goes_when_its_tokens_have_expired_and_numbers_go_on(
    standard: Bench,
):
    tokens = member(standard)
    end_by_logout(standard, tokens)
    standard.clock.advance(900 + 121)
    standard.purge()
    assert standard.store.count(REVOCATIONS) == 0
    assert feed(standard)["sequence"] == 1
    standard.restart()
    end_by_logout(standard, with_tokens(standard, "alice"))
    assert feed(standard)["sequence"] == 2
    assert feed(standard, 2)["sequence"] == 2


def test_an_end_after_the_last_access_token_is_not_listed(standard: Bench):
    tokens = member(standard)
    standard.clock.advance(901)
    end_by_logout(standard, tokens)
    assert standard.store.count(REVOCATIONS) == 0


def test_a_login_without_tokens_is_not_listed(standard: Bench):
    standard.ask(action="logout", session_token=standard.member("alice"))
    assert feed(standard)["sequence"] == 0


def test_a_gap_or_a_step_back_is_refused(standard: Bench):
    tokens = [member(standard)] + [with_tokens(standard, "alice") for _ in range(2)]
    old = feed(standard)["revocations"]
    for each in tokens:
        end_by_logout(standard, each)
    standard.clock.advance(10)
    check = verifier(standard)
    with pytest.raises(RevocationsOutdated):
        check.update(feed(standard, 2)["revocations"])
    check.update(feed(standard)["revocations"])
    with pytest.raises(RevocationsOutdated):
        check.update(old)
    assert check.sequence == 3


def test_a_list_that_says_the_same_once_more_is_no_step_back(standard: Bench):
    end_by_logout(standard, member(standard))
    check = verifier(standard, revocations_max_age_s=60)
    first = feed(standard)["revocations"]
    check.update(first)
    standard.clock.advance(30)
    check.update(feed(standard, check.sequence)["revocations"])
    check.update(first)  # replayed: it is neither refused nor taken for fresh
    assert (check.sequence, check._feed_at) == (1, now(standard))
    assert len(check._revoked) == 1


def test_anybody_may_ask_but_the_same_list_is_signed_once(standard: Bench):
    member(standard)
    first = feed(standard)
    standard.clock.advance(4)
    assert feed(standard) == first
    end_by_logout(standard, with_tokens(standard, "alice"))
    assert feed(standard) != first
    standard.clock.advance(1)
    assert feed(standard, 1) != feed(standard)


def test_a_number_that_was_never_reached_gets_the_whole_list(standard: Bench):
    end_by_logout(standard, member(standard))
    check = verifier(standard)
    check.update(feed(standard, 1_000)["revocations"])
    assert check.sequence == 1


def test_a_verifier_can_insist_on_a_fresh_list(standard: Bench):
    token = member(standard)["access_token"]
    check = verifier(standard, revocations_max_age_s=60)
    with pytest.raises(RevocationsOutdated):
        check.verify(token, now(standard))
    check.update(feed(standard)["revocations"])
    check.verify(token, now(standard) + 60)
    with pytest.raises(RevocationsOutdated):
        check.verify(token, now(standard) + 61)


def test_a_long_list_comes_in_parts(standard: Bench, monkeypatch):
    import ums_service.handlers.tokens as handlers

    monkeypatch.setattr(handlers, "_FEED_MAX", 2)
    for tokens in [member(standard)] + [
        with_tokens(standard, "alice") for _ in range(4)
    ]:
        end_by_logout(standard, tokens)
    check, more = verifier(standard), True
    seen = []
    while more:
        step = feed(standard, check.sequence)
        check.update(step["revocations"])
        more = step["more"]
        seen.append(check.sequence)
    assert seen == [2, 4, 5]
    assert len(check._revoked) == 5
