"""Who reads what of the audit log, and what reading, exporting and erasing leave."""

import base64
import csv
import hashlib
import io
import json
import logging

import pytest

from storage import Search, document_of
from tests.service.authenticator import set_up
from tests.service.harness import ADMIN_PASSWORD, GOOD, Bench, Message, login, update
from tests.service.mailbox import MAIL, Mailbox
from tests.service.test_audit import FROM
from tests.storage.memory_disk import MemoryDisk
from ums_service.audit.export import table
from ums_service.chores.evictions import Evictions
from ums_service.domain.audit import AUDIT
from ums_service.domain.audit_seals import AUDIT_KEYS
from ums_service.domain.users import USERS

CANARY = "Canary Wharf 7"


def query(bench: Bench, token: str, **wanted: object) -> list[Message]:
    reply = bench.ask(action="query_audit", session_token=token, **wanted)
    assert reply["status"] == "success", reply
    return list(reply["entries"])


def all_pages(bench: Bench, token: str, **wanted: object) -> list[Message]:
    entries: list[Message] = []
    cursor = None
    while True:
        message = {"action": "query_audit", "session_token": token, "cursor": cursor}
        reply = bench.ask(**message, **wanted)
        assert reply["status"] == "success", reply
        entries += reply["entries"]
        cursor = reply.get("next_cursor")
        if cursor is None:
            return entries


# What is found


def busy_bench(bench: Bench) -> dict[str, str]:
    """Some events of some people; returns their tokens."""
    admin = bench.admin()
    alice, bobby = bench.member("alice"), bench.member("bobby")
    for city in ("Oxford", "Bath", "Leeds"):
        bench.ask(**update(alice, city=city))
        bench.clock.advance(60)
    bench.try_login("bobby", "wrong", source=FROM)
    bench.ask(**update(admin, bench.user_id("bobby"), city=CANARY))
    return {"admin": admin, "alice": alice, "bobby": bobby}


def test_an_administrator_finds_entries_by_each_condition(standard: Bench):
    tokens = busy_bench(standard)
    admin, bobby = tokens["admin"], standard.user_id("bobby")
    log = [entry.data for entry in standard.audit()]

    def count(**has: str) -> int:
        return sum(has.items() <= data.items() for data in log)

    assert len(query(standard, admin, subject=bobby)) == count(subject=bobby)
    assert len(query(standard, admin, actor=bobby)) == 0
    alice = standard.user_id("alice")
    assert len(query(standard, admin, actor=alice)) == count(actor=alice) == 3
    assert len(query(standard, admin, address=FROM)) == 1
    assert len(query(standard, admin, severity="warning")) == count(severity="warning")
    refused = query(standard, admin, outcome="refused")
    codes = [entry["code"] for entry in refused]
    assert codes == ["INVALID_CREDENTIALS", "PASSWORD_CHANGE_REQUIRED"]
    both = query(standard, admin, events=["login", "user_created"], user_id=alice)
    assert [entry["event"] for entry in both] == ["login", "user_created"]


def test_times_bound_a_query_in_any_zone(standard: Bench):
    tokens = busy_bench(standard)
    admin, alice = tokens["admin"], standard.user_id("alice")
    times = [e["at"] for e in query(standard, admin, actor=alice)]
    assert len(times) == 3
    first = times[-1]
    elsewhere = first.replace("12:00", "14:30").replace("+00:00", "+02:30")
    for since in (first, elsewhere, first.replace("+00:00", "Z"), first[:-6]):
        assert len(query(standard, admin, actor=alice, since=since)) == 3
        assert len(query(standard, admin, actor=alice, until=since)) == 1
    assert query(standard, admin, since="2099-01-01") == []
    for bad in ("soon", "2026-13-01", "0001-01-01T00:00+14:00"):
        reply = standard.ask(action="query_audit", session_token=admin, since=bad)
        assert (reply["code"], reply["details"][0]["field"]) == (
            "INVALID_REQUEST",
            "since",
        )


def test_pages_join_to_the_whole_log_though_entries_are_added(standard: Bench):
    tokens = busy_bench(standard)
    alice = tokens["alice"]
    whole = query(standard, alice)
    numbers = [entry["number"] for entry in whole]
    assert numbers == sorted(numbers, reverse=True)
    reply = standard.ask(action="query_audit", session_token=alice, limit=2)
    standard.ask(**update(alice, city="York"))
    cursor = reply["next_cursor"]
    rest = all_pages(standard, alice, limit=2) if not cursor else []
    while cursor:
        page = standard.ask(
            action="query_audit", session_token=alice, limit=2, cursor=cursor
        )
        rest += page["entries"]
        cursor = page.get("next_cursor")
    assert reply["entries"] + rest == whole


