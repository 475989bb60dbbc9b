"""`python -m gui`: open the window."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from gui.app import Program

EXIT_NO_WINDOW: Final = 69


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--endpoint", metavar="ADDRESS", help="Where the service is.")
@click.option(
    "--server-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Public key of the service (name.key): encrypts the connection.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Own key pair (name.key_secret), if the service asks for one.",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), help="How it looks.")
@click.option(
    "--scale",
    type=click.Choice(["auto", "100", "125", "150", "175", "200"]),
    help="Size of everything, in percent.",
)
def main(
    endpoint: str | None,
    server_key: Path | None,
    key: Path | None,
    theme: str | None,
    scale: str | None,
) -> None:
    """Open the desktop program of UMS.

    Without options it looks as it did when it was last closed, and goes where it was
    connected to.

    Exit status: 0 closed, 69 no window can be opened here.
    """
    try:
        import tkinter as tk  # noqa: PLC0415 - may be missing

        import ttkbootstrap  # noqa: F401, PLC0415 - may be missing
    except ImportError as error:
        _give_up(f"{error.name} is missing; install it with: {_cure(error.name)}")
    from gui.start import open_program  # noqa: PLC0415 - needs what was just tried

    try:
        program = open_program(endpoint, server_key, key, theme, scale)
    except tk.TclError as error:
        _give_up(f"no window can be opened: {error}")
    _close_on_signals(program)
    program.run()


def _close_on_signals(program: Program) -> None:
    """Where the desktop or the terminal ends, close as by hand: choices are kept."""
    ends = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def close(*_: object) -> None:
        for number in ends:
            signal.signal(number, signal.SIG_IGN)
        program.root.after_idle(program.close)

    for number in ends:
        signal.signal(number, close)


def _cure(module: str | None) -> str:
    if module in ("tkinter", "_tkinter"):
        return "apt install python3-tk"
    return "pip install 'ums[gui]'"


def _give_up(reason: str) -> NoReturn:
    click.echo(f"ums: {reason}", err=True)
    sys.exit(EXIT_NO_WINDOW)


if __name__ == "__main__":
    main(prog_name="python -m gui")
