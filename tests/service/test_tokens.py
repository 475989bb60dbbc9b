"""Tokens for other services: issued, renewed once, stolen, taken back, verified elsewhere."""

import json
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.service.harness import (
    ADMIN_PASSWORD,
    GOOD,
    STRONG,
    Bench,
    Message,
    login,
    update,
)
from tests.service.test_audit import maintenance
from ums_client.errors import (
    RevocationsOutdated,
    TokenExpired,
    TokenRefused,
    TokenRevoked,
    UnknownSigningKey,
)
from ums_client.verifier import TokenVerifier
from ums_service.domain.families import FAMILIES
from ums_service.domain.refresh import RefreshToken
from ums_service.domain.revocations import REVOCATIONS
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID
from ums_service.first_admin import recover

MINUTE_S, DAY_S = 60, 86_400
ELSEWHERE = "198.51.100.9"
NEW = "another pass 1"


def with_tokens(bench: Bench, name: str, password: str = GOOD, **more) -> Message:
    """The reply to a login that asks for tokens."""
    asked = login(name, password)
    asked["credentials"]["tokens"] = True
    reply = bench.ask(**asked, **more)
    assert reply["status"] == "success", reply
    return reply


def member(bench: Bench, name: str = "alice", password: str = GOOD) -> Message:
    bench.register(name, password)
    return with_tokens(bench, name, password)


def renewed(bench: Bench, tokens: Message, **more) -> Message:
    return bench.ask(
        action="refresh_token", refresh_token=tokens["refresh_token"], **more
    )


def must_renew(bench: Bench, tokens: Message) -> Message:
    reply = renewed(bench, tokens)
    assert reply["status"] == "success", reply
    return reply


def alive(bench: Bench, tokens: Message) -> bool:
    reply = bench.ask(action="get_user", session_token=tokens["session_token"])
    return bool(reply["status"] == "success")


def verifier(bench: Bench, **more) -> TokenVerifier:
    told = bench.ask(action="get_signing_keys")
    return TokenVerifier(told["keys"], told["issuer"], told["audience"], **more)


def now(bench: Bench) -> int:
    return bench.clock.now.epoch_s


def feed(bench: Bench, after: int = 0) -> Message:
    return bench.ask(action="get_revocations", after=after)


def is_revoked(bench: Bench, tokens: Message) -> bool:
    """What a verifier that starts now says of the access token."""
    check = verifier(bench)
    check.update(feed(bench)["revocations"])
    token = tokens["access_token"]
    made_at = jwt.decode(token, options={"verify_signature": False})["iat"]
    try:
        check.verify(token, made_at)
    except TokenRevoked:
        return True
    return False


def forged(token: str, **header: str) -> str:
    """The same claims under another header, unsigned."""
    parts = token.split(".")
    plain = jwt.get_unverified_header(token) | header
    first = jwt.utils.base64url_encode(json.dumps(plain).encode()).decode()
    return ".".join([first, *parts[1:]])


# --- what is issued ---


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
@pytest.mark.parametrize(
    ("profile", "access_s", "refresh_s"),
    [("standard", 900, 7 * DAY_S), ("hipaa", 3600, 30 * DAY_S)],
)
def test_an_access_token_says_who_where_and_how_long(
    make_bench, algorithm: str, profile: str, access_s: int, refresh_s: int
):
    settings = {
        "token_algorithm": algorithm,
        "token_issuer": "https://ums.example.org",
        "token_audience": "lab",
    }
    bench = make_bench(profile=profile, settings=settings)
    reply = member(bench, password=STRONG)
    assert (reply["token_type"], reply["expires_in"]) == ("Bearer", access_s)
    header = jwt.get_unverified_header(reply["access_token"])
    [key] = bench.ask(action="get_signing_keys")["keys"]
    assert header == {"alg": algorithm, "typ": "at+jwt", "kid": key["kid"]}
    bearer = verifier(bench).verify(reply["access_token"], now(bench))
    assert bearer.user_id == bench.user_id("alice")
    assert bearer.session_id == reply["session_id"]
    assert bearer.roles == ("user",)
    assert bearer.claims["iss"] == "https://ums.example.org"
    assert bearer.claims["aud"] == "lab"
    assert bearer.claims["nbf"] == bearer.issued_at == now(bench)
    assert bearer.expires_at == now(bench) + access_s
    again = with_tokens(bench, "alice", STRONG)
    assert verifier(bench).verify(again["access_token"], now(bench)).token_id != (
        bearer.token_id
    )
    bench.clock.advance(refresh_s - 1)
    reply = must_renew(bench, reply)
    assert reply["expires_in"] == 1  # not past the end of the family
    bench.clock.advance(1)
    assert renewed(bench, reply)["code"] == "INVALID_TOKEN"


