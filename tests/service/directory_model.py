"""People for the index of accounts, and the brute-force answer to a question about them."""

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from storage import Store
from tests.service.harness import CHEAP_KDF, CHEAP_STORE, MASTER
from tests.storage.memory_disk import MemoryDisk
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.domain.moment import text_of
from ums_service.domain.users import User

PLAIN = str.maketrans(
    {"É": "e", "é": "e", "Ü": "u", "ü": "u", "ß": "ss", "ø": "o", "Ø": "o", "İ": "i"}
)
"""The letters of the tests, and what they are without case and accents."""
NAMES = st.text("aAbéÉüÜßøØİz ", max_size=6)
TIMES = st.integers(1, 8).map(lambda day: text_of(day * 86_400))
PEOPLE = st.integers(0, 11)


def plain(text: str) -> str:
    return " ".join(text.translate(PLAIN).lower().split())


def user_of(number: int, **fields: Any) -> User:
    made: dict[str, Any] = {
        "user_id": f"{number * 7919 % 97:02}",
        "username": f"p{number}",
        "email": f"p{number}@example.org",
        "password_hash": "",
        "created_at": text_of(86_400),
        "updated_at": text_of(86_400),
        "password_changed_at": "",
    }
    return User(**(made | fields))


def open_store(disk: MemoryDisk, *, create: bool = False) -> Store:
    more: dict[str, Any] = {"kdf": CHEAP_KDF} if create else {}
    begin = Store.create if create else Store.open
    store = begin(
        disk,
        MASTER,
        collections=COLLECTIONS,
        streams=STREAMS,
        options=CHEAP_STORE,
        now=1,
        **more,
    )
    store.start(asyncio.get_running_loop())
    return store


# --- what the brute-force answer looks like ---

VALUES: dict[str, Callable[[User], Any]] = {
    "username": lambda user: user.username,
    "email": lambda user: user.email,
    "full_name": lambda user: plain(user.full_name),
    "created_at": lambda user: user.created_at,
    "updated_at": lambda user: user.updated_at,
    "last_login": lambda user: user.last_login or "",
    "role": lambda user: user.role,
    "status": lambda user: user.status,
    "user_type": lambda user: user.user_type,
    "company": lambda user: plain(user.company),
    "department": lambda user: plain(user.department),
}
DAYS = [text_of(day * 86_400) for day in (2, 5)]
FILTERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[User, Any], bool]]] = {
    "role": (
        st.sampled_from(["user", "admin"]),
        lambda user, value: user.role == value,
    ),
    "status": (
        st.sampled_from(["active", "suspended"]),
        lambda user, value: user.status == value,
    ),
    "is_active": (
        st.booleans(),
        lambda user, value: (user.status == "active") is value,
    ),
    "email_verified": (
        st.booleans(),
        lambda user, value: user.email_verified is value,
    ),
    "created_after": (
        st.sampled_from(DAYS),
        lambda user, value: user.created_at >= value,
    ),
    "created_before": (
        st.sampled_from(DAYS),
        lambda user, value: user.created_at < value,
    ),
    "last_login_after": (
        st.sampled_from(DAYS),
        lambda user, value: (user.last_login or "") >= value,
    ),
    "last_login_before": (
        st.sampled_from(DAYS),
        lambda user, value: user.last_login is not None and user.last_login < value,
    ),
    "never_logged_in": (
        st.booleans(),
        lambda user, value: (user.last_login is None) is value,
    ),
    "user_type": (
        st.sampled_from(["", "partner"]),
        lambda user, value: user.user_type == value,
    ),
    "company": (
        st.sampled_from(["", "a", "É"]),
        lambda user, value: plain(user.company) == plain(value),
    ),
    "department": (
        st.sampled_from(["", "a", "É"]),
        lambda user, value: plain(user.department) == plain(value),
    ),
}


def matches(user: User, query: str, *, begins: bool, everything: bool) -> bool:
    fields = [user.username, user.full_name]
    if everything:
        fields += [user.email, user.company]
    texts = [plain(field) for field in fields]
    if begins:
        starts = [word for text in texts for word in text.split()]
        return all(
            any(start.startswith(word) for start in starts)
            for word in plain(query).split()
        )
    return all(any(word in text for text in texts) for word in plain(query).split())
