"""When to compact, and how a compaction joins the running store.

    1. writer thread: seal the open journal, begin a new one (MANIFEST)
    2. background thread: `compaction` reads only immutable files and writes new ones
    3. background thread: MANIFEST names the new base instead of base and journals
    4. remove what the checkpoint before had kept

A crash or failure anywhere leaves a MANIFEST whose files are all there. A failure never
stops the journal: it is a warning, tried again when the journals have grown. It knows
sizes and outcomes; it must not know how a base looks.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import final

from storage.collection import Stream
from storage.compaction import Compaction
from storage.disk import Disk
from storage.errors import (
    NotWritten,
    OutcomeUnknown,
    StorageFailed,
    StorageFull,
    StoreCorrupt,
    StoreError,
    StoreReadOnly,
)
from storage.files import Files
from storage.headers import HEADER_BYTES
from storage.recovery import switch_journal
from storage.retention import drop_through
from storage.state import Figures, State, StoreOptions
from storage.writer import Writer

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@final
class Checkpoints:
    """Runs one checkpoint at a time. Called on the loop's thread."""

    def __init__(
        self,
        files: Files,
        key_fields: dict[str, tuple[str, ...]],
        streams: Sequence[Stream],
        writer: Writer,
        options: StoreOptions,
    ) -> None:
        self.warnings: tuple[str, ...] = ()
        self._files = files
        self._key_fields = key_fields
        self._streams = streams
        self._writer = writer
        self._options = options
        self._retry_at_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._sealed_bytes = self._count_sealed()
        self._one_at_a_time = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-compaction")

    def journal_bytes(self) -> int:
        """Frames in all journals since the base."""
        return self._sealed_bytes + self._writer.journal.end.length - HEADER_BYTES

    def figures(self) -> Figures:
        """What the files take, as the MANIFEST has it, and what flushes cost."""
        manifest = self._files.manifest
        return Figures(
            manifest.base.length if manifest.base else 0,
            self.journal_bytes(),
            sum(ref.length for ref in manifest.segments),
            self._writer.flush_times,
        )

    def consider(self) -> None:
        """Begin a checkpoint in the background when the journals have grown enough."""
        size = self.journal_bytes()
        if size <= max(self._options.checkpoint_min_bytes, self._retry_at_bytes):
            return
        base = self._files.manifest.base
        if base and size <= base.length * self._options.checkpoint_base_share:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run_quietly())

    async def settle(self) -> None:
        """Wait for a checkpoint in the background."""
        if self._task is not None:
            await self._task

    def close(self) -> None:
        """End the background thread."""
        self._thread.shutdown()

    async def run(self) -> None:
        """One checkpoint. Raises NotWritten errors or StoreCorrupt."""
        async with self._one_at_a_time:
            try:
                await self._run()
            except StoreError as error:
                self._retry_at_bytes = self.journal_bytes() + self._options.retry_bytes
                self.warnings = (f"checkpoint failed: {error}",)
                raise
            self._retry_at_bytes = 0
            self.warnings = ()

    async def drop_entries(
        self, stream: str, through: int, archive: Disk | None
    ) -> None:
        """Between checkpoints: drop old segments of a stream. Raises as `run`."""
        async with self._one_at_a_time:
            await self._in_background(
                lambda: drop_through(self._files, stream, through, archive)
            )

    async def rotate_key(self, now: int) -> None:
        """New active key, then two checkpoints. Raises as `run`."""
        await self._in_background(
            lambda: self._files.update_keyring(lambda keyring: keyring.rotated(now))
        )
        await self.run()
        await self.run()

    async def _run_quietly(self) -> None:
        with suppress(NotWritten, StoreCorrupt):  # told by `warnings`
            await self.run()

    async def _run(self) -> None:
        await self._writer.run(self._switch)
        compaction = Compaction(
            self._files, self._key_fields, self._streams, self._options
        )
        try:
            await self._in_background(compaction.run)
        finally:
            self._sealed_bytes = self._count_sealed()

    def _switch(self) -> None:
        """In the writer's thread: seal the open journal."""
        writer, old = self._writer, self._writer.journal
        if writer.health.state is State.READ_ONLY:
            raise StoreReadOnly(writer.health.reason)
        try:
            writer.journal = switch_journal(self._files, old.ref, old.end)
        except OutcomeUnknown as error:
            # Which journal the next start would read is not known: no more commits.
            writer.read_only(str(error))
            raise
        except OSError as error:
            raise _as_store_error(error) from error
        old.close()
        self._sealed_bytes = self._count_sealed()

    async def _in_background(self, function: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, function)
        except OutcomeUnknown as error:
            self._writer.read_only(str(error))
            raise
        except OSError as error:
            raise _as_store_error(error) from error

    def _count_sealed(self) -> int:
        journals = self._files.manifest.journals
        return sum(ref.seal.length - HEADER_BYTES for ref in journals if ref.seal)


def _as_store_error(error: OSError) -> NotWritten:
    kind = StorageFull if error.errno in _NO_ROOM else StorageFailed
    return kind(error.strerror or f"{type(error).__name__}: {error}")
