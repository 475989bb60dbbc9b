"""`recover-admin`: a way back in when nobody can administer the service."""

import asyncio
import secrets
from typing import Any

import click

from ums_service.bootstrap import build_hashes
from ums_service.clock import read_clock
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, settings_from
from ums_service.domain.names import normalise
from ums_service.domain.users import USERS
from ums_service.first_admin import recover
from ums_service.peppers import settle_peppers
from ums_service.reporting import EXIT_FAILED, end, reported
from ums_service.settings import Settings


@click.command("recover-admin")
@data_options
@click.option("--username", default="admin", show_default=True)
def recover_admin(username: str, **flags: Any) -> None:
    """Make USERNAME an active administrator with a new first password.

    The service must be stopped. The password goes to stdout, is good for 24 hours and
    must be changed at the first login. The audit log tells of it.
    """
    settings = settings_from(flags)
    with reported():
        click.echo(asyncio.run(_recover(settings, normalise(username))))


async def _recover(settings: Settings, username: str) -> str:
    password, now = secrets.token_urlsafe(12), read_clock()
    async with open_offline(settings) as store:
        user_id = store.find(USERS, "username", username)
        user = store.get(USERS, user_id) if user_id else None
        if user is None:
            end(f"there is no account {username}", EXIT_FAILED)
        hashes = build_hashes(settings)
        await settle_peppers(store, hashes, settings.pepper_lost, now)
        new_hash = hashes.hash(password)
        async with store.transaction() as tx:
            await recover(tx, user, new_hash, settings.policy_profile(), now)
    return password