def test_nobody_gets_tokens_who_does_not_ask(either: Bench):
    either.register("alice")
    reply = either.try_login("alice")
    assert not {"access_token", "refresh_token", "token_type"} & reply.keys()
    assert either.store.count(FAMILIES) == either.store.count(KEY_RINGS) == 0


def test_no_token_is_in_the_store_or_in_the_audit_log(standard: Bench):
    tokens = member(standard)
    renewed_tokens = must_renew(standard, tokens)
    stored = repr(list(standard.store.scan(FAMILIES))) + repr(standard.audit())
    documents = repr([standard.store.get_document(FAMILIES, standard.user_id("alice"))])
    for reply in (tokens, renewed_tokens):
        secret = reply["refresh_token"].rpartition(".")[2]
        for part in (secret, secret[:43], reply["access_token"]):
            assert part not in stored + documents
    assert "secret" not in repr(standard.store.get(FAMILIES, standard.user_id("alice")))
    ring = standard.store.get(KEY_RINGS, RING_ID)
    assert ring is not None
    assert "private" not in repr(ring)


# --- rotation and theft ---


def test_a_refresh_token_is_good_once_and_its_successor_after_it(standard: Bench):
    first = member(standard)
    second = must_renew(standard, first)
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_id"] == first["session_id"]
    assert "session_token" not in second  # the session is still open
    standard.clock.advance(14 * MINUTE_S)
    third = must_renew(standard, second)
    bearer = verifier(standard).verify(third["access_token"], now(standard))
    assert bearer.expires_at == now(standard) + 900
    assert alive(standard, first)


