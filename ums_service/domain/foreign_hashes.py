"""Password hashes that other systems have made: recognised, bounded, verified.

    Django      pbkdf2_sha256$ pbkdf2_sha1$ scrypt$ bcrypt$ bcrypt_sha256$ argon2$
    Werkzeug    pbkdf2:sha256: pbkdf2:sha512: pbkdf2:sha1: scrypt:
    crypt       $5$ $6$ (also after {CRYPT})   $2a$ $2b$ $2y$ (bcrypt)
    LDAP        {SSHA} {SSHA256} {SSHA512}
    Argon2      $argon2id$ $argon2i$ $argon2d$

They are taken over as they are, verified at the first login and then replaced by a hash
of our own. What a hash costs is decided by who made it, so it is bounded where it comes
in: none of those accepted takes much longer than a second. Hashes without a salt, DES
and MD5 are not accepted: their passwords must be taken for known.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Final

from ums_service.domain import argon2id
from ums_service.domain.argon2id import UnusableHash
from ums_service.domain.sha_crypt import sha256_crypt, sha512_crypt

Verifier = Callable[[bytes], bool]
"""Tells whether a password, in UTF-8, is the one that was hashed."""

STORED_CHARS_MAX: Final = 512
PBKDF2_ITERATIONS_MAX: Final = 2_000_000
"""Django 6 makes hashes with 1,200,000."""
SCRYPT_BYTES_MAX: Final = 128 * 1024 * 1024
"""Of memory, 128 * n * r. Werkzeug's hashes need 32 MiB."""
SCRYPT_WORK_MAX: Final = 2**22
"""n * r * p, which the time follows: some 1.5 s. Django's hashes have 655,360."""
SHA_CRYPT_ROUNDS_MAX: Final = 700_000
"""passlib made hashes with 656,000 and 535,000."""
BCRYPT_COST_MAX: Final = 14
"""Each step doubles the work; 14 takes about a second."""
BCRYPT_BYTES: Final = 72
"""bcrypt has never looked at more of a password."""

_DIGEST_BYTES: Final = {"sha1": 20, "sha256": 32, "sha512": 64}
_SALT: Final = r"([!-#%-~]{1,64})"  # printable ASCII but the dollar sign
_DJANGO_PBKDF2: Final = re.compile(
    rf"pbkdf2_(sha1|sha256)\$(\d{{1,8}})\${_SALT}\$([A-Za-z0-9+/=]{{28,88}})"
)
_WERKZEUG_PBKDF2: Final = re.compile(
    rf"pbkdf2:(sha1|sha256|sha512):(\d{{1,8}})\${_SALT}\$([0-9a-f]{{40,128}})"
)
_DJANGO_SCRYPT: Final = re.compile(
    rf"scrypt\$(\d{{1,8}})\${_SALT}\$(\d{{1,3}})\$(\d{{1,3}})\$([A-Za-z0-9+/=]{{88}})"
)
_WERKZEUG_SCRYPT: Final = re.compile(
    rf"scrypt:(\d{{1,8}}):(\d{{1,3}}):(\d{{1,3}})\${_SALT}\$([0-9a-f]{{128}})"
)
_BCRYPT: Final = re.compile(
    r"(bcrypt\$|bcrypt_sha256\$)?(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53})"
)
_SHA_CRYPT: Final = re.compile(
    r"\$([56])\$(?:rounds=(\d{1,9})\$)?([!-#%-9;-~]{1,16})\$([./A-Za-z0-9]{43,86})"
)
_SSHA: Final = re.compile(
    r"\{SSHA(|256|512)\}([A-Za-z0-9+/]{28,180}={0,2})", re.IGNORECASE
)
_UNSAFE: Final = re.compile(
    r"\$1\$|\$apr1\$|\{(sha|md5|smd5|clear|cleartext)\}|md5\$|unsalted_|[./0-9A-Za-z]{13}$",
    re.IGNORECASE,
)


def imported_form(text: str) -> str:
    """How a hash of another system is stored until the first login.

    Raises:
        UnusableHash: it is of no known form, out of bounds, or too weak; says which.
    """
    if len(text) > STORED_CHARS_MAX:
        raise UnusableHash("the hash is too long")
    stored = text
    if stored[:7].upper() == "{CRYPT}":
        stored = stored[7:]
    stored = stored.removeprefix("argon2") if stored.startswith("argon2$") else stored
    if stored.startswith("$argon2"):
        argon2id.check_form(stored)
        return stored
    if verifier_of(stored) is None:
        weak = _UNSAFE.match(stored) is not None
        raise UnusableHash(
            "hashes of this kind are too weak" if weak else "the hash has no known form"
        )
    return stored


