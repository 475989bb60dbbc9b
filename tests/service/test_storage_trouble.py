"""What callers see when the disk is full or fails; the store's own proofs are elsewhere."""

import errno
from collections.abc import Iterator

import pytest

from tests.service.harness import GOOD, Bench, creation, login, update
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk


@pytest.fixture
def fault() -> Fault:
    """A fault that lies far in the future until `strike` is called."""
    return Fault(Call.WRITE, number=1_000_000_000, for_good=True)


@pytest.fixture
def bench(fault: Fault) -> Iterator[Bench]:
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        yield bench
        fault.mended = True  # so that closing works


def strike(fault: Fault, call: Call, number: int) -> None:
    fault.call, fault.errno = call, number
    fault.number = fault.counts[call] + 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_refuses_writes_and_goes_on_reading(
    bench: Bench, fault: Fault, number: int
):
    alice = bench.member("alice")
    strike(fault, Call.WRITE, number)
    for write in (creation("bobby"), login("alice"), update(alice, city="x")):
        assert bench.ask(**write)["code"] == "STORAGE_FULL"
    assert bench.ask(action="get_user", session_token=alice)["user"]["city"] == ""
    assert bench.ask(action="list_users", session_token=alice)["count"] == 2
    assert bench.ask(action="health_check")["state"] == "full"


def test_writing_resumes_by_itself_when_there_is_room(bench: Bench, fault: Fault):
    alice = bench.member("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    assert bench.ask(**update(alice, city="x"))["code"] == "STORAGE_FULL"
    fault.mended = True
    assert bench.ask(**update(alice, city="y"))["user"]["city"] == "y"
    assert bench.ask(action="health_check")["state"] == "ready"


def test_the_service_finds_room_again_though_nobody_writes(bench: Bench, fault: Fault):
    """A load balancer that goes by `ready` sends nothing to what is not."""
    alice = bench.member("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    bench.ask(**update(alice, city="x"))
    bench.try_login("nobody")
    bench.purge()
    assert not bench.ask(action="health_check", level="ready")["ready"]
    fault.mended = True
    entries = bench.audited_by(bench.purge)
    assert bench.ask(action="health_check", level="ready")["ready"]
    (told,) = (e for e in entries if e["outcome"] == "suppressed")
    assert told["details"] == {"count": 2}


def test_a_failed_flush_ends_writing_and_says_so(bench: Bench, fault: Fault):
    alice = bench.member("alice")
    strike(fault, Call.FDATASYNC, errno.EIO)
    assert bench.ask(**update(alice, city="x"))["code"] == "OUTCOME_UNKNOWN"
    fault.mended = True
    assert bench.ask(**update(alice, city="y"))["code"] == "STORAGE_READ_ONLY"
    assert bench.ask(action="get_user", session_token=alice)["status"] == "success"
    assert bench.ask(action="health_check")["state"] == "read_only"


def test_a_refusal_is_told_though_it_cannot_be_audited(
    bench: Bench, fault: Fault, caplog: pytest.LogCaptureFixture
):
    strike(fault, Call.WRITE, errno.ENOSPC)
    assert bench.try_login("nobody")["code"] == "INVALID_CREDENTIALS"
    assert "no audit entry for login" in caplog.text


def test_nothing_is_shown_to_administrators_that_cannot_be_audited(
    bench: Bench, fault: Fault
):
    admin = bench.admin()
    bench.register("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    reply = bench.ask(
        action="get_user", session_token=admin, user_id=bench.user_id("alice")
    )
    assert reply["code"] == "STORAGE_FULL"
    assert "user" not in reply


def test_who_leaves_while_the_disk_is_full_has_left(bench: Bench, fault: Fault):
    alice = bench.member("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    bench.ask(action="logout", session_token=alice)
    assert (
        bench.ask(action="get_user", session_token=alice)["code"] == "INVALID_SESSION"
    )


def test_a_password_that_could_not_be_stored_ends_no_session(
    bench: Bench, fault: Fault
):
    mine, other = bench.member("alice"), bench.login("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    new = update(mine, password="another pass 1", current_password=GOOD)
    assert bench.ask(**new)["code"] == "STORAGE_FULL"
    assert bench.ask(action="get_user", session_token=other)["status"] == "success"
    fault.mended = True
    assert bench.try_login("alice")["status"] == "success"


def test_a_login_that_could_not_be_stored_opens_no_session(bench: Bench, fault: Fault):
    bench.register("alice")
    strike(fault, Call.WRITE, errno.ENOSPC)
    assert bench.try_login("alice")["code"] == "STORAGE_FULL"
    assert len(bench.sessions) == 0
