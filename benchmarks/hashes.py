"""The floor of every login: Argon2 alone, by either library, at the default cost."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from argon2 import PasswordHasher, Type
from argon2.low_level import verify_secret
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from benchmarks.stores import PASSWORD
from ums_service.domain.argon2id import HASH_BYTES, SALT_BYTES, HashParameters
from ums_service.guard.hashing import NICENESS


class Floors(NamedTuple):
    """Verifications a second by each library, at the cost that is the default."""

    libsodium: float
    argon2_cffi: float


def verifications_per_s(seconds: float) -> Floors:
    """Argon2 alone by either library, one behind the other."""
    cost = HashParameters()
    secret, salt = PASSWORD.encode(), os.urandom(SALT_BYTES)
    memory, kind = cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13
    hasher = PasswordHasher(
        cost.passes, cost.memory_kib, cost.lanes, HASH_BYTES, SALT_BYTES, type=Type.ID
    )
    stored = hasher.hash(secret).encode()

    def libsodium() -> None:
        crypto_pwhash_alg(HASH_BYTES, secret, salt, cost.passes, memory, kind)

    def argon2_cffi() -> None:
        verify_secret(stored, secret, Type.ID)

    return Floors(_per_s(libsodium, seconds), _per_s(argon2_cffi, seconds))


def _per_s(verify: Callable[[], None], seconds: float) -> float:
    """On one niced thread per core, as the service's pool has them."""
    threads = os.cpu_count() or 1
    begin_s = time.perf_counter()

    def compute() -> int:
        done = 0
        while time.perf_counter() < begin_s + seconds:
            verify()
            done += 1
        return done

    with ThreadPoolExecutor(threads, initializer=_nice) as pool:
        done = sum(
            future.result() for future in [pool.submit(compute) for _ in range(threads)]
        )
    return done / (time.perf_counter() - begin_s)


def _nice() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
