"""How good a password is, while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.background import Job
from gui.controllers import wire
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem

if TYPE_CHECKING:
    from ums_client.protocol.passwords import CheckPasswordReply


@dataclass(frozen=True, slots=True)
class Judgement:
    """From 0 to 100, in a word, and what is wrong with it or could be better."""

    score: int
    word: str
    accepted: bool
    text: str


class PasswordJudge:
    """Asks the service; an answer about what was typed before is dropped."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is asked yet."""
        self._desk = desk
        self._job: Job | None = None

    def judge(
        self,
        password: str,
        username: str,
        email: str,
        then: Callable[[Judgement], object],
    ) -> None:
        """Tell about a password; nothing is told while the service cannot be asked."""
        self.forget()
        if not password:
            return

        def told(reply: CheckPasswordReply) -> None:
            text = " ".join(reply.errors[:2] or reply.advice[:1])
            word = reply.strength.replace("_", " ")
            then(Judgement(reply.score, word, reply.valid, text))

        def silent(_: Problem) -> None:
            """The form tells when it is sent; a hint must not get in its way."""

        self._job = self._desk.ask(
            lambda: wire.passwords.CheckPassword(
                password=password, username=username or None, email=email or None
            ),
            told,
            silent,
        )

    def forget(self) -> None:
        """Drop the answer that may be under way."""
        if self._job is not None:
            self._job.cancel()
