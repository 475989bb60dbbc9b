"""The outbox: a mail is queued with its cause, sent after it, and never lost."""

import asyncio
import errno
import itertools
import logging
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from storage import RealDisk
from storage.errors import Conflict
from tests.service.harness import GOOD, LIMIT_S, Bench, creation, update
from tests.service.mailbox import DAY_S, HOUR_S, MAIL, RULES, Mailbox, code_in
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.chores.old_mail import DEAD_KEPT_S, OldMail
from ums_service.domain.outbox import DEAD_MAX, OUTBOX, Mail
from ums_service.domain.users import USERS
from ums_service.mail.outcomes import RefusedForGood, RelayDown, TryLater
from ums_service.mail.sender import PAUSE_S

DOWN = RelayDown("ConnectionRefusedError: [Errno 111] Connection refused")
GREY = TryLater("450 come back later")
NEVER = RefusedForGood("550 no such user here")


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL)


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    return Mailbox(bench)


def test_a_mail_is_queued_in_the_commit_of_its_cause(bench: Bench, box: Mailbox):
    before = bench.store.head.sequence
    bench.register("alice")
    assert bench.store.head.sequence == before + 1
    [mail] = box.waiting()
    assert (mail.template, mail.to) == ("welcome", "alice@example.org")
    assert box.received == []


def test_what_was_refused_leaves_no_mail(bench: Bench, box: Mailbox):
    bench.register("alice")
    box.send()
    assert bench.ask(**creation("alice"))["code"] == "CONFLICT"
    assert box.waiting() == []


def test_what_could_not_be_stored_sends_no_mail():
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault), settings=MAIL) as bench:
        box = Mailbox(bench)
        fault.errno, fault.number = errno.ENOSPC, fault.counts[Call.WRITE] + 1
        assert bench.ask(**creation("alice"))["code"] == "STORAGE_FULL"
        fault.mended = True
        assert box.send() == []
        assert box.waiting() == []


def test_a_sent_mail_is_gone_and_audited_without_its_address(
    bench: Bench, box: Mailbox
):
    bench.register("alice")
    [entry] = bench.audited_by(box.send)
    assert [m["To"] for m in box.received] == ["alice@example.org"]
    assert box.waiting() == []
    assert (entry["event"], entry["subject"]) == ("mail_sent", bench.user_id("alice"))
    assert "alice" not in str(entry)
    assert box.send() == []


def test_compat_queues_nothing_by_itself(make_bench):
    bench = make_bench(profile="compat", settings=MAIL)
    alice = bench.member("alice", "pass66")
    change = update(alice, email="b@example.org", password="pass77", current_password="pass66")  # fmt: skip
    assert bench.ask(**change)["status"] == "success"
    assert list(bench.store.scan(OUTBOX)) == []


def test_without_a_mail_server_nothing_is_queued(standard: Bench):
    standard.register("alice")
    assert standard.store.count(OUTBOX) == 0


# --- trouble ---


def test_greylisting_is_waited_out(bench: Bench, box: Mailbox):
    bench.register("alice")
    box.failure = GREY
    box.send()
    [mail] = box.waiting()
    assert (mail.state, mail.attempts, mail.last_error) == ("pending", 1, str(GREY))
    box.failure = None
    bench.clock.advance(59)
    assert box.send() == []
    bench.clock.advance(1)
    assert len(box.send()) == 1


