"""Importing a file from outside: what goes into a message, what happens on a failure."""

import json
from pathlib import Path

import pytest

from ums_client import errors
from ums_client.import_users import BATCH_ROWS, Options, batches, import_file
from ums_client.protocol.imports import ImportUsers, ImportUsersReply
from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_client.protocol.user_files import UnreadableFile


class Service:
    """Creates every row; refuses the messages whose numbers are given."""

    def __init__(self, *failing: int) -> None:
        self.failing = failing
        self.requests: list[ImportUsers] = []
        self.keys: set[str] = set()

    def call(self, request: ImportUsers, *, idempotency_key: str) -> ImportUsersReply:
        self.requests.append(request)
        self.keys.add(idempotency_key)
        if len(self.requests) in self.failing:
            raise errors.Unreachable("gone")
        rows = request.users or []
        return ImportUsersReply(
            created=len(rows), updated=0, skipped=0, refused=0, results=[]
        )


def rows(number: int, size: int = 0) -> list[dict[str, object]]:
    return [
        {"username": f"user{i}", "email": f"u{i}@example.org", "notes": "ü" * size}
        for i in range(number)
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(2_500)))
    return path


@pytest.mark.parametrize(("number", "size"), [(5_000, 0), (300, 4_000), (1, 10)])
def test_every_row_is_in_one_message_and_every_message_fits(number: int, size: int):
    made = list(batches(rows(number, size)))
    assert [row for batch in made for row in batch.rows] == rows(number, size)
    expected = 1
    for batch in made:
        assert batch.first_row == expected
        expected += len(batch.rows)
        body = ImportUsers(users=batch.rows).fields()
        assert len(json.dumps(body, ensure_ascii=False).encode()) < REQUEST_BYTES_MAX
        assert len(batch.rows) <= BATCH_ROWS


def test_each_batch_has_a_key_of_its_own_and_all_is_counted(file: Path):
    service = Service()
    told = []
    done = import_file(
        service, file, "jsonl", Options(label="x"), tell=lambda b, _: told.append(b)
    )
    assert done.created == 2_500
    assert len(service.keys) == len(service.requests) == len(told) > 1
    assert {request.label for request in service.requests} == {"x"}


def test_it_stops_at_the_first_batch_that_fails_and_can_go_on_there(file: Path):
    service, told = Service(2), []
    with pytest.raises(errors.Unreachable):
        import_file(service, file, "jsonl", Options(), tell=lambda b, _: told.append(b))
    assert len(service.requests) == 2
    rest = Service()
    done = import_file(
        rest,
        file,
        "jsonl",
        Options(),
        tell=lambda *_: None,
        first_row=told[-1].first_row,
    )
    assert done.created == 2_500 - len(told[0].rows)


def test_or_it_goes_on_and_counts_what_failed(file: Path):
    service, told = Service(2), []
    done = import_file(
        service,
        file,
        "jsonl",
        Options(),
        tell=lambda b, _: told.append(b),
        go_on=True,
    )
    assert done.failed == len(told[1].rows)
    assert done.created == 2_500 - done.failed


def test_a_damaged_line_stops_it_after_what_came_before(file: Path):
    file.write_text(file.read_text() + "{\n")
    service = Service()
    with pytest.raises(UnreadableFile, match="line 2501"):
        import_file(service, file, "jsonl", Options(), tell=lambda *_: None)
    assert service.requests
