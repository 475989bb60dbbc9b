"""`doctor`: is this installation fit for service."""

import json
import os
from typing import Any, Final

import click

from ums_service.commands.examination import Grade, examine
from ums_service.commands.options import data_options, settings_from
from ums_service.commands.reporting import EXIT_FAILED, reported
from ums_service.deployment.clock import read_clock

_MARKS: Final = {Grade.GOOD: "ok   ", Grade.DOUBTFUL: "doubt", Grade.WRONG: "WRONG"}


@click.command()
@data_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(*, as_json: bool, **flags: Any) -> None:
    """Look at keys, modes, clock, disk and settings, and say what to mend.

    Changes nothing; the service may run. Exit status 1 if something is wrong, 0 if at
    most something is doubtful.
    """
    settings = settings_from(flags)
    grades = set()
    with reported():
        for finding in examine(settings, os.environ, read_clock()):
            grades.add(finding.grade)
            if as_json:
                click.echo(json.dumps(finding._asdict()))
            else:
                mark = _MARKS[finding.grade]
                click.echo(f"{mark}  {finding.about:12}  {finding.text}")
    if Grade.WRONG in grades:
        raise SystemExit(EXIT_FAILED)