def test_waits_grow_and_end_after_a_day(bench: Bench, box: Mailbox):
    bench.register("alice")
    box.failure = GREY
    begun, times = bench.clock.now.ticks_s, []
    box.on_delivery = lambda _: times.append(bench.clock.now.ticks_s - begun)
    for _ in range(2 * DAY_S // 60):
        box.send()
        bench.clock.advance(60)
    waits = [b - a for a, b in itertools.pairwise(times)]
    assert waits[:5] == list(RULES.waits_s)
    assert waits[5:] == [14_400.0] * 4
    assert times[-1] <= DAY_S
    [mail] = box.waiting()
    assert (mail.state, mail.last_error) == ("dead", str(GREY))


def test_a_refusal_for_good_is_kept_to_be_seen_for_thirty_days(
    bench: Bench, box: Mailbox
):
    bench.register("alice")
    box.failure = NEVER
    entries = bench.audited_by(box.send)
    assert [(e["event"], e["details"]["reason"]) for e in entries] == [
        ("mail_failed", "RefusedForGood")
    ]
    bench.clock.advance(30 * DAY_S)
    assert box.send() == []
    assert box.tried == 1
    bench.purge()
    [mail] = box.waiting()
    assert (mail.state, mail.last_error) == ("dead", str(NEVER))
    bench.clock.advance(61)
    bench.purge()
    assert box.waiting() == []


def fill_with_dead_letters(bench: Bench, count: int) -> None:
    now_s, user_id = bench.clock.now.epoch_s, bench.user_id("admin")

    async def fill() -> None:
        async with bench.store.transaction() as tx:
            for number in range(count):
                mail = Mail(
                    mail_id=f"m{number}",
                    template="test",
                    user_id=user_id,
                    to="t",
                    queued_s=0,
                    next_try_s=now_s + number,
                    state="dead",
                )
                tx.put(OUTBOX, mail)

    bench.run(fill())


def test_dead_letters_do_not_pile_up(bench: Bench, box: Mailbox):
    fill_with_dead_letters(bench, DEAD_MAX + 5)
    bench.purge()
    kept = {mail.mail_id for mail in box.waiting()}
    assert len(kept) == DEAD_MAX
    assert not kept & {f"m{number}" for number in range(5)}


def test_a_server_that_never_comes_to_an_end_is_left(bench: Bench):
    bench.register("alice")
    box, end = Mailbox(bench, try_max_s=0.05), threading.Event()
    box.on_delivery = lambda _: end.wait(LIMIT_S)
    box.send()
    end.set()
    [mail] = box.waiting()
    assert (mail.state, mail.last_error) == ("pending", "no end of it after 0.05 s")


def test_dead_letters_go_with_the_account_they_were_for(make_bench):
    bench = make_bench(settings=MAIL, deleted_kept_s=DAY_S)
    box, alice = Mailbox(bench), bench.member("alice")
    box.failure = NEVER
    box.send()
    gone = bench.ask(action="delete_user", session_token=alice, password=GOOD)
    assert gone["status"] == "success"
    bench.purge()
    assert len(box.waiting()) == 1
    bench.clock.advance(DAY_S + 1)
    bench.purge()
    bench.purge()
    assert box.waiting() == []


def test_a_server_that_is_down_is_asked_once_a_minute_not_once_a_mail(
    bench: Bench, box: Mailbox
):
    for name in ("alice", "bobby", "carol"):
        bench.register(name)
    box.failure = DOWN
    for _ in range(3):
        box.send()
    assert box.tried == 1
    bench.clock.advance(PAUSE_S)
    box.send()
    assert box.tried == 2
    box.failure = None
    bench.clock.advance(300)
    assert len(box.send()) == 3


def test_mail_survives_a_restart(bench: Bench, box: Mailbox):
    bench.register("alice")
    box.failure = GREY
    box.send()
    first = box.waiting()[0].mail_id
    box.restart()
    box.failure = None
    assert box.send() == []
    bench.clock.advance(60)
    [message] = box.send()
    assert message["Message-ID"] == f"<{first}@example.org>"


class Killed(BaseException):
    """The process ends here."""


def test_killed_while_sending_it_sends_again_with_the_same_id(tmp_path: Path):
    seen = []
    with Bench(RealDisk(tmp_path / "data"), settings=MAIL) as bench:
        box = Mailbox(bench)
        bench.register("alice")

        def die(letter) -> None:
            seen.append(box.composer.compose(letter)["Message-ID"])
            raise Killed

        box.on_delivery = die
        with pytest.raises(Killed):
            box.send()
        box.on_delivery = lambda _: None
        box.restart()
        bench.clock.advance(60)
        [message] = box.send()
    assert seen == [message["Message-ID"]]


def test_a_full_store_makes_the_sender_wait_and_send_once(
    caplog: pytest.LogCaptureFixture,
):
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True, errno=errno.ENOSPC)
    with Bench(FaultyDisk(MemoryDisk(), fault), settings=MAIL) as bench:
        box = Mailbox(bench)
        bench.register("alice")
        fault.number = fault.counts[Call.WRITE] + 1
        with caplog.at_level(logging.WARNING):
            for _ in range(5):
                box.send()
        assert caplog.text.count("mail waits for the store") == 1
        assert box.tried == 0
        fault.mended = True
        bench.clock.advance(PAUSE_S)
        assert len(box.send()) == 1


