"""What somebody meets who has only a mouse, save for typing into fields."""

from collections.abc import Callable
from typing import Any

import pytest

from gui.widgets.basics import Split, button, choice, frame, label, wrap_within
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.root import Root
from gui.widgets.rows import Column, Row, Rows
from gui.widgets.table import Table
from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD, GOOD


@pytest.fixture
def root(request: pytest.FixtureRequest) -> Any:
    made = Root("Test", theme=getattr(request, "param", "light"), scale_percent=100)
    made.geometry("800x600")
    made.update()
    yield made
    made.destroy()


def press_at(widget: Any, time_ms: int) -> None:
    """One click of a real mouse, which says when."""
    for event in ("<Enter>", "<Button-1>", "<ButtonRelease-1>"):
        widget.event_generate(event, time=time_ms, x=2, y=2)
    widget.update()


def test_a_double_click_presses_only_the_button_that_it_began_on(root):
    pressed: list[str] = []
    then = button(root, "Do it", lambda: pressed.append("then"))

    def step() -> None:
        pressed.append("first")
        first.place_forget()
        then.place(x=50, y=50)

    first = button(root, "Try it", step)
    first.place(x=50, y=50)
    root.update()
    press_at(first, 10_000)
    press_at(then, 10_150)
    assert pressed == ["first"]
    press_at(then, 11_000)
    press_at(then, 11_100)
    assert pressed == ["first", "then", "then"]


def test_two_buttons_can_be_pressed_one_soon_after_the_other(root):
    pressed: list[int] = []
    for number in range(2):
        made = button(root, "Press", lambda n=number: pressed.append(n))  # type: ignore[misc]
        made.pack()
    root.update()
    for nth, made in enumerate(root.pack_slaves()):
        press_at(made, 10_000 + 100 * nth)
    assert pressed == [0, 1]


def test_a_fault_goes_when_its_value_is_another(root):
    form = Form(
        root,
        (FieldSpec("who", "Who", hint="A name", required=True), FieldSpec("b", "B")),
    )
    form.pack()
    assert not form.judge()
    who = form.field("who")
    assert who.fault
    form.field("b").value = "other"
    assert who.fault, "it is about another field"
    who.value = "ada"
    assert (who.fault, str(who.message.cget("text"))) == ("", "A name")


