"""Puts the program together: window, connection, pages, and what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from gui.background import Background
from gui.collecting import Collector
from gui.controllers.advice import advice_of
from gui.controllers.choices import Choices, Place, save_choices
from gui.controllers.desk import DEADLINE_S, Desk, Me
from gui.controllers.known_devices import DeviceTokens
from gui.controllers.problems import Problem, expected
from gui.controllers.security_keys import SecurityKeys
from gui.controllers.signin import SignIn
from gui.controllers.wire import load_all
from gui.views.connection import ask_place, ask_proof, ask_sign_in
from gui.views.keyboard import ask_page, show_keys
from gui.views.leaving import Leaving
from gui.views.settings import ask_settings
from gui.views.shell import NUMBERED, RailActions, Shell, StatusBar
from gui.views.sign_in import SignInView
from gui.views.stage import Stage
from gui.widgets.basics import frame
from gui.widgets.dialogs import Dialogs, WindowDialogs
from gui.widgets.notice import Toasts
from gui.widgets.panel import panels
from gui.widgets.root import Root

PROBE_MS: Final = 5_000
"""How often the status bar looks whether the service is there."""
FIRST_PROBE_MS: Final = 30
"""When the window has been drawn: what asks the service is loaded only then."""


class Program:
    """The desktop program. `run` returns when its window is closed."""

    def __init__(
        self,
        path: Path,
        choices: Choices,
        *,
        dialogs: Callable[[Root], Dialogs] = WindowDialogs,
        deadline_s: float = DEADLINE_S,
        keys: SecurityKeys | None = None,
    ) -> None:
        """Begins as `choices` say; what they are at the end is written to `path`.

        `keys` are the security keys to use; those on USB if not given.
        """
        self._path = path
        self._collector = Collector()
        self.choices = choices
        self.root = root = Root(
            "UMS", theme=choices.theme, scale_percent=choices.scale_percent
        )
        root.geometry(f"{choices.width}x{choices.height}")
        root.minsize(root.px(860), root.px(540))
        self.background = Background(expected)
        self.desk = Desk(self.background, choices.here, deadline_s)
        self.desk.keys = keys or self.desk.keys
        self.desk.devices = DeviceTokens(path.with_name("devices.json"))
        self.stage = Stage(
            root, self.desk, dialogs(root), Toasts(root), dict(choices.looks)
        )
        root.columnconfigure(0, weight=1)
        root.rowconfigure(0, weight=1)
        self.front = frame(root, name="main")
        self.front.grid(row=0, column=0, sticky="nsew")
        self.front.columnconfigure(0, weight=1)
        self.front.rowconfigure(0, weight=1)
        self.status = StatusBar(root, self.stage, self.change_connection)
        self.status.grid(row=1, column=0, sticky="ew")
        self.sign_in: SignInView | None = None
        self.shell: Shell | None = None
        self._probe = self._note = ""
        self._asking = False
        self.leaving = Leaving(
            self.stage, lambda: self.shell.at_risk if self.shell is not None else ()
        )
        self._listen()
        self.desk.begin(choices.here)
        self._probe = root.after(FIRST_PROBE_MS, self._load)

    def _listen(self) -> None:
        root, desk = self.root, self.desk
        desk.heard.me.append(self._who_changed)
        desk.on_proof = lambda again, give_up: ask_proof(self.stage, again, give_up)
        desk.on_session_lost = self._session_lost
        root.protocol("WM_DELETE_WINDOW", self.ask_to_close)
        root.every_tick(self._tick)
        root.bind("<F1>", lambda _: show_keys(self.stage))
        root.bind("<Control-z>", lambda _: self.stage.toasts.act())
        root.bind("<Control-t>", lambda _: self.toggle_theme())
        root.bind("<Control-q>", lambda _: self.ask_to_close())
        root.bind("<F5>", lambda _: self._in_shell(lambda shell: shell.reload()))
        root.bind("<Control-comma>", lambda _: self.change_settings())
        root.bind("<Control-k>", lambda _: self._in_shell(self.find_page))
        for key, by in (("Prior", -1), ("Next", 1)):
            root.bind(
                f"<Control-{key}>",
                lambda _, by=by: self._in_shell(lambda shell: shell.step(by)),  # type: ignore[misc]
            )
        for number in range(NUMBERED):
            root.bind(f"<Alt-Key-{number}>", self._page_key)

    def _load(self) -> None:
        """Have the rest of the program loaded while somebody types their name."""
        self._keep_probing()

        def load_pages() -> None:
            load_all()
            import_module("gui.pages")

        self.background.run(load_pages, lambda _: None)

    def _tick(self) -> None:
        self._collector.collect()
        self.background.drain()

    def _page_key(self, event: Any) -> None:
        number = int(event.keysym) or NUMBERED
        self._in_shell(lambda shell: shell.show_number(number))

    def _in_shell(self, work: Callable[[Shell], object]) -> None:
        if self.shell is not None:
            work(self.shell)

    def _keep_probing(self) -> None:
        self.desk.check_link()
        self._probe = self.root.after(PROBE_MS, self._keep_probing)

    # --- who

    def _who_changed(self) -> None:
        """Show the pages to whoever is signed in now, and the card to nobody."""
        if self.shell is not None:
            self.shell.destroy()
            self.shell = None
        if self.sign_in is not None:
            self.sign_in.destroy()
            self.sign_in = None
        me = self.desk.me
        if me is None:
            self.flow = SignIn(self.desk, note=self._note)
            self._note = ""
            self.sign_in = SignInView(
                self.front, self.stage, self.flow, self.change_connection
            )
            self.sign_in.grid(row=0, column=0, sticky="nsew")
            return
        # loaded behind the first page
        from gui.controllers.notifications import Unread  # noqa: PLC0415
        from gui.pages import ENTRIES  # noqa: PLC0415

        self.desk.place = replace(self.desk.place, last_user=me.username)
        self.choices = self.choices.at(self.desk.place)
        self.shell = Shell(
            self.front,
            self.stage,
            ENTRIES,
            RailActions(
                self.ask_to_sign_out,
                self.change_settings,
                lambda: show_keys(self.stage),
                lambda: self._in_shell(self.find_page),
            ),
            Unread(self.desk),
        )
        self.shell.grid(row=0, column=0, sticky="nsew")
        self.shell.begin()
        self._advise(self.shell, me)

    def _advise(self, shell: Shell, me: Me) -> None:
        """Say what somebody who has just signed in should see to."""
        advice = advice_of(me.warnings)
        if advice is not None:
            self.stage.toasts.show(
                advice.text,
                "warning",
                action="Show",
                command=lambda: shell.show(advice.page),
            )

    def _session_lost(self) -> None:
        """Ask for the password in front of the page, which stays as it is."""
        if self._asking:
            return
        self._asking = True

        def closed(*, signed_in: bool) -> None:
            self._asking = False
            if not signed_in:
                self.leaving.wish("Sign out", self.sign_out, self._session_lost)

        ask_sign_in(self.stage, closed)

    def ask_to_sign_out(self) -> None:
        """Sign out, as somebody wishes."""
        self.leaving.wish("Sign out", self.sign_out)

    def ask_to_close(self) -> None:
        """End, as somebody wishes."""
        self.leaving.wish("Quit", self.close)

    def sign_out(self, note: str = "") -> None:
        """End the session; the card is back, with the name, and no dialog before it."""
        self._note = note
        for panel in reversed(panels(self.root)):
            panel.close()
        self.desk.sign_out()

    # --- connection and looks

    def change_connection(self) -> None:
        """Ask where the service is."""
        ask_place(self.stage, self.choices, self._use, self._forget)

    def _use(self, place: Place) -> Problem | None:
        problem = self.desk.connect(place)
        if problem is None:
            self.choices = self.choices.at(place)
            self.desk.check_link()
        return problem

    def _forget(self, name: str) -> None:
        before = self.choices
        self.choices = before.without(name)

        def undo() -> None:
            places = (*before.places, *self.choices.places)
            known = {place.name: place for place in places}
            self.choices = replace(self.choices, places=tuple(known.values()))

        self.stage.toasts.show(f"{name} is forgotten.", action="Undo", command=undo)

    def find_page(self, shell: Shell) -> None:
        """Ask which page to go to, or what else of the frame is wanted."""
        others = {
            "Settings  (Ctrl+comma)": self.change_settings,
            "Connection": self.change_connection,
            "Sign out": self.ask_to_sign_out,
        }
        ask_page(self.stage, shell, others)

    def change_settings(self) -> None:
        """Ask how the window should look."""
        choices = replace(self.choices, theme=self.root.theme)
        ask_settings(self.stage, choices, self._look)

    def _look(self, theme: str, scale_percent: int) -> None:
        if theme != self.root.theme:
            self.toggle_theme()
        self.choices = replace(self.choices, scale_percent=scale_percent)

    def toggle_theme(self) -> None:
        """From light to dark, or back."""
        theme = "light" if self.root.theme == "dark" else "dark"
        self.root.change_theme("light" if theme == "light" else "dark")
        self.choices = replace(self.choices, theme=self.root.theme)

    # --- the end

    def run(self) -> None:
        """Show the window until it is closed."""
        self.root.mainloop()

    def close(self) -> None:
        """Remember what was chosen, log out, end."""
        root = self.root
        self.choices = replace(
            self.choices,
            width=root.winfo_width(),
            height=root.winfo_height(),
            looks=self.stage.looks,
        )
        with suppress(OSError):  # a full disk must not keep the window open
            save_choices(self._path, self.choices)
        root.after_cancel(self._probe)
        self.stage.toasts.hide()
        self.desk.close()
        root.destroy()
        self.background.close()
        self._collector.close()
