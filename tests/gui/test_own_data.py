"""Consents, a copy of one's data, and what happened to one's account."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gui.widgets.dialogs import write_private
from tests.gui.driver import Driver
from tests.service.harness import GOOD
from tests.service.running import RunningService, login_as_admin, running_service

Open = Callable[..., Driver]
Member = Callable[[str], str]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that asks everybody for a consent to a certain text."""
    data = tmp_path_factory.mktemp("asking") / "data"
    env = {"UMS_POLICY": '{"consents_required": ["privacy:2026-01", "terms"]}'}
    with running_service(data, env=env) as service:
        service.admin_token = login_as_admin(service)  # type: ignore[attr-defined]
        yield service


def test_a_registration_asks_for_the_consents_that_are_needed(
    open_window: Open, asking: RunningService
):
    window = open_window(asking.endpoint)
    window.click("link0")
    window.type("username", "wanda")
    window.type("email", "wanda@example.org")
    window.type("password", GOOD)
    window.click("terms")
    window.click("ok")
    form = window.program.sign_in.form  # type: ignore[union-attr]
    window.until(lambda: form.field("privacy").fault)
    assert not form.field("terms").fault
    window.click("privacy")
    window.click("ok")
    window.until(lambda: window.program.shell)
    page = window.go("privacy")
    answers = {item.key: item.cells[2] for item in page.agreements.items}
    assert answers == {"terms": "given", "privacy": "given"}


def test_a_consent_is_asked_for_given_withdrawn_and_given_again(
    open_window: Open, asking: RunningService
):
    made = asking.ask(
        action="create_user",
        session_token=asking.admin_token,  # type: ignore[attr-defined]
        user_data={
            "username": "xenia", "email": "xenia@example.org", "password": GOOD,
        },
    )  # fmt: skip
    assert made["status"] == "success"
    window = open_window(asking.endpoint)
    window.signed_in("xenia", GOOD)
    assert window.toast == "Your consent is asked for: privacy, terms."
    window.click("undo")  # the button of the toast
    page = window.page
    window.reads("Your consent is asked for below")
    window.settled()
    asked_for = {item.cells[:3] for item in page.agreements.items}
    assert asked_for == {
        ("Privacy", "2026-01", "asked for"), ("Terms", "", "asked for"),
    }  # fmt: skip
    window.click("give")
    assert window.find("kind").get() == "privacy"
    window.click("shell")
    command = window.find("command").get("1.0", "end")
    assert "set-consent --type privacy --granted" in command
    window.click("ok")
    window.until(lambda: page.agreements.missing == 1)
    window.settled()

    given = [n for n, i in enumerate(page.agreements.items) if i.cells[2] == "given"]
    page.consents.table.focus_rows()
    for _ in range(given[0]):
        window.key("Down")
    window.click("withdraw")
    window.reads("You can give it again")
    window.click("ok")
    window.until(lambda: page.agreements.missing == 2)
    window.click("undo")
    window.until(lambda: page.agreements.missing == 1)
    window.settled()
    answers = [item.cells[2] for item in page.agreements.history]
    assert answers == ["given", "withdrawn", "given"]


def test_all_that_is_known_is_saved_in_one_file_that_only_its_owner_can_read(
    window: Driver, shared: RunningService, member: Member, tmp_path: Path
):
    user_id = member("yara")
    window.signed_in("yara", GOOD)
    window.go("privacy")
    window.click("export")
    window.type("password", "wrong")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("password").fault)
    window.type("password", GOOD)
    path = tmp_path / "copy.json"

    def save(name: str, text: str) -> str:  # the file dialog is not ours
        assert name == "my-data.json"
        write_private(str(path), text)
        return str(path)

    window.program.stage.dialogs.save_text = save  # type: ignore[method-assign]
    window.click("ok")
    window.until(lambda: f"Saved to {path}" in window.toast)
    known = json.loads(path.read_text())
    assert known["user_id"] == user_id
    assert known["data"]["account"]["username"] == "yara"
    assert {entry["event"] for entry in known["audit"]} >= {"user_created", "login"}
    assert "next_cursor" not in known
    assert GOOD not in path.read_text()


def test_a_copy_in_many_parts_is_joined_in_their_order(window: Driver, member: Member):
    member("yoko")
    window.signed_in("yoko", GOOD)
    page = window.go("privacy")
    asked: list[str | None] = []
    told: list[str] = []

    class Parts:
        """Stands for a service whose log is long."""

        def ask(self, make, then, failed, **_):  # type: ignore[no-untyped-def]
            request = make()
            asked.append(request.cursor)
            number = len(asked)
            then(part(number, None if number == 3 else str(9 - number)))

    page.privacy.desk = Parts()
    page.privacy.export(GOOD, lambda _: None, told.append, told.append)
    joined = json.loads(told[0])
    assert asked == [None, "8", "7"]
    assert [entry["number"] for entry in joined["audit"]] == [9, 8, 7]
    assert joined["data"] == {"part": 1}


def part(number: int, cursor: str | None):  # type: ignore[no-untyped-def]
    from ums_client.protocol.personal_data import ExportUserDataReply

    entry = {
        "number": 10 - number, "at": "", "event": "login", "outcome": "done",
        "severity": "info",
    }  # fmt: skip
    return ExportUserDataReply(
        status="success", format="ums-personal-data", version=1, user_id="u",
        exported_at="", data={"part": 1} if number == 1 else None,
        audit=[entry], next_cursor=cursor,
    )  # fmt: skip


def test_a_private_file_is_whole_or_as_it_was(tmp_path: Path):
    path = tmp_path / "codes.txt"
    path.write_text("before")
    path.chmod(0o644)
    with pytest.raises(UnicodeEncodeError):
        write_private(str(path), "half of it\n\ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    write_private(str(path), "after")
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="No such file"):
        write_private(str(tmp_path / "no folder" / "codes.txt"), "text")


def test_own_entries_are_listed_by_kind_and_read_in_full(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("zita")
    wrong = {"username": "zita", "password": "not this one"}
    shared.ask(action="login", credentials=wrong)
    shared.ask(
        action="update_user",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=user_id,
        update_data={"city": "Graz"},
    )
    window.signed_in("zita", GOOD)
    page = window.go("activity")
    events = {(i.cells[1], i.cells[2], i.cells[3]) for i in page.activity.fetched}
    assert ("Login", "refused", "—") in events
    assert ("User updated", "done", "somebody else") in events
    assert not any("Status" in event for event, *_ in events)  # of others
    window.choose("kind", "Profile and address")
    window.settled()
    assert [i.cells[1] for i in page.activity.fetched] == ["User updated"]
    page.list.table.focus_rows()
    window.reads("(empty)  →  Graz")
    window.choose("kind", "API keys")
    window.reads("Nothing of that kind")
    window.click("notme")
    window.reads("Every session ends now")
    window.key("Escape")
