"""`rotate-key`, `change-master-password`, `repair`: the rare and grave commands."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from storage import KdfParameters
from storage.passwords import change_master_password
from storage.repair import Repaired, repair
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import reported
from ums_service.deployment.clock import read_clock
from ums_service.deployment.master_key import read_key_file
from ums_service.deployment.opening import (
    COLLECTIONS,
    STREAMS,
    existing_disk,
    require_master_key,
)
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.starting import operations
from ums_service.starting.operator_socket import ask_running

_OWNER = "a command of ums_service"


@click.command("rotate-key")
@data_options
def rotate_key(**flags: Any) -> None:
    """Encrypt everything under a new data key and forget the old ones.

    The service may run meanwhile. The master key stays. Afterwards an old copy of the
    keyring opens nothing of the store any more.
    """
    settings = settings_from(flags)
    with reported():
        if ask_running(settings.operator_path, {"command": "rotate-key"}) is None:
            asyncio.run(_rotate(settings))
    say("everything is encrypted under a new key")


async def _rotate(settings: Settings) -> None:
    async with open_offline(settings) as store:
        await operations.rotate_key(store, read_clock())


@click.command("change-master-password")
@data_options
@click.option(
    "--new-key-file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File (0600) with the new master key or password.",
)
def change_master(new_key_file: Path, **flags: Any) -> None:
    """Let a new master key or password open the store, and the old one no more.

    The service must be stopped. A copy of the old keyring still opens with the old
    key: rotate-key revokes that, too.
    """
    settings = settings_from(flags)
    with reported():
        old = require_master_key(settings, os.environ)
        change_master_password(
            existing_disk(settings),
            old.secret,
            read_key_file(new_key_file),
            kdf=KdfParameters(),
            owner=_OWNER,
        )
    say(f"{new_key_file} opens the store now; {old.source} does so no more")


@click.command("repair")
@data_options
@click.option(
    "--accept-loss-after",
    metavar="SEQUENCE",
    type=int,
    required=True,
    help="Commits up to this one must survive; what is behind the damage is lost.",
)
def repair_store(accept_loss_after: int, **flags: Any) -> None:
    """Cut a damaged journal behind its last good commit.

    The last resort: restore a backup if there is one. The service must be stopped.
    Damaged files are copied to DATA/quarantine first, and the audit log tells what was
    given up. The start that refuses names the last good SEQUENCE.
    """
    settings = settings_from(flags)
    with reported():
        repaired = repair(
            existing_disk(settings),
            require_master_key(settings, os.environ).secret,
            accept_loss_after=accept_loss_after,
            collections=COLLECTIONS,
            streams=STREAMS,
            owner=_OWNER,
        )
        if repaired is None:
            say("nothing is damaged, and nothing was changed")
            return
        asyncio.run(_note(settings, repaired))
    say(
        f"cut behind commit {repaired.last_sequence} ({repaired.reason}): "
        f"{repaired.lost_bytes} bytes are lost, copies are in quarantine: "
        + ", ".join(repaired.quarantined)
    )


async def _note(settings: Settings, repaired: Repaired) -> None:
    details = {
        "last_sequence": repaired.last_sequence,
        "lost_bytes": repaired.lost_bytes,
        "reason": repaired.reason,
        "quarantined": list(repaired.quarantined),
    }
    async with open_offline(settings) as store, store.transaction() as tx:
        entry = AuditEntry(
            event="store_repaired", outcome=Outcome.DONE, details=details
        )
        entry.append_to(tx, read_clock())
