"""Many accounts in one request: import them, list the batches, take one back."""

import asyncio
import io
from collections import Counter
from functools import partial
from typing import Any

from ums_client.protocol.imports import (
    ImportUsers,
    ImportUsersReply,
    ListImports,
    ListImportsReply,
)
from ums_client.protocol.limits import IMPORT_ROWS_MAX
from ums_client.protocol.permissions import Permission
from ums_client.protocol.user_files import (
    Row,
    UnreadableFile,
    read_rows,
    without_ignored,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import new_mail, post, require_mail
from ums_service.domain.audit_seals import changes_of
from ums_service.domain.errors import InvalidInput, MissingInput, PermissionDenied
from ums_service.domain.imports import (
    IMPORTS,
    ImportBatch,
)
from ums_service.domain.moment import text_of
from ums_service.domain.outbox import Template
from ums_service.domain.password_hashes import NO_PASSWORD
from ums_service.domain.users import ACTIVE
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import require_all_of
from ums_service.transfer.import_batches import ROWS_AT_ONCE, BatchWriter, Importer
from ums_service.transfer.import_judge import ImportJudge, ImportRules, Judged, Verdict


async def import_users(request: ImportUsers, call: Call) -> Answer[ImportUsersReply]:
    """Judge every row, then make all changes in one commit."""
    require_fresh(call)
    if request.send_invitations:
        require_mail(call)
    if request.on_existing == "update":
        call.require(Permission.USERS_UPDATE)
    rows = _rows(request)
    judged = await _judged(rows, request, call)
    count = Counter(j.verdict for j in judged)
    changing = [j for j in judged if j.after is not None]
    more: dict[str, Any] = {}
    if changing and not request.dry_run:
        import_id = call.facilities.new_session_id()
        await _write(changing, import_id, request, call)
        more = {"import_id": import_id}
        if request.send_invitations:
            more["invited"] = await _invite(changing, call)
    reads = call.may(Permission.USERS_READ)
    call.discloses = True
    call.details |= {
        **more,
        "dry_run": request.dry_run,
        **{verdict.value: count[verdict] for verdict in Verdict},
    }
    if request.label:
        call.details["label"] = request.label
    results = [_told(j, reads=reads, dry_run=request.dry_run) for j in judged]
    await asyncio.sleep(0)  # the commit of a thousand accounts takes its time, too
    return answer(
        ImportUsersReply,
        dry_run=request.dry_run,
        created=count[Verdict.CREATE],
        updated=count[Verdict.UPDATE],
        skipped=count[Verdict.SKIP],
        refused=count[Verdict.REFUSE],
        results=results,
        **more,
    )


def _rows(request: ImportUsers) -> list[Row]:
    """The rows of a request, as they came."""
    if (request.users is None) == (request.data is None):
        raise MissingInput("Either users or data is required")
    if request.users is not None:
        return [without_ignored(row) for row in request.users]
    lines = io.StringIO((request.data or "").removeprefix("\ufeff"), newline="")
    rows: list[Row] = []
    try:
        for row in read_rows(lines, request.format):
            if len(rows) == IMPORT_ROWS_MAX:
                raise InvalidInput("data", f"at most {IMPORT_ROWS_MAX} rows")
            rows.append(row)
    except UnreadableFile as error:
        raise InvalidInput("data", str(error)) from None
    if not rows:
        raise InvalidInput("data", "has no rows")
    return rows


async def _judged(rows: list[Row], request: ImportUsers, call: Call) -> list[Judged]:
    facilities = call.facilities
    names = facilities.look_alikes
    await names.gather(call.now)

    def may_give(role: str) -> bool:
        if not call.may(Permission.ROLES_ASSIGN):
            return False
        try:
            require_all_of(role, call)
        except PermissionDenied:
            return False
        return True

    judge = ImportJudge(
        call.tx,
        ImportRules(
            profile=facilities.profile,
            now=call.now,
            on_existing=request.on_existing,
            new_user_id=facilities.new_user_id,
            may_give=may_give,
            may_change=lambda user_id: call.may(
                Permission.USERS_UPDATE, changes=user_id
            ),
            known_like=names.find,
        ),
    )
    judged = []
    for number, row in enumerate(rows, 1):
        judged.append(await judge.judge(number, row))
        if number % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return judged


async def _write(
    changing: list[Judged], import_id: str, request: ImportUsers, call: Call
) -> None:
    names = call.facilities.look_alikes
    by = Importer(
        call.own_session.user_id, call.address, call.request_id, request.label or ""
    )
    kept_s = call.facilities.profile.imports_kept_s
    writer = BatchWriter(call.tx, call.facilities.store, by, call.now, kept_s)
    looks = await writer.write(changing, import_id)
    call.after_commit.append(partial(names.add, looks))


async def _invite(changing: list[Judged], call: Call) -> int:
    """Mail a link for a first password to new accounts without one; tells how many.

    A full outbox leaves the rest out, as always.
    """
    queue, invited = require_mail(call), 0
    for judged in changing:
        user = judged.after
        assert user is not None
        waits = user.password_hash == NO_PASSWORD and user.status == ACTIVE
        if judged.before is not None or not waits:
            continue
        if not queue.has_room(call.facilities.store):
            break
        await post(call, new_mail(call, user, Template.RESET))
        invited += 1
        if invited % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return invited


def _told(judged: Judged, *, reads: bool, dry_run: bool) -> dict[str, Any]:
    """A verdict as it is told; what is empty is left out."""
    told: dict[str, Any] = {"row": judged.row, "verdict": judged.verdict.value}
    if judged.username:
        told["username"] = judged.username
    shown = judged.before or (None if dry_run else judged.after)
    if shown is not None:
        told["user_id"] = shown.user_id
    for name in ("reasons", "warnings", "changed", "kept"):
        if value := getattr(judged, name):
            told[name] = value
    if reads and judged.changed:
        told["diff"] = changes_of(judged.before, judged.after, judged.changed)
    return told


async def list_imports(request: ListImports, call: Call) -> Answer[ListImportsReply]:
    """List what can be taken back, the newest first."""
    store, size = call.facilities.store, request.page_size
    ids = store.ids(IMPORTS)[::-1]
    first = (request.page - 1) * size
    batches = [store.get(IMPORTS, import_id) for import_id in ids[first : first + size]]
    call.discloses = True
    return answer(
        ListImportsReply,
        imports=[_listed(batch) for batch in batches if batch is not None],
        total=len(ids),
        page=request.page,
        page_size=size,
    )


def _listed(batch: ImportBatch) -> dict[str, Any]:
    return {
        "import_id": batch.import_id,
        "label": batch.label,
        "at": batch.created_at,
        "by": batch.by,
        "created": len(batch.created),
        "updated": len(batch.updated),
        "revertible_until": text_of(batch.until_epoch_s),
        "reverted_at": batch.reverted_at,
    }
