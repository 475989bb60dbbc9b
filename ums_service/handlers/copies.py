"""Copies of the store, and room in it."""

from typing import cast

from ums_client.protocol.operations import (
    BackupStore,
    BackupStoreReply,
    CompactStore,
    CompactStoreReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.deployment.backups import Backup
from ums_service.domain.errors import NotConfigured
from ums_service.handlers.freshness import require_fresh


async def backup_store(request: BackupStore, call: Call) -> Answer[BackupStoreReply]:
    """Make a backup on this machine, where the operator wants them."""
    require_fresh(call)
    backups = call.facilities.backups
    if backups is None:
        raise NotConfigured("directory for backups")
    if "backup" not in call.results:
        call.results["backup"] = await backups.make(call.now)
    made = cast("Backup", call.results["backup"])
    call.discloses = True
    call.details = {"file": made.name, "bytes": made.size, "sha256": made.sha256}
    return answer(BackupStoreReply, file=made.name, bytes=made.size, sha256=made.sha256)


async def compact_store(request: CompactStore, call: Call) -> Answer[CompactStoreReply]:
    """Write the journals into a new base now, as happens by itself when they grow."""
    require_fresh(call)
    store = call.facilities.store
    before = store.figures
    if "compacted" not in call.results:
        await store.checkpoint()
        call.results["compacted"] = before.base_bytes + before.journal_bytes
    after = store.figures
    was = cast("int", call.results["compacted"])
    now = after.base_bytes + after.journal_bytes
    call.discloses = True
    call.details = {"bytes_before": was, "bytes_after": now}
    return answer(CompactStoreReply, bytes_before=was, bytes_after=now)
