"""Who may call what: every action by every kind of caller, with every kind of token."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.service.harness import STRONG, Bench, Message, login
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


class Kind(NamedTuple):
    """What cases have in common that may be tried on one stage."""

    profile: str
    caller: str
    lab_role: str | None
    """Of `target`, in the planted lab."""


class Stages:
    """One stage for each kind of case: what was read or refused left it as it was.

    Where a request changed something, the next case of that kind gets another stage.
    """

    def __init__(self) -> None:
        self._kept: dict[Kind, Stage] = {}

    def stage(self, kind: Kind) -> Stage:
        if kind not in self._kept:
            self._kept[kind] = self._prepare(*kind)
        return self._kept[kind]

    def drop(self, kind: Kind) -> None:
        self._kept.pop(kind).bench.close()

    def close(self) -> None:
        for kind in list(self._kept):
            self.drop(kind)

    @staticmethod
    def _prepare(profile: str, caller: str, lab_role: str | None) -> Stage:
        bench = Bench(
            profile=profile,
            settings=SETTINGS,
            require_email_verification=False,
        )
        bench.register("target", STRONG)
        token = token_of(bench, caller)
        asked = login("target", STRONG)
        asked["credentials"]["tokens"] = True
        planted_mail(bench, "target")
        planted_lab(bench, target=lab_role)
        return Stage(bench, token, bench.ask(**asked)["refresh_token"])


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    prepared = Stages()
    yield prepared
    prepared.close()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_who_may_call_what(stages: Stages, profile: str, target: str):
    """All kinds of callers in one test: a test for each took half as long again."""
    lab_role = None if target.startswith("add") else "member"
    wrong: dict[str, Message] = {}
    for caller in CALLERS:
        reply = reply_to(caller, target, stages, Kind(profile, caller, lab_role))
        if outcome(reply) != expected_outcome(profile, target, caller):
            wrong[caller] = reply
    assert wrong == {}


def reply_to(caller: str, target: str, stages: Stages, kind: Kind) -> Message:
    """What such a caller is answered."""
    bench, token, refresh_token = stages.stage(kind)
    message = message_for(target, bench.user_id("target"), STRONG, refresh_token)
    if target in PURPOSES:
        message["token"] = planted_token(bench, "target", PURPOSES[target])
    reply = bench.ask(**message, session_token=token)
    if outcome(reply) == OK and ACTION_BY_NAME[message["action"]].rate not in READING:
        stages.drop(kind)
    return reply


@pytest.fixture(scope="module")
def shared() -> Iterator[Bench]:
    """For requests that are refused before anything is looked up."""
    with Bench() as bench:
        yield bench


@pytest.mark.parametrize("name", list(ACTION_BY_NAME))
def test_a_token_that_is_no_text_is_refused_by_every_action(shared: Bench, name: str):
    for token in (7, True, 1.5, [], {}, ["A" * 43]):
        reply = shared.ask(action=name, session_token=token)
        told = reply["code"], reply["details"][0]["field"]
        assert told == ("INVALID_REQUEST", "session_token"), token
