"""Answers of somebody who is asked for a second factor."""

from tests.service.harness import (
    GOOD,
    Message,
    login,
)

WRONG = "no code"


def with_code(name: str, code: str, password: str = GOOD, **more: str) -> Message:
    message = login(name, password)
    message["credentials"] |= {"mfa_code": code, **more}
    return message


def verify(challenge: Message, **answer: object) -> Message:
    return {"action": "verify_mfa", "mfa_token": challenge["mfa_token"], **answer}
