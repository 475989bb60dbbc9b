"""The conversation of one call, step by step, with a clock that the test moves."""

import json
from typing import Any

import pytest

from tests.client.doubles import HEALTH, refusal
from ums_client import (
    Encoding,
    GetUser,
    HealthCheck,
    Login,
    Patience,
    UpdateUser,
    errors,
)
from ums_client.envelope import pack
from ums_client.exchange import Exchange, Outcome, Pause, Receive, Send

ID = "id-1"
KEY = "k" * 16


class Driver:
    """Drives a conversation: each call answers the last step and returns the next."""

    def __init__(
        self, request, *, deadline_s=10.0, jitter=0.5, key=None, patience=None
    ):
        self.now_s = 100.0
        outgoing = pack(
            request,
            request_id=ID,
            encoding=Encoding.JSON,
            session_token=None,
            idempotency_key=key,
        )
        self.exchange = Exchange(
            outgoing,
            self.now_s + deadline_s,
            lambda: self.now_s,
            lambda: jitter,
            patience or Patience(reply_s=1, pause_s=0.2, pause_max_s=0.4),
        )
        self.steps = self.exchange.run()
        self.step = next(self.steps)
        self.reply: Any = None

    def then(self, event, after_s=0.0):
        self.now_s += after_s
        try:
            self.step = self.steps.send(event)
        except StopIteration as end:
            self.step, self.reply = None, end.value
        return self.step


def body(**fields):
    return json.dumps({"request_id": ID, **fields}).encode()


HEALTHY = body(**HEALTH)


def test_a_call_sends_receives_and_is_done():
    driver = Driver(HealthCheck())
    assert isinstance(driver.step, Send)
    assert not driver.step.fresh
    assert driver.step.until_s == 110
    assert driver.then(Outcome.SENT) == Receive(101)
    assert driver.then(HEALTHY) is None
    assert driver.reply.service == "fake"


def test_a_write_waits_for_its_reply_until_the_deadline():
    driver = Driver(UpdateUser(city="Ulm"))
    assert driver.then(Outcome.SENT) == Receive(110)


@pytest.mark.parametrize("loss", [Outcome.TIMED_OUT, Outcome.DISCONNECTED])
def test_a_read_is_sent_again_on_a_new_connection_after_a_pause(loss):
    driver = Driver(GetUser())
    first = driver.step
    driver.then(Outcome.SENT)
    assert driver.then(loss, after_s=1) == Pause(101 + 0.2 * 0.5)
    again = driver.then(Outcome.PAUSED)
    assert again == Send(first.body, 110, fresh=True)


def test_pauses_and_patience_double_up_to_their_bounds():
    driver = Driver(GetUser(), deadline_s=100, jitter=1.0)
    waits, pauses = [], []
    for _ in range(4):
        receive = driver.then(Outcome.SENT)
        waits.append(receive.until_s - driver.now_s)
        pause = driver.then(Outcome.TIMED_OUT)
        pauses.append(round(pause.until_s - driver.now_s, 6))
        driver.then(Outcome.PAUSED)
    assert waits == [1, 2, 4, 8]
    assert pauses == [0.2, 0.4, 0.4, 0.4]


def test_no_wait_reaches_past_the_deadline():
    driver = Driver(GetUser(), deadline_s=0.5)
    assert driver.then(Outcome.SENT) == Receive(100.5)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        driver.then(Outcome.TIMED_OUT, after_s=0.5)
    assert caught.value.may_have_been_executed
    assert caught.value.request_id == ID


@pytest.mark.parametrize("request_", [UpdateUser(city="Ulm"), Login()])
@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (Outcome.TIMED_OUT, errors.DeadlineExceeded),
        (Outcome.DISCONNECTED, errors.AnswerLost),
    ],
)
def test_what_must_not_be_repeated_ends_with_its_first_loss(request_, loss, kind):
    driver = Driver(request_)
    driver.then(Outcome.SENT)
    with pytest.raises(kind) as caught:
        driver.then(loss)
    assert caught.value.may_have_been_executed