def reuse_after_the_time(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.clock.advance(31)
    return renewed(bench, first)


def reuse_after_a_clock_jump(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.clock.set_wall_clock(-3600)
    return renewed(bench, first)


def reuse_from_elsewhere(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    return renewed(bench, first, source=ELSEWHERE)


def reuse_of_an_older_one(bench: Bench, first: Message) -> Message:
    must_renew(bench, must_renew(bench, first))
    return renewed(bench, first)


def reuse_after_a_restart(bench: Bench, first: Message) -> Message:
    must_renew(bench, first)
    bench.restart()
    bench.clock.advance(31)
    return renewed(bench, first)


@pytest.mark.parametrize(
    "reuse",
    [
        reuse_after_the_time,
        reuse_after_a_clock_jump,
        reuse_from_elsewhere,
        reuse_of_an_older_one,
        reuse_after_a_restart,
    ],
)
def test_a_spent_token_that_comes_again_ends_the_login(standard: Bench, reuse):
    first, other = member(standard), with_tokens(standard, "alice")
    current = replies = None

    def steal() -> None:
        nonlocal replies
        replies = reuse(standard, first)

    events = [e for e in standard.audited_by(steal) if e["event"] == "refresh_reuse"]
    assert replies == {
        "status": "error",
        "message": "Invalid or expired token",
        "code": "INVALID_TOKEN",
    }
    assert [e["details"] for e in events] == [{"session_id": first["session_id"]}]
    assert events[0]["subject"] == standard.user_id("alice")
    assert not alive(standard, first)
    assert is_revoked(standard, first)
    current = must_renew(standard, other)  # another login of the account goes on
    assert not is_revoked(standard, current)
    family = standard.store.get(FAMILIES, standard.user_id("alice"))
    assert [f.session_id for f in family.families] == [other["session_id"]]


def test_the_thief_and_the_owner_both_lose_what_the_thief_made(standard: Bench):
    first = member(standard)
    stolen = renewed(standard, first, source=ELSEWHERE)
    assert stolen["status"] == "success"  # the thief was faster
    assert renewed(standard, first)["code"] == "INVALID_TOKEN"
    assert renewed(standard, stolen, source=ELSEWHERE)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, stolen)


def test_a_repeated_request_gets_the_same_successor(standard: Bench):
    first = member(standard)
    second = must_renew(standard, first)
    standard.clock.advance(30)
    again = must_renew(standard, first)
    assert again["refresh_token"] == second["refresh_token"]
    assert must_renew(standard, again)["refresh_token"] != second["refresh_token"]


def test_a_repetition_after_a_restart_gets_the_same_session_too(standard: Bench):
    first = member(standard)
    standard.restart()
    second = must_renew(standard, first)  # its answer is lost
    again = must_renew(standard, first)
    assert again["refresh_token"] == second["refresh_token"]
    assert again["session_token"] == second["session_token"]
    assert len(standard.sessions) == 1
    standard.restart()
    third = must_renew(standard, first)
    assert third["session_token"] == second["session_token"]
    assert alive(standard, third)


def test_fifty_clients_with_one_token_rotate_it_once(standard: Bench):
    first = member(standard)
    standard.restart()
    request = {"action": "refresh_token", "refresh_token": first["refresh_token"]}
    replies = standard.ask_all([request] * 50)
    assert {reply["status"] for reply in replies} == {"success"}
    assert len({reply["refresh_token"] for reply in replies}) == 1
    assert len({reply["session_token"] for reply in replies}) == 1
    assert len(standard.sessions) == 1
    second = must_renew(standard, replies[0])
    assert second["refresh_token"] != replies[0]["refresh_token"]


def test_fifty_clients_from_two_places_end_the_login(standard: Bench):
    first = member(standard)
    request = {"action": "refresh_token", "refresh_token": first["refresh_token"]}
    standard.ask_all([request] * 25)
    replies = standard.ask_all([request] * 25, source=ELSEWHERE)
    assert {reply.get("code") for reply in replies} == {"INVALID_TOKEN"}
    assert not alive(standard, first)


def test_who_knows_the_ids_only_cannot_end_a_login(standard: Bench):
    first = member(standard)
    user_id, session_id, secret = first["refresh_token"].split(".")
    last = "A" if secret[-1] != "A" else "Q"
    guesses = [
        f"{user_id}.{session_id}.{'A' * 65}",
        f"{user_id}.{session_id}.{'A' * 43}{secret[43:]}",
        f"{user_id}.{session_id}.{secret[:-1]}{last}",
        f"{user_id}.{session_id}.{secret}A",
        f"{user_id}.{'A' * 22}.{secret}",
        f"{'0' * 36}.{session_id}.{secret}",
        f"{user_id}.{session_id}",
        f"{first['refresh_token']}.x",
        "..",
        "",
        "☃" * 80,
        first["access_token"][:256],
        first["session_token"],
    ]
    for guess in guesses:
        assert renewed(standard, {"refresh_token": guess})["code"] == "INVALID_TOKEN"
    assert must_renew(standard, first)
    assert alive(standard, first)


def test_a_token_of_one_family_is_none_of_another(standard: Bench):
    one, other = member(standard), with_tokens(standard, "alice")
    secret = one["refresh_token"].rpartition(".")[2]
    user_id = standard.user_id("alice")
    mixed = {"refresh_token": f"{user_id}.{other['session_id']}.{secret}"}
    assert renewed(standard, mixed)["code"] == "INVALID_TOKEN"
    assert must_renew(standard, other)


def test_a_refused_token_tells_nothing_apart(standard: Bench):
    first = member(standard)
    unknown = renewed(standard, {"refresh_token": f"{'0' * 36}.{'A' * 22}.{'A' * 65}"})
    must_renew(standard, must_renew(standard, first))
    assert renewed(standard, first) == unknown


def test_refreshing_outlives_the_session_and_a_restart(standard: Bench):
    tokens = member(standard)
    standard.clock.advance(DAY_S)  # the session is over, its tokens are not
    assert not alive(standard, tokens)
    tokens = must_renew(standard, tokens)
    assert alive(standard, tokens)
    standard.restart()
    assert not alive(standard, tokens)
    again = must_renew(standard, tokens)
    assert again["session_id"] == tokens["session_id"]
    assert again["session_token"] != tokens["session_token"]
    assert alive(standard, again)


def test_a_session_that_a_token_opened_is_no_proof_of_who_one_is(standard: Bench):
    tokens = member(standard)
    change = {"username": "alicia"}
    standard.restart()
    token = must_renew(standard, tokens)["session_token"]
    assert standard.ask(**update(token, **change))["code"] == (
        "REAUTHENTICATION_REQUIRED"
    )
    proof = {"action": "reauthenticate", "session_token": token, "password": GOOD}
    assert standard.ask(**proof)["status"] == "success"
    assert standard.ask(**update(token, **change))["status"] == "success"


def test_refreshing_keeps_the_session_in_use(standard: Bench):
    tokens = member(standard)
    session_token = tokens["session_token"]
    for _ in range(3):
        standard.clock.advance(7 * 3600)
        tokens = must_renew(standard, tokens)
    assert alive(standard, {"session_token": session_token})


@pytest.mark.parametrize("full_disk", [False, True])
def test_nothing_is_told_before_it_is_durable(full_disk: bool):
    import errno

    from tests.storage.doubles import Call, Fault, FaultyDisk
    from tests.storage.memory_disk import MemoryDisk

    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        first = member(bench)
        second = must_renew(bench, first) if not full_disk else None
        fault.number = fault.counts[Call.WRITE] + 1
        if second is not None:  # theft while the disk is full: nothing is handed out
            bench.clock.advance(31)
        assert renewed(bench, first)["code"] == "STORAGE_FULL"
        fault.mended = True
        assert alive(bench, first)
        if second is None:
            assert must_renew(bench, first)
        else:
            assert renewed(bench, first)["code"] == "INVALID_TOKEN"
            assert not alive(bench, first)


# --- the end ---


def end_by_logout(bench: Bench, tokens: Message) -> Message:
    return bench.ask(action="logout", session_token=tokens["session_token"])


def end_by_revocation(bench: Bench, tokens: Message) -> Message:
    other = bench.login("alice")
    return bench.ask(
        action="revoke_session",
        session_token=other,
        session_id=tokens["session_id"],
    )


def end_by_password(bench: Bench, _: Message) -> Message:
    change = {"current_password": GOOD, "new_password": NEW}
    token = bench.login("alice")
    return bench.ask(action="change_password", session_token=token, **change)


def end_by_password_update(bench: Bench, _: Message) -> Message:
    change = {"current_password": GOOD, "password": NEW}
    return bench.ask(**update(bench.login("alice"), **change))


def end_by_deactivation(bench: Bench, _: Message) -> Message:
    return bench.ask(**update(bench.admin(), bench.user_id("alice"), status="inactive"))


def end_by_a_new_role(bench: Bench, _: Message) -> Message:
    return bench.ask(**update(bench.admin(), bench.user_id("alice"), role="moderator"))


def end_by_deletion(bench: Bench, _: Message) -> Message:
    token = bench.login("alice")
    return bench.ask(action="delete_user", session_token=token, password=GOOD)


ENDINGS = [
    end_by_logout,
    end_by_revocation,
    end_by_password,
    end_by_password_update,
    end_by_deactivation,
    end_by_a_new_role,
    end_by_deletion,
]


@pytest.mark.parametrize("after_restart", [False, True])
@pytest.mark.parametrize("end", ENDINGS)
def test_what_ends_a_login_ends_its_tokens_too(
    standard: Bench, end, after_restart: bool
):
    tokens, other = member(standard), member(standard, "bobby")
    if after_restart and end is not end_by_logout:
        standard.restart()
    assert end(standard, tokens)["status"] == "success"
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, tokens)
    assert not is_revoked(standard, other)
    assert must_renew(standard, other)
    standard.restart()
    assert is_revoked(standard, tokens)
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"


def test_a_change_of_password_keeps_the_tokens_of_its_own_session(standard: Bench):
    mine, other = member(standard), with_tokens(standard, "alice")
    reply = standard.ask(
        action="change_password",
        session_token=mine["session_token"],
        current_password=GOOD,
        new_password=NEW,
    )
    assert reply["sessions_ended"] == 1
    assert must_renew(standard, mine)
    assert not is_revoked(standard, mine)
    assert is_revoked(standard, other)


def test_a_refresh_that_meets_the_end_fails_or_is_ended(standard: Bench):
    tokens = member(standard)
    admin = standard.admin()
    request = {"action": "refresh_token", "refresh_token": tokens["refresh_token"]}
    stop = update(admin, standard.user_id("alice"), status="inactive")
    replies = standard.ask_all([request, stop, request])
    assert replies[1]["status"] == "success"
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    assert (
        len(standard.sessions.of_account(standard.user_id("alice"), standard.clock.now))
        == 0
    )
    for reply in (replies[0], replies[2]):
        if reply["status"] == "success":
            assert renewed(standard, reply)["code"] == "INVALID_TOKEN"
            assert is_revoked(standard, reply)


def test_the_oldest_family_makes_room_and_its_session_ends(make_bench):
    bench = make_bench(sessions_per_user=3)
    tokens = [member(bench)] + [with_tokens(bench, "alice") for _ in range(3)]
    assert [alive(bench, t) for t in tokens] == [False, True, True, True]
    assert renewed(bench, tokens[0])["code"] == "INVALID_TOKEN"
    assert is_revoked(bench, tokens[0])
    assert all(must_renew(bench, t) for t in tokens[1:])


def test_an_administrator_who_is_recovered_has_no_tokens_left(standard: Bench):
    standard.admin()
    tokens = with_tokens(standard, "admin", ADMIN_PASSWORD)
    admin, tx = standard.user("admin"), standard.store.transaction()
    when = standard.clock.now
    standard.run(recover(tx, admin, admin.password_hash, standard.profile, when))
    standard.run(tx.commit())
    assert standard.store.count(FAMILIES) == 0
    assert is_revoked(standard, tokens)


def test_logins_whose_tokens_have_expired_are_forgotten(standard: Bench):
    member(standard, "alice")
    standard.clock.advance(DAY_S)
    member(standard, "bobby")
    standard.clock.advance(6 * DAY_S)
    rounds = maintenance(standard)
    for _ in range(2):  # the first only begins to look
        standard.run(rounds.purge(standard.clock.now))
    assert list(standard.store.ids(FAMILIES)) == [standard.user_id("bobby")]


def test_erasure_leaves_no_family(compat: Bench):
    tokens = member(compat)
    compat.ask(
        action="delete_user", session_token=tokens["session_token"], password=GOOD
    )
    assert compat.store.count(FAMILIES) == 0


# --- keys ---


def test_the_keys_are_made_once_by_many_at_once(standard: Bench):
    standard.register("alice")
    standard.register("bobby")
    asked = [login(name) for name in ("alice", "bobby") * 3]
    for message in asked:
        message["credentials"]["tokens"] = True
    replies = standard.ask_all(asked)
    assert {reply["status"] for reply in replies} == {"success"}
    assert len(standard.ask(action="get_signing_keys")["keys"]) == 1
    check = verifier(standard)
    for reply in replies:
        check.verify(reply["access_token"], now(standard))


def test_there_are_no_keys_before_the_first_token(standard: Bench):
    told = standard.ask(action="get_signing_keys")
    assert (told["keys"], told["algorithms"]) == ([], [])


def test_no_private_part_is_told(make_bench):
    for algorithm in ("EdDSA", "RS256"):
        bench = make_bench(settings={"token_algorithm": algorithm})
        member(bench)
        [key] = bench.ask(action="get_signing_keys")["keys"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert (key["alg"], key["use"]) == (algorithm, "sig")


def rotate(bench: Bench, **more) -> Message:
    return bench.ask(action="rotate_signing_key", session_token=bench.admin(), **more)


def test_tokens_of_the_old_key_stay_good_until_they_expire(standard: Bench):
    old = member(standard)
    stale = verifier(standard)
    key_id = rotate(standard)["key_id"]
    new = with_tokens(standard, "alice")
    assert jwt.get_unverified_header(new["access_token"])["kid"] == key_id
    fresh = verifier(standard)
    fresh.verify(old["access_token"], now(standard))
    fresh.verify(new["access_token"], now(standard))
    with pytest.raises(UnknownSigningKey):
        stale.verify(new["access_token"], now(standard))
    told = standard.ask(action="get_signing_keys")
    stale.replace_keys(told["keys"])
    stale.verify(new["access_token"], now(standard))
    ring = standard.store.get(KEY_RINGS, RING_ID)
    assert [bool(key.private) for key in ring.keys] == [True, False]
    standard.clock.advance(900 + 120)
    assert [k["kid"] for k in standard.ask(action="get_signing_keys")["keys"]] == (
        [key_id]
    )
    standard.run(maintenance(standard).purge(standard.clock.now))
    assert len(standard.store.get(KEY_RINGS, RING_ID).keys) == 1


def test_a_compromised_key_is_dropped_at_once(standard: Bench):
    old = member(standard)
    rotate(standard, compromised=True)
    with pytest.raises(UnknownSigningKey):
        verifier(standard).verify(old["access_token"], now(standard))
    token = old["session_token"]
    reply = standard.ask(
        action="verify_session", session_token=token, token=old["access_token"]
    )
    assert reply == {"status": "success", "active": False}
    assert must_renew(standard, old)


def test_a_key_is_renewed_when_it_is_ninety_days_old(standard: Bench):
    member(standard)
    [first] = standard.ask(action="get_signing_keys")["keys"]

    def purge() -> None:
        standard.run(maintenance(standard).purge(standard.clock.now))

    standard.clock.advance(90 * DAY_S - 1)
    assert standard.audited_by(purge) == []
    standard.clock.advance(1)
    [entry] = standard.audited_by(purge)
    assert entry["event"] == "signing_key_rotated"
    new, old = standard.ask(action="get_signing_keys")["keys"]
    assert old == first
    assert entry["details"] == {"key_id": new["kid"]}
    assert standard.audited_by(purge) == []


def test_another_algorithm_takes_another_key(standard: Bench):
    old = member(standard)
    standard.restart(token_algorithm="RS256")
    new = with_tokens(standard, "alice")
    check = verifier(standard)
    check.verify(old["access_token"], now(standard))
    check.verify(new["access_token"], now(standard))
    assert jwt.get_unverified_header(new["access_token"])["alg"] == "RS256"


def test_keys_survive_a_restart(standard: Bench):
    old = member(standard)
    standard.restart()
    verifier(standard).verify(old["access_token"], now(standard))


def test_only_a_fresh_administrator_rotates(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")

    def code(token: str) -> str | None:
        reply = standard.ask(action="rotate_signing_key", session_token=token)
        return reply.get("code")

    assert code(alice) == "PERMISSION_DENIED"
    assert code(admin) is None
    standard.clock.advance(601)
    assert code(admin) == "REAUTHENTICATION_REQUIRED"


# --- verifying elsewhere ---


def test_a_token_is_good_for_its_time_and_the_leeway(standard: Bench):
    token, at = member(standard)["access_token"], now(standard)
    check = verifier(standard, leeway_s=30)
    for good in (at - 30, at, at + 929):
        check.verify(token, good)
    for bad in (at - 31, at + 930):
        with pytest.raises(TokenExpired):
            check.verify(token, bad)


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"typ": "JWT"}, {"kid": "x"}],
    ids=str,
)
def test_another_header_is_refused(standard: Bench, header: Message):
    token = member(standard)["access_token"]
    with pytest.raises(TokenRefused):
        verifier(standard).verify(forged(token, **header), now(standard))


