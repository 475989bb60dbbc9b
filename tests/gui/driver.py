"""The window as a person uses it: looks, clicks, types; waits for states, never for time."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gui.app import Program
from gui.controllers.choices import Choices, Place
from gui.widgets.panel import Panel
from tests.service.harness import ADMIN_PASSWORD, LIMIT_S


class Driver:
    """One program, in this process, with its window on the private display."""

    def __init__(
        self,
        path: Path,
        endpoint: str,
        theme: Any = "light",
        choices: Choices | None = None,
        **more: Any,
    ) -> None:
        place = Place("Test", endpoint)
        begin = choices or Choices(theme=theme, place="Test", places=(place,))
        self.program = Program(path, begin, **more)
        self.root = self.program.root
        self.closed = False
        self.faults: list[BaseException] = []
        self.root.on_fault = self.faults.append
        self.root.update()

    # --- looking

    def pump(self) -> None:
        self.root.update()
        self.no_faults()

    def no_faults(self) -> None:
        """What a callback raised is otherwise lost."""
        if self.faults:
            raise self.faults[0]

    def until(self, true: Callable[[], Any], what: Any = "") -> Any:
        """Let the window work until something is so; returns it."""
        end = time.monotonic() + LIMIT_S
        while True:
            self.pump()
            found = true()
            if found:
                return found
            if time.monotonic() > end:
                said = what() if callable(what) else what or true
                raise AssertionError(f"it did not come about: {said}")
            time.sleep(0.005)

    def all(self, widget: Any = None) -> Iterator[Any]:
        """The widget, and everything in it that can be seen."""
        widget = widget or self.root
        yield widget
        for child in widget.winfo_children():
            if child.winfo_ismapped():
                yield from self.all(child)

    def seen(self, name: str, within: Any = None) -> Any:
        """What is on the screen by that name now, if anything is."""
        found = [w for w in self.all(within or self.top) if w.winfo_name() == name]
        return found[-1] if found else None

    def find(self, name: str, within: Any = None) -> Any:
        """The same, waiting for it if it has to come."""
        return self.until(lambda: self.seen(name, within), f"a widget {name!r}")

    @property
    def top(self) -> Any:
        """The dialog in front, or the window."""
        sheets = [w for w in self.root.winfo_children() if isinstance(w, Panel)]
        return sheets[-1] if sheets else self.root

    @property
    def sheet(self) -> Any:
        """The dialog in front, waiting for it if it has to come."""
        return self.until(
            lambda: self.top if isinstance(self.top, Panel) else None, "a dialog"
        )

    @property
    def texts(self) -> str:
        """Everything that can be read in the window or the dialog in front."""
        shown = (w for w in self.all(self.top) if "text" in w.keys())  # noqa: SIM118
        return "\n".join(str(widget.cget("text")) for widget in shown)

    def reads(self, text: str) -> None:
        """Wait until that can be read."""
        self.until(lambda: text in self.texts, lambda: f"{text!r} in\n{self.texts}")

    @property
    def toast(self) -> str:
        return self.program.stage.toasts.text

    @property
    def page(self) -> Any:
        shell = self.program.shell
        assert shell is not None
        return shell.pages[shell.current]

    # --- doing

    def click(self, name: str) -> None:
        """As with the mouse: what is covered, hidden or disabled is not pressed."""

        def ready() -> Any:
            widget = self.seen(name)
            return widget if widget and widget.instate(["!disabled"]) else None

        widget = self.until(ready, f"{name!r} to be enabled")
        x, y = widget.winfo_width() // 2, widget.winfo_height() // 2
        for event in ("<Enter>", "<Button-1>", "<ButtonRelease-1>"):
            widget.event_generate(event, x=x, y=y)
        if widget.winfo_exists():
            widget.event_generate("<Leave>")
        self.pump()

    def key(self, key: str) -> None:
        """Press a key where the focus is."""
        focus = self.root.focus_get() or self.top
        focus.event_generate(f"<{key}>")
        self.pump()

    def type(self, name: str, text: str) -> None:
        """Replace what is in a field by typing."""
        widget = self.find(name)
        widget.focus_force()
        if widget.winfo_class() == "Text":
            widget.delete("1.0", "end")
        else:
            widget.delete(0, "end")
        for char in text:
            for event in ("<KeyPress>", "<KeyRelease>"):
                widget.event_generate(event, keysym=KEYSYMS.get(char, char))
        self.pump()

    def choose(self, name: str, value: str) -> None:
        """Choose a value of a list that unfolds."""
        box = self.find(name)
        assert value in box.cget("values")
        box.set(value)
        box.event_generate("<<ComboboxSelected>>")
        self.pump()

    def sign_in(self, username: str = "admin", password: str = ADMIN_PASSWORD) -> None:
        self.type("username", username)
        self.type("password", password)
        self.key("Return")

    def signed_in(
        self, username: str = "admin", password: str = ADMIN_PASSWORD
    ) -> None:
        self.sign_in(username, password)
        self.until(lambda: self.program.shell, "the pages")

    def go(self, page: str) -> Any:
        """Bring a page to the front by its button; returns it when it has what it shows."""
        self.click(page)
        self.until(lambda: self.program.shell.current == page)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until nothing is on its way."""
        self.until(lambda: not self.page.spinner.running, "an end of waiting")

    def close(self) -> None:
        """End the program; once is enough."""
        if not self.closed:
            self.closed = True
            self.program.close()
        self.no_faults()


KEYSYMS = {
    " ": "space", "-": "minus", ".": "period", "@": "at", "!": "exclam", ",": "comma",
    "/": "slash", ":": "colon", "_": "underscore", "+": "plus", "'": "apostrophe",
}  # fmt: skip
