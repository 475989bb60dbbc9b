"""Passkeys: as a second factor, and as a login of their own."""

import dataclasses

import pytest

from tests.service.authenticator import FLAG, SecurityKey, enrol, set_up
from tests.service.harness import GOOD, Bench, Message, login, update
from ums_service.domain.factors import FACTORS


@pytest.fixture
def key(standard: Bench) -> SecurityKey:
    """Alice's, on a service of the profile standard."""
    return enrol(standard, standard.member("alice"))


def answer(asked: Message, assertion: Message) -> Message:
    return {
        "action": "verify_mfa",
        "mfa_token": asked["mfa_token"],
        "assertion": assertion,
    }


def begin(bench: Bench, token: str, **more: object) -> Message:
    return bench.ask(
        action="begin_passkey_enrolment", session_token=token, password=GOOD, **more
    )


def finish(bench: Bench, token: str, begun: Message, credential: Message) -> Message:
    return bench.ask(
        action="finish_passkey_enrolment",
        session_token=token,
        setup_token=begun["setup_token"],
        credential=credential,
    )


def alone(bench: Bench, key: SecurityKey, **more: object) -> Message:
    """A login by passkey alone."""
    begun = bench.ask(action="begin_passkey_login")
    return bench.ask(
        action="finish_passkey_login",
        mfa_token=begun["mfa_token"],
        assertion=key.sign(begun["options"]),
        **more,
    )


# --- enrolment ---


def test_the_options_are_what_webauthn_wants(standard: Bench):
    alice = standard.member("alice", full_name="Alice A")
    options = begin(standard, alice)["options"]
    assert options["rp"] == {"id": "localhost", "name": "UMS"}
    assert (options["user"]["name"], options["user"]["displayName"]) == (
        "alice",
        "Alice A",
    )
    offered = [parameter["alg"] for parameter in options["pubKeyCredParams"]]
    assert offered == [-7, -8, -257]
    assert len(options["challenge"]) == 43


def test_the_first_passkey_brings_backup_codes_and_is_listed(standard: Bench):
    alice = standard.member("alice")
    begun = begin(standard, alice, device_name="blue key")
    done = finish(standard, alice, begun, SecurityKey().enrol(begun["options"]))
    assert len(done["backup_codes"]) == 10
    status = standard.ask(action="get_mfa_status", session_token=alice)
    (method,) = status["methods"]
    assert (method["method"], method["name"]) == ("passkey", "blue key")
    assert method["credential_id"]


def test_what_is_enrolled_already_is_excluded(standard: Bench, key: SecurityKey):
    begun = standard.ask(action="begin_passkey_login")
    alice = standard.ask(
        action="finish_passkey_login",
        mfa_token=begun["mfa_token"],
        assertion=key.sign(begun["options"]),
    )["session_token"]
    (excluded,) = begin(standard, alice)["options"]["excludeCredentials"]
    assert excluded["type"] == "public-key"


@pytest.mark.parametrize("fault", ["origin", "challenge", "domain", "empty", "noise"])
def test_an_answer_that_does_not_fit_enrols_nothing(standard: Bench, fault: str):
    alice = standard.member("alice")
    begun = begin(standard, alice)
    options, key = begun["options"], SecurityKey()
    if fault == "origin":
        key.origin = "https://evil.example"
    elif fault == "challenge":
        options = begin(standard, alice)["options"]
    elif fault == "domain":
        options = options | {"rp": {"id": "evil.example", "name": "x"}}
    credential = key.enrol(options)
    if fault == "empty":
        credential = {}
    elif fault == "noise":
        credential["response"]["attestationObject"] = "oWFh" * 50
    reply = finish(standard, alice, begun, credential)
    assert reply["code"] == "INVALID_MFA_CODE"
    assert standard.store.get(FACTORS, standard.user_id("alice")) is None


def test_an_account_has_a_bounded_number_of_passkeys(make_bench):
    bench = make_bench(passkeys_max=2)
    alice = bench.member("alice")
    for _ in range(2):
        enrol(bench, alice)
    reply = begin(bench, alice)
    assert reply["message"] == "passkeys: an account has at most 2"


# --- second factor ---


def test_a_passkey_completes_a_login(standard: Bench, key: SecurityKey):
    asked = standard.try_login("alice")
    assert asked["mfa_methods"] == ["passkey", "backup_code"]
    options = asked["passkey_options"]
    assert options["rpId"] == "localhost"
    assert len(options["allowCredentials"]) == 1
    reply = standard.ask(**answer(asked, key.sign(options)))
    assert reply["user"]["username"] == "alice"


