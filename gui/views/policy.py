"""How the service is set: what its profile means, and every value beside it."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.configuration import Configuration, read_configuration
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import choice, entry, frame, label, px, wrap_to_width
from gui.widgets.table import Column


class PolicyPage(Page):
    """Read only: the operator sets it at the start, labs ask for more on their page."""

    title = "Policy"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.configuration: Configuration | None = None
        body, gap = self.body, px(self, 8)
        body.columnconfigure(0, weight=1)
        body.rowconfigure(3, weight=1)
        self.profile = label(body, font="heading", name="profile")
        self.profile.grid(row=0, column=0, sticky="w")
        self.meaning = label(body, wrap=960, name="meaning")
        self.meaning.grid(row=1, column=0, sticky="ew", pady=gap)
        wrap_to_width(self.meaning, 960)
        bar = frame(body, name="bar")
        bar.grid(row=2, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Show").pack(side="left")
        self.which = choice(bar, ("",), name="which", width=28)
        self.which.pack(side="left", padx=gap)
        self.which.bind("<<ComboboxSelected>>", lambda _: self.show())
        label(bar, "Search").pack(side="left", padx=(gap, 0))
        self.query = entry(bar, name="query", width=28)
        self.query.pack(side="left", padx=gap)
        self.query.bind("<KeyRelease>", lambda _: self.show())
        self.list = ListPane(
            body,
            "",
            (
                Column("name", "What", 420),
                Column("value", "Value", 260),
                Column("source", "From", 160),
            ),
            name="values",
        )
        self.list.grid(row=3, column=0, sticky="nsew")

    @override
    def open(self) -> None:
        """Ask how the service is set."""
        self.stage.root.bind("<Control-f>", lambda _: self.query.focus_set())
        self.begin()
        read_configuration(self.stage.desk, self._came, self.failing(self.open))

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        self.stage.root.unbind("<Control-f>")

    def _came(self, configuration: Configuration) -> None:
        self.end()
        first = self.configuration is None
        self.configuration = configuration
        self.profile.configure(text=f"Profile: {configuration.profile}")
        lines = (
            configuration.about,
            *configuration.meaning,
            (
                "The operator sets it when the service starts; a lab can ask for more of "
                "its members (Labs, Policy…)."
            ),
        )
        self.meaning.configure(text="\n".join(f"•  {line}" for line in lines if line))
        self.which.configure(values=list(configuration.lists))
        if first:
            differ, everything, *_ = configuration.lists
            has_some = bool(configuration.lists[differ])
            self.which.set(differ if has_some else everything)
        self.show()

    def show(self) -> None:
        """Show the list that was chosen, as far as it matches the search."""
        if self.configuration is None:
            return
        which = self.which.get()
        wanted = self.query.get().strip().casefold()
        items = [
            item
            for item in self.configuration.lists[which]
            if wanted in f"{item.key} {' '.join(item.cells)}".casefold()
        ]
        self.list.title.configure(text=which)
        self.list.show(items, nothing=("Nothing", "Nothing here is like that."))
