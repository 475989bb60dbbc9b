"""What is erased is gone: from the documents, from the log, and from every file."""

import zlib
from typing import Any
from zlib import crc32

import pytest

from storage import Store
from storage.cipher import Cipher, NotAuthentic
from storage.frames import HEADER
from tests.service.harness import (
    CHEAP_STORE,
    GOOD,
    MASTER,
    Bench,
    Message,
    update,
)
from tests.service.mailbox import MAIL, planted_mail
from ums_client.protocol.personal import PersonFields
from ums_service.audit.reader import said_in, show
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.domain.audit import AUDIT
from ums_service.domain.audit_seals import AUDIT_KEYS

CANARY = "kanarie"
NO_WORDS = (
    "timezone",
    "language",
    "reminder_time",
    "quiet_hours_start",
    "quiet_hours_end",
)
DAY_S = 24 * 3600


def canaries() -> Message:
    """A canary in every field that takes words."""
    words: Message = {}
    for name, info in PersonFields.model_fields.items():
        kind = str(info.annotation)
        if "Literal" in kind or name in NO_WORDS:
            continue
        if "dict[" in kind:
            words[name] = {CANARY + name: [CANARY]}
        elif name == "contacts":
            told = {"value": CANARY + name, "label": f"{CANARY}label"}
            words[name] = [{"type": "phone"} | told]
        elif "list[" in kind:
            words[name] = [CANARY + name]
        elif name.endswith("_url") or name == "website":
            words[name] = f"https://linkedin.com/{CANARY}{name}"
        elif "str" in kind and name != "date_of_birth":
            words[name] = CANARY + name
    return words


def files_of(image: Any) -> list[bytes]:
    """Every file of a disk, those kept for repair too."""
    found: list[bytes] = []
    for content in image.values():
        found += [content] if isinstance(content, bytes) else files_of(content)
    return found


def bodies_in(data: bytes) -> list[bytes]:
    """The body of every frame in a file, wherever it begins."""
    found, at = [], 0
    while at <= len(data) - HEADER.size:
        length, _, header_crc, body_crc = HEADER.unpack_from(data, at)
        body = data[at + HEADER.size : at + HEADER.size + length]
        whole = len(body) == length and crc32(data[at : at + 8]) == header_crc
        if length and whole and crc32(body) == body_crc:
            found.append(body)
            at += HEADER.size + length
        else:
            at += 1
    return found


def decrypted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All that can be read of the files of a stopped bench by who has its key."""
    ciphers: dict[int, Cipher] = {}
    unpatched = Cipher.open

    def remembering(self: Cipher, token: bytes) -> bytes:
        ciphers[id(self)] = self
        return unpatched(self, token)

    bench.stop()
    monkeypatch.setattr(Cipher, "open", remembering)
    image = bench.disk.copy()
    store = Store.open(
        image, MASTER, collections=COLLECTIONS, streams=STREAMS, options=CHEAP_STORE, now=0
    )  # fmt: skip
    list(store.entries(AUDIT))
    monkeypatch.undo()
    plain: list[bytes] = []
    for data in files_of(bench.disk.image()):
        for body in bodies_in(data):
            plain += [opened for c in ciphers.values() for opened in tried(c, body)]
    bench._start(create=False)
    return plain


def tried(cipher: Cipher, body: bytes) -> list[bytes]:
    """What is in a body, as it is and unpacked, if this key opens it."""
    try:
        plain = cipher.open(body)
    except NotAuthentic:
        return []
    try:
        return [plain, zlib.decompress(plain)]
    except zlib.error:
        return [plain]


def live_of_canaries(bench: Bench) -> tuple[str, str]:
    """An account with canaries wherever words can be; its token and its id."""
    name = f"{CANARY}.name"
    token = bench.member(name, email=f"{CANARY}@example.org", **canaries())
    admin, user_id = bench.admin(), bench.user_id(name)
    bench.ask(**update(token, city=f"{CANARY}again", notes=f"{CANARY}more"))
    keyed = update(token, state=f"{CANARY}keyed") | {"idempotency_key": "k" * 20}
    assert bench.ask(**keyed)["status"] == "success"
    consent: Message = {"action": "set_consent", "type": "terms", "granted": True}
    consent |= {"session_token": token, "source": f"{CANARY}source"}
    assert bench.ask_all([consent])[0]["status"] == "success"
    bench.ask(action="request_password_reset", username=name)
    planted_mail(bench, name, f"{CANARY}mail")
    invite = {"action": "invite_user", "email": f"{CANARY}@example.org"}
    invited = bench.ask(**invite, session_token=admin, message=f"{CANARY}come")
    assert invited["status"] == "success", invited
    status = {"action": "set_user_status", "session_token": admin, "user_id": user_id}
    bench.ask(**status, status="suspended", reason=f"{CANARY}reason")
    bench.ask(**status, status="active")
    asked = {"action": "query_audit", "session_token": admin, "subject": user_id}
    assert CANARY in str(bench.ask(**asked))
    bench.ask(action="verify_audit", session_token=admin)
    return bench.login(name), user_id


def erase(bench: Bench, token: str, user_id: str) -> Message:
    del user_id  # it is one's own
    message = {"action": "delete_user", "session_token": token, "mode": "erase"}
    return bench.ask(**message, password=GOOD)


def anonymise(bench: Bench, token: str, user_id: str) -> Message:
    del token  # an administrator does it
    message = {"action": "anonymise_user", "session_token": bench.admin()}
    return bench.ask(**message, user_id=user_id, reason="asked for")


@pytest.mark.parametrize("end", [erase, anonymise])
def test_no_canary_outlives_an_account(make_bench, monkeypatch, end):
    bench = make_bench(settings=MAIL)
    token, user_id = live_of_canaries(bench)
    key = bench.store.get(AUDIT_KEYS, user_id)
    assert key is not None
    bench.run(bench.store.checkpoint())  # some of it lies in a base, some in journals
    bench.ask(**update(token, city=f"{CANARY}late"))
    before = b"".join(decrypted(bench, monkeypatch))
    assert CANARY.encode() in before
    assert key.key in before
    token = bench.login(f"{CANARY}.name")
    assert end(bench, token, user_id)["status"] == "success"
    bench.clock.advance(DAY_S + 60)  # answers for repeats are kept so long
    bench.purge()
    for _ in range(2):  # the files before the last are kept for repair
        bench.run(bench.store.checkpoint())
    plain = decrypted(bench, monkeypatch)
    assert user_id.encode() in b"".join(plain)  # the log still tells of an id
    for piece in plain:
        at = piece.find(CANARY.encode())
        assert at < 0, piece[max(0, at - 80) : at + 80]
        assert key.key not in piece
    assert all(CANARY.encode() not in data for data in files_of(bench.disk.image()))
    said = said_in(bench.store)
    for entry in bench.audit():
        if entry.data.get("subject") == user_id:
            assert CANARY not in str(show(entry, said))