@pytest.mark.parametrize("root", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("look", ["warning", "info"])
def test_coloured_text_can_be_read(root, look):
    for theme in (root.theme, "light", "dark"):
        root.change_theme(theme)
        text = label(root, "suspended", look=look)
        style = str(text.cget("style"))
        colour = root.style.lookup(style, "foreground")
        assert contrast(root, colour, root.colour("bg")) >= 4.5


def contrast(root: Root, one: str, other: str) -> float:
    """As WCAG 2.2 measures it."""

    def luminance(colour: str) -> float:
        parts = [part / 65535 for part in root.winfo_rgb(colour)]
        linear = [
            p / 12.92 if p <= 0.04 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_what_was_chosen_from_a_list_is_not_marked(root):
    box = choice(root, ("any role", "admin"), name="role", width=12)
    box.pack()
    box.set("admin")
    box.selection_range(0, "end")  # as Tk does when a row is clicked
    box.event_generate("<<ComboboxSelected>>")
    root.update()
    assert not box.selection_present()


def test_a_cell_that_is_cut_off_is_told_in_full(root):
    table = Table(root, (Column("n", "Name", 10), Column("t", "Text", 60)))
    table.place(x=0, y=0, width=300, height=200)
    long = "Wolfeschlegelsteinhausenbergerdorff"
    table.show(Rows([Row("a", ("ada", "short")), Row("b", (long, "short"))]))
    root.update()

    def point_at(slot: int, column: str) -> None:
        x, y, width, height = table.tree.bbox(table.tree.get_children()[slot], column)
        table.tree.event_generate("<Motion>", x=x + width // 2, y=y + height // 2)
        root.update()

    point_at(1, "n")
    assert table.full.winfo_ismapped()
    assert str(table.full.cget("text")) == long
    point_at(1, "t")
    assert not table.full.winfo_ismapped()
    point_at(1, "n")
    table.refresh()
    root.update()
    assert not table.full.winfo_ismapped()


def test_details_can_be_closed(window: Driver, member: Callable[[str], str]):
    member("mocloser")
    window.signed_in()
    users = window.go("users")
    open_details(window, users, "mocloser")
    window.click("hide")
    assert not users.person.winfo_ismapped()
    assert not users.table.selected
    assert window.seen("hide") is None


def test_who_is_deleted_leaves_and_who_is_brought_back_returns(
    window: Driver, member: Callable[[str], str]
):
    member("moleaver")
    window.signed_in()
    users = window.go("users")
    open_details(window, users, "moleaver")
    window.click("delete")
    window.type("password", "not this one")
    window.click("ok")
    field = window.sheet.form.field("password")
    window.until(lambda: "Your password is not right" in field.fault)
    window.type("password", ADMIN_PASSWORD)
    window.click("ok")
    window.reads("Nobody selected")
    assert "It cannot be shown" not in window.texts
    window.click("undo")
    window.until(lambda: window.toast == "moleaver is back.")
    window.until(lambda: users.person.person)
    window.find("tabs")


def open_details(window: Driver, users: Any, username: str) -> None:
    window.type("query", username)
    window.until(lambda: users.search.query == username)
    window.settled()
    window.key("Down")
    window.find("tabs")


def test_the_name_is_there_after_signing_out(
    window: Driver, member: Callable[[str], str]
):
    member("moreturner")
    window.signed_in("moreturner", GOOD)
    window.click("signout")
    window.until(lambda: window.program.sign_in)
    assert window.find("username").get() == "moreturner"


def test_an_address_that_is_its_own_name_is_told_once(open_window, shared):
    window = open_window()
    window.program.desk.place = type(window.program.desk.place)(
        shared.endpoint, shared.endpoint
    )
    window.program.flow.begin_again()
    window.reads("Sign in")
    assert window.texts.splitlines().count(shared.endpoint) == 1


def test_a_hint_stands_below_its_field_beside_a_tall_one(root):
    form = Form(
        root,
        (
            FieldSpec("born", "Born", hint="For example 1990-05-17"),
            FieldSpec("n", "N", "lines"),
        ),
        columns=2,
    )
    form.pack(fill="x")
    root.update()
    born = form.field("born")
    bottom = born.widget.winfo_rooty() + born.widget.winfo_height()
    assert 0 <= born.message.winfo_rooty() - bottom <= 5


def test_a_small_window_shows_all_filters_and_columns_that_can_be_read(
    window: Driver, member: Callable[[str], str]
):
    member("mosmall")
    window.signed_in()
    users = window.go("users")
    wide = users.table.tree.cget("displaycolumns")
    window.root.geometry("900x600")
    window.choose("signedin", "never signed in")
    open_details(window, users, "mosmall")
    window.until(lambda: window.root.winfo_width() == 900)
    window.settled()
    for name in ("state", "signedin", "showall"):
        widget = window.find(name)
        edge = widget.winfo_rootx() + widget.winfo_reqwidth()
        assert edge <= window.root.winfo_rootx() + 900
    shown = users.table.tree.cget("displaycolumns")
    assert 2 <= len(shown) < len(users.narrow) + 1
    assert users.table.tree.column("username", "width") >= 50
    window.click("hide")
    window.root.geometry("1280x800")
    window.until(lambda: users.table.tree.cget("displaycolumns") == wide)


def test_the_right_pane_leaves_the_list_some_room(root):
    panes = Split(root, 700)
    panes.pack(fill="both", expand=True)
    root.update()
    assert panes.left.winfo_width() >= 230  # of 800
    panes.reveal(right=False)
    root.geometry("600x400")
    root.update()
    panes.reveal(right=True)
    root.update()
    assert panes.left.winfo_width() >= 170
    root.geometry("400x400")
    root.update()
    assert panes.left.winfo_width() >= 110


def test_lines_go_on_below_where_their_box_ends(root):
    box = frame(root)
    box.place(x=0, y=0, width=300, height=200)
    line = label(box, "0 members, 0 active. " * 6, wrap=520)
    line.pack(anchor="w")
    wrap_within(box, (line,))
    root.update()
    assert line.winfo_reqwidth() <= 300


def test_who_is_unknown_is_said_to_be_so(window: Driver, shared: Any):
    shared.ask(
        action="create_lab",
        session_token=shared.admin_token,
        name="Mouse laboratory",
        code="MOUSE",
    )
    window.signed_in()
    labs = window.go("labs")
    window.type("query", "MOUSE")
    window.until(lambda: labs.found.query == "MOUSE")
    window.settled()
    window.key("Down")
    window.until(lambda: labs.lab.lab and labs.lab.lab.code == "MOUSE")
    window.click("add")
    window.type("account", "moghost")
    window.click("ok")
    window.reads("No account has that name or address.")


def test_all_rows_of_a_low_table_can_be_reached(root):
    table = Table(root, (Column("n", "Name", 100),))
    table.place(x=0, y=0, width=300, height=75)
    table.show(Rows([Row("a", ("ada",)), Row("b", ("barbara",))]))
    root.update()
    assert len(table.tree.get_children()) == 1
    table.tree.event_generate("<Button-5>", x=5, y=50)
    root.update()
    assert table.tree.set(table.tree.get_children()[0], "n") == "barbara"


def test_a_deleted_role_leaves(window: Driver, shared: Any):
    shared.ask(
        action="save_role", session_token=shared.admin_token, name="momentary",
        permissions=["users.read"],
    )  # fmt: skip
    window.signed_in()
    roles = window.go("roles")
    window.type("query", "momentary")
    window.until(lambda: roles.found.query == "momentary")
    window.settled()
    window.key("Down")
    window.until(lambda: roles.role.role)
    window.click("delete")
    window.click("ok")
    window.until(lambda: window.toast == "momentary is gone.")
    assert not roles.role.winfo_ismapped()
    window.until(lambda: roles.found.total == 0)
