"""Hashes of other systems: verified after import, restart and login, then replaced."""

import pytest

from tests.service.foreign_vectors import HASHES, PASSWORD
from tests.service.harness import Bench
from tests.service.importing import imported
from ums_service.domain.argon2id import HashParameters, UnusableHash
from ums_service.domain.foreign_hashes import imported_form
from ums_service.domain.password_hashes import NO_PASSWORD, PasswordHashes

OURS = HashParameters(passes=1, memory_kib=8)


def test_every_form_is_taken_over_and_replaced_at_the_first_login(standard: Bench):
    """Through the store, a restart and a login; after it the hash is one of ours."""
    token = standard.admin()
    names = {f"user{i}": stored for i, stored in enumerate(HASHES.values())}
    rows = [
        {"username": n, "email": f"{n}@example.org", "password_hash": h}
        for n, h in names.items()
    ]
    reply = imported(standard, token, rows)
    assert reply["created"] == len(HASHES), reply
    standard.restart()
    for name in names:
        assert standard.try_login(name, f"{PASSWORD}!")["status"] == "error"
        taken_over = standard.user(name).password_hash
        assert standard.login(name, PASSWORD)
        replaced = standard.user(name).password_hash
        assert replaced != taken_over
        assert replaced.startswith("$argon2id$v=19$m=8,t=1,p=1$")
        assert standard.login(name, PASSWORD)
        assert standard.user(name).password_hash == replaced


@pytest.mark.parametrize("name", HASHES)
def test_every_form_is_verified(name: str):
    hashes = PasswordHashes(OURS)
    stored = imported_form(HASHES[name])
    assert hashes.verify(stored, PASSWORD)
    assert not hashes.verify(stored, PASSWORD.upper())
    assert not hashes.verify(stored, "")


@pytest.mark.parametrize("name", [n for n in HASHES if "argon2" not in n])
def test_every_form_is_outdated(name: str):
    assert PasswordHashes(OURS).is_outdated(imported_form(HASHES[name]))


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        (
            "Hello world!",
            "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        ),
        (
            "Hello world!",
            (
                "$5$rounds=10000$saltstringsaltst$"
                "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"
            ),
        ),
        (
            "a short string",
            (
                "{CRYPT}$5$rounds=123456$asaltof16chars..$"
                "gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD"
            ),
        ),
        (
            "Hello world!",
            (
                "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u"
                "4OTLiBFdcbYEdFCoEOfaS35inz1"
            ),
        ),
        (
            "a short string",
            (
                "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2"
                "kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1"
            ),
        ),
    ],
)
def test_crypt_as_its_specification_has_it(password: str, stored: str):
    """The vectors of Drepper's text."""
    hashes = PasswordHashes(OURS)
    assert hashes.verify(imported_form(stored), password)
    assert not hashes.verify(imported_form(stored), f"{password}.")


