"""A user file as the original service writes it, for tests of the import."""

import base64
import hashlib
import json
import os
from functools import cache
from typing import Any

from cryptography.fernet import Fernet

MASTER = "default_secure_password_2024"


@cache
def _salt(name: str) -> str:
    """The same for a name in all tests, so that its hash is computed once."""
    return os.urandom(16).hex()


@cache
def _stretched(secret: str, salt: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), 100_000)


def record(name: str, password: str, **more: Any) -> dict[str, Any]:
    """One account as the original stores it."""
    salt = _salt(name)
    digest = _stretched(password, salt)
    return {
        "username": name,
        "email": f"{name}@example.org",
        "password_hash": digest.hex(),
        "password_salt": salt,
        "full_name": "",
        "phone": "",
        "role": "user",
        "status": "active",
        "created_at": "2024-05-01T10:00:00.123456",
        "updated_at": "2024-05-02T10:00:00.123456",
        "last_login": None,
        "notes": "",
        "metadata": {},
        **more,
    }


def original_file(records: dict[str, Any], master: str = MASTER) -> bytes:
    """The bytes of users_encrypted.json."""
    key = _stretched(master, "stable_salt_v1")
    token = Fernet(base64.urlsafe_b64encode(key))
    return token.encrypt(json.dumps(records, indent=2).encode())
