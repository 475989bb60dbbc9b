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
    window.root.event_generate("<Alt-Key-3>")
    window.until(lambda: window.program.shell.current == "sessions")  # type: ignore[union-attr]
    window.root.event_generate("<F1>")
    assert "Ctrl+Q" in window.find("secret").get("1.0", "end")
    window.key("Escape")
    assert window.top is window.root
    for theme in ("dark", "light"):
        window.root.event_generate("<Control-t>")
        assert window.root.theme == theme


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