def test_the_same_assertion_is_good_once(standard: Bench, key: SecurityKey):
    asked = standard.try_login("alice")
    message = answer(asked, key.sign(asked["passkey_options"]))
    replies = standard.ask_all([message] * 10)
    assert [reply["status"] for reply in replies].count("success") == 1
    again = standard.try_login("alice")
    reply = standard.ask(**answer(again, message["assertion"]))
    assert reply["code"] == "INVALID_MFA_CODE"


def test_a_passkey_of_another_account_is_refused(standard: Bench, key: SecurityKey):
    other = enrol(standard, standard.member("bobby"))
    asked = standard.try_login("alice")
    reply = standard.ask(**answer(asked, other.sign(asked["passkey_options"])))
    assert reply["code"] == "INVALID_MFA_CODE"


@pytest.mark.parametrize("part", ["signature", "authenticatorData", "clientDataJSON"])
def test_a_tampered_assertion_is_refused(standard: Bench, key: SecurityKey, part: str):
    asked = standard.try_login("alice")
    assertion = key.sign(asked["passkey_options"])
    whole = assertion["response"][part]
    middle = len(whole) // 2
    changed = "A" if whole[middle] != "A" else "B"
    assertion["response"][part] = whole[:middle] + changed + whole[middle + 1 :]
    reply = standard.ask(**answer(asked, assertion))
    assert reply["code"] == "INVALID_MFA_CODE"


