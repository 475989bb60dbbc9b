"""Bars over time, drawn smoothly by Pillow; text and lines are the canvas's own.

Tk draws no smooth edges on X11, so the bars are drawn three times as large and scaled
down into one image. What a bar stands for is told when the pointer is over it, or when
the arrow keys have moved there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import ttkbootstrap as ttk
from PIL import Image, ImageDraw, ImageTk

from gui.widgets.basics import label, px, root_of

_FINER: Final = 3
_GRID_LINES: Final = 4
_ROUND: Final = (1, 2, 5)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 10, 24


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of values; `colour` is one of the theme, such as `danger`."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One place on the line of time: its label, and a value for each series."""

    label: str
    values: tuple[int, ...]


class BarChart(ttk.Frame):
    """Stacked bars with a legend. `told` is what is said of the bar that is pointed at."""

    def __init__(
        self, parent: Any, series: Sequence[Series], *, height: int, name: str
    ) -> None:
        """Empty, until `show`; `height` is in pixels at 100 %."""
        super().__init__(parent, name=name)
        self.series = series
        self.bars: Sequence[Bar] = ()
        self.at = -1
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self._legend()
        self.canvas = ttk.Canvas(
            self, height=px(self, height), highlightthickness=1, takefocus=True
        )
        self.canvas.grid(row=1, column=0, sticky="nsew")
        self._image: ImageTk.PhotoImage | None = None
        bind = self.canvas.bind
        bind("<Configure>", lambda _: self.draw())
        bind("<Motion>", lambda event: self.point(self._bar_at(event.x)))
        bind("<Leave>", lambda _: self.point(-1))
        bind("<Left>", lambda _: self._step(-1))
        bind("<Right>", lambda _: self._step(1))
        bind("<Escape>", lambda _: self.point(-1))
        root_of(self).bind("<<ThemeChosen>>", lambda _: self.draw(), add="+")

    def _legend(self) -> None:
        row = ttk.Frame(self)
        row.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 4)))
        for one in self.series:
            label(row, "■", look=one.colour).pack(side="left")
            label(row, one.name, font="small").pack(
                side="left", padx=(px(self, 4), px(self, 14))
            )
        self._told = label(row, font="strong", name="told")
        self._told.pack(side="right")

    @property
    def told(self) -> str:
        """What is said of the bar that is pointed at."""
        return str(self._told.cget("text"))

    def show(self, bars: Sequence[Bar]) -> None:
        """Show these, in place of those before."""
        self.bars = bars
        self.point(self.at if self.at < len(bars) else -1)

    def point(self, number: int) -> None:
        """Tell the values of a bar; -1 for none."""
        self.at = number
        text = ""
        if 0 <= number < len(self.bars):
            bar = self.bars[number]
            values = zip(self.series, bar.values, strict=True)
            text = ",  ".join(f"{value:,} {one.name}" for one, value in values)
            text = f"{bar.label}:  {text}"
        self._told.configure(text=text)
        self.draw()

    def _step(self, by: int) -> str:
        if self.bars:
            start = self.at if self.at >= 0 else (-1 if by > 0 else len(self.bars))
            self.point(max(0, min(start + by, len(self.bars) - 1)))
        return "break"

    # --- where things are, in pixels

    @property
    def _area(self) -> tuple[int, int, int, int]:
        canvas = self.canvas
        return (
            px(self, _LEFT),
            px(self, _TOP),
            max(canvas.winfo_width() - px(self, _RIGHT), px(self, _LEFT) + 1),
            max(canvas.winfo_height() - px(self, _BOTTOM), px(self, _TOP) + 1),
        )

    def _bar_at(self, x: int) -> int:
        left, _, right, _ = self._area
        if not self.bars or not left <= x < right:
            return -1
        return (x - left) * len(self.bars) // (right - left)

    # --- drawing

    def draw(self) -> None:
        """Draw anew, in the colours of the theme."""
        if not self.winfo_exists() or self.canvas.winfo_width() < px(self, 2 * _LEFT):
            return
        root, canvas = root_of(self), self.canvas
        canvas.delete("all")
        canvas.configure(
            background=root.colour("bg"),
            highlightbackground=root.colour("bg"),
            highlightcolor=root.colour("primary"),
        )
        left, top, _, bottom = self._area
        most = scale_of(max((sum(bar.values) for bar in self.bars), default=0))
        self._grid(most)
        self._image = ImageTk.PhotoImage(self._painted(most), master=canvas)
        canvas.create_image(left, top, image=self._image, anchor="nw")
        canvas.create_line(left, bottom, self._area[2], bottom, fill=self._faint)
        self._labels()

    @property
    def _faint(self) -> str:
        return root_of(self).colour("secondary")

    def _grid(self, most: int) -> None:
        left, top, right, bottom = self._area
        font = root_of(self).fonts["small"]
        lines = min(_GRID_LINES, most)
        for line in range(lines + 1):
            y = bottom - (bottom - top) * line // lines
            self.canvas.create_line(left, y, right, y, fill=self._faint, dash=(1, 4))
            self.canvas.create_text(
                left - px(self, 6),
                y,
                text=f"{most * line // lines:,}",
                anchor="e",
                fill=self._faint,
                font=font,
            )

    def _labels(self) -> None:
        left, _, right, bottom = self._area
        font = root_of(self).fonts["small"]
        widest = max((font.measure(bar.label) for bar in self.bars), default=1)
        room = (right - left) / max(len(self.bars), 1)
        every = max(1, -(-(widest + px(self, 14)) // max(int(room), 1)))
        for number in range(0, len(self.bars), every):
            self.canvas.create_text(
                max(left + room * (number + 0.5), left + widest // 2),
                bottom + px(self, 5),
                text=self.bars[number].label,
                anchor="n",
                fill=self._faint,
                font=font,
            )

    def _painted(self, most: int) -> Image.Image:
        left, top, right, bottom = self._area
        width, height = (right - left) * _FINER, (bottom - top) * _FINER
        image = Image.new("RGBA", (width, height))
        paint = ImageDraw.Draw(image)
        root = root_of(self)
        room = width / max(len(self.bars), 1)
        for number, bar in enumerate(self.bars):
            x = room * number
            if number == self.at:
                paint.rectangle(
                    (x, 0, x + room, height), fill=root.colour("secondary") + "40"
                )
            floor = float(height)
            for one, value in zip(self.series, bar.values, strict=True):
                high = height * value / most
                if value:
                    paint.rounded_rectangle(
                        (x + room * 0.16, floor - high, x + room * 0.84, floor),
                        radius=min(2 * _FINER, high / 2),
                        fill=root.colour(one.colour),
                    )
                floor -= high
        return image.resize((right - left, bottom - top), Image.Resampling.LANCZOS)


def scale_of(most: int) -> int:
    """The top of the scale: the next number that is easy to part by four, or small."""
    if most <= _GRID_LINES:
        return max(most, 1)
    step, size = 0, 1
    while True:
        for base in _ROUND:
            step = base * size
            if step * _GRID_LINES >= most:
                return step * _GRID_LINES
        size *= 10
