"""The command line of the service. Talk goes to stderr; 0 is success and nothing else."""

import asyncio
import logging
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override

from ums_service import __version__
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import reported
from ums_service.deployment import process

_COMMANDS: Final = {
    "audit": "audit:audit",
    "backup": "backup:backup",
    "change-master-password": "maintenance:change_master",
    "doctor": "doctor:doctor",
    "import": "import_original:import_accounts",
    "keys": "keys:keys",
    "mail": "mail:mail",
    "metrics": "metrics:metrics",
    "recover-admin": "recover_admin:recover_admin",
    "reference": "reference:reference",
    "repair": "maintenance:repair_store",
    "restore": "backup:restore",
    "rotate-key": "maintenance:rotate_key",
    "verify": "verify:verify",
}
"""Module and function of each operator's command, loaded when it is asked for: the
service starts without them."""


class _Commands(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_COMMANDS])

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, function = _COMMANDS[cmd_name].split(":")
        loaded = import_module(f"ums_service.commands.{module}")
        command: click.Command = getattr(loaded, function)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ums_service")
def cli() -> None:
    """UMS, a user-management service in one process.

    \b
    python -m ums_service serve                start it on 127.0.0.1:5556
    python -m ums_service backup users.tar     a copy, while it runs or not
    """  # noqa: D301 - click wants the control character


@cli.command()
@data_options
@click.option("--port", type=int, help="Port on 127.0.0.1 [5556]; 0 takes a free one.")
@click.option("--bind", help="Endpoint: tcp://ADDRESS:PORT or ipc://PATH.")
@click.option(
    "--profile",
    type=click.Choice(["standard", "hipaa", "compat"]),
    help="Bundle of policies [standard].",
)
@click.option("--curve", is_flag=True, default=None, help="CURVE also on loopback.")
@click.option(
    "--curve-keys", type=click.Path(path_type=Path), help="Directory of keys."
)
def serve(**flags: Any) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    from ums_service.starting.serve import serve as run

    settings = settings_from(flags)
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s.%(msecs)03d+00:00 %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    process.keep_arenas_few()
    process.keep_secrets_in()
    process.allow_many_connections()
    with reported():
        asyncio.run(run(settings, os.environ, say))


def main() -> None:
    """Run the command line."""
    os.umask(0o077)
    cli()
