"""Encrypted, journaled document store: documents, bytes and keys, never users.

store        what callers see: reads, transactions, streams, checkpoint, close
transaction  optimistic unit of change over the latest state
commits      checks and queues on the loop's thread, publishes what is durable
writer       group commit: one thread, one frame per flush
journal      encrypted, chained frames; frames and cipher lie below
checkpoint   journals and old base into a new base, in the background
search       entries of a stream, by an index beside each segment
recovery     what opening may repair, and what it refuses
disk         the only module that touches files
"""

from storage.collection import Collection, Entry, Stream
from storage.disk import Disk, File, Lock, RealDisk
from storage.errors import (
    BadArchive,
    CannotOpen,
    Conflict,
    ForeignKeyring,
    HeadMismatch,
    KeyringCorrupt,
    Misuse,
    NotWritten,
    OutcomeUnknown,
    Refused,
    StorageFailed,
    StorageFull,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreExists,
    StoreLocked,
    StoreMissing,
    StoreReadOnly,
    StoreTooNew,
    TransactionEnded,
    TransactionTooLarge,
    UniqueViolation,
    UnsafeFileSystem,
    UnsafePermissions,
    WrongPassword,
)
from storage.kdf import KdfParameters, MasterKey
from storage.records import document_of, revision_of
from storage.retention import Expired
from storage.search import Page
from storage.state import Figures, Head, Health, Recovery, State, StoreOptions
from storage.store import Store
from storage.stream_check import Checked
from storage.terms import Search
from storage.transaction import Transaction

__all__ = [
    "BadArchive",
    "CannotOpen",
    "Checked",
    "Collection",
    "Conflict",
    "Disk",
    "Entry",
    "Expired",
    "Figures",
    "File",
    "ForeignKeyring",
    "Head",
    "HeadMismatch",
    "Health",
    "KdfParameters",
    "KeyringCorrupt",
    "Lock",
    "MasterKey",
    "Misuse",
    "NotWritten",
    "OutcomeUnknown",
    "Page",
    "RealDisk",
    "Recovery",
    "Refused",
    "Search",
    "State",
    "StorageFailed",
    "StorageFull",
    "Store",
    "StoreClosed",
    "StoreCorrupt",
    "StoreError",
    "StoreExists",
    "StoreLocked",
    "StoreMissing",
    "StoreOptions",
    "StoreReadOnly",
    "StoreTooNew",
    "Stream",
    "Transaction",
    "TransactionEnded",
    "TransactionTooLarge",
    "UniqueViolation",
    "UnsafeFileSystem",
    "UnsafePermissions",
    "WrongPassword",
    "document_of",
    "revision_of",
]