def test_a_token_signed_with_the_public_key_as_secret_is_refused(standard: Bench):
    token = member(standard)["access_token"]
    [key] = standard.ask(action="get_signing_keys")["keys"]
    claims = jwt.decode(token, options={"verify_signature": False})
    secret = jwt.utils.base64url_decode(key["x"])
    false = jwt.encode(claims, secret, "HS256", {"kid": key["kid"], "typ": "at+jwt"})
    with pytest.raises(TokenRefused):
        verifier(standard).verify(false, now(standard))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_a_changed_part_is_refused(standard: Bench, part: int):
    parts = member(standard)["access_token"].split(".")
    flipped = "B" if parts[part][10] != "B" else "C"
    parts[part] = parts[part][:10] + flipped + parts[part][11:]
    with pytest.raises(TokenRefused):
        verifier(standard).verify(".".join(parts), now(standard))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "eyJ.eyJ.x", "x" * 20_000, "☃.☃.☃"]
)
def test_what_is_no_token_is_refused(standard: Bench, text: str):
    member(standard)
    with pytest.raises(TokenRefused):
        verifier(standard).verify(text, now(standard))
    with pytest.raises(TokenRefused):
        verifier(standard).update(text)


@pytest.mark.parametrize(("issuer", "audience"), [("ums", "x"), ("x", "ums-services")])
def test_another_issuer_or_audience_is_refused(
    standard: Bench, issuer: str, audience: str
):
    token = member(standard)["access_token"]
    keys = standard.ask(action="get_signing_keys")["keys"]
    with pytest.raises(TokenRefused, match="issuer or audience"):
        TokenVerifier(keys, issuer, audience).verify(token, now(standard))


