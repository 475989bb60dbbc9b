"""What is done with keys alone: the order of Tab, where the focus is, keys of their own."""

from collections.abc import Callable
from tkinter import filedialog
from typing import Any

import pytest

from gui.widgets.basics import ScrolledFrame, button, frame, label
from gui.widgets.dialogs import Question, Sheet, WindowDialogs
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.notice import Notice, Toasts
from gui.widgets.root import Root
from gui.widgets.table import Column, Table
from tests.gui.driver import Driver
from tests.gui.test_widgets import Numbers, press, root
from tests.service.harness import ADMIN_PASSWORD

__all__ = ["root"]


def focus(widget: Any) -> str:
    return str(widget.focus_get().winfo_name())


def test_tab_goes_as_the_eye_does(root: Root):
    bar = frame(root)
    bar.pack(fill="x")
    second = button(bar, "second", lambda: None, name="second")
    for name, side in (("last", "right"), ("third", "right"), ("first", "left")):
        button(bar, name, lambda: None, name=name).pack(side=side)  # type: ignore[arg-type]
    second.pack(side="left")
    root.update()
    first = bar.nametowidget("first")
    press(first)
    seen = [focus(root)]
    for _ in range(3):
        press(root.focus_get(), "Tab")
        seen.append(focus(root))
    assert seen == ["first", "second", "third", "last"]
    press(root.focus_get(), "Shift-Tab")
    assert focus(root) == "third"


def test_tab_goes_on_from_where_the_focus_was_lost(root: Root):
    for name in ("top", "middle"):
        box = frame(root, name=f"box_{name}")
        box.pack()
        for number in (1, 2):
            made = button(box, name, lambda: None, name=f"{name}{number}")
            made.pack()
    root.update()
    press(root.nametowidget("box_middle.middle1"))
    root.nametowidget("box_middle.middle1").destroy()
    root.focus_force()
    root.update()
    press(root, "Tab")
    assert focus(root) == "middle2"


def test_a_list_is_sorted_by_keys(root: Root):
    columns = (
        Column("n", "Number", 100, "n"),
        Column("x", "No order", 100),
        Column("t", "Text", 200, "t"),
        Column("h", "Hidden", 200, "h"),
    )
    table = Table(root, columns)
    table.pack(fill="both", expand=True)
    table.show_columns(("n", "x", "t"))
    table.show(Numbers())
    root.update()
    asked: list[tuple[str, bool]] = []
    table.on_sort = lambda name, descending: asked.append((name, descending))
    press(table.tree, "Control-Down")  # by nothing yet
    right = ("Control-Right", "Control-Right", "Control-Right")
    press(table.tree, *right, "Control-Left", "Control-Down", "Control-Up")
    assert asked == [
        ("n", False), ("t", False), ("n", False), ("t", False), ("t", True),
        ("t", False),
    ]  # fmt: skip
    assert table.tree.heading("t")["text"] == "Text ▲"


def test_a_form_scrolls_to_the_field_that_gets_the_focus(root: Root):
    root.geometry("400x300")
    scrolled = ScrolledFrame(root)
    scrolled.container.pack(fill="both", expand=True)
    specs = [FieldSpec(f"field{n}", f"Field {n}") for n in range(12)]
    form = Form(scrolled, specs)
    form.pack(fill="both", expand=True)
    root.update()

    def in_sight(widget: Any) -> bool:
        bottom = root.winfo_rooty() + root.winfo_height()
        ends = widget.winfo_rooty() + widget.winfo_height()
        return root.winfo_rooty() <= widget.winfo_rooty() and ends <= bottom

    last, first = form.field("field11"), form.field("field0")
    assert not in_sight(last.widget)
    last.blame("Not so.")
    last.widget.focus_force()
    root.update()
    assert in_sight(last.widget)
    assert in_sight(last.message)
    first.widget.focus_force()
    root.update()
    assert in_sight(first.widget)


def test_what_is_only_read_scrolls_by_keys(root: Root):
    root.geometry("400x300")
    scrolled = ScrolledFrame(root, reading=True)
    scrolled.container.pack(fill="both", expand=True)
    label(scrolled, "\n".join("line" for _ in range(99))).pack()
    root.update()
    press(root, "Tab")
    press(root.focus_get(), "Next", "Down")
    assert scrolled.yview()[0] > 0


def ask(root: Root, **more: Any) -> tuple[Sheet, list[dict[str, str]]]:
    given: list[dict[str, str]] = []
    question = Question("Title", confirm="Do it", **more)
    made = WindowDialogs(root).open(question, lambda answers, _: given.append(answers))
    made.update()
    return made, given


def test_return_confirms_from_a_list_too(root: Root):
    fields = (
        FieldSpec("way", "Way", "choice", "a", choices=("a", "b")),
        FieldSpec("who", "Who", "find", choices=("alan", "emmy")),
    )
    sheet, given = ask(root, fields=fields)
    press(sheet.form.field("way").widget, "Return")
    press(sheet.form.field("who").widgets[1], "Down", "Return")
    assert given == [{"way": "a", "who": "alan"}, {"way": "a", "who": "emmy"}]
    sheet.close()


def test_what_nothing_is_like_is_not_confirmed(root: Root):
    sheet, given = ask(
        root, fields=(FieldSpec("who", "Who", "find", choices=("alan",)),)
    )
    entry = sheet.form.field("who").widget
    entry.insert(0, "zzz")
    press(entry, "Return")
    assert not given
    assert sheet.form.field("who").fault == "Nothing is like what was typed."
    sheet.close()


