"""What the commands share: their flags and how they talk."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ums_service.commands.reporting import EXIT_CONFIGURATION, end
from ums_service.deployment.settings import (
    BadSettings,
    Settings,
    load_settings,
    misspelt,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])


def data_options(command: _Command) -> _Command:
    """The flags of every command that works on a store."""
    key = click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        help="File with the master key or password [DATA.key].",
    )
    data = click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="Directory of the store [ums-data].",
    )
    return data(key(command))


def settings_from(flags: Mapping[str, Any]) -> Settings:
    """Settings with the flags that were given; ends the program on a bad one."""
    for name, meant in misspelt(os.environ).items():
        hint = f"; {meant} is one" if meant else ""
        say(f"warning: the variable {name} is no setting of UMS{hint}")
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return load_settings(given, os.environ)
    except BadSettings as error:
        end(str(error), EXIT_CONFIGURATION)


def say(text: str) -> None:
    """Tell the operator something; what a command yields goes to stdout instead."""
    click.echo(text, err=True)