def test_a_write_with_a_key_is_sent_again():
    driver = Driver(UpdateUser(city="Ulm"), key=KEY)
    driver.then(Outcome.SENT)
    assert isinstance(driver.then(Outcome.DISCONNECTED), Pause)
    again = driver.then(Outcome.PAUSED)
    assert isinstance(again, Send)
    assert json.loads(again.body)["idempotency_key"] == KEY


def test_what_was_never_sent_was_never_executed():
    with pytest.raises(errors.Unreachable) as caught:
        Driver(UpdateUser(city="Ulm")).then(Outcome.TIMED_OUT)
    assert not caught.value.may_have_been_executed


def test_a_service_that_does_not_come_back_leaves_the_outcome_open():
    driver = Driver(UpdateUser(city="Ulm"), key=KEY)
    driver.then(Outcome.SENT)
    driver.then(Outcome.DISCONNECTED)
    driver.then(Outcome.PAUSED)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        driver.then(Outcome.TIMED_OUT)
    assert caught.value.may_have_been_executed


def test_refused_keys_are_not_tried_again():
    with pytest.raises(errors.NotAuthorised) as caught:
        Driver(GetUser()).then(Outcome.REFUSED)
    assert not caught.value.may_have_been_executed


def test_a_stale_reply_does_not_prolong_the_wait():
    driver = Driver(HealthCheck())
    receive = driver.then(Outcome.SENT)
    stale = json.dumps({**HEALTH, "request_id": "other"}).encode()
    assert driver.then(stale, after_s=0.5) == receive


def test_a_refusal_to_another_request_is_not_ours():
    driver = Driver(HealthCheck())
    driver.then(Outcome.SENT)
    stale = json.dumps({**refusal("NOT_FOUND"), "request_id": 5}).encode()
    assert isinstance(driver.then(stale), Receive)


@pytest.mark.parametrize("request_", [GetUser(), UpdateUser(city="Ulm"), Login()])
@pytest.mark.parametrize("code", ["BUSY", "RATE_LIMITED"])
def test_retry_after_is_waited_for_on_the_same_connection(request_, code):
    driver = Driver(request_)
    first = driver.step
    driver.then(Outcome.SENT)
    pause = driver.then(body(**refusal(code, retry_after=2)))
    assert pause == Pause(pytest.approx(100 + 2 * 1.05))
    assert driver.then(Outcome.PAUSED, after_s=2.1) == first
    assert isinstance(driver.then(Outcome.SENT), Receive)


@pytest.mark.parametrize("more", [{}, {"retry_after": 9.9}, {"retry_after": 1e308}])
def test_a_wait_that_is_unknown_or_too_long_is_the_callers(more):
    driver = Driver(GetUser(), jitter=1.0)
    driver.then(Outcome.SENT)
    with pytest.raises(errors.Busy):
        driver.then(body(**refusal("BUSY", **more)))


def test_busy_after_a_lost_attempt_does_not_claim_that_nothing_was_done():
    driver = Driver(UpdateUser(city="Ulm"), key=KEY)
    driver.then(Outcome.SENT)
    driver.then(Outcome.DISCONNECTED)
    driver.then(Outcome.PAUSED)
    driver.then(Outcome.SENT)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        driver.then(body(**refusal("BUSY")))
    assert caught.value.may_have_been_executed


def test_other_refusals_are_never_retried():
    driver = Driver(GetUser())
    driver.then(Outcome.SENT)
    with pytest.raises(errors.InternalError):
        driver.then(body(**refusal("INTERNAL", retry_after=1)))


def test_no_step_shows_the_secrets_of_the_request():
    driver = Driver(Login(username="a", password="correct-horse-42"))
    assert "correct-horse" not in repr(driver.step) + repr(driver.exchange)