def test_a_place_is_asked_for_before_the_dialog(
    root: Root, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Any] = []
    for name in ("asksaveasfilename", "askopenfilename"):
        monkeypatch.setattr(
            filedialog, name, lambda parent, **_: asked.append(parent) or ""
        )
    dialogs = WindowDialogs(root)
    dialogs.pick_place("results.csv")
    sheet = dialogs.open(Question("Results"))
    sheet.update()
    dialogs.pick_place("results.csv")
    dialogs.pick_file("Which?")
    sheet.close()
    assert asked == [root, sheet, sheet]


def test_a_password_is_shown_by_a_key(root: Root):
    sheet, _ = ask(root, fields=(FieldSpec("password", "Password", "password"),))
    entry = sheet.form.field("password").widget
    entry.insert(0, "secret")
    press(entry, "Control-h")
    assert (entry.cget("show"), entry.get()) == ("", "secret")
    press(entry, "Control-h")
    assert entry.cget("show") == "•"
    sheet.close()


def test_what_is_shown_once_is_not_lost_by_a_key_too_many(root: Root):
    question = Question("Codes", secret="one\ntwo", close="I have kept it", once=True)
    sheet = WindowDialogs(root).open(question)
    sheet.update()
    press(sheet.focus_get(), "KeyPress-Return", "Escape")
    assert sheet.winfo_exists()
    assert sheet.focus_get() is sheet.cancel
    press(sheet.cancel, "KeyPress-Return")
    assert not sheet.winfo_exists()


def test_the_shell_command_can_be_reached(root: Root):
    sheet, _ = ask(root, command=lambda _: "ums do-it")
    sheet._toggle_command()
    sheet.update()
    press(sheet.cancel, "Shift-Tab", "Shift-Tab")
    for _ in range(4):
        if focus(sheet) == "command":
            break
        press(sheet.focus_get(), "Tab")
    assert focus(sheet) == "command"
    sheet.close()


def test_a_message_is_undone_by_a_key(root: Root):
    done: list[bool] = []
    toasts = Toasts(root)
    toasts.show("Gone.", action="Undo", command=lambda: done.append(True))
    for _ in range(2):
        toasts.act()
    assert done == [True]
    toasts.show("Nothing to undo.")
    toasts.act()
    assert done == [True]


def test_a_hint_can_be_read(root: Root):
    notice = Notice(root)
    notice.grid()
    notice.show("Look here.", "info")
    style = notice.winfo_children()[-1].cget("style")
    said = str(root.style.lookup(style, "foreground"))
    assert said == root.readable_info
    if root.theme == "light":
        assert said != root.colour("info")


def test_keys_are_for_the_page_in_front(window: Driver):
    window.signed_in()
    window.find("new").focus_force()
    window.key("Alt-Key-2")
    window.settled()
    assert window.program.shell
    assert window.program.shell.current == "labs"
    window.key("KeyPress-space")
    assert window.top is window.root  # and no dialog for a new user
    at = str(window.root.focus_get())
    assert at.startswith(str(window.page))
    window.find("audit").focus_force()  # in the rail
    window.key("Alt-Key-1")
    window.key("Tab")
    assert str(window.root.focus_get()).startswith(str(window.page))


def test_ctrl_n_makes_a_new_one_on_each_page_that_has_such(window: Driver):
    window.signed_in()
    for page, title in (("attributes", "New attribute"), ("keys", "New API key")):
        window.go(page)
        window.root.event_generate("<Control-n>")
        window.until(lambda title=title: title in window.sheet.title())
        window.key("Escape")
    window.go("sessions")
    window.root.event_generate("<Control-n>")
    window.pump()
    assert window.top is window.root


def test_ctrl_k_goes_to_settings_and_signs_out(window: Driver):
    window.signed_in()
    for words, title in (("setti", "Settings"), ("connec", "Connection")):
        window.root.event_generate("<Control-k>")
        assert window.sheet
        window.type("page", words)
        window.key("Return")
        window.reads(title)
        window.key("Escape")
    window.root.event_generate("<Control-k>")
    assert window.sheet
    window.type("page", "sign out")
    window.key("Return")
    window.reads("Remember this computer")


def test_after_a_suspension_tab_stays_with_the_account(
    window: Driver, member: Callable[[str], str]
):
    member("kesuspended")
    window.signed_in()
    window.type("query", "kesuspended")
    window.until(lambda: window.page.search.query == "kesuspended")
    window.settled()
    window.key("Down")
    window.find("suspend").focus_force()
    window.key("KeyPress-space")
    assert window.sheet
    window.type("reason", "Asked for it")
    window.key("Return")
    window.until(lambda: window.toast == "kesuspended is suspended.")
    window.find("activate")
    window.root.focus_force()
    window.key("Tab")
    assert str(window.root.focus_get()).startswith(str(window.page.person))


def test_who_is_back_by_a_key_is_shown_again(
    window: Driver, member: Callable[[str], str]
):
    member("keback")
    window.signed_in()
    window.type("query", "keback")
    window.until(lambda: window.page.search.query == "keback")
    window.settled()
    window.key("Down")
    window.click("delete")
    assert window.sheet
    window.type("password", ADMIN_PASSWORD)
    window.key("Return")
    window.reads("Nobody selected")
    window.root.event_generate("<Control-z>")
    window.until(lambda: window.toast == "keback is back.")
    window.find("tabs")
    window.reads("Suspend…")