def verifier_of(stored: str) -> Verifier | None:
    """What verifies this hash; None for one that no other system here has made.

    Raises:
        UnusableHash: its parameters are out of bounds, or it is damaged.
    """
    for form, make in _FORMS:
        found = form.fullmatch(stored)
        if found is not None:
            return make(*found.groups())
    return None


def _django_pbkdf2(name: str, iterations: str, salt: str, digest: str) -> Verifier:
    return _pbkdf2(name, int(iterations), salt, _from_base64(digest))


def _werkzeug_pbkdf2(name: str, iterations: str, salt: str, digest: str) -> Verifier:
    return _pbkdf2(name, int(iterations), salt, _from_hex(digest))


def _pbkdf2(name: str, iterations: int, salt: str, known: bytes) -> Verifier:
    _require(0 < iterations <= PBKDF2_ITERATIONS_MAX)
    _require(len(known) == _DIGEST_BYTES[name], "the hash is damaged")
    return lambda password: hmac.compare_digest(
        hashlib.pbkdf2_hmac(name, password, salt.encode(), iterations), known
    )


def _django_scrypt(n: str, salt: str, r: str, p: str, digest: str) -> Verifier:
    return _scrypt(int(n), int(r), int(p), salt, _from_base64(digest))


def _werkzeug_scrypt(n: str, r: str, p: str, salt: str, digest: str) -> Verifier:
    return _scrypt(int(n), int(r), int(p), salt, _from_hex(digest))


def _scrypt(n: int, r: int, p: int, salt: str, known: bytes) -> Verifier:
    _require(n > 1 and n & (n - 1) == 0 and r > 0 and p > 0)
    _require(128 * n * r <= SCRYPT_BYTES_MAX and n * r * p <= SCRYPT_WORK_MAX)
    _require(len(known) == 64, "the hash is damaged")  # both make 64 bytes
    memory = 128 * r * (n + p + 2) + 1024 * 1024  # what OpenSSL counts, and room

    def matches(password: bytes) -> bool:
        made = hashlib.scrypt(
            password, salt=salt.encode(), n=n, r=r, p=p, maxmem=memory, dklen=64
        )
        return hmac.compare_digest(made, known)

    return matches


def _bcrypt(kind: str | None, stored: str, cost: str) -> Verifier:
    _require(4 <= int(cost) <= BCRYPT_COST_MAX)

    def matches(password: bytes) -> bool:
        import bcrypt  # noqa: PLC0415 - most services never need it

        if kind == "bcrypt_sha256$":  # Django, so that all of a password counts
            password = hashlib.sha256(password).hexdigest().encode()
        return bcrypt.checkpw(password[:BCRYPT_BYTES], stored.encode())

    return matches


def _sha_crypt(kind: str, rounds: str | None, salt: str, known: str) -> Verifier:
    """Rounds below 1,000 are computed as 1,000, as Drepper says."""
    count = 5_000 if rounds is None else max(1_000, int(rounds))
    _require(count <= SHA_CRYPT_ROUNDS_MAX)
    compute, chars = (sha256_crypt, 43) if kind == "5" else (sha512_crypt, 86)
    _require(len(known) == chars, "the hash is damaged")
    return lambda password: hmac.compare_digest(
        compute(password, salt.encode(), count), known
    )


def _ssha(bits: str, encoded: str) -> Verifier:
    raw, name = _from_base64(encoded), f"sha{bits or 1}"
    known, salt = raw[: _DIGEST_BYTES[name]], raw[_DIGEST_BYTES[name] :]
    _require(4 <= len(salt) <= 64, "the hash is damaged")
    return lambda password: hmac.compare_digest(
        hashlib.new(name, password + salt).digest(), known
    )


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise UnusableHash("the hash is damaged") from None


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UnusableHash("the hash is damaged") from None


def _require(right: object, otherwise: str = "the hash would cost too much") -> None:
    if not right:
        raise UnusableHash(otherwise)


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[..., Verifier]], ...]] = (
    (_DJANGO_PBKDF2, _django_pbkdf2),
    (_WERKZEUG_PBKDF2, _werkzeug_pbkdf2),
    (_DJANGO_SCRYPT, _django_scrypt),
    (_WERKZEUG_SCRYPT, _werkzeug_scrypt),
    (_BCRYPT, _bcrypt),
    (_SHA_CRYPT, _sha_crypt),
    (_SSHA, _ssha),
)
