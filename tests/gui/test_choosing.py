"""What the program knows is chosen from lists, by keys and by mouse."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gui.controllers import paged
from gui.controllers.known import Known, or_none
from gui.widgets.dialogs import Question, Sheet, WindowDialogs
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.picker import Picker
from gui.widgets.root import Root
from gui.widgets.type_ahead import found
from tests.gui.driver import Driver
from tests.gui.test_controllers import Told, desk, signed_in_admin
from tests.gui.test_widgets import press, root, write
from tests.service.harness import GOOD

__all__ = ["desk", "root"]  # the fixtures
Member = Callable[[str], str]
NAMES = tuple(f"reports.{part}" for part in "abcdefghijkl")


def ticks(root: Root, *, free: bool = False, value: str = "") -> Picker:
    made = Picker(root, NAMES, value, several=True, free=free, name="what")
    made.pack()
    root.update()
    return made


def told(made: Picker) -> str:
    return str(made.nametowidget("what_ticked").cget("text"))


def click_row(tree: Any, text: str) -> None:
    """Press the mouse on the row that reads so; it has to be in sight."""
    tree.update()
    for row in tree.get_children():
        if tree.set(row, "text").strip("☐☑ ") == text:
            x, y, _, height = tree.bbox(row)
            tree.event_generate("<Button-1>", x=x + 5, y=y + height // 2)
            tree.update()
            return
    raise AssertionError(f"no row {text!r}")


# --- the list to tick


def test_what_is_ticked_is_told_also_where_it_is_out_of_sight(root: Root):
    made = ticks(root)
    assert told(made) == "None is ticked"
    assert not made.tree.tag_configure("here", "background"), "none looks chosen"
    press(made.entry, "Down")
    assert made.tree.tag_configure("here", "background")
    press(made.tree, "End", "space", "Home", "space")
    assert told(made) == "2 ticked: reports.a, reports.l"
    click_row(made.tree, "reports.a")
    assert told(made) == "1 ticked: reports.l"
    made.value = ""
    assert told(made) == "None is ticked"


def test_letters_find_also_where_the_list_has_the_focus(root: Root):
    made = ticks(root)
    made.tree.focus_force()
    made.tree.event_generate("<Key>", keysym="k")
    root.update()
    assert made.entry.get() == "k"
    assert root.focus_get() is made.entry
    assert len(made.tree.get_children()) == 1


def test_what_is_no_choice_can_be_ticked_where_that_is_allowed(root: Root):
    made = ticks(root, free=True)
    write(made.entry, "own.one, reports.b own.two")
    assert made.fault == "Tick what was typed, or erase it."
    press(made.entry, "Down")
    press(made.tree, "space")
    assert made.value == "reports.b, own.one, own.two"
    assert made.entry.get() == ""
    assert made.fault == ""
    click_row(made.tree, "own.two")
    assert made.value == "reports.b, own.one"
    closed = Picker(root, NAMES, several=True, name="closed")
    write(closed.entry, "own.one")
    assert closed.fault == "Nothing is like what was typed."


def test_a_value_with_other_names_is_shown_whole_where_they_are_allowed(root: Root):
    assert ticks(root, free=True, value="own.one, reports.c").value == (
        "reports.c, own.one"
    )


def test_one_that_is_needed_is_not_chosen_by_itself(root: Root):
    spec = FieldSpec("one", "One", "find", choices=NAMES, required=True)
    form = Form(root, (spec,))
    form.pack()
    root.update()
    assert not form.judge()
    entry, _ = form.field("one").widgets
    press(entry, "Down", "Down")
    assert form.values() == {"one": "reports.b"}
    write(entry, "l")
    assert form.judge()
    assert form.values() == {"one": "reports.l"}
    write(entry, "")
    assert form.values() == {"one": ""}


@pytest.mark.parametrize("kind", ["choice", "find", "ticks"])
def test_where_nothing_is_known_everything_can_be_typed(root: Root, kind: Any):
    form = Form(root, (FieldSpec("one", "One", kind, "old"),))
    form.pack()
    root.update()
    assert form.values() == {"one": "old"}
    write(form.field("one").widget, "own.one, own.two")
    assert form.values() == {"one": "own.one, own.two"}


@pytest.mark.parametrize(
    ("order", "column"), [(("list", "a", "b"), 0), (("a", "b", "list"), 1)]
)
def test_a_list_stands_beside_the_other_fields(
    root: Root, order: tuple[str, ...], column: int
):
    specs = {name: FieldSpec(name, name) for name in "ab"}
    specs["list"] = FieldSpec("list", "List", "ticks", choices=NAMES)
    form = Form(root, [specs[name] for name in order], columns=2)
    form.pack()
    root.update()
    cells = {name: field.widget.master for name, field in form.fields.items()}
    cells["list"] = cells["list"].master
    at = {name: cell.grid_info() for name, cell in cells.items()}
    assert at["list"]["column"] == column
    assert {at[name]["column"] for name in "ab"} == {1 - column}
    assert cells["a"].winfo_y() < cells["b"].winfo_y() < cells["list"].winfo_height()


# --- lists that unfold


@pytest.fixture
def sheet(root: Root) -> Iterator[Sheet]:
    question = Question(
        "Title",
        fields=(FieldSpec("one", "One", "choice", "", choices=("", *NAMES, "Other")),),
        confirm="Do it",
    )
    made = WindowDialogs(root).open(question, lambda *_: None)
    made.update()
    yield made
    made.close()


def letters(box: Any, *keys: str) -> None:
    box.focus_force()
    for number, key in enumerate(keys, 1):
        box.event_generate("<Key>", keysym=key, time=number)
    box.update()


def test_letters_choose_what_begins_so(sheet: Sheet):
    box = sheet.form.field("one").widget
    letters(box, "o")
    assert sheet.form.values() == {"one": "Other"}
    box.event_generate("<Key>", keysym="r", time=5_000)  # after a pause: another word
    for key in ("e", "p", "o", "r", "t", "s", "period", "k"):
        box.event_generate("<Key>", keysym=key, time=5_001)
    box.update()
    assert sheet.form.values() == {"one": "reports.k"}
    box.event_generate("<Control-Key-o>", time=9_000)
    box.update()
    assert sheet.form.values() == {"one": "reports.k"}


@pytest.mark.parametrize("before", [(), ("r",)])
def test_space_unfolds_a_list_letters_find_in_it_and_space_chooses(
    sheet: Sheet, before: tuple[str, ...]
):
    box = sheet.form.field("one").widget
    letters(box, *before, "space")
    inside = f"{box.tk.call('ttk::combobox::PopdownWindow', box)}.f.l"
    assert int(box.tk.call("winfo", "ismapped", inside))
    box.tk.call("focus", "-force", inside)
    for key in ("o", "space"):
        box.tk.call("event", "generate", inside, "<Key>", "-keysym", key)
    box.update()
    assert not int(box.tk.call("winfo", "ismapped", inside))
    assert sheet.form.values() == {"one": "Other"}


def test_one_letter_over_and_over_goes_on_and_round():
    values = ["ada", "alan", "emmy", "FILT  Filtered"]
    assert found(values, -1, "a") == 0
    assert found(values, 0, "a") == 1
    assert found(values, 1, "aa") == 0
    assert found(values, 0, "al") == 1
    assert found(values, 0, "filtered") == 3
    assert found(values, 0, "filt ") == 3
    assert found(values, 0, "ada ") is None
    assert found(values, 0, "x") is None
    assert found([], -1, "a") is None


# --- what the service knows


def test_names_are_fetched_whole_or_not_at_all(
    desk: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
):
    for letter in "abc":
        ask("save_role", name=f"paged.{letter}", active=letter != "b")
    signed_in_admin(desk)
    names = Known(desk)
    assert names.roles == ()
    monkeypatch.setattr(paged, "PAGE_SIZE", 2)
    monkeypatch.setattr(paged, "PAGES_MAX", 100)
    names.fetch_roles()
    assert {"admin", "paged.a", "paged.c"} <= set(names.roles)
    assert "paged.b" not in names.roles
    names.fetch_for_roles()
    assert "paged.b" in names.roles
    assert names.templates
    assert not set(names.templates) & set(names.roles)
    asked = Told()
    names.fetch_permissions(asked.then)
    assert "gateway.forward" in asked.value
    monkeypatch.setattr(paged, "PAGES_MAX", 1)
    names.fetch_roles()
    assert names.roles == (), "a part of them would hide the others"


def test_what_a_field_has_now_is_offered():
    assert or_none((), "gone") == ()
    assert or_none(("b", "c"), "a") == ("", "a", "b", "c")


# --- dialogs


def test_a_role_is_filled_by_ticks_and_with_a_name_of_its_own(window: Driver, ask: Any):
    ask("save_role", name="reporters")
    ask("save_role", name="auditors", permissions=["ledger.read"])
    window.signed_in()
    page = window.go("roles")
    window.type("query", "reporters")
    window.until(lambda: page.found.query == "reporters")
    window.settled()
    page.table.focus_rows()
    window.until(lambda: page.role.role)
    window.until(lambda: "ledger.read" in page.roles.known.permissions)
    window.click("set")
    assert str(window.root.focus_get()).endswith("permissions")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("permissions").fault)
    window.type("permissions", "ledger")
    click_row(window.find("permissions_list"), "ledger.read")
    window.type("permissions", "ledger.close")
    window.key("Down")
    window.key("space")
    window.click("ok")
    window.until(lambda: len(page.role.role.permissions) == 2)
    allowed = {item.key for item in page.role.role.permissions}
    assert allowed == {"ledger.read", "ledger.close"}


def test_a_role_is_put_below_another_that_is_chosen(window: Driver, ask: Any):
    for name in ("upper.one", "lower.one"):
        ask("save_role", name=name)
    window.signed_in()
    page = window.go("roles")
    window.until(lambda: "upper.one" in page.roles.known.roles)
    window.type("query", "lower.one")
    window.until(lambda: page.found.query == "lower.one")
    window.settled()
    page.table.focus_rows()
    window.until(lambda: page.role.role)
    window.click("edit")
    box = window.find("parent")
    assert "lower.one" not in box.cget("values")
    letters(box, "u", "p", "p")
    window.click("ok")
    window.until(lambda: page.role.role and page.role.role.values["parent"])
    assert page.role.role.values["parent"] == "upper.one"
    window.key("Control-n")
    window.type("name", "like.another")
    window.choose("like", "lower.one")
    window.click("ok")
    window.until(lambda: "like.another" in page.roles.known.roles)


def test_roles_of_an_invitation_are_ticked(window: Driver, ask: Any):
    ask("save_role", name="guests")
    window.signed_in()
    page = window.go("invitations")
    window.until(lambda: "guests" in page.known.roles)
    window.key("Control-n")
    window.type("email", "gustav@example.org")
    click_row(window.find("roles_list"), "guests")
    window.type("roles", "moder")
    window.key("Down")
    window.key("space")
    window.click("send_email")
    window.click("ok")
    window.reads("Hand this over yourself")
    window.click("cancel")
    window.until(lambda: page.list.items)
    [row] = [i for i in page.list.items.values() if i.cells[0] == "gustav@example.org"]
    assert row.cells[1] == "guests, moderator"


def test_roles_that_could_not_be_fetched_are_typed(
    window: Driver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Known, "fetch_roles", lambda _: None)
    window.signed_in()
    page = window.go("invitations")
    window.key("Control-n")
    window.type("email", "typed@example.org")
    window.type("roles", "moderator, user")
    window.click("send_email")
    window.click("ok")
    window.reads("Hand this over yourself")
    window.click("cancel")
    window.until(lambda: page.list.items)
    [row] = [i for i in page.list.items.values() if i.cells[0] == "typed@example.org"]
    assert row.cells[1] == "moderator, user"


def test_the_primary_role_is_chosen(window: Driver, member: Member, ask: Any):
    user_id = member("prima")
    window.signed_in()
    page = window.go("users")
    window.key("Control-n")
    assert list(window.find("role").cget("values")) == ["user", "moderator", "admin"]
    window.key("Escape")
    window.type("query", "prima")
    window.until(lambda: page.search.query == "prima")
    window.settled()
    page.table.focus_rows()
    window.until(lambda: page.person.person)
    letters(page.person.form.field("role").widget, "m")
    window.click("save")
    window.until(lambda: page.person.person.values["role"] == "moderator")
    assert ask("get_user", user_id=user_id)["user"]["role"] == "moderator"


def test_an_attribute_is_found_by_a_part_of_its_name(window: Driver):
    window.signed_in()
    page = window.go("attributes")
    window.until(lambda: page.list.items)
    name = page.names[3]
    page.tabs.select(1)
    window.settled()
    window.click("set")
    window.click("ok")
    assert window.sheet.form.field("attribute").fault
    click_row(window.find("attribute_list"), name)
    assert window.sheet.form.values()["attribute"] == name
    window.key("Escape")


def test_a_permission_is_chosen_or_typed_and_a_time_zone_too(
    window: Driver, member: Member, ask: Any
):
    member("zora")
    ask("save_role", name="archivists", permissions=["archive.open"])
    window.signed_in()
    window.go("why")
    window.until(lambda: "archive.open" in window.find("permission").cget("values"))
    window.choose("permission", "archive.open")
    window.type("account", "zora")
    window.key("Return")
    window.reads("zora may not use archive.open everywhere")
    window.close()


def test_a_time_zone_is_chosen_or_typed(window: Driver, member: Member):
    member("zeno")
    window.signed_in("zeno", GOOD)
    window.go("notifications")
    window.click("preferences")
    window.choose("timezone", "Europe/Berlin")
    window.click("ok")
    window.until(lambda: "Your wishes count" in window.toast)
    window.click("preferences")
    assert window.find("timezone").get() == "Europe/Berlin"
    window.type("timezone", "UTC")
    window.click("ok")
    window.until(lambda: window.top is window.root)