@pytest.mark.parametrize("cursor", ["", "0", "x", "-1", "1" * 17, "１"])
def test_a_cursor_that_was_never_given_is_refused(standard: Bench, cursor: str):
    token = standard.admin()
    reply = standard.ask(action="query_audit", session_token=token, cursor=cursor)
    assert reply["code"] == "INVALID_REQUEST"


def test_a_query_reads_only_so_much_and_goes_on_where_it_stopped(make_bench):
    bench = make_bench(settings={"audit_read_mib_max": 1})
    object.__setattr__(bench.service.facilities.audit, "_read_bytes_max", 1)
    alice = bench.member("alice")
    for _ in range(20):
        bench.ask(**login("alice", "wrong"))
    pages = 0
    cursor, found = None, []
    while pages == 0 or cursor:
        reply = bench.ask(
            action="query_audit", session_token=alice, outcome="refused", cursor=cursor
        )
        found += reply["entries"]
        cursor, pages = reply.get("next_cursor"), pages + 1
        assert pages < 200
    assert pages > 2
    assert len(found) == 20


def test_more_queries_than_can_wait_are_told_so_at_once(make_bench):
    bench = make_bench(settings={"audit_threads": 1, "audit_queue_max": 1})
    asked = {"action": "query_audit", "session_token": bench.admin()}
    replies = bench.ask_all([asked] * 10)
    codes = [reply.get("code") for reply in replies]
    assert codes.count("BUSY") == 8
    assert codes.count(None) == 2


# Who may see it


def test_members_see_their_own_entries_only(standard: Bench):
    tokens = busy_bench(standard)
    bobby = standard.user_id("bobby")
    seen = query(standard, tokens["bobby"])
    assert {entry["event"] for entry in seen} == {
        "user_created", "login", "user_updated"
    }  # fmt: skip
    assert all(bobby in (entry.get("actor"), entry.get("subject")) for entry in seen)
    others = {"actor": standard.user_id("alice"), "subject": standard.user_id("admin")}
    for role, user_id in others.items():
        reply = standard.ask(
            action="query_audit", session_token=tokens["bobby"], **{role: user_id}
        )
        assert reply["code"] == "PERMISSION_DENIED"


def test_members_do_not_see_where_an_administrator_was_nor_their_name(standard: Bench):
    tokens = busy_bench(standard)
    [changed] = query(standard, tokens["bobby"], events=["user_updated"])
    assert changed["actor"] == standard.user_id("admin")
    assert "address" not in changed
    assert "actor_name" not in changed
    export = {"action": "export_audit", "reason": "suspected of theft"}
    wanted = {"subject": standard.user_id("bobby")}
    standard.ask(**export, **wanted, session_token=tokens["admin"])
    assert "theft" not in str(query(standard, tokens["bobby"]))
    assert changed["changes"] == {"city": ["", CANARY]}
    [failed] = query(standard, tokens["bobby"], outcome="refused")
    assert failed["address"] == FROM  # it may have been a stranger


def test_reading_of_others_is_entered_and_of_oneself_is_not(standard: Bench):
    tokens = busy_bench(standard)
    admin, alice = tokens["admin"], standard.user_id("alice")
    own = standard.user_id("admin")
    assert standard.audited_by(lambda: query(standard, tokens["alice"])) == []
    assert standard.audited_by(lambda: query(standard, admin, actor=own)) == []
    [entry] = standard.audited_by(lambda: query(standard, admin, user_id=alice))
    assert (entry["event"], entry["actor"], entry["subject"]) == (
        "audit_read",
        own,
        alice,
    )
    assert entry["details"]["wanted"] == {"user_id": alice}
    [entry] = standard.audited_by(lambda: query(standard, admin))
    assert entry["event"] == "audit_read"


# What an entry says


