"""Every error that the store raises, in one tree.

    StoreError
     +- Refused                  the transaction changed nothing; the store is well
     |   +- Conflict             something that was read has changed
     |   +- UniqueViolation      a unique key belongs to another document
     |   +- TransactionTooLarge  it cannot fit into one frame
     +- NotWritten               the store could not make the change durable
     |   +- StorageFull          no room; reads go on, writing resumes with room
     |   +- StorageFailed        the disk refused; nothing of the change is there
     |   +- StoreReadOnly        an earlier failure ended writing for good
     |   +- OutcomeUnknown       fsync failed; the change may or may not be there
     +- CannotOpen               start-up refuses; nothing was modified
     |   +- StoreMissing         no store in this directory
     |   +- StoreExists          creation wants an empty directory
     |   +- StoreLocked          another process owns the store
     |   +- StoreTooNew          written by a newer format than this program reads
     |   +- UnsafePermissions    others may read the files
     |   +- UnsafeFileSystem     a network file system, whose locks do not hold
     |   +- StoreCorrupt         bytes at rest do not verify
     |   +- KeyringCorrupt       neither copy of the keyring verifies
     |   +- ForeignKeyring       the keyring belongs to another store
     |   +- WrongPassword        the keyring is sound, the master password is not
     |   +- HeadMismatch         the store does not contain a head kept elsewhere
     |   +- BadArchive           a file is no backup, or a damaged one
     +- Misuse                   the caller broke the contract (our bug)
         +- TransactionEnded     used after commit or discard
         +- StoreClosed          used before start or after close

It knows what went wrong and carries what the caller needs next; it must not know
how an error is shown to people or put on a wire.
"""

from __future__ import annotations


class StoreError(Exception):
    """Root of all errors of the store."""


class Refused(StoreError):
    """The transaction was refused and changed nothing."""


class Conflict(Refused):
    """Something the transaction has read was changed by another one."""

    def __init__(self, collection: str, subject: str) -> None:
        super().__init__(f"{collection}: {subject} has changed since it was read")
        self.collection = collection
        self.subject = subject


class UniqueViolation(Refused):
    """The value of a unique field belongs to another document."""

    def __init__(self, collection: str, field: str, value: str) -> None:
        super().__init__(f"{collection}.{field} is already taken")
        self.collection = collection
        self.field = field
        self.value = value


class TransactionTooLarge(Refused):
    """The transaction cannot fit into one frame."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"transaction of {size_bytes} bytes, limit {limit_bytes}")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class NotWritten(StoreError):
    """The change could not be made durable."""


class StorageFull(NotWritten):
    """No room on the disk; nothing of the change is there."""


class StorageFailed(NotWritten):
    """The disk refused an operation; nothing of the change is there."""


class StoreReadOnly(NotWritten):
    """An earlier failure ended writing until the store is opened again."""


class OutcomeUnknown(NotWritten):
    """A flush failed: after a restart the change may be there or not."""


class CannotOpen(StoreError):
    """The store cannot be opened; nothing was modified."""


class StoreMissing(CannotOpen):
    """There is no store in this directory."""


class StoreExists(CannotOpen):
    """A store is created in an empty directory only."""


class StoreLocked(CannotOpen):
    """Another process (or another store object) owns the directory."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"the store is in use by {holder or 'another process'}")
        self.holder = holder


class StoreTooNew(CannotOpen):
    """A file demands a newer reader than this program."""

    def __init__(self, file: str, wanted: int, supported: int) -> None:
        super().__init__(
            f"{file}: needs format {wanted}, this program reads {supported}"
        )
        self.file = file
        self.wanted = wanted
        self.supported = supported


class UnsafePermissions(CannotOpen):
    """A file or directory is open to others or belongs to someone else."""

    def __init__(self, path: str, command: str) -> None:
        super().__init__(f"{path} must be private to its owner; run: {command}")
        self.path = path
        self.command = command


class UnsafeFileSystem(CannotOpen):
    """The directory lies on a network file system."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__(f"{path} lies on {kind}; a store needs a local file system")
        self.path = path
        self.kind = kind


class StoreCorrupt(CannotOpen):
    """Bytes at rest do not verify; says where and how far the data is good.

    How far is None where it is not known: what was read tells no sequences.
    """

    def __init__(
        self, file: str, offset: int, last_good_sequence: int | None, reason: str
    ) -> None:
        known = last_good_sequence is not None
        good = f"; the last good sequence is {last_good_sequence}" if known else ""
        super().__init__(f"{file}, offset {offset}: {reason}{good}")
        self.file = file
        self.offset = offset
        self.last_good_sequence = last_good_sequence
        self.reason = reason


class KeyringCorrupt(CannotOpen):
    """The keyring does not verify."""


class ForeignKeyring(CannotOpen):
    """The keyring belongs to another store."""


class WrongPassword(CannotOpen):
    """The keyring is sound, but the master password does not open it."""


class HeadMismatch(CannotOpen):
    """The store does not contain the head that was kept elsewhere."""


class BadArchive(CannotOpen):
    """A file is no backup, or a damaged one; nothing of it was restored."""


class Misuse(StoreError):
    """The caller broke the contract of the store."""


class TransactionEnded(Misuse):
    """A transaction was used after its commit or discard."""


class StoreClosed(Misuse):
    """The store was used for writing before start or after close."""