def test_a_list_of_revocations_is_no_access_token_and_the_reverse(standard: Bench):
    token = member(standard)["access_token"]
    check = verifier(standard)
    with pytest.raises(TokenRefused, match="another type"):
        check.verify(feed(standard)["revocations"], now(standard))
    with pytest.raises(TokenRefused, match="another type"):
        check.update(token)


def test_keys_of_other_kinds_are_left_aside():
    keys = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a", "alg": "HS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "alg": "EdDSA"},
    ]
    assert TokenVerifier(keys, "i", "a")._keys == {}


# --- the list of revocations ---


def test_a_verifier_follows_the_list_in_steps(standard: Bench):
    first, second = member(standard), with_tokens(standard, "alice")
    check = verifier(standard)
    check.update(feed(standard)["revocations"])
    assert check.sequence == 0
    for number, tokens in enumerate((first, second), start=1):
        check.verify(tokens["access_token"], now(standard))
        end_by_logout(standard, tokens)
        step = feed(standard, check.sequence)
        check.update(step["revocations"])
        assert check.sequence == step["sequence"] == number
    for tokens in (first, second):
        with pytest.raises(TokenRevoked):
            check.verify(tokens["access_token"], now(standard))


def test_an_entry_goes_when_its_tokens_have_expired_and_numbers_go_on(
    standard: Bench,
):
    tokens = member(standard)
    end_by_logout(standard, tokens)
    standard.clock.advance(900 + 121)
    standard.run(maintenance(standard).purge(standard.clock.now))
    assert standard.store.count(REVOCATIONS) == 0
    assert feed(standard)["sequence"] == 1
    standard.restart()
    end_by_logout(standard, with_tokens(standard, "alice"))
    assert feed(standard)["sequence"] == 2
    assert feed(standard, 2)["sequence"] == 2


