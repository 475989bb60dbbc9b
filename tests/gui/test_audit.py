"""The audit log through the window, and its export without one."""

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gui.controllers.audit import Wanted
from gui.controllers.audit_export import AuditExport
from gui.controllers.audit_filters import since, time_fault, until
from gui.controllers.choices import Place
from gui.controllers.desk import Desk
from tests.gui.driver import Driver
from tests.gui.test_controllers import AtOnce, Later, Told
from tests.service.harness import ADMIN_PASSWORD
from tests.service.running import RunningService

Member = Callable[[str], str]
REASON = "For the yearly review"


@pytest.fixture
def desk(shared: RunningService) -> Any:
    desk = Desk(AtOnce(), Place("Test", shared.endpoint))
    assert desk.connect(desk.place) is None
    from ums_client.protocol.sessions import Login

    problems: list[Any] = []
    desk.ask(
        lambda: Login(username="admin", password=ADMIN_PASSWORD),
        lambda _: None,
        problems.append,
    )
    assert not problems
    yield desk
    desk.runner = AtOnce()
    desk.close()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def exported(desk: Desk, path: Path, kind: str, wanted: Wanted, page: int = 2) -> Told:
    told = Told()
    export = AuditExport(desk, wanted, path, kind, REASON, page=page)
    export.begin(told.then, told.problems.append)
    return told


def test_pages_of_an_export_become_one_file(desk: Desk, member: Member, tmp_path: Path):
    ids = [member(f"exported{n}") for n in range(5)]
    wanted = Wanted(event="user_created")
    lines = exported(desk, tmp_path / "log.jsonl", "jsonl", wanted)
    assert lines.value == [tmp_path / "log.jsonl"]
    entries = [json.loads(one) for one in lines.value[0].read_text().splitlines()]
    assert [one["subject"] for one in entries[:5]] == ids[::-1]
    table = exported(desk, tmp_path / "log.csv", "csv", wanted)
    with table.value[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["subject"] for row in rows] == [one["subject"] for one in entries]
    assert {mode_of(path) for path in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 2


def test_each_page_of_pdf_is_a_document(desk: Desk, member: Member, tmp_path: Path):
    user_id = member("printed")
    member("printed-too")
    wanted = Wanted(event="user_created", subject=user_id)
    told = exported(desk, tmp_path / "log.pdf", "pdf", wanted)
    assert [path.name for path in told.value] == ["log.pdf"]
    assert told.value[0].read_bytes().startswith(b"%PDF")
    wanted = Wanted(event="user_created")
    told = exported(desk, tmp_path / "all.pdf", "pdf", wanted, page=1)
    assert [path.name for path in told.value[:2]] == ["all.pdf", "all-2.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF") for path in told.value)


def test_an_export_that_is_cancelled_or_refused_leaves_nothing(
    desk: Desk, member: Member, tmp_path: Path
):
    for n in range(3):
        member(f"cancelled{n}")
    desk.runner = later = Later()
    path = tmp_path / "log.csv"
    path.write_text("the export before")
    told = Told()
    export = AuditExport(desk, Wanted(), path, "csv", REASON, page=1)
    export.begin(told.then, told.problems.append)
    later.step()
    assert export.entries == 1
    assert len(list(tmp_path.iterdir())) == 2  # the old one, and a draft
    export.cancel()
    later.settle()
    assert [one.name for one in tmp_path.iterdir()] == ["log.csv"]
    assert path.read_text() == "the export before"
    export = AuditExport(desk, Wanted(), path, "csv", "why")
    export.begin(told.then, told.problems.append)
    later.settle()
    assert told.problems[0].field == "reason"
    assert path.read_text() == "the export before"
    assert told.values == []


def test_a_place_that_cannot_be_written_is_told(desk: Desk, tmp_path: Path):
    told = exported(desk, tmp_path / "missing" / "log.csv", "csv", Wanted())
    assert "No such file" in told.problems[0].text


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2026-11-21", "23:59:59.999999"),
        ("2026-11-21 14:30", "14:30:59.999999"),
        ("2026-11-21 14:30:05", "14:30:05.999999"),
    ],
)
def test_a_time_stands_for_all_that_it_leaves_open(text: str, length: str):
    begin = since(text)
    assert begin.startswith("2026-11-21T")
    assert begin[-6] in "+-", "it names its zone"
    assert length in until(text)
    assert time_fault(text) == ""


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-21T14"])
def test_what_is_no_time_is_told(text: str):
    assert "2026-11-21" in time_fault(text)