@pytest.mark.parametrize(
    "junk",
    [{}, {"id": 1}, {"rawId": "x", "id": "x"}, {"response": {"a": [1]}}],
    ids=str,
)
def test_junk_is_refused_and_counts(standard: Bench, key: SecurityKey, junk: Message):
    asked = standard.try_login("alice")
    for _ in range(5):
        assert standard.ask(**answer(asked, junk))["code"] == "INVALID_MFA_CODE"
    late = answer(asked, key.sign(asked["passkey_options"]))
    assert standard.ask(**late)["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("back", [0, 3])
def test_a_counter_that_does_not_go_on_gives_a_copied_key_away(
    standard: Bench, key: SecurityKey, back: int
):
    key.count = 10
    assert alone(standard, key)["status"] == "success"
    key.count -= 1 + back
    assert alone(standard, key)["code"] == "INVALID_MFA_CODE"
    key.count = 20
    assert alone(standard, key)["status"] == "success"


def test_an_authenticator_without_a_counter_works(standard: Bench, key: SecurityKey):
    for _ in range(2):
        key.count = -1
        assert alone(standard, key)["status"] == "success"


def test_wrong_codes_do_not_keep_a_passkey_out(standard: Bench, key: SecurityKey):
    guess = login("alice")
    guess["credentials"]["mfa_code"] = "no code"
    for _ in range(10):
        assert standard.ask(**guess)["code"] == "INVALID_MFA_CODE"
    asked = standard.try_login("alice")
    reply = standard.ask(**answer(asked, key.sign(asked["passkey_options"])))
    assert reply["status"] == "success"


def test_a_challenge_for_codes_takes_no_passkey(standard: Bench):
    set_up(standard, standard.member("alice"))
    asked = standard.try_login("alice")
    key = SecurityKey()
    options = {"rpId": "localhost", "challenge": "A" * 43}
    reply = standard.ask(**answer(asked, key.sign(options)))
    assert reply["code"] == "INVALID_TOKEN"


def test_one_passkey_can_be_removed(standard: Bench):
    alice = standard.member("alice")
    lost, kept = enrol(standard, alice), enrol(standard, alice)
    ids = [
        method["credential_id"]
        for method in standard.ask(action="get_mfa_status", session_token=alice)[
            "methods"
        ]
    ]
    remove = {"action": "disable_mfa", "session_token": alice, "password": GOOD}
    remove |= {"method": "passkey"}
    for strange in ("AAAA", "é"):
        reply = standard.ask(**remove, credential_id=strange)
        assert reply["code"] in ("NOT_FOUND", "INVALID_REQUEST")
    done = standard.ask(**remove, credential_id=ids[0])
    assert done["mfa_enabled"] is True
    assert alone(standard, lost)["code"] == "INVALID_MFA_CODE"
    assert alone(standard, kept)["status"] == "success"


# --- alone ---


def test_a_passkey_alone_opens_a_session(standard: Bench, key: SecurityKey):
    begun = standard.ask(action="begin_passkey_login")
    assert begun["options"]["userVerification"] == "required"
    assert "allowCredentials" not in begun["options"]
    entries = standard.audited_by(lambda: alone(standard, key))
    assert [(e["event"], e["details"]) for e in entries] == [
        ("login", {"methods": ["passkey"]})
    ]


def test_alone_it_must_verify_its_user(standard: Bench, key: SecurityKey):
    key.flags = FLAG.UP
    assert alone(standard, key)["code"] == "INVALID_MFA_CODE"
    asked = standard.try_login("alice")
    reply = standard.ask(**answer(asked, key.sign(asked["passkey_options"])))
    assert reply["status"] == "success"


@pytest.mark.parametrize("handle", [b"", b"nobody", b"\xff", b"of another"])
def test_it_must_name_its_owner(standard: Bench, key: SecurityKey, handle: bytes):
    standard.register("bobby")
    if handle == b"of another":
        handle = standard.user_id("bobby").encode()
    key.user_handle = handle
    assert alone(standard, key)["code"] == "INVALID_MFA_CODE"


def test_an_inactive_account_stays_out(standard: Bench, key: SecurityKey):
    admin = standard.admin()
    standard.ask(**update(admin, standard.user_id("alice"), status="inactive"))
    assert alone(standard, key)["code"] == "ACCOUNT_INACTIVE"


def test_who_must_change_the_password_must_also_after_a_passkey(standard: Bench):
    standard.register("alice")
    key = enrol(standard, standard.login("alice"))
    user = standard.user("alice")

    async def mark() -> None:
        from ums_service.domain.users import USERS

        async with standard.store.transaction() as tx:
            tx.put(USERS, user._replace(must_change_password=True))

    standard.run(mark())
    assert alone(standard, key)["code"] == "PASSWORD_CHANGE_REQUIRED"
    passkey = standard.store.get(FACTORS, user.user_id).passkeys[0]
    assert passkey.sign_count == key.count


def test_another_domain_is_a_setting(make_bench):
    names = {
        "passkey_rp_id": "ums.example",
        "passkey_origin": "https://ums.example:8443",
    }
    bench = make_bench(settings=names)
    alice = bench.member("alice")
    begun = begin(bench, alice)
    assert begun["options"]["rp"]["id"] == "ums.example"
    key = SecurityKey("https://ums.example:8443")
    assert finish(bench, alice, begun, key.enrol(begun["options"]))["mfa_enabled"]
    assert alone(bench, key)["status"] == "success"
    key.origin = "https://ums.example"
    assert alone(bench, key)["code"] == "INVALID_MFA_CODE"


def test_a_passkey_satisfies_who_must_have_a_factor(make_bench):
    bench = make_bench(mfa_required="everybody")
    bench.register("alice")
    token = bench.try_login("alice")["mfa_setup_token"]
    begun = bench.ask(
        action="begin_passkey_enrolment", mfa_setup_token=token, password=GOOD
    )
    key = SecurityKey()
    done = bench.ask(
        action="finish_passkey_enrolment",
        setup_token=begun["setup_token"],
        credential=key.enrol(begun["options"]),
    )
    assert done["mfa_enabled"] is True
    assert alone(bench, key)["status"] == "success"


def test_stored_passkeys_survive_a_restart(standard: Bench, key: SecurityKey):
    before = standard.store.get(FACTORS, standard.user_id("alice"))
    standard.restart()
    after = standard.store.get(FACTORS, standard.user_id("alice"))
    assert dataclasses.asdict(after) == dataclasses.asdict(before)
    assert alone(standard, key)["status"] == "success"


# --- names ---


def named(bench: Bench, token: str) -> dict[str, str]:
    shown = bench.ask(action="get_mfa_status", session_token=token)["methods"]
    return {m["credential_id"]: m["name"] for m in shown if m["method"] == "passkey"}


def rename(bench: Bench, token: str, credential_id: str, name: str) -> Message:
    return bench.ask(
        action="rename_passkey",
        session_token=token,
        credential_id=credential_id,
        name=name,
    )


def test_a_passkey_gets_another_name_and_works_as_before(standard: Bench):
    alice = standard.member("alice")
    first, second = enrol(standard, alice), enrol(standard, alice)
    ids = list(named(standard, alice))
    done = rename(standard, alice, ids[1], "blue key")
    assert (done["status"], done["name"]) == ("success", "blue key")
    standard.restart()
    alice = str(alone(standard, first)["session_token"])
    assert named(standard, alice) == {ids[0]: "", ids[1]: "blue key"}
    assert alone(standard, second)["status"] == "success"
    noted = [e for e in standard.audit() if e.data["event"] == "passkey_renamed"]
    assert len(noted) == 1


def test_only_ones_own_passkeys_are_renamed(standard: Bench, key: SecurityKey):
    alice = str(alone(standard, key)["session_token"])
    (mine,) = named(standard, alice)
    bobby = standard.member("bobby")
    for credential_id in (mine, "AAAA", "not base64url!"):
        assert rename(standard, bobby, credential_id, "x")["code"] == "NOT_FOUND"
    assert rename(standard, alice, mine, "")["code"] == "INVALID_REQUEST"
    assert rename(standard, alice, mine, "a\nb")["status"] == "error"
    assert named(standard, alice) == {mine: ""}