def test_an_entry_tells_names_of_the_time_values_and_who_asked(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    asked = update(admin, user_id, username="alicia", notes="x" * 500, city="")
    standard.ask(**asked, request_id="r-1", client={"user_agent": "curl\n8 " * 99})
    standard.ask(**update(alice, username="again", current_password=GOOD))
    later, earlier = query(standard, admin, subject=user_id, events=["user_updated"])
    assert (later["actor_name"], later["subject_name"]) == ("alicia", "alicia")
    assert (earlier["actor_name"], earlier["subject_name"]) == ("admin", "alice")
    assert earlier["changes"]["username"] == ["alice", "alicia"]
    assert earlier["changes"]["notes"] == ["", "x" * 200 + "…"]
    assert earlier["request_id"] == "r-1"
    assert earlier["user_agent"].startswith("curl8 ")
    assert 200 < len(earlier["user_agent"]) <= 255
    assert earlier["severity"] == "info"
    assert "city" not in earlier["changes"]


def test_values_that_are_nobodys_business_are_not_told(standard: Bench):
    alice = standard.member("alice")
    standard.ask(**update(alice, password="another pass 1", current_password=GOOD))
    [entry] = query(standard, alice, events=["user_updated"])
    assert entry["details"]["changed"] == ["password_hash"]
    assert "changes" not in entry
    assert "argon2" not in str(entry)


def test_what_happens_by_itself_names_whom_it_concerns(make_bench):
    bench = make_bench(settings=MAIL)
    box, admin = Mailbox(bench), bench.admin()
    phone = set_up(bench, bench.member("alice"))
    coded = login("alice", GOOD)
    coded["credentials"]["mfa_code"] = phone.backup_codes[0]
    for _ in range(11):
        coded["credentials"]["mfa_code"] = phone.next_code()
        assert bench.ask(**coded)["status"] == "success"
    coded["credentials"]["mfa_code"] = phone.backup_codes[0]
    assert bench.ask(**coded)["status"] == "success"
    box.send()
    bench.do(Evictions(bench.store, bench.sessions).round)
    wanted = ["first_administrator", "mail_sent", "backup_code_used", "session_evicted"]
    told = query(bench, admin, events=wanted)
    named = {(entry["event"], entry["subject_name"]) for entry in told}
    first, *others = wanted
    assert named == {(first, "admin"), *((event, "alice") for event in others)}


def test_names_and_values_are_not_in_the_bytes_of_entries(standard: Bench):
    busy_bench(standard)
    for entry in standard.audit():
        assert not {"alice", "bobby", CANARY} & {str(v) for v in entry.data.values()}
        assert CANARY not in str(entry.data)
        assert b"Canary" not in entry.data.get("of_subject", b"")


def purged(bench: Bench, token: str, user_id: str) -> None:
    asked = {"action": "delete_user", "session_token": token, "user_id": user_id}
    assert bench.ask(**asked, password=ADMIN_PASSWORD)["status"] == "success"


@pytest.mark.parametrize("deleted_kept_s", [0, 3600])
def test_erasing_an_account_takes_its_names_and_values_out_of_the_log(
    make_bench, deleted_kept_s: int
):
    bench = make_bench(deleted_kept_s=deleted_kept_s)
    admin = busy_bench(bench)["admin"]
    bobby = bench.user_id("bobby")
    before = query(bench, admin, subject=bobby)
    assert {e["subject_name"] for e in before} == {"bobby"}
    [entry] = [e for e in bench.audit() if "of_subject" in e.data
               and e.data["subject"] == bobby][-1:]  # fmt: skip
    key = bench.store.get(AUDIT_KEYS, bobby)
    assert key is not None
    purged(bench, admin, bobby)
    if deleted_kept_s:
        assert query(bench, admin, subject=bobby)[-1]["subject_name"] == "bobby"
        bench.clock.advance(2 * deleted_kept_s)
        bench.purge()
        admin = bench.admin()
    after = query(bench, admin, subject=bobby)
    assert not any("subject_name" in e or "changes" in e for e in after)
    assert [e["number"] for e in after[-len(before) :]] == [e["number"] for e in before]
    assert bench.store.get(AUDIT_KEYS, bobby) is None
    checked = bench.ask(action="verify_audit", session_token=admin)
    assert checked["intact"] is True
    assert entry.data["of_subject"] in [e.data.get("of_subject") for e in bench.audit()]


def test_after_two_checkpoints_no_file_has_the_key_of_an_erased_account(make_bench):
    """What is left in files that were replaced goes with the next checkpoint."""
    disk = MemoryDisk()
    bench = make_bench(disk, deleted_kept_s=0)
    admin = bench.admin()
    bench.register("bobby")
    bobby = bench.user_id("bobby")
    key = bench.store.get(AUDIT_KEYS, bobby)
    purged(bench, admin, bobby)
    for _ in range(2):
        bench.register(f"more{_}")
        bench.run(bench.store.checkpoint())
    everything = [document_of(v) for t in bench.store._memory.tables.values()
                  for v in t.docs.values()]  # fmt: skip
    assert key.key not in repr(everything).encode()
    manifest = bench.store._files.manifest
    kept = {file.name for file in manifest.previous}
    assert not kept & {"base-1", "journal-1"}


def test_an_account_of_before_there_were_keys_gets_one_with_its_next_entry(
    standard: Bench,
):
    alice = standard.member("alice")
    user_id = standard.user_id("alice")

    async def without_key() -> None:
        async with standard.store.transaction() as tx:
            tx.delete(AUDIT_KEYS, user_id)

    standard.run(without_key())
    assert "subject_name" not in query(standard, alice)[0]
    standard.ask_all([update(alice, city=str(n)) for n in range(8)])
    names = [e.get("subject_name") for e in query(standard, alice)[:8]]
    assert names == ["alice"] * 8


# Verify, export


def test_verify_tells_the_head_and_where_the_log_is_bad(standard: Bench):
    admin = busy_bench(standard)["admin"]
    standard.run(standard.store.checkpoint())
    sealed = len(standard.audit())
    good = standard.ask(action="verify_audit", session_token=admin)
    assert (good["intact"], good["entries"]) == (True, sealed)
    assert good["head"].startswith(standard.store.head.store_id.hex())
    assert "first_bad" not in good
    standard.disk._inode("audit-000001").data[200] ^= 1
    bad = standard.ask(action="verify_audit", session_token=admin)
    assert (bad["intact"], bad["first_bad"]) == (False, 1)
    assert "audit-000001" in bad["reason"]


def exported(bench: Bench, token: str, **more: object) -> bytes:
    """All pages of an export, joined."""
    data, cursor = b"", None
    while True:
        asked = {"action": "export_audit", "session_token": token, "cursor": cursor}
        reply = bench.ask(**asked, reason="a yearly review", **more)
        assert reply["status"] == "success", reply
        page = base64.b64decode(reply["data"], validate=True)
        assert hashlib.sha256(page).hexdigest() == reply["sha256"]
        data, cursor = data + page, reply.get("next_cursor")
        if cursor is None:
            return data


def test_exports_hold_what_a_query_finds(standard: Bench):
    admin = busy_bench(standard)["admin"]
    alice = standard.user_id("alice")
    events = ["login", "user_updated", "user_created"]
    wanted = query(standard, admin, subject=alice, events=events)
    as_lines = exported(standard, admin, subject=alice, events=events, limit=2)
    assert [json.loads(line) for line in as_lines.splitlines()] == wanted
    as_table = exported(
        standard, admin, subject=alice, events=events, limit=2, format="csv"
    )
    rows = list(csv.DictReader(io.StringIO(as_table.decode(), newline="")))
    assert [row["number"] for row in rows] == [str(e["number"]) for e in wanted]
    assert [row["subject_name"] for row in rows] == ["alice"] * len(wanted)


def test_a_pdf_can_be_read_by_others(standard: Bench):
    import pypdf

    admin = busy_bench(standard)["admin"]
    data = exported(standard, admin, format="pdf", limit=1000)
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert "user_updated" in text
    assert "Canary" in text


def test_without_its_library_a_pdf_is_refused_with_what_to_install(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(__import__("sys").modules, "ums_service.audit.pdf", None)
    reply = standard.ask(
        action="export_audit",
        session_token=standard.admin(),
        reason="a yearly review",
        format="pdf",
    )
    assert reply["code"] == "NOT_CONFIGURED"
    assert "ums[pdf]" in reply["message"]


def test_an_export_needs_a_reason_and_is_entered_with_it(standard: Bench):
    admin = standard.admin()
    asked = {"action": "export_audit", "session_token": admin}
    assert standard.ask(**asked)["code"] == "INVALID_REQUEST"
    assert standard.ask(**asked, reason="why")["code"] == "INVALID_REQUEST"
    [entry] = standard.audited_by(lambda: exported(standard, admin, format="csv"))
    assert entry["event"] == "audit_exported"
    assert entry["details"]["reason"] == "a yearly review"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_a_table_begins_like_a_formula(begin: str):
    text = f'{begin}cmd|"/c calc"!A1'
    made = table([{"number": 1, "actor_name": text}], header=True).decode()
    rows = list(csv.DictReader(io.StringIO(made, newline="")))
    assert rows[0]["actor_name"] == "'" + text


def test_a_query_uses_the_index_beside_each_segment(standard: Bench):
    admin = busy_bench(standard)["admin"]
    standard.run(standard.store.checkpoint())
    assert "audit-000001.index" in standard.disk.list()
    page = standard.store.search(
        AUDIT,
        Search((frozenset({("actor", standard.user_id("alice"))}),)),
        limit=10,
        read_bytes_max=1 << 30,
    )
    assert len(page.entries) == 3
    assert standard.store.count(USERS) == 3
    assert query(standard, admin, actor=standard.user_id("alice"))


def test_nothing_that_a_client_says_makes_a_line_of_its_own(
    standard: Bench, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    false = 'x\r\n{"number": 1, "event": "login", "actor": "nobody"}\u2028y'
    standard.ask(
        **login(false, false),
        request_id=false,
        client={"user_agent": false, "device_name": false},
    )
    standard.ask(action=false)
    standard.ask(**{false: false}, action="get_user")
    lines = exported(standard, standard.admin()).decode().split("\n")
    numbers = [json.loads(line)["number"] for line in lines if line]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert sum('actor\\": \\"nobody' in line for line in lines) >= 1
    assert all(len(line.splitlines()) <= 1 for line in lines)
    assert "nobody" not in caplog.text
