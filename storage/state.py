"""What the store tells about itself: options, health, head, recovery.

Values only; whoever shows or anchors them decides how.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Self

MIB = 1024 * 1024
FLUSHES_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Sizes that govern the engine's housekeeping.

    Attributes:
        owner: who holds the store, shown to a second process.
        checkpoint_min_bytes: journals below this never start a checkpoint.
        checkpoint_base_share: nor do journals below this share of the base.
        retry_bytes: growth of the journals before a failed checkpoint is tried again.
        ballast_bytes: room kept for emergencies on a full disk; 0 for none.
        segment_bytes: a stream's last segment is rewritten while it is smaller.
        pause_s: how long compaction sleeps between chunks, to leave the loop alone.
    """

    owner: str = ""
    checkpoint_min_bytes: int = 16 * MIB
    checkpoint_base_share: float = 0.5
    retry_bytes: int = 16 * MIB
    ballast_bytes: int = 4 * MIB
    segment_bytes: int = 4 * MIB
    pause_s: float = 0.001


class State(StrEnum):
    """Whether commits can succeed."""

    WRITABLE = "writable"
    FULL = "full"  # each commit tries again
    READ_ONLY = "read_only"  # until the store is opened again


@dataclass(frozen=True, slots=True)
class Health:
    """The state, why it is so, and warnings that do not stop writing."""

    state: State = State.WRITABLE
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class FlushTimes:
    """How long frames took to be written and flushed, in seconds.

    The writer's thread adds to it; any thread may read it.
    """

    count: int = 0
    total_s: float = 0.0
    latest_s: deque[float] = field(default_factory=lambda: deque(maxlen=FLUSHES_KEPT))

    def add(self, took_s: float) -> None:
        """One more frame is durable."""
        self.count += 1
        self.total_s += took_s
        self.latest_s.append(took_s)


class Figures(NamedTuple):
    """What the files take in bytes, without those kept for repair, and flushes cost."""

    base_bytes: int
    journal_bytes: int
    segment_bytes: int
    flush_times: FlushTimes


class Head(NamedTuple):
    """The newest durable commit; keep it elsewhere to detect a rollback."""

    store_id: bytes
    epoch: int
    sequence: int
    tag: bytes

    @property
    def text(self) -> str:
        """One word, to be kept elsewhere: `parse` makes the same head of it."""
        return f"{self.store_id.hex()}:{self.epoch}:{self.sequence}:{self.tag.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of `text`, blanks around it allowed. Raises ValueError."""
        store_id, epoch, sequence, tag = text.strip().split(":")
        head = cls(
            bytes.fromhex(store_id), int(epoch), int(sequence), bytes.fromhex(tag)
        )
        if (len(head.store_id), len(head.tag)) != (16, 32):
            raise ValueError("not a head of a store")
        return head


@dataclass(frozen=True, slots=True)
class Recovery:
    """What opening found.

    Attributes:
        clean: the previous stop was orderly.
        frames: journal frames read.
        dropped_bytes: length of the torn tail that was cut off.
        quarantine: name of the copy of that tail, in the quarantine directory.
        removed: files of an unfinished checkpoint that were removed.
        keyring_repaired: which damaged copy of the keyring was rewritten.
        seconds: time the opening took.
    """

    clean: bool
    frames: int = 0
    dropped_bytes: int = 0
    quarantine: str | None = None
    removed: tuple[str, ...] = ()
    keyring_repaired: str | None = None
    seconds: float = 0.0
