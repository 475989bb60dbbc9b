"""Forms: labelled fields with their faults beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import ttkbootstrap as ttk

from gui.widgets.basics import button, label, px, tooltip
from gui.widgets.picker import Picker
from gui.widgets.placing import Place, places

FieldKind = Literal[
    "text", "password", "file", "choice", "find", "ticks", "lines", "check", "fixed"
]
_PICKERS: Final = ("find", "ticks")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a form. `check` returns what is wrong with a value, or nothing.

    A `choice` shows `choices`; so do `find`, where one types a part of the name and the
    first is chosen at first unless one is `required`, and `ticks`, of which several can
    be chosen (with commas between them). With `free` what is none of them can be typed;
    where there are none, as they could not be fetched, everything can. A `check` has the
    values `yes` and an empty text; a `fixed` field can be read only. A `file` has a
    button beside it; `browse` lets people find one and returns its path, or nothing.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    value: str = ""
    hint: str = ""
    choices: Sequence[str] = ()
    free: bool = False
    required: bool = False
    check: Callable[[str], str] | None = None
    browse: Callable[[], str] | None = None

    def typed_if_unknown(self) -> FieldSpec:
        """The field to type into, where nothing is known that could be chosen."""
        if self.kind not in ("choice", "find", "ticks") or self.choices:
            return self
        hints = {"ticks": "Names with commas", "find": ""}
        return replace(self, kind="text", hint=hints.get(self.kind, self.hint))


class Field:
    """A field on the screen: label above, message below."""

    def __init__(self, parent: Any, spec: FieldSpec, place: Place) -> None:
        """Takes its place in the grid of `parent`."""
        self.spec = spec
        self._variable = ttk.StringVar(master=parent, value=spec.value)
        self._flag = ttk.BooleanVar(master=parent, value=bool(spec.value))
        self._picker: Picker | None = None
        cell = ttk.Frame(parent, name=f"{spec.name}_field")
        cell.grid(
            row=place.row,
            column=place.column,
            rowspan=place.rows,
            sticky="new",
            padx=(px(parent, 14 * bool(place.column)), 0),
        )
        cell.columnconfigure(0, weight=1)
        if spec.kind != "check":
            text = spec.label + (" *" if spec.required else "")
            label(cell, text, font="small").grid(row=0, sticky="w")
        self.widget = self._make(cell)
        self._placed().grid(row=1, sticky="new", pady=px(parent, 2))
        self.message = label(cell, spec.hint, font="small", look="secondary", wrap=380)
        self.message.grid(row=2, sticky="w", pady=(0, px(parent, 6)))
        least = px(parent, 120)
        self._placed().bind(
            "<Configure>",
            lambda event: self.message.configure(wraplength=max(event.width, least)),
            add="+",
        )
        self.fault = ""
        self._faulty = ""
        self.on_change(self._corrected)

    def _make(self, parent: Any) -> Any:
        spec = self.spec
        if spec.kind == "lines":
            text = ttk.Text(parent, height=4, width=30, wrap="word", name=spec.name)
            text.insert("1.0", spec.value)
            text.bind("<Tab>", _leave_text)
            return text
        if spec.kind == "check":
            return ttk.Checkbutton(
                parent, text=spec.label, variable=self._flag, name=spec.name
            )
        if spec.kind == "choice":
            return ttk.Combobox(
                parent,
                values=list(spec.choices),
                textvariable=self._variable,
                state="normal" if spec.free else "readonly",
                name=spec.name,
            )
        if spec.kind == "password":
            return self._make_password(parent)
        if spec.kind == "file":
            return self._make_file(parent)
        if spec.kind in _PICKERS:
            first = "" if spec.required or spec.kind == "ticks" else spec.choices[0]
            self._picker = Picker(
                parent,
                spec.choices,
                spec.value or first,
                several=spec.kind == "ticks",
                free=spec.free,
                name=spec.name,
            )
            return self._picker.entry
        state = "readonly" if spec.kind == "fixed" else "normal"
        return ttk.Entry(
            parent, textvariable=self._variable, state=state, name=spec.name
        )

    def _make_password(self, parent: Any) -> ttk.Entry:
        box = ttk.Frame(parent, name=f"{self.spec.name}_box")
        box.columnconfigure(0, weight=1)
        entry = ttk.Entry(
            box, textvariable=self._variable, show="•", name=self.spec.name
        )
        entry.grid(row=0, column=0, sticky="ew")

        def toggle() -> None:
            hidden = entry.cget("show") != ""
            entry.configure(show="" if hidden else "•")
            eye.configure(text="Hide" if hidden else "Show")

        eye = button(box, "Show", toggle, kind="quiet")
        eye.configure(takefocus=False)  # Tab goes on to the next field
        tooltip(eye, "Ctrl+H in the field")

        def press(_: Any) -> str:
            toggle()
            return "break"  # otherwise it erases a letter

        entry.bind("<Control-h>", press)
        eye.grid(row=0, column=1, padx=(px(parent, 4), 0))
        return entry

    def _make_file(self, parent: Any) -> ttk.Entry:
        box = ttk.Frame(parent, name=f"{self.spec.name}_box")
        box.columnconfigure(0, weight=1)
        entry = ttk.Entry(box, textvariable=self._variable, name=self.spec.name)
        entry.grid(row=0, column=0, sticky="ew")

        def browse() -> None:
            assert self.spec.browse is not None, "a field for files has a way to them"
            self.value = self.spec.browse() or self.value

        find = button(box, "Find…", browse, name=f"{self.spec.name}_find")
        find.grid(row=0, column=1, padx=(px(parent, 4), 0))
        return entry

    def _placed(self) -> Any:
        if self.spec.kind in ("password", "file", *_PICKERS):
            return self.widget.master
        return self.widget

    @property
    def widgets(self) -> tuple[Any, ...]:
        """Those that can have the focus while one is in this field."""
        return (self.widget,) if self._picker is None else self._picker.widgets

    @property
    def value(self) -> str:
        """What the field holds now."""
        if self.spec.kind == "lines":
            return str(self.widget.get("1.0", "end-1c"))
        if self.spec.kind == "check":
            return "yes" if self._flag.get() else ""
        if self._picker is not None:
            return self._picker.value
        return self._variable.get()

    @value.setter
    def value(self, text: str) -> None:
        if self.spec.kind == "lines":
            self.widget.delete("1.0", "end")
            self.widget.insert("1.0", text)
        elif self.spec.kind == "check":
            self._flag.set(bool(text))
        elif self._picker is not None:
            self._picker.value = text
        else:
            self._variable.set(text)

    def offer(self, choices: Sequence[str]) -> None:
        """Let these be chosen from now on, from a list that unfolds."""
        self.widget.configure(values=list(choices))

    def on_change(self, work: Callable[[], object]) -> None:
        """Call `work` whenever the value is other than before."""
        if self.spec.kind == "lines":
            self.widget.bind("<KeyRelease>", lambda _: work(), add="+")
        if self._picker is not None:
            self._picker.on_change(work)
        self._variable.trace_add("write", lambda *_: work())
        self._flag.trace_add("write", lambda *_: work())

    def judge(self) -> str:
        """Check the value and say beside the field what is wrong; returns that."""
        value = self.value
        fault = ""
        if self._picker is not None and self._picker.fault:
            fault = self._picker.fault
        elif self.spec.required and not value.strip():
            fault = f"{self.spec.label} is needed."
        elif self.spec.check is not None and value:
            fault = self.spec.check(value)
        self.blame(fault)
        return fault

    def blame(self, fault: str) -> None:
        """Say beside the field what is wrong with it, or the hint if nothing is."""
        self.fault, self._faulty = fault, self.value
        self.message.configure(
            text=fault or self.spec.hint, bootstyle="danger" if fault else "secondary"
        )

    def _corrected(self) -> None:
        """What was wrong was said about another value than the one that is there now."""
        if self.fault and self.value != self._faulty:
            self.blame("")

    def advise(self, text: str, look: str = "secondary") -> None:
        """Say something about the value that is no fault."""
        self.fault = ""
        self.message.configure(text=text, bootstyle=look)


class Form(ttk.Frame):
    """Fields in one or two columns, as one."""

    def __init__(
        self, parent: Any, specs: Sequence[FieldSpec], *, columns: int = 1, **more: Any
    ) -> None:
        """The first field stands first in the order of Tab."""
        super().__init__(parent, **more)
        self.fields: dict[str, Field] = {}
        for column in range(columns):
            self.columnconfigure(column, weight=1, uniform="field")
        shown = [spec.typed_if_unknown() for spec in specs]
        lists = [spec.kind in _PICKERS for spec in shown]
        for spec, place in zip(shown, places(lists, columns), strict=True):
            self.fields[spec.name] = Field(self, spec, place)
        self.rowconfigure(len(shown), weight=1)  # below all: the fields stay together
        self._given = self.values()

    def field(self, name: str) -> Field:
        """A field by its name."""
        return self.fields[name]

    def values(self) -> dict[str, str]:
        """What the fields hold now."""
        return {name: field.value for name, field in self.fields.items()}

    def changes(self) -> dict[str, str]:
        """The values that are other than those the form was filled with."""
        now = self.values()
        return {name: now[name] for name in now if now[name] != self._given[name]}

    @property
    def unsaved(self) -> bool:
        """Whether something was typed or chosen; who types a password can do so again."""
        return any(self.fields[n].spec.kind != "password" for n in self.changes())

    def fill(self, values: dict[str, str]) -> None:
        """Show these values; they are what changes are told from."""
        for name, value in values.items():
            if name in self.fields:
                self.fields[name].value = value
                self.fields[name].blame("")
        self._given = self.values()

    def judge(self) -> bool:
        """Check all fields; the first that is wrong gets the focus."""
        wrong = [field for field in self.fields.values() if field.judge()]
        if wrong:
            wrong[0].widget.focus_set()
        return not wrong

    def blame(self, name: str, fault: str) -> bool:
        """Say what is wrong with a field, if there is one of that name."""
        field = self.fields.get(name)
        if field is None:
            return False
        field.blame(fault)
        field.widget.focus_set()
        return True

    def focus_first(self) -> None:
        """Put the focus where answers begin: the first field that is empty or a choice."""
        usable = [f for f in self.fields.values() if f.spec.kind != "fixed"]
        kind = {f: f.spec.kind for f in usable}
        begin = [f for f in usable if kind[f] == "choice" or not f.value]
        for field in ([f for f in begin if kind[f] != "check"] or usable)[:1]:
            field.widget.focus_set()

    def on_return(self, work: Callable[[], object]) -> None:
        """Call `work` when Return is pressed, but where it begins another line."""

        def press(_: Any) -> str:
            work()
            return "break"  # a box is ticked by Space

        for field in self.fields.values():
            if field.spec.kind != "lines":
                for widget in field.widgets:
                    widget.bind("<Return>", press)

    def on_change(self, work: Callable[[], object]) -> None:
        """Call `work` whenever a value is other than before."""
        for field in self.fields.values():
            field.on_change(work)


def _leave_text(event: Any) -> str:
    event.widget.tk_focusNext().focus_set()
    return "break"
