"""The frame of the window: rail with the pages, the page in front, the status bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gui.controllers.desk import Link
from gui.views.stage import Page, Stage
from gui.widgets.basics import Frame, align_left, button, frame, label, px, tooltip
from gui.widgets.rail import Rail

if TYPE_CHECKING:
    from gui.controllers.notifications import Unread


class MakePage(Protocol):
    """How a page comes about."""

    def __call__(self, parent: Any, stage: Stage, *, name: str) -> Page:
        """Make it; it shows nothing before `open`."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the rail. Without the `permission` it is not there.

    Those that everybody has stand below the others, under a heading of their own.
    """

    name: str
    title: str
    icon: str
    make: MakePage
    permission: str = ""


NUMBERED = 10
"""So many pages have a key of their own: Alt with a digit."""
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


@dataclass(frozen=True, slots=True)
class RailActions:
    """What the buttons at the foot of the rail do."""

    sign_out: Callable[[], object]
    settings: Callable[[], object]
    help_keys: Callable[[], object]
    find_page: Callable[[], object]


class Shell(Frame):
    """What is there while somebody is signed in."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        entries: Sequence[Entry],
        actions: RailActions,
        unread: Unread,
    ) -> None:
        """Empty, until `begin`."""
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
        self._foot(rail, actions)
        self._rail(rail)
        self.front = frame(self, name="front")
        self.front.grid(row=0, column=1, sticky="nsew")
        self.front.columnconfigure(0, weight=1)
        self.front.rowconfigure(0, weight=1)
        self._unread = unread
        stage.desk.heard.unread.append(self._show_unread)

    def _rail(self, rail: Any) -> None:
        label(rail, "UMS", font="heading").pack(
            anchor="w", padx=px(self, 10), pady=px(self, 6)
        )
        self.rail = Rail(rail, name="pages")
        self.rail.pack(fill="both", expand=True)
        inside, before = self.rail.inside, "any"
        for number, entry in enumerate(self.entries, 1):
            if before and not entry.permission and number > 1:
                label(inside, "My account", font="small", look="secondary").pack(
                    anchor="w", padx=px(self, 10), pady=(px(self, 8), px(self, 2))
                )
            before = entry.permission
            made = button(
                inside,
                entry.title,
                lambda name=entry.name: self.show(name),  # type: ignore[misc]
                kind="quiet",
                icon=entry.icon,
                name=entry.name,
            )
            made.pack(fill="x", pady=1)
            tooltip(made, key_of(number))
            self.rail.adopt(made)
            self._buttons[entry.name] = made

    def _foot(self, rail: Any, actions: RailActions) -> None:
        for text, icon, command, name in (
            ("Sign out", "box-arrow-right", actions.sign_out, "signout"),
            ("Settings", "gear", actions.settings, "settings"),
            ("Keys (F1)", "keyboard", actions.help_keys, "help"),
            ("Go to… (Ctrl+K)", "search", actions.find_page, "find"),
        ):
            made = button(rail, text, command, kind="quiet", icon=icon, name=name)
            made.pack(side="bottom", fill="x", pady=1)
            align_left(made)

    def begin(self) -> None:
        """Bring the first page that one may see to the front."""
        self.show(self.entries[0].name)

    def show(self, name: str) -> Page:
        """Bring a page to the front; it is made when it is first wanted."""
        before = self.pages.get(self.current)
        if before is not None:
            before.close()
            before.grid_remove()
        if name not in self.pages:
            entry = next(entry for entry in self.entries if entry.name == name)
            self.pages[name] = entry.make(self.front, self.stage, name=f"page_{name}")
        for other, made in self._buttons.items():
            made.configure(bootstyle="primary" if other == name else "ghost")
            align_left(made)
        self.rail.keep(self._buttons[name])
        self.current = name
        page = self.pages[name]
        page.grid(row=0, column=0, sticky="nsew")
        self.update_idletasks()  # a field that is not there yet gets no focus, nor keys
        page.focus_set()  # keys are for what is in front, and Tab goes on in there
        page.open()
        me = self.stage.desk.me
        assert me is not None, "the pages are for somebody"
        self.stage.root.title(f"{page.title} - {me.username} - UMS")
        self._unread.count()
        return page

    @property
    def at_risk(self) -> list[str]:
        """The titles of the pages with something that is not saved yet."""
        return [page.title for page in self.pages.values() if page.at_risk]

    def _show_unread(self, count: int) -> None:
        """Tell in the rail how many notifications have not been read."""
        for entry in self.entries:
            if entry.name == "notifications" and self.winfo_exists():
                text = f"{entry.title} ({count:,})" if count else entry.title
                self._buttons[entry.name].configure(text=text)

    def show_number(self, number: int) -> None:
        """Bring the page to the front that is at this place, from 1 on."""
        if 1 <= number <= len(self.entries):
            self.show(self.entries[number - 1].name)

    def step(self, by: int) -> None:
        """Bring the next page to the front, or the one before."""
        names = [entry.name for entry in self.entries]
        self.show(names[(names.index(self.current) + by) % len(names)])

    def reload(self) -> None:
        """Fetch what the page in front shows once more."""
        self.pages[self.current].open()


def key_of(number: int) -> str:
    """What to press for the page at this place, from 1 on."""
    return f"Alt+{number % NUMBERED}" if number <= NUMBERED else "Ctrl+K"
