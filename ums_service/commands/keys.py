"""`keys`: the CURVE keys of the service and of those who may connect."""

from pathlib import Path
from typing import Any

import click

from ums_service.broker.keys import CurveKeys
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import reported


@click.group()
def keys() -> None:
    """CURVE keys: who may connect from other machines.

    \b
    make-server        once: the key pair of this service
    make-client NAME   a key pair for a client, which may connect then
    authorise FILE     let the owner of a public key connect
    revoke NAME        shut a client out from its next connection on
    """  # noqa: D301 - click wants the control character


def _directory_options(command: Any) -> Any:
    option = click.option(
        "--curve-keys",
        type=click.Path(path_type=Path),
        help="Directory of keys [DATA.curve].",
    )
    return data_options(option(command))


@keys.command("make-server")
@_directory_options
def make_server(**flags: Any) -> None:
    """Make the service's key pair; clients need its public half."""
    with reported():
        path = CurveKeys(settings_from(flags).curve_path).make_server()
    say("Give this file to the clients; it is no secret:")
    click.echo(path)


@keys.command("make-client")
@_directory_options
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Directory for the pair [here].",
)
def make_client(name: str, out: Path, **flags: Any) -> None:
    """Make a key pair for NAME and let it connect."""
    with reported():
        secret = CurveKeys(settings_from(flags).curve_path).make_client(name, out)
    say(f"{name} may connect with this file, which is theirs alone:")
    click.echo(secret)


@keys.command()
@_directory_options
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--name", help="What to call the owner [the name of the file].")
def authorise(file: Path, name: str | None, **flags: Any) -> None:
    """Let the owner of the public key in FILE connect."""
    with reported():
        CurveKeys(settings_from(flags).curve_path).authorise(file, name or file.stem)


@keys.command()
@_directory_options
@click.argument("name")
def revoke(name: str, **flags: Any) -> None:
    """Shut NAME out from the next connection on."""
    with reported():
        CurveKeys(settings_from(flags).curve_path).revoke(name)


@keys.command("list")
@_directory_options
def list_names(**flags: Any) -> None:
    """Show who may connect."""
    for name in CurveKeys(settings_from(flags).curve_path).names():
        click.echo(name)
