"""`metrics`: what a running service measures, as Prometheus reads it."""

from typing import Any

import click

from ums_service.commands.options import data_options, settings_from
from ums_service.commands.reporting import reported
from ums_service.starting import operations
from ums_service.starting.operator_socket import ask_running


@click.command()
@data_options
def metrics(**flags: Any) -> None:
    """Print what the running service measures, in the text format of Prometheus.

    For the textfile collector of a node exporter: write it to a file beside the
    collector's, and rename that.
    """
    settings = settings_from(flags)
    with reported():
        done = ask_running(settings.operator_path, {"command": "metrics"})
        if done is None:
            raise operations.Failed("no service runs on this store")
        click.echo(done["text"], nl=False)
