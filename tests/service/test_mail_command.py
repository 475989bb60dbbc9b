"""`mail`: looking after the outbox while the service is stopped."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.service.harness import Message
from tests.service.test_commands import Shell
from ums_service.cli import cli
from ums_service.commands.offline import open_offline
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.outbox import OUTBOX, Mail, Template
from ums_service.domain.users import USERS

LATER_S = 2_000_000_000


def mail(mail_id: str, template: str = Template.WELCOME, **more: Any) -> Mail:
    given: Message = {
        "mail_id": mail_id,
        "template": template,
        "user_id": "u1",
        "to": "ann@example.org",
        "queued_s": 1_700_000_000,
        "next_try_s": LATER_S,
        "data": {"earlier": 2},
    }
    return Mail(**given | more)


DEAD: Message = {"state": "dead", "attempts": 9, "last_error": "550 no such user"}
MAILS = [
    mail("first", **DEAD),
    mail("second", Template.RESET, to="bob@example.org", purpose="reset"),
    mail("coded", Template.CODE, data={"code": "123456"}),
]


@pytest.fixture
def box(tmp_path: Path) -> Shell:
    """A store with three mails."""
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    file = tmp_path / "none.csv"
    file.write_text("username,email\n")
    shell.run("import", file)

    async def fill() -> None:
        async with open_offline(Settings(data=shell.data)) as store:
            tx = store.transaction()
            for one in MAILS:
                tx.put(OUTBOX, one)
            await tx.commit()

    asyncio.run(fill())
    return shell


def run(box: Shell, verb: str, *words: str, status: int = 0) -> str:
    line = ["mail", verb, "--data", str(box.data), *words]
    result = CliRunner().invoke(cli, line)
    assert result.exit_code == status, result.output
    return result.output


def stored(box: Shell) -> dict[str, Mail]:
    async def read() -> dict[str, Mail]:
        async with open_offline(Settings(data=box.data)) as store:
            return {one.mail_id: one for one in store.scan(OUTBOX)}

    return asyncio.run(read())


def events(box: Shell) -> list[str]:
    async def read() -> list[str]:
        async with open_offline(Settings(data=box.data)) as store:
            assert store.count(USERS) == 0
            return [entry.data["event"] for entry in store.entries(AUDIT)]

    return asyncio.run(read())


def test_the_mails_are_listed_the_oldest_first(box: Shell):
    listed = [json.loads(line) for line in run(box, "list").splitlines()]
    assert [one["mail_id"] for one in listed] == ["first", "second", "coded"]
    [dead] = run(box, "list", "--state", "dead").splitlines()
    assert json.loads(dead)["last_error"] == "550 no such user"


def test_one_is_shown_with_what_it_says_but_no_code(box: Shell):
    shown = json.loads(run(box, "show", "second"))
    assert (shown["link"], shown["data"]) == ("reset", {"earlier": 2})
    assert "123456" not in run(box, "show", "coded")
    assert "there is no mail third" in run(box, "show", "third", status=1)


def test_dead_ones_are_tried_again_with_an_entry_each(box: Shell):
    assert "1 to be tried again" in run(box, "retry", "--dead", "first")
    again = stored(box)["first"]
    assert (again.state, again.attempts) == ("pending", 0)
    assert again.next_try_s < LATER_S
    assert stored(box)["second"] == MAILS[1]
    assert events(box)[-1] == "mail_retried"
    assert "0 to be tried again" in run(box, "retry", "--dead")


def test_one_is_dropped_and_none_where_one_is_not_there(box: Shell):
    assert "there is no mail third" in run(box, "drop", "coded", "third", status=1)
    assert set(stored(box)) == {"first", "second", "coded"}
    run(box, "drop", "coded")
    assert set(stored(box)) == {"first", "second"}
    assert events(box)[-1] == "mail_dropped"
    assert "no mail was named" in run(box, "drop", status=1)
