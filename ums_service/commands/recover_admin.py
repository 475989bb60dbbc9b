"""`recover-admin`: a way back in when nobody can administer the service."""

import asyncio
from typing import Any

import click

from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, settings_from
from ums_service.commands.reporting import reported
from ums_service.deployment.clock import read_clock
from ums_service.deployment.peppers import settle_peppers
from ums_service.deployment.settings import Settings
from ums_service.starting import operations
from ums_service.starting.bootstrap import build_hashes
from ums_service.starting.operator_socket import ask_running


@click.command("recover-admin")
@data_options
@click.option("--username", default="admin", show_default=True)
def recover_admin(username: str, **flags: Any) -> None:
    """Make USERNAME an active administrator with a new first password.

    Works with the service running (through a socket of this machine, never the network)
    or stopped. The password goes to stdout, is good for 15 minutes and must be changed
    at the login it is made for. The audit log tells of it, and a mail to each
    administrator where mail is set up.
    """
    settings = settings_from(flags)
    command = {"command": "recover-admin", "username": username}
    with reported():
        done = ask_running(settings.operator_path, command)
        if done is not None:
            click.echo(done["password"])
        else:
            click.echo(asyncio.run(_recover(settings, username)))


async def _recover(settings: Settings, username: str) -> str:
    hashes = build_hashes(settings)

    async def hashed(password: str) -> str:
        return hashes.hash(password)

    async with open_offline(settings) as store:
        await settle_peppers(store, hashes, settings.pepper_lost, read_clock())
        recovered = await operations.recover_admin(
            store,
            hashed,
            settings.policy_profile(),
            username,
            read_clock(),
            tells=settings.smtp_host is not None,
        )
    return recovered.password
