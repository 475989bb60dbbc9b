"""Who may call what: every action by every kind of caller, with every kind of token."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.service.harness import STRONG, Bench, login
from tests.service.lab_bench import planted_lab
from tests.service.mailbox import planted_mail, planted_token
from tests.service.matrix_messages import (
    CALLERS,
    READING,
    expected_outcome,
    message_for,
    outcome,
    token_of,
)
from tests.service.matrix_targets import OK, PROFILES, PURPOSES, SETTINGS, TARGETS
from ums_client.protocol.actions import (
    ACTION_BY_NAME,
)


def test_the_matrix_covers_every_action():
    assert {target.split(" ")[0] for target in TARGETS} == set(ACTION_BY_NAME)


class Stage(NamedTuple):
    """A service with an account `target` and a caller of one kind, who has `token`."""

    bench: Bench
    token: str | None
    refresh_token: str
    """Of `target`."""


class Stages:
    """One stage for each profile and caller: what was read or refused left it as it was.

    Where a request changed something, the next case of that profile and caller gets
    another stage.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Stage] = {}

    def stage(self, profile: str, caller: str) -> Stage:
        key = (profile, caller)
        if key not in self._kept:
            self._kept[key] = self._prepare(profile, caller)
        return self._kept[key]

    def drop(self, profile: str, caller: str) -> None:
        self._kept.pop((profile, caller)).bench.close()

    def close(self) -> None:
        for key in list(self._kept):
            self.drop(*key)

    @staticmethod
    def _prepare(profile: str, caller: str) -> Stage:
        bench = Bench(
            profile=profile,
            settings=SETTINGS,
            require_email_verification=False,
        )
        bench.register("target", STRONG)
        token = token_of(bench, caller)
        asked = login("target", STRONG)
        asked["credentials"]["tokens"] = True
        return Stage(bench, token, bench.ask(**asked)["refresh_token"])


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    prepared = Stages()
    yield prepared
    prepared.close()


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_who_may_call_what(stages: Stages, profile: str, target: str, caller: str):
    bench, token, refresh_token = stages.stage(profile, caller)
    message = message_for(target, bench.user_id("target"), STRONG, refresh_token)
    if target in PURPOSES:
        message["token"] = planted_token(bench, "target", PURPOSES[target])
    planted_mail(bench, "target")
    planted_lab(bench, target=None if target.startswith("add") else "member")
    reply = bench.ask(**message, session_token=token)
    if outcome(reply) == OK and ACTION_BY_NAME[message["action"]].rate not in READING:
        stages.drop(profile, caller)
    assert outcome(reply) == expected_outcome(profile, target, caller), reply


@pytest.fixture(scope="module")
def shared() -> Iterator[Bench]:
    """For requests that are refused before anything is looked up."""
    with Bench() as bench:
        yield bench


@pytest.mark.parametrize("token", [7, True, 1.5, [], {}, ["A" * 43]], ids=repr)
@pytest.mark.parametrize("name", list(ACTION_BY_NAME))
def test_a_token_that_is_no_text_is_refused_by_every_action(
    shared: Bench, name: str, token: object
):
    reply = shared.ask(action=name, session_token=token)
    assert (reply["code"], reply["details"][0]["field"]) == (
        "INVALID_REQUEST",
        "session_token",
    )
