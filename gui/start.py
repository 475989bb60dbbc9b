"""Opens the program as the command line says."""

from dataclasses import replace
from pathlib import Path

from gui.app import Program
from gui.controllers.choices import Place, load_choices
from gui.paths import choices_path


def open_program(
    endpoint: str | None,
    server_key: Path | None,
    key: Path | None,
    theme: str | None,
    scale: str | None,
) -> Program:
    """Open the window; what is given is remembered like what is chosen there.

    Raises:
        tkinter.TclError: there is no display.
    """
    path = choices_path()
    choices = load_choices(path)
    if theme is not None:
        choices = replace(choices, theme="dark" if theme == "dark" else "light")
    if scale is not None:
        choices = replace(choices, scale_percent=0 if scale == "auto" else int(scale))
    place = choices.here
    if endpoint is not None:
        known = [known for known in choices.places if known.endpoint == endpoint]
        place = (known or [Place(name=endpoint, endpoint=endpoint)])[0]
    if server_key is not None:
        place = replace(place, server_key_file=str(server_key))
    if key is not None:
        place = replace(place, key_file=str(key))
    return Program(path, choices.at(place))
