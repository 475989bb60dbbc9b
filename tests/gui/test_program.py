"""The program as it is started: options, what it remembers, keys of the window."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gui.controllers.choices import load_choices
from tests.gui.driver import Driver
from tests.service.harness import GOOD, ROOT
from tests.service.running import RunningService

Open = Callable[..., Driver]
Member = Callable[[str], str]


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_explains_the_options_without_a_display():
    done = run("-m", "gui", "--help", DISPLAY="")
    assert done.returncode == 0
    assert "--endpoint" in done.stdout


def test_without_a_display_it_ends_with_a_clear_line():
    done = run("-m", "gui", DISPLAY=":4711")
    assert done.returncode == 69
    assert done.stderr.startswith("ums: no window can be opened")
    assert done.stderr.count("\n") == 1


def test_without_tkinter_it_says_what_to_install():
    hidden = (
        "import sys; sys.modules['tkinter'] = None; from gui.__main__ import main; "
    )
    done = run("-c", hidden + "main([])")
    assert done.returncode == 69
    assert "apt install python3-tk" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_window_is_there_before_what_takes_long_to_load(tmp_path: Path):
    code = (
        "import sys; from gui.start import open_program; "
        "program = open_program(None, None, None, None, None); "
        "print(program.root.nametowidget('main.signin').winfo_exists(), "
        "'pydantic' in sys.modules, 'zmq' in sys.modules)"
    )
    done = run("-c", code, XDG_CONFIG_HOME=str(tmp_path))
    assert (done.stdout, done.stderr) == ("1 False False\n", "")


def test_theme_size_place_and_user_are_remembered(
    open_window: Open, member: Member, tmp_path: Path
):
    member("rita")
    window = open_window()
    window.root.geometry("1000x700")
    window.signed_in("rita", GOOD)
    window.root.event_generate("<Control-t>")
    window.close()
    kept = load_choices(tmp_path / "desktop.json")
    assert (kept.theme, kept.width, kept.height) == ("dark", 1000, 700)
    assert kept.here.last_user == "rita"
    assert GOOD not in (tmp_path / "desktop.json").read_text()


def test_keys_bring_pages_help_and_themes(window: Driver, member: Member):
    member("sven")
    window.signed_in("sven", GOOD)
    window.settled()
    window.root.event_generate("<Alt-Key-4>")
    window.until(lambda: window.program.shell.current == "sessions")  # type: ignore[union-attr]
    window.root.event_generate("<F1>")
    assert "Ctrl+Q" in window.find("secret").get("1.0", "end")
    window.key("Escape")
    assert window.top is window.root
    for theme in ("dark", "light"):
        window.root.event_generate("<Control-t>")
        assert window.root.theme == theme


def test_every_page_has_a_way_by_keys(window: Driver, shared: RunningService):
    window.signed_in()
    window.settled()
    shell = window.program.shell
    assert shell is not None
    assert len(shell.entries) > 10
    window.root.event_generate("<Alt-Key-0>")
    assert shell.current == shell.entries[9].name
    window.root.event_generate("<Control-Next>")
    assert shell.current == shell.entries[10].name
    window.root.event_generate("<Control-Prior>")
    assert shell.current == shell.entries[9].name
    for entry in shell.entries:
        window.root.event_generate("<Control-k>")
        window.type("page", entry.title.replace("?", "").lower())
        window.key("Return")
        window.until(lambda name=entry.name: shell.current == name)
    window.root.event_generate("<Control-k>")
    window.type("page", "my")
    window.key("Down")
    window.key("Up")
    window.key("Return")
    assert shell.current == "profile"
    window.settled()


def test_the_key_of_the_way_to_pages_takes_nothing_that_was_typed(
    window: Driver, member: Member
):
    member("svea")
    window.signed_in("svea", GOOD)
    window.settled()
    window.type("city", "Lund")
    window.find("city").icursor(0)
    window.key("Control-k")
    assert window.sheet
    window.key("Escape")
    window.key("Control-t")
    assert window.find("city").get() == "Lund"


def test_settings_are_chosen_in_a_dialog_and_kept(
    open_window: Open, member: Member, tmp_path: Path
):
    member("tage")
    window = open_window()
    window.signed_in("tage", GOOD)
    window.settled()
    window.click("settings")
    window.choose("theme", "Dark")
    window.choose("scale", "150 %")
    window.click("shell")
    assert "--theme dark --scale 150" in window.find("command").get("1.0", "end")
    window.click("ok")
    assert window.root.theme == "dark"
    assert "open the program again" in window.toast
    window.close()
    kept = load_choices(tmp_path / "desktop.json")
    assert (kept.theme, kept.scale_percent) == ("dark", 150)


def test_a_low_window_shows_the_page_in_front_in_its_rail(window: Driver):
    window.signed_in()
    window.root.geometry("900x540")
    window.root.event_generate("<Control-Prior>")  # from the first to the last
    shell = window.program.shell
    assert shell is not None
    last = shell.entries[-1].name

    def in_sight() -> bool:
        button, rail = window.seen(last, shell.rail), shell.rail
        bottom = button.winfo_rooty() + button.winfo_height()
        return bool(bottom <= rail.winfo_rooty() + rail.winfo_height())

    window.until(lambda: shell.current == last and in_sight())
    window.settled()


def test_signing_out_ends_the_session(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("toni")

    def sessions() -> int:
        reply = shared.ask(
            action="list_sessions",
            session_token=shared.admin_token,  # type: ignore[attr-defined]
            user_id=user_id,
        )
        return len(reply["sessions"])

    window.signed_in("toni", GOOD)
    assert sessions() == 1
    window.click("signout")
    window.reads("Nobody is signed in")
    window.until(lambda: sessions() == 0)
