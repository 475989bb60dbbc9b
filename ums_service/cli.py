"""The command line of the service. Talk goes to stderr; 0 is success and nothing else."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import click

from ums_service import __version__, process
from ums_service.commands.audit import audit
from ums_service.commands.backup import backup, restore
from ums_service.commands.import_original import import_original
from ums_service.commands.keys import keys
from ums_service.commands.maintenance import change_master, repair_store, rotate_key
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.recover_admin import recover_admin
from ums_service.commands.reference import reference
from ums_service.commands.verify import verify
from ums_service.reporting import reported


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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
    from ums_service.serve import serve as run

    settings = settings_from(flags)
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    process.keep_arenas_few()
    process.keep_secrets_in()
    process.allow_many_connections()
    with reported():
        asyncio.run(run(settings, os.environ, say))


for command in (
    audit,
    backup,
    change_master,
    import_original,
    keys,
    recover_admin,
    reference,
    repair_store,
    restore,
    rotate_key,
    verify,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    os.umask(0o077)
    cli()
