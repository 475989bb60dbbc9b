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


def test_a_choice_is_answered_before_what_is_typed_after_it(root: Root):
    way = FieldSpec("way", "Way", "choice", "a", choices=("a", "b"))
    name = FieldSpec("name", "Name", value="Emmy")
    why = FieldSpec("why", "Why")
    for fields, first in (((name, way, why), "way"), ((name, why, way), "why")):
        sheet, _ = ask(root, fields=fields)
        assert focus(sheet) == first
        sheet.close()


def test_return_confirms_from_a_box_that_space_ticks(root: Root):
    sheet, given = ask(root, fields=(FieldSpec("erase", "Erase", "check"),))
    box = sheet.form.field("erase").widget
    press(box, "KeyPress-Return")
    press(box, "KeyPress-space", "KeyPress-Return")
    assert [bool(answers["erase"]) for answers in given] == [False, True]
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


def test_the_shell_command_comes_after_what_a_dialog_is_for(root: Root):
    fields = (FieldSpec("reason", "Reason"),)
    sheet, _ = ask(root, fields=fields, command=lambda _: "ums do-it", extra="Forget")
    seen = []
    for _ in range(4):
        press(sheet.focus_get(), "Tab")
        seen.append(focus(sheet))
    assert seen == ["extra", "cancel", "ok", "shell"]
    sheet.close()


def test_what_is_too_long_for_the_screen_scrolls_by_keys(root: Root):
    text = "\n".join(f"line {number}" for number in range(200))
    sheet = WindowDialogs(root).open(Question("Keys", secret=text, close="Close"))
    sheet.update()
    assert sheet.winfo_height() < sheet.winfo_screenheight()
    press(sheet.focus_get(), "Down")
    assert sheet._secret.yview()[0] > 0
    press(sheet.focus_get(), "Escape")
    assert not sheet.winfo_exists()


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


def test_tab_goes_on_from_an_unfolded_list(window: Driver):
    window.signed_in()
    window.settled()
    box = window.find("state")
    box.focus_force()
    box.tk.call("ttk::combobox::Post", box)
    window.pump()
    inside = f"{box.tk.call('ttk::combobox::PopdownWindow', box)}.f.l"
    box.tk.call("focus", "-force", inside)
    box.tk.call("event", "generate", inside, "<Tab>")
    window.until(lambda: focus(window.root) == "role")
    assert not int(box.tk.call("winfo", "ismapped", inside))


def test_the_name_is_back_after_signing_out(window: Driver):
    window.signed_in()
    window.click("signout")
    window.reads("Remember this computer")
    assert window.find("username").get() == "admin"
    assert focus(window.root) == "password"


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
    assert str(window.root.focus_get()).startswith(str(window.page.person))
    window.find("unlock").focus_force()
    window.key("KeyPress-space")
    window.until(lambda: "not locked" in window.toast)
    window.until(lambda: focus(window.root) == "unlock")


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


def test_a_wrong_member_is_told_beside_the_field_and_a_lab_that_is_gone_not_shown(
    window: Driver,
):
    window.signed_in()
    window.go("labs")
    window.click("new")
    for name, text in (("name", "Keys only"), ("code", "KEONLY")):
        assert window.sheet
        window.type(name, text)
    window.key("Return")
    window.until(lambda: window.toast == "The lab is there.")
    window.reads("Code KEONLY, active")
    window.click("add")
    assert window.sheet
    window.type("account", "kenobody")
    window.key("Return")
    window.reads("No account has that name or address.")
    assert window.sheet.form.field("account").fault
    window.key("Escape")
    window.page.pane.delete()
    assert window.sheet
    window.type("confirm_code", "KEONLY")
    window.key("Return")
    window.until(lambda: window.toast == "Keys only is gone.")
    window.until(lambda: "Code KEONLY" not in window.texts)


def test_return_on_a_trial_neither_does_it_nor_loses_it(
    window: Driver, member: Callable[[str], str]
):
    member("ketried")
    window.signed_in()
    window.type("query", "ketried")
    window.until(lambda: window.page.search.query == "ketried")
    window.settled()
    window.key("Down")
    window.key("Control-a")
    window.until(lambda: len(window.page.picks.picked) == 1)
    window.root.event_generate("<Control-e>")
    wizard = window.sheet
    window.choose("what", "Suspend")
    window.type("reason", "A trial")
    window.key("Return")
    window.find("doit")
    for _ in range(3):
        window.key("KeyPress-Return")
    assert window.top is wizard
    assert window.find("doit").instate(["!disabled"])
    assert "what would happen" in window.texts
    window.key("Escape")