def test_what_was_sent_and_could_not_be_noted_is_not_sent_twice():
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True, errno=errno.ENOSPC)
    with Bench(FaultyDisk(MemoryDisk(), fault), settings=MAIL) as bench:
        box = Mailbox(bench)
        bench.register("alice")

        def fill_up(_: object) -> None:
            fault.number = fault.counts[Call.WRITE] + 1

        box.on_delivery = fill_up
        assert len(box.send()) == 1
        assert len(box.waiting()) == 1
        fault.mended = True
        bench.clock.advance(PAUSE_S)
        assert box.send() == []
        assert (box.waiting(), box.tried) == ([], 1)


def test_a_fault_of_a_template_is_waited_out(
    bench: Bench, box: Mailbox, caplog: pytest.LogCaptureFixture
):
    bench.register("alice")

    def broken(_: object) -> None:
        raise ValueError("canary")

    box.on_delivery = broken
    box.send()
    [mail] = box.waiting()
    assert (mail.state, mail.attempts) == ("pending", 1)
    assert "canary" not in mail.last_error + caplog.text
    box.on_delivery = lambda _: None
    bench.clock.advance(60)
    assert len(box.send()) == 1


@pytest.mark.parametrize("turn_s", [-10 * DAY_S, 10 * DAY_S])
def test_a_changed_wall_clock_neither_holds_mail_nor_hurries_it(
    bench: Bench, box: Mailbox, turn_s: int
):
    bench.register("alice")
    box.failure = GREY
    box.send()
    box.failure = None
    bench.clock.set_wall_clock(turn_s)
    bench.clock.advance(59)
    assert box.send() == []
    bench.clock.advance(1)
    assert len(box.send()) == 1


def test_after_a_start_a_clock_set_back_holds_mail_for_one_wait_at_most(
    bench: Bench, box: Mailbox
):
    bench.register("alice")
    box.failure = GREY
    box.send()
    box.failure = None
    bench.clock.set_wall_clock(-365 * DAY_S)
    box.restart()
    bench.clock.advance(max(RULES.waits_s))
    assert len(box.send()) == 1


# --- not too much ---


def changed_password(bench: Bench, token: str, old: str, new: str) -> None:
    reply = bench.ask(
        action="change_password",
        session_token=token,
        current_password=old,
        new_password=new,
    )
    assert reply["status"] == "success", reply


def test_security_mails_of_a_kind_become_one_while_they_wait(
    bench: Bench, box: Mailbox
):
    alice = bench.member("alice")
    box.send()
    passwords = [GOOD, "another pass 1", "another pass 2", "another pass 3"]
    for old, new in itertools.pairwise(passwords):
        changed_password(bench, alice, old, new)
        box.send()
    assert [m["Subject"] for m in box.received[1:]] == ["Your password was changed"]
    assert len(box.waiting()) == 1
    bench.clock.advance(300)
    [message] = box.send()
    assert "stands for 2 events" in str(message.get_body(("plain",)))


def test_an_eleventh_mail_within_an_hour_waits_and_security_does_not(
    bench: Bench, box: Mailbox
):
    admin, alice = bench.admin(), bench.member("alice")
    box.send()
    for _ in range(11):
        bench.ask(action="test_mail", session_token=admin)
        box.send()
    to_admin = [m for m in box.received if m["To"] == "admin@localhost"]
    assert len([m for m in to_admin if m["Subject"] == "A test"]) == 10
    changed_password(bench, alice, GOOD, "another pass 1")
    assert len(box.send()) == 1
    bench.clock.advance(HOUR_S / 10)
    assert [m["Subject"] for m in box.send()] == ["A test"]


def test_a_full_outbox_leaves_the_mail_out_and_does_the_work(make_bench):
    bench = make_bench(settings=MAIL | {"mail_outbox_max": 10})
    fill_with_dead_letters(bench, DEAD_MAX)
    for number in range(10):
        assert bench.audited_by(lambda n=number: bench.register(f"user{n}"))[0].get("details") is None  # fmt: skip
    [entry] = bench.audited_by(lambda: bench.register("alice"))
    assert entry["details"] == {"mail": "outbox full"}
    assert bench.store.count(OUTBOX) == DEAD_MAX + 10


