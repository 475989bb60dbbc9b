"""The toolkit alone: table, buttons, dialogs, forms."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.widgets.bar import Bar
from gui.widgets.basics import button
from gui.widgets.dialogs import Question, Sheet, WindowDialogs
from gui.widgets.forms import FieldSpec
from gui.widgets.picker import Picker
from gui.widgets.root import Root
from gui.widgets.rows import Column, Row
from gui.widgets.table import Table
from tests.service.harness import LIMIT_S

ROWS = 100_000


class Numbers:
    """Rows made when they are asked for; remembers which."""

    total = ROWS

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def row(self, number: int) -> Row | None:
        self.asked.add(number)
        return Row(f"key{number}", (f"{number:07}", f"name {number}"))


@pytest.fixture(params=["light", "dark"])
def root(request: pytest.FixtureRequest) -> Iterator[Root]:
    made = Root("Test", theme=request.param, scale_percent=100)
    faults: list[BaseException] = []
    made.on_fault = faults.append
    made.geometry("800x600")
    made.update()
    yield made
    made.destroy()
    assert not faults


@pytest.fixture
def table(root: Root) -> Table:
    made = Table(root, (Column("n", "Number", 100, "n"), Column("t", "Text", 200)))
    made.pack(fill="both", expand=True)
    made.show(Numbers())
    root.update()
    return made


def press(widget: Any, *keys: str) -> None:
    widget.focus_force()
    for key in keys:
        widget.event_generate(f"<{key}>")
    widget.update()


def test_only_rows_that_can_be_seen_are_asked_for(table: Table):
    assert 10 < len(table._slots) < 40
    assert isinstance(table.source, Numbers)
    assert len(table.source.asked) < 60
    assert table.tree.set(table._slots[0], "n") == "0000000"  # and not the number 0


def test_keys_move_through_all_rows(table: Table):
    chosen: list[Row | None] = []
    table.on_select = chosen.append
    press(table.tree, "End")
    assert table.selected == {f"key{ROWS - 1}"}
    assert chosen[-1] == table.row_at(ROWS - 1)
    press(table.tree, "Home", "Down", "Down")
    assert table.selected == {"key2"}
    press(table.tree, "Shift-Down", "Shift-Down")
    assert table.selected == {"key2", "key3", "key4"}
    page = len(table._slots) - 1
    press(table.tree, "Next")
    assert table.cursor == 4 + page


def test_clicks_select_and_the_selection_survives_scrolling(table: Table):
    def click(slot: int, state: int = 0) -> None:
        x, y, _, height = table.tree.bbox(table._slots[slot])
        table.tree.event_generate("<Button-1>", x=x + 5, y=y + height // 2, state=state)
        table.update()

    click(1)
    click(3, state=0x4)
    assert table.selected == {"key1", "key3"}
    press(table.tree, "Button-5")
    assert table.top == 3
    assert table.selected == {"key1", "key3"}
    click(0, state=0x4)  # row 3 is first now
    assert table.selected == {"key1"}


def test_a_heading_asks_for_another_order(table: Table):
    asked: list[tuple[str, bool]] = []
    table.on_sort = lambda name, descending: asked.append((name, descending))
    for _ in range(2):
        table._sort(table.columns[0])
    table._sort(table.columns[1])  # has no order
    assert asked == [("n", False), ("n", True)]
    assert "▼" in table.tree.heading("n")["text"]


@pytest.mark.parametrize("key", ["space", "Return"])
def test_space_and_return_press_a_button(root: Root, key: str):
    pressed: list[bool] = []
    made = button(root, "Press", lambda: pressed.append(True))
    made.pack()
    root.update()
    press(made, f"KeyPress-{key}", f"KeyRelease-{key}")
    assert pressed == [True]
    made.configure(state="disabled")
    press(made, f"KeyPress-{key}")
    assert pressed == [True]


def picker(root: Root, *, several: bool) -> Picker:
    made = Picker(
        root, ("audit.read", "labs.manage", "users.create", "users.read"), "users.read",
        several=several, name="what",
    )  # fmt: skip
    made.pack()
    root.update()
    return made


def write(entry: Any, text: str) -> None:
    entry.focus_force()
    entry.delete(0, "end")
    entry.insert(0, text)
    entry.update()


def test_one_of_many_is_found_by_a_part_of_its_name(root: Root):
    made = picker(root, several=False)
    assert made.value == "users.read"
    write(made.entry, "users")
    assert made.value == "users.create"
    press(made.entry, "Down")
    assert made.value == "users.read"
    press(made.entry, "Down")  # there is no other
    assert made.value == "users.read"
    write(made.entry, "nothing like it")
    assert made.value == ""
    write(made.entry, "READ aud")
    assert made.value == "audit.read"


def test_several_are_ticked_by_keys_and_clicks_and_stay_when_others_are_shown(
    root: Root,
):
    made = picker(root, several=True)
    changes: list[str] = []
    made.on_change(lambda: changes.append(made.value))
    assert made.value == "users.read"
    write(made.entry, "audit")
    press(made.entry, "Down")
    press(made.tree, "space")
    assert made.value == "audit.read, users.read"
    write(made.entry, "create")
    x, y, _, height = made.tree.bbox("0")
    made.tree.event_generate("<Button-1>", x=x + 5, y=y + height // 2)
    root.update()
    assert changes[-1] == "audit.read, users.create, users.read"
    press(made.tree, "space")
    write(made.entry, "")
    assert made.value == "audit.read, users.read"


def asked(root: Root, submit: Callable[..., object]) -> Sheet:
    question = Question(
        "Delete it",
        consequences=("It is gone.",),
        fields=(FieldSpec("reason", "Reason", required=True),),
        confirm="Delete",
        command=lambda v: f"delete --reason {v['reason']}",
    )
    sheet = WindowDialogs(root).open(question, submit)
    root.update()
    return sheet


def test_a_dialog_stays_with_what_was_typed_until_it_is_done(root: Root):
    calls: list[dict[str, str]] = []
    sheet = asked(root, lambda answers, _: calls.append(answers))
    sheet.confirm()
    assert calls == []
    assert sheet.form.field("reason").fault == "Reason is needed."
    sheet.form.field("reason").value = "old"
    press(sheet.form.field("reason").widget, "Return")
    assert calls == [{"reason": "old"}]
    sheet.wait()
    sheet.confirm()  # while the answer is on its way nothing is sent twice
    assert len(calls) == 1
    sheet.fail("Not that.", "reason")
    assert sheet.form.field("reason").fault == "Not that."
    assert sheet.form.values() == {"reason": "old"}
    press(sheet, "Escape")
    assert not sheet.winfo_exists()


def test_a_dialog_shows_the_shell_command(root: Root):
    sheet = asked(root, lambda *_: None)
    sheet.form.field("reason").value = "why"
    before = sheet.winfo_height()
    sheet.nametowidget("box.buttons.shell").invoke()
    root.update()
    text = sheet.nametowidget("box.command")
    assert text.get("1.0", "end-1c") == "delete --reason why"
    assert sheet.winfo_height() > before
    sheet.close()


def printing(root: Root, folder: Path, patch: pytest.MonkeyPatch, script: str) -> Sheet:
    """A dialog with a secret, and a program that stands for the printer."""
    if script:
        program = folder / "lp"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    patch.setenv("PATH", f"{folder}:/usr/bin:/bin" if script else str(folder))
    sheet = WindowDialogs(root).open(
        Question("Codes", secret="one\ntwo", save_as="codes.txt", close="Close")
    )
    root.update()
    next(w for w in every(sheet) if w.winfo_name() == "print").invoke()
    end = time.monotonic() + LIMIT_S
    while not sheet.notice.text and time.monotonic() < end:
        root.update()
    return sheet


def every(widget: Any) -> Iterator[Any]:
    yield widget
    for child in widget.winfo_children():
        yield from every(child)


def test_a_secret_is_printed_by_a_pipe(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sheet = printing(root, tmp_path, monkeypatch, f"cat > {tmp_path}/paper")
    assert "on its way to the printer" in sheet.notice.text
    assert (tmp_path / "paper").read_text() == "Codes\n\none\ntwo\n"
    sheet.close()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo lp: no default destination >&2; exit 1", "lp: no default destination"),
        ("", "no printing program (lp) is installed"),
    ],
)
def test_why_nothing_is_printed_is_said(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
):
    sheet = printing(root, tmp_path, monkeypatch, script)
    assert sheet.notice.text == f"It cannot be printed: {said}."
    sheet.close()


def test_what_finds_no_room_in_a_bar_stands_on_the_next_line(root: Root):
    bar = Bar(root, name="bar")
    bar.pack(anchor="w")
    made = [button(bar, text, lambda: None) for text in ("Remove", "Rename", "Add")]
    for one in made:
        bar.add(one)
    for room, wanted in (
        (bar.wanted, 1),
        (bar.wanted * 4 // 5, 2),
        (1, 3),
        (bar.wanted, 1),
    ):
        bar.arrange(room)
        root.update()
        assert len({one.winfo_rooty() for one in made}) == wanted
        assert all(one.winfo_viewable() for one in made)
        places = [(one.winfo_rooty(), one.winfo_rootx()) for one in made]
        assert places == sorted(places, reverse=True), "the first one is the last"


def test_the_scale_makes_everything_larger():
    sizes = []
    for percent in (200, 100):  # the last one holds for the windows of later tests
        root = Root("Test", theme="light", scale_percent=percent)
        made = button(root, "Press", lambda: None)
        made.pack()
        root.update()
        sizes.append((root.px(10), made.winfo_reqheight()))
        root.destroy()
    (large, high), (small, low) = sizes
    assert (small, large) == (10, 20)
    assert high > 1.7 * low
