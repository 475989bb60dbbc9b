"""`audit`: the audit log as JSON lines."""

import asyncio
from typing import Any

import click
from pydantic_core import to_json

from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, settings_from
from ums_service.domain.audit import AUDIT
from ums_service.reporting import reported
from ums_service.settings import Settings


@click.command()
@data_options
@click.option("--after", default=0, help="Begin behind the entry of this number.")
def audit(after: int, **flags: Any) -> None:
    """Print the audit log, one JSON object a line. The service must be stopped."""
    with reported():
        asyncio.run(_print(settings_from(flags), after))


async def _print(settings: Settings, after: int) -> None:
    async with open_offline(settings) as store:
        for entry in store.entries(AUDIT, after=after):
            click.echo(to_json({"number": entry.sequence, **entry.data}))
