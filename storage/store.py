"""The store: documents with unique keys and groups, streams, and durable transactions.

    transaction -> commits -> writer -> journal           one way down
    journal, base, segments -> checkpoint -> base         in the background

Reads are synchronous and see only what is on disk; transactions read what is queued as
well. It joins the parts; the rules live in them. It must not know what a document
means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Self, TypeVar, final

from storage.ballast import Ballast
from storage.checkpoint import Checkpoints
from storage.collection import Collection, Entry, Stream
from storage.commits import Commits
from storage.creation import create_files
from storage.disk import Disk, Lock
from storage.errors import OutcomeUnknown, StorageFailed
from storage.headers import HEADER_BYTES
from storage.kdf import KdfParameters
from storage.keyring import Keyring, StoredKeyring
from storage.manifest import CleanStop, Seal
from storage.memory import Memory
from storage.ownership import locked
from storage.records import document_of
from storage.recovery import Opened, open_files
from storage.retention import Expired, find_expired
from storage.search import NEWEST, Page, Searcher
from storage.state import Figures, Head, Health, Recovery, State, StoreOptions
from storage.stream_check import Checked, Progress, check_stream
from storage.streams import DurableView, read_entries
from storage.terms import Search
from storage.transaction import Transaction
from storage.writer import Writer

T = TypeVar("T")

DEFAULT_OPTIONS: Final = StoreOptions()
DEFAULT_KDF: Final = KdfParameters()


@final
class Store:
    """An open store. Made by `open` or `create`, then `start`, at last `close`."""

    recovery: Recovery

    def __init__(
        self,
        opened: Opened,
        memory: Memory,
        streams: Sequence[Stream],
        lock: Lock,
        options: StoreOptions,
    ) -> None:
        """For `open` and `create` only."""
        self.recovery = opened.recovery
        self._files = opened.files
        self._memory = memory
        self._lock = lock
        self._options = options
        ballast = Ballast(opened.files.disk, options.ballast_bytes)
        self._writer = Writer(opened.journal, ballast)
        self._checkpoints = Checkpoints(
            opened.files, memory.key_fields(), streams, self._writer, options
        )
        self._searchers = {
            stream.name: Searcher(opened.files, self._view, stream, options.pause_s)
            for stream in streams
        }
        self._commits = Commits(
            memory,
            self._writer,
            opened.next_transaction,
            self._checkpoints.consider,
        )
        self._warnings: tuple[str, ...] = ()
        self._closed = False
        try:
            ballast.ensure()
        except OSError as error:
            self._warnings = (f"no room is kept aside: {error}",)

    @classmethod
    def create(
        cls,
        disk: Disk,
        master: bytes,
        *,
        collections: Sequence[Collection[Any]],
        streams: Sequence[Stream],
        options: StoreOptions = DEFAULT_OPTIONS,
        now: int,
        kdf: KdfParameters = DEFAULT_KDF,
    ) -> Self:
        """Make a store in an empty directory and open it; durable on return.

        `now` is in whole seconds of Unix time. Raises StoreExists, StoreCorrupt,
        StoreLocked or StorageFailed.
        """
        with locked(disk, options, now, "the store cannot be made") as lock:
            derived = create_files(disk, master, kdf, now).master
            unlock = partial(StoredKeyring.unlock_with, derived=derived)
            return cls._open(disk, unlock, collections, streams, options, lock)

    @classmethod
    def open(
        cls,
        disk: Disk,
        master: bytes,
        *,
        collections: Sequence[Collection[Any]],
        streams: Sequence[Stream],
        options: StoreOptions = DEFAULT_OPTIONS,
        now: int,
    ) -> Self:
        """Open an existing store; `recovery` tells what was found.

        Raises the CannotOpen errors, with nothing modified, or StorageFailed.
        """
        with locked(disk, options, now, "the store cannot be opened") as lock:
            unlock = partial(StoredKeyring.unlock, master=master)
            return cls._open(disk, unlock, collections, streams, options, lock)

    @classmethod
    def _open(
        cls,
        disk: Disk,
        unlock: Callable[[StoredKeyring], Keyring],
        collections: Sequence[Collection[Any]],
        streams: Sequence[Stream],
        options: StoreOptions,
        lock: Lock,
    ) -> Self:
        memory = Memory(collections, streams)
        opened = open_files(disk, unlock, memory)
        return cls(opened, memory, streams, lock, options)

    def get(
        self,
        collection: Collection[T],
        id: str,  # noqa: A002 - the word of the contract
    ) -> T | None:
        """The durable document; None if absent."""
        value = self._memory.tables[collection.name].docs.get(id)
        return None if value is None else collection.from_document(document_of(value))

    def get_document(
        self,
        collection: Collection[Any],
        id: str,  # noqa: A002 - the word of the contract
    ) -> dict[str, Any] | None:
        """The durable document as plain data, unpacked anew; None if absent."""
        value = self._memory.tables[collection.name].docs.get(id)
        return None if value is None else document_of(value)

    def get_value(
        self,
        collection: Collection[Any],
        id: str,  # noqa: A002 - the word of the contract
    ) -> bytes | None:
        """The durable document as it is kept, for `document_of`; None if absent.

        It holds the revision: equal values are the same state of the same document.
        """
        return self._memory.tables[collection.name].docs.get(id)

    def find(self, collection: Collection[Any], field: str, value: str) -> str | None:
        """The id of the durable document with this unique value."""
        return self._memory.tables[collection.name].indexes[field].get(value)

    def ids_where(
        self,
        collection: Collection[Any],
        field: str,
        value: str,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """The ids of the durable documents with this value of a grouped field.

        In order of the ids, those behind `after`, at most `limit`. It is a copy, so
        changes in between do it no harm; and who goes on behind the last id of a page
        meets every document that was there all the time exactly once.
        """
        groups = self._memory.tables[collection.name].groups[field]
        return groups.page(value, after, limit)

    def count_where(self, collection: Collection[Any], field: str, value: str) -> int:
        """The number of durable documents with this value of a grouped field."""
        return self._memory.tables[collection.name].groups[field].count(value)

    def scan(self, collection: Collection[T]) -> Iterator[T]:
        """All durable documents in order of insertion.

        The caller must not await between two of them.
        """
        for value in self._memory.tables[collection.name].docs.values():
            yield collection.from_document(document_of(value))

    def count(self, collection: Collection[Any]) -> int:
        """The number of durable documents."""
        return len(self._memory.tables[collection.name].docs)

    def ids(self, collection: Collection[Any]) -> list[str]:
        """The ids of all durable documents in order of insertion, as a copy."""
        return list(self._memory.tables[collection.name].docs)

    def entries(self, stream: Stream, *, after: int = 0) -> Iterator[Entry]:
        """The durable entries behind number `after`, read from disk.

        Where entries are dropped meanwhile, it goes on with the first that is left.
        May be used from another thread while the store runs. Raises StoreCorrupt.
        """
        return read_entries(self._files, self._view, stream.name, after)

    def search(
        self,
        stream: Stream,
        search: Search,
        *,
        limit: int,
        read_bytes_max: int,
        below: int = NEWEST,
    ) -> Page:
        """The newest durable entries under number `below` that are wanted.

        It ends when it has found `limit`, or soon after it has read so many bytes. Meant
        for another thread: it reads from disk. Raises StoreCorrupt or OSError.
        """
        searcher = self._searchers[stream.name]
        return searcher.search(
            search, below=below, limit=limit, read_bytes_max=read_bytes_max
        )

    def check(self, stream: Stream, step: Callable[[Progress], None]) -> Checked:
        """Read a whole stream and verify it; `step` hears how far it is.

        Meant for another thread. Raises OSError, or what `step` raises.
        """
        return check_stream(self._files, self._view, stream.name, step)

    def expired(
        self, stream: Stream, before: str, rest: Callable[[], None]
    ) -> Expired | None:
        """The oldest entries that can be dropped: whole segments, all under a time.

        `before` compares with the texts of the timed field; the newest segment stays.
        `rest` is called now and then. Nothing changes yet. Meant for another thread.
        Raises StoreCorrupt for a segment that does not verify, or OSError.
        """
        return find_expired(self._files, stream, before, rest)

    async def drop(
        self, stream: Stream, through: int, *, archive: Disk | None = None
    ) -> None:
        """Drop the oldest entries, up to number `through`, in whole segments.

        Durable on return, and so are copies in the `archive`, if one is given. Numbers
        stay as they are; the chain of what is left goes on from the tag of what was
        dropped. Backups and files that the last checkpoint replaced may still hold it.
        Raises as `checkpoint`.
        """
        await self._checkpoints.drop_entries(stream.name, through, archive)

    def first_entry(self, stream: Stream) -> int:
        """The number of the oldest entry that was not dropped; 1 as long as none was."""
        return self._files.manifest.beginning(stream.name).last + 1

    def watch(self, collection: Collection[Any], tell: Callable[[str], object]) -> None:
        """From now on call `tell` with the id of each document put or deleted.

        It is called on the loop when the change is durable and visible, before the task
        that committed it goes on; it must be quick and raise nothing.
        """
        self._memory.tables[collection.name].watchers.append(tell)

    def transaction(self) -> Transaction:
        """A new transaction over the latest state."""
        return Transaction(self._memory, self._commits.submit)

    @property
    def health(self) -> Health:
        """Whether commits can succeed, and what needs the operator's attention."""
        health = self._writer.health
        warnings = (*self._warnings, *self._checkpoints.warnings)
        return replace(health, warnings=warnings) if warnings else health

    @property
    def figures(self) -> Figures:
        """How large the store is and how long commits took; no file is looked at."""
        return self._checkpoints.figures()

    @property
    def changes(self) -> int:
        """A number that grows whenever a commit becomes visible.

        While it is the same, everything read without a transaction is the same.
        """
        return self._memory.changes

    @property
    def head(self) -> Head:
        """The newest durable commit."""
        manifest, end = self._view()
        return Head(manifest.store_id, manifest.epoch, end.sequence, end.tag)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the writer thread; commits need it."""
        self._writer.start(loop, self._commits)
        self._commits.start(loop)

    async def checkpoint(self) -> None:
        """Compact the journals into a new base, durable on return.

        Commits go on meanwhile. Raises StorageFull, StorageFailed, StoreReadOnly or
        StoreCorrupt; the old files stay in force then.
        """
        await self._checkpoints.run()

    async def rotate_key(self, now: int) -> None:
        """Seal everything under a new data key and forget the old ones.

        `now` is in whole seconds of Unix time. The files kept for repair need the old
        key until they go, so two checkpoints are made. Raises as `checkpoint`.
        """
        await self._checkpoints.rotate_key(now)

    async def close(self) -> None:
        """Write what is queued, record a clean stop, release the lock.

        Raises StorageFailed when the clean stop could not be recorded; what was
        acknowledged is durable all the same.
        """
        if self._closed:
            return
        self._closed = True
        self._commits.accepting = False
        try:
            if self._writer.running:
                await self._finish()
            self._writer.stop()
            self._record_clean_stop()
        finally:
            self._writer.stop()
            self._checkpoints.close()
            self._writer.journal.close()
            self._lock.release()

    async def _finish(self) -> None:
        """Drain the queue. Nothing is compacted: a stop must not take minutes."""
        await self._checkpoints.settle()
        await self._writer.run(lambda: None)

    def _record_clean_stop(self) -> None:
        if self._writer.health.state is State.READ_ONLY:
            return
        journal = self._writer.journal
        clean = CleanStop(journal.ref.name, journal.end)
        try:
            self._files.update(lambda manifest: replace(manifest, clean=clean))
        except (OSError, OutcomeUnknown) as error:
            raise StorageFailed(f"no clean stop was recorded: {error}") from error

    def _view(self) -> DurableView:
        """The MANIFEST with the end of the journal that it names as open."""
        journal = self._writer.journal
        manifest, end = self._files.manifest, journal.end
        ref = manifest.journals[-1]
        if ref.name != journal.ref.name:
            # Read in this order, the MANIFEST can only be newer, its journal empty.
            end = Seal(HEADER_BYTES, ref.anchor, ref.base_sequence)
        return DurableView(manifest, end)