def test_an_end_after_the_last_access_token_is_not_listed(standard: Bench):
    tokens = member(standard)
    standard.clock.advance(901)
    end_by_logout(standard, tokens)
    assert standard.store.count(REVOCATIONS) == 0


def test_a_login_without_tokens_is_not_listed(standard: Bench):
    standard.ask(action="logout", session_token=standard.member("alice"))
    assert feed(standard)["sequence"] == 0


def test_a_gap_or_a_step_back_is_refused(standard: Bench):
    tokens = [member(standard)] + [with_tokens(standard, "alice") for _ in range(2)]
    old = feed(standard)["revocations"]
    for each in tokens:
        end_by_logout(standard, each)
    standard.clock.advance(10)
    check = verifier(standard)
    with pytest.raises(RevocationsOutdated):
        check.update(feed(standard, 2)["revocations"])
    check.update(feed(standard)["revocations"])
    with pytest.raises(RevocationsOutdated):
        check.update(old)
    assert check.sequence == 3


def test_a_list_that_says_the_same_once_more_is_no_step_back(standard: Bench):
    end_by_logout(standard, member(standard))
    check = verifier(standard, revocations_max_age_s=60)
    first = feed(standard)["revocations"]
    check.update(first)
    standard.clock.advance(30)
    check.update(feed(standard, check.sequence)["revocations"])
    check.update(first)  # replayed: it is neither refused nor taken for fresh
    assert (check.sequence, check._feed_at) == (1, now(standard))
    assert len(check._revoked) == 1


