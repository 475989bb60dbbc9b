"""The frame of the window: rail with the pages, the page in front, the status bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gui.controllers.desk import Link
from gui.views.stage import Page, Stage
from gui.widgets.basics import Frame, align_left, button, frame, label, px, tooltip


class MakePage(Protocol):
    """How a page comes about."""

    def __call__(self, parent: Any, stage: Stage, *, name: str) -> Page:
        """Make it; it shows nothing before `open`."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the rail. Without the `permission` it is not there."""

    name: str
    title: str
    icon: str
    make: MakePage
    permission: str = ""


_LOOKS = {Link.ONLINE: "success", Link.OFFLINE: "danger", Link.UNKNOWN: "secondary"}
_SIGNS = {Link.ONLINE: "●", Link.OFFLINE: "▲", Link.UNKNOWN: "○"}


class StatusBar(Frame):
    """Connection, who, latency; `link`, `who` and `latency` are the texts."""

    def __init__(
        self, parent: Any, stage: Stage, connection: Callable[[], object]
    ) -> None:
        """`connection` opens the dialog that tells where the service is."""
        super().__init__(parent, padding=(px(parent, 12), px(parent, 4)), name="status")
        self._stage = stage
        self.link = label(self, font="small", name="link")
        self.link.pack(side="left")
        change = button(self, "Change…", connection, kind="quiet", name="connection")
        change.pack(side="left")
        self.latency = label(self, font="small", look="secondary", name="latency")
        self.latency.pack(side="right")
        self.who = label(self, font="small", name="who")
        self.who.pack(side="right", padx=px(self, 16))
        stage.desk.heard.link.append(self.draw)
        stage.desk.heard.me.append(self.draw)
        self.draw()

    def draw(self) -> None:
        """Show how it is now."""
        if not self.winfo_exists():
            return
        desk = self._stage.desk
        sign, place = _SIGNS[desk.link], desk.place
        self.link.configure(
            text=f"{sign}  {place.name}: {desk.link.value}", bootstyle=_LOOKS[desk.link]
        )
        who = (
            "Nobody is signed in"
            if desk.me is None
            else f"Signed in as {desk.me.username}"
        )
        self.who.configure(text=who)
        taken = desk.latency_ms
        self.latency.configure(text="" if taken is None else f"{taken:.0f} ms")


class Shell(Frame):
    """What is there while somebody is signed in."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        entries: Sequence[Entry],
        *,
        sign_out: Callable[[], object],
        toggle_theme: Callable[[], object],
        help_keys: Callable[[], object],
    ) -> None:
        """The first page that one may see is in front."""
        super().__init__(parent, name="shell")
        self.stage = stage
        self.entries = [
            e for e in entries if not e.permission or stage.desk.may(e.permission)
        ]
        self.pages: dict[str, Page] = {}
        self.current = ""
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        rail = frame(self, 8, name="rail")
        rail.grid(row=0, column=0, sticky="ns")
        self._buttons: dict[str, Any] = {}
        self._rail(rail, sign_out, toggle_theme, help_keys)
        self.front = frame(self, name="front")
        self.front.grid(row=0, column=1, sticky="nsew")
        self.front.columnconfigure(0, weight=1)
        self.front.rowconfigure(0, weight=1)
        self.show(self.entries[0].name)

    def _rail(
        self,
        rail: Any,
        sign_out: Callable[[], object],
        toggle_theme: Callable[[], object],
        help_keys: Callable[[], object],
    ) -> None:
        label(rail, "UMS", font="heading").pack(
            anchor="w", padx=px(self, 10), pady=px(self, 8)
        )
        for number, entry in enumerate(self.entries, 1):
            made = button(
                rail,
                entry.title,
                lambda name=entry.name: self.show(name),  # type: ignore[misc]
                kind="quiet",
                icon=entry.icon,
                name=entry.name,
            )
            made.pack(fill="x", pady=1)
            tooltip(made, f"Alt+{number}")
            self._buttons[entry.name] = made
        for text, icon, command, name in (
            ("Sign out", "box-arrow-right", sign_out, "signout"),
            ("Light or dark", "circle-half", toggle_theme, "theme"),
            ("Keys (F1)", "keyboard", help_keys, "help"),
        ):
            made = button(rail, text, command, kind="quiet", icon=icon, name=name)
            made.pack(side="bottom", fill="x", pady=1)
            align_left(made)

    def show(self, name: str) -> Page:
        """Bring a page to the front; it is made when it is first wanted."""
        if self.current:
            self.pages[self.current].close()
            self.pages[self.current].grid_remove()
        if name not in self.pages:
            entry = next(entry for entry in self.entries if entry.name == name)
            self.pages[name] = entry.make(self.front, self.stage, name=f"page_{name}")
        for other, made in self._buttons.items():
            made.configure(bootstyle="primary" if other == name else "ghost")
            align_left(made)
        self.current = name
        page = self.pages[name]
        page.grid(row=0, column=0, sticky="nsew")
        page.open()
        me = self.stage.desk.me
        assert me is not None, "the pages are for somebody"
        self.stage.root.title(f"{page.title} - {me.username} - UMS")
        return page

    def show_number(self, number: int) -> None:
        """Bring the page to the front that is at this place, from 1 on."""
        if 1 <= number <= len(self.entries):
            self.show(self.entries[number - 1].name)

    def reload(self) -> None:
        """Fetch what the page in front shows once more."""
        self.pages[self.current].open()