def test_every_filter_narrows_what_is_shown(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("watched")
    member("unwatched")
    window.signed_in()
    page = window.go("audit")

    def only(**wanted: str) -> None:
        window.until(
            lambda: {n: getattr(page.log.wanted, n) for n in wanted} == wanted,
            lambda: page.log.wanted,
        )
        window.settled()

    window.type("subject", "watched")
    only(subject=user_id)
    found = [page.log.item(number) for number in range(page.log.total)]
    assert {item.cells[4] for item in found} == {"watched"}
    window.type("address", "203.0.113.9")
    only(subject=user_id, address="203.0.113.9")
    window.reads("No entry is like that")
    window.click("clear")
    only(subject="", address="")
    window.type("actor", "watched@example.org")
    only(actor=user_id)
    window.reads("No entry is like that")
    window.type("actor", "nobody-at-all")
    window.until(lambda: page.form.field("actor").fault)
    window.type("actor", "")
    window.type("lab", "NOLAB")
    window.until(lambda: page.form.field("lab").fault)
    window.click("clear")
    window.type("since", "soon")
    window.until(lambda: page.form.field("since").fault)
    window.type("since", "2020-01-01")
    window.type("until", "2020-01-02 12:00")
    window.until(lambda: page.log.wanted.until)
    window.settled()
    window.reads("No entry is like that")
    window.click("clear")
    window.choose("outcome", "refused")
    only(outcome="refused")
    window.choose("severity", "warning")
    only(outcome="refused", severity="warning")


def test_before_and_after_stand_side_by_side(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("moved")
    for city in ("Ulm", "Bern"):
        shared.ask(
            action="update_user",
            session_token=shared.admin_token,  # type: ignore[attr-defined]
            user_id=user_id,
            update_data={"city": city},
        )
    window.signed_in()
    page = window.go("audit")
    window.choose("event", "User updated")
    window.settled()
    page.table.focus_rows()
    changes = window.find("changes")
    texts = [str(w.cget("text")) for w in changes.winfo_children()]
    before, after = (texts.index(one) for one in ("-  Ulm", "+  Bern"))
    sides = [changes.winfo_children()[n].grid_info() for n in (before, after)]
    assert [side["column"] for side in sides] == [0, 1]
    assert sides[0]["row"] == sides[1]["row"]


def test_the_log_is_exported_from_the_window(
    window: Driver, member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    member("taken-out")
    window.signed_in()
    page = window.go("audit")
    window.choose("event", "User created")
    window.settled()
    path = tmp_path / "out.csv"
    monkeypatch.setattr(
        page.stage.dialogs, "pick_place", lambda name: str(path.with_name(name))
    )
    window.click("export")
    window.reads("The entries that the filters find")
    window.choose("format", "CSV")
    window.type("reason", "why")
    window.click("ok")
    window.reads("At least 5 characters")
    window.type("reason", REASON)
    window.click("shell")
    assert "export-audit" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.until(lambda: "saved: audit.csv" in window.toast)
    path = tmp_path / "audit.csv"
    assert "taken-out" in path.read_text()
    assert mode_of(path) == 0o600


def test_what_became_of_a_member_stands_side_by_side(
    window: Driver, member: Member, ask: Callable[..., Any]
):
    lab = ask("create_lab", name="Promotions", code="PROMO")["lab"]["lab_id"]
    who = {"lab_id": lab, "user_id": member("promoted")}
    ask("add_lab_member", **who, role="viewer")
    ask("update_lab_member", **who, role="member")
    window.signed_in()
    page = window.go("audit")
    window.choose("event", "Lab member updated")
    window.settled()
    page.table.focus_rows()
    changes = window.find("changes")
    texts = [str(w.cget("text")) for w in changes.winfo_children()]
    assert texts[2:] == ["Role", "-  viewer", "+  member"]
    entry = page.log.entry(page.log.item(0).key)
    facts = dict(entry.facts)
    assert facts["Is active"] == "yes", "what stayed stands there once"
    assert "Role" not in facts