def test_anybody_may_ask_but_the_same_list_is_signed_once(standard: Bench):
    member(standard)
    first = feed(standard)
    standard.clock.advance(4)
    assert feed(standard) == first
    end_by_logout(standard, with_tokens(standard, "alice"))
    assert feed(standard) != first
    standard.clock.advance(1)
    assert feed(standard, 1) != feed(standard)


def test_a_number_that_was_never_reached_gets_the_whole_list(standard: Bench):
    end_by_logout(standard, member(standard))
    check = verifier(standard)
    check.update(feed(standard, 1_000)["revocations"])
    assert check.sequence == 1


def test_a_verifier_can_insist_on_a_fresh_list(standard: Bench):
    token = member(standard)["access_token"]
    check = verifier(standard, revocations_max_age_s=60)
    with pytest.raises(RevocationsOutdated):
        check.verify(token, now(standard))
    check.update(feed(standard)["revocations"])
    check.verify(token, now(standard) + 60)
    with pytest.raises(RevocationsOutdated):
        check.verify(token, now(standard) + 61)


def test_a_long_list_comes_in_parts(standard: Bench, monkeypatch):
    import ums_service.handlers.tokens as handlers

    monkeypatch.setattr(handlers, "_FEED_MAX", 2)
    for tokens in [member(standard)] + [
        with_tokens(standard, "alice") for _ in range(4)
    ]:
        end_by_logout(standard, tokens)
    check, more = verifier(standard), True
    seen = []
    while more:
        step = feed(standard, check.sequence)
        check.update(step["revocations"])
        more = step["more"]
        seen.append(check.sequence)
    assert seen == [2, 4, 5]
    assert len(check._revoked) == 5