# --- the task ---


def test_the_task_sends_what_is_queued_while_it_runs(bench: Bench, box: Mailbox):
    bench.register("alice")
    arrived = asyncio.Event()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        box.on_delivery = lambda _: loop.call_soon_threadsafe(arrived.set)
        task = asyncio.create_task(box.sender.run())
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        arrived.clear()
        import json

        body = json.dumps(creation("bobby")).encode()
        await bench.service.dispatch.answer(body, "127.0.0.1")
        await asyncio.wait_for(arrived.wait(), LIMIT_S)
        task.cancel()

    bench.run(scenario())
    assert box.tried == 2


# --- for administrators ---


def test_administrators_see_retry_and_drop_what_is_not_sent(bench: Bench, box: Mailbox):
    admin = bench.admin()
    for name in ("alice", "bobby"):
        bench.register(name)
    box.send()
    box.received.clear()
    for name in ("carol", "dora"):
        bench.register(name)
    box.failure = NEVER
    box.send()
    listed = bench.ask(action="list_mail", session_token=admin)
    assert (listed["pending"], listed["dead"]) == (0, 2)
    assert {m["last_error"] for m in listed["mails"]} == {str(NEVER)}
    ids = {m["to"]: m["mail_id"] for m in listed["mails"]}
    box.failure = None
    retry = bench.ask(
        action="retry_mail", session_token=admin, mail_id=ids["carol@example.org"]
    )
    drop = bench.ask(
        action="drop_mail", session_token=admin, mail_id=ids["dora@example.org"]
    )
    assert retry["status"] == drop["status"] == "success"
    assert [m["To"] for m in box.send()] == ["carol@example.org"]
    listed = bench.ask(action="list_mail", session_token=admin)
    assert (listed["mails"], listed["pending"], listed["dead"]) == ([], 0, 0)
    again = bench.ask(
        action="drop_mail", session_token=admin, mail_id=ids["dora@example.org"]
    )
    assert (again["code"], again["message"]) == ("NOT_FOUND", "No such mail")


def test_no_token_is_in_the_outbox_or_the_files(tmp_path: Path):
    with Bench(RealDisk(tmp_path / "data"), settings=MAIL) as bench:
        box = Mailbox(bench)
        bench.register("alice")
        box.send()
        bench.ask(action="request_password_reset", username="alice")
        tokens = []
        box.failure = GREY
        box.on_delivery = lambda letter: tokens.append(letter.token)
        box.send()
        document = bench.store.get_document(OUTBOX, box.waiting()[0].mail_id)
        links = str(list(bench.store.scan(bench_one_time())))
        secret = tokens[0].partition(".")[2]
        assert len(secret) == 43
        assert secret not in str(document) + links
        box.failure = None
        bench.clock.advance(60)
        [message] = box.send()
        assert code_in(message) != tokens[0]
        for token in (code_in(message), tokens[0]):  # both mails may have arrived
            reply = bench.ask(
                action="reset_password", token=token, new_password="short"
            )
            assert reply["code"] == "POLICY_VIOLATION"


def bench_one_time():
    from ums_service.domain.one_time import ONE_TIME

    return ONE_TIME


def test_what_waits_for_an_account_that_is_gone_goes_and_nothing_else(bench: Bench):
    bench.register("alice")
    bench.register("bob")

    async def lose() -> None:
        async with bench.store.transaction() as tx:
            tx.delete(USERS, bench.user_id("alice"))

    bench.run(lose())
    bench.purge()
    assert [mail.to for mail in bench.store.scan(OUTBOX)] == ["bob@example.org"]


def test_a_dead_letter_that_is_tried_again_meanwhile_stays(bench: Bench, box: Mailbox):
    bench.register("alice")
    box.failure = NEVER
    box.send()
    [dead] = box.waiting()
    bench.clock.advance(DEAD_KEPT_S + HOUR_S)
    old = OldMail(bench.store)

    async def meanwhile() -> None:
        cleaning = asyncio.create_task(old.round(bench.clock.now))
        async with bench.store.transaction() as tx:
            tx.put(OUTBOX, dead.revived(bench.clock.now))
        with suppress(Conflict):
            await cleaning

    bench.run(meanwhile())
    assert [mail.state for mail in box.waiting()] == ["pending"]