B64_32 = "A" * 43 + "="
TOO_DEAR = {
    "pbkdf2": f"pbkdf2_sha256$2000001$salt${B64_32}",
    "pbkdf2 of none": f"pbkdf2_sha256$0$salt${B64_32}",
    "werkzeug pbkdf2": f"pbkdf2:sha256:99999999$salt${'0' * 64}",
    "scrypt memory": f"scrypt:262144:8:1$salt${'0' * 128}",
    "scrypt work": f"scrypt:65536:8:99$salt${'0' * 128}",
    "scrypt no power of two": f"scrypt:32767:8:1$salt${'0' * 128}",
    "scrypt of 1": f"scrypt:1:8:1$salt${'0' * 128}",
    "bcrypt": f"$2b$15${'a' * 53}",
    "bcrypt of 3": f"$2b$03${'a' * 53}",
    "crypt": f"$6$rounds=700001$salt${'a' * 86}",
    "argon2 memory": f"$argon2id$v=19$m=999999,t=1,p=1$c29tZXNhbHQ${B64_32[:-1]}",
    "argon2 passes": f"$argon2id$v=19$m=8,t=11,p=1$c29tZXNhbHQ${B64_32[:-1]}",
    "argon2 of no pass": f"$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHQ${B64_32[:-1]}",
    "argon2 lanes without memory": f"$argon2i$v=19$m=8,t=1,p=8$c29tZXNhbHQ${B64_32[:-1]}",
}
DAMAGED = {
    "pbkdf2 digest": "pbkdf2_sha256$1000$salt$" + "A" * 40,
    "base64": f"pbkdf2_sha256$1000$salt${'A' * 42}=A",
    "werkzeug digest": f"pbkdf2:sha512:1000$salt${'0' * 64}",
    "odd hexadecimal": f"pbkdf2:sha256:1000$salt${'0' * 63}",
    "crypt digest": f"$5$salt${'a' * 86}",
    "ssha without salt": "{SSHA}" + "A" * 28,
    "argon2 stray bits": f"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHR${'A' * 43}",
    "argon2 length": f"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ${'A' * 41}",
}
WEAK = {
    "md5-crypt": "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
    "des-crypt": "rl.3StKT.4T8M",
    "sha": "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    "md5": "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
    "clear": "{CLEARTEXT}secret",
    "django md5": "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
}
UNKNOWN = {
    "nothing": "",
    "text": "correct horse 7",
    "our pepper": f"$pepper=0123456789abcdef$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ${'A' * 43}",
    "no password": NO_PASSWORD,
    "original": f"$pbkdf2-original${'0' * 32}${'0' * 64}",
    "long": "{SSHA}" + "A" * 600,
    "line end": f"$2b$04${'a' * 53}\n",
    "salt with a control character": f"pbkdf2:sha256:1000$s\x00lt${'0' * 64}",
    "2x": f"$2x$04${'a' * 53}",
}


@pytest.mark.parametrize(
    "stored",
    [*TOO_DEAR.values(), *DAMAGED.values(), *WEAK.values(), *UNKNOWN.values()],
    ids=[*TOO_DEAR, *DAMAGED, *WEAK, *UNKNOWN],
)
def test_what_cannot_be_verified_is_refused_where_it_comes_in(stored: str):
    with pytest.raises(UnusableHash):
        imported_form(stored)


def test_weak_hashes_are_told_to_be_weak():
    for stored in WEAK.values():
        with pytest.raises(UnusableHash, match="too weak"):
            imported_form(stored)


def test_bcrypt_never_looked_at_more_than_72_bytes():
    stored = "$2b$04$UbEceNfYU4L3pqq7aJjKyelf5BhVak9LGlxfgALYHE0JPnWmN0oby"
    hashes = PasswordHashes(OURS)
    assert hashes.verify(stored, "x" * 72)
    assert hashes.verify(stored, "x" * 80)
    assert not hashes.verify(stored, "x" * 71)


def test_no_password_is_right_where_there_is_none_and_it_costs_the_same(
    monkeypatch: pytest.MonkeyPatch,
):
    hashes = PasswordHashes(OURS)
    asked: list[str] = []
    verify = hashes._argon2id.verify
    monkeypatch.setattr(
        hashes._argon2id, "verify", lambda s, p: asked.append(s) or verify(s, p)
    )
    for password in ("", "!", "no password has this hash"):
        assert not hashes.verify(NO_PASSWORD, password)
    assert asked == [hashes.dummy] * 3


def test_long_computations_in_python_give_way(monkeypatch: pytest.MonkeyPatch):
    """The loop's thread gets the interpreter's lock every half millisecond."""
    rests: list[float] = []
    monkeypatch.setattr("ums_service.domain.sha_crypt._never.wait", rests.append)
    PasswordHashes(OURS).verify(HASHES["crypt sha512"], PASSWORD)
    assert len(rests) == 10
    assert all(rest > 0 for rest in rests)