# --- asking the service ---


def checked(bench: Bench, by: str, token: str) -> Message:
    return bench.ask(action="verify_session", session_token=by, token=token)


def test_the_service_tells_of_an_access_token_at_once_that_it_ended(standard: Bench):
    service, tokens = standard.member("bobby"), member(standard)
    reply = checked(standard, service, tokens["access_token"])
    assert reply == {
        "status": "success",
        "active": True,
        "user_id": standard.user_id("alice"),
        "username": "alice",
        "roles": ["user"],
        "session_id": tokens["session_id"],
        "expires_at": "2026-03-01T12:15:00+00:00",
        "methods": ["pwd"],
    }
    standard.restart()
    service = standard.login("bobby")
    assert checked(standard, service, tokens["access_token"])["active"]
    tokens = must_renew(standard, tokens)
    end_by_logout(standard, tokens)
    reply = checked(standard, service, tokens["access_token"])
    assert reply == {"status": "success", "active": False}


def test_the_service_believes_no_token_that_is_none(standard: Bench):
    service, tokens = standard.member("bobby"), member(standard)
    bad = [
        tokens["refresh_token"],
        forged(tokens["access_token"], alg="none"),
        forged(tokens["access_token"], kid="x"),
        tokens["access_token"][:-3] + "AAA",
        feed(standard)["revocations"],
        "eyJ",
        "",
        "x" * 43,
    ]
    for token in bad:
        assert checked(standard, service, token) == {
            "status": "success",
            "active": False,
        }
    standard.clock.advance(900)
    assert not checked(standard, service, tokens["access_token"])["active"]


def test_the_parts_of_a_token_do_not_show_in_its_repr():
    token = RefreshToken("u", "s", "S" * 43, "T" * 22)
    assert "S" * 43 not in repr(token)
    assert "T" * 22 not in repr(token)
    assert RefreshToken.parse(token.text) == token
    assert replace(token, tag="x").text.endswith("Sx")


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u"])
def test_a_key_that_the_token_brings_along_is_not_believed(
    standard: Bench, header: str
):
    token = member(standard)["access_token"]
    key_id = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, options={"verify_signature": False})
    mine = Ed25519PrivateKey.generate()
    public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(mine.public_key()))
    brought = public if header == "jwk" else "https://attacker.example/keys"
    for kid, refusal in ((key_id, TokenRefused), ("mine", UnknownSigningKey)):
        headers = {"kid": kid, "typ": "at+jwt", header: brought}
        false = jwt.encode(claims, mine, "EdDSA", headers)
        with pytest.raises(refusal):
            verifier(standard).verify(false, now(standard))


@pytest.mark.parametrize(("early_s", "good"), [(1, True), (0, False)])
def test_use_does_not_put_off_the_end_of_a_login(
    standard: Bench, early_s: int, good: bool
):
    tokens = member(standard)
    for _ in range(6):
        standard.clock.advance(DAY_S)
        tokens = must_renew(standard, tokens)
    standard.clock.advance(DAY_S - early_s)
    assert (renewed(standard, tokens)["status"] == "success") is good
