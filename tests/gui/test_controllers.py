"""What controllers decide, without a window, against a real service."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from gui.background import Done, Failed, Job, Then
from gui.controllers.account import Account
from gui.controllers.audit import AuditLog, Wanted
from gui.controllers.choices import Choices, Place, load_choices, save_choices
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Credentials, Enrolment
from gui.controllers.desk import Desk, Link
from gui.controllers.finding import FoundUsers, Search
from gui.controllers.problems import Problem, expected, explain
from gui.controllers.signin import SignIn, Step
from gui.controllers.users import Users
from tests.service.harness import ADMIN_PASSWORD, GOOD
from tests.service.running import RunningService
from ums_client.errors import Busy, Conflict, DeadlineExceeded
from ums_client.protocol.accounts import CreateUser
from ums_client.protocol.statuses import SetUserStatus

Member = Callable[[str], str]


class AtOnce:
    """Runs work where it is asked for."""

    def run(self, work: Callable[[], Any], then: Then[Any]) -> Job:
        job = Job()
        try:
            outcome: Any = Done(work())
        except expected() as error:
            outcome = Failed(error)
        then(outcome)
        return job


class Later(AtOnce):
    """Runs work when the test says so, as a window does."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], Any], Then[Any], Job]] = []

    def run(self, work: Callable[[], Any], then: Then[Any]) -> Job:
        job = Job()
        self._waiting.append((work, then, job))
        return job

    def step(self) -> None:
        work, then, job = self._waiting.pop(0)
        if not job.cancelled:
            super().run(work, then)

    def settle(self) -> None:
        while self._waiting:
            self.step()


class Told:
    """What was told to whoever asked."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.problems: list[Problem] = []

    def then(self, *values: Any) -> None:
        self.values.append(values[0] if len(values) == 1 else values)

    @property
    def value(self) -> Any:
        assert not self.problems, self.problems
        return self.values[-1]


@pytest.fixture
def desk(shared: RunningService) -> Iterator[Desk]:
    desk = Desk(AtOnce(), Place("Test", shared.endpoint))
    assert desk.connect(desk.place) is None
    yield desk
    desk.runner = AtOnce()
    desk.close()


def signed_in(desk: Desk, username: str, password: str = GOOD) -> SignIn:
    flow, told = SignIn(desk), Told()
    flow.sign_in(username, password, told.problems.append)
    assert not told.problems, told.problems
    return flow


def test_nobody_types_a_password_twice_when_it_must_be_changed(
    desk: Desk, shared: RunningService, member: Member
):
    shared.ask(
        action="force_password_change",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=member("flora"),
    )
    flow, told = signed_in(desk, "flora"), Told()
    assert flow.step is Step.NEW_PASSWORD
    flow.choose_password("short", told.problems.append)
    assert told.problems[0].field in ("password", "new_password")
    flow.choose_password("another-long-winter walk", told.problems.append)
    assert flow.step is Step.DONE
    assert desk.me is not None
    assert desk.me.username == "flora"
    assert "winter" not in repr(flow.kept)


def test_who_is_signed_out_is_told_nothing_more(
    desk: Desk, shared: RunningService, member: Member
):
    member("fabian")
    signed_in(desk, "fabian")
    desk.runner, told, account = Later(), Told(), Account(desk)
    account.load(told.then, told.problems.append)
    desk.runner.step()
    assert len(told.values) == 1
    account.load(told.then, told.problems.append)
    desk.sign_out()
    desk.runner.settle()
    assert len(told.values) == 1
    assert not told.problems


def test_a_second_factor_is_set_up_and_asked_for(desk: Desk, member: Member):
    member("gustav")
    signed_in(desk, "gustav")
    credentials, told = Credentials(desk), Told()
    credentials.begin_factor(
        "totp", {"password": GOOD, "name": "phone"}, told.then, told.problems.append
    )
    enrolment: Enrolment = told.value
    assert enrolment.secret not in repr(enrolment)
    phone = pyotp.TOTP(enrolment.secret)
    credentials.confirm_factor(
        enrolment.token, phone.now(), told.then, told.problems.append
    )
    codes = told.value
    assert len(codes) >= 5
    flow = signed_in(desk, "gustav")
    assert flow.step is Step.FACTOR
    flow.give_code("000000", "", told.problems.append)
    assert told.problems.pop().field == "code"
    flow.give_code(codes[0], "", told.problems.append)
    assert flow.step is Step.DONE


def test_only_what_was_changed_is_sent(
    desk: Desk, shared: RunningService, member: Member
):
    user_id = member("hanna")
    signed_in(desk, "hanna")
    account, told = Account(desk), Told()
    account.save({"city": "Bremen"}, told.then, told.problems.append)
    values, note = told.value
    assert (values["city"], note) == ("Bremen", "Saved.")
    reply = shared.ask(
        action="query_audit",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        subject=user_id,
        events=["user_updated"],
    )
    assert list(reply["entries"][0]["changes"]) == ["city"]


def test_a_fault_of_a_field_is_told_with_the_field(desk: Desk, member: Member):
    member("ida"), member("jan")
    signed_in(desk, "ida")
    told = Told()
    Account(desk).save({"username": "jan"}, told.then, told.problems.append)
    assert told.problems.pop().field == "username"
    Account(desk).save({"city": "x" * 200}, told.then, told.problems.append)
    assert told.problems.pop().field == "city"


def test_found_users_come_page_by_page(desk: Desk, member: Member):
    for number in range(3):
        member(f"paged{number}")
    signed_in_admin(desk)
    found, told = FoundUsers(desk, Search(query="paged")), Told()
    found.begin(lambda: told.then("came"), told.problems.append)
    assert told.value == "came"
    assert found.total == 3
    first = found.item(0)
    assert first is not None
    assert first.cells[0] == "paged0"
    assert found.item(5) is None


def signed_in_admin(desk: Desk) -> None:
    signed_in(desk, "admin", ADMIN_PASSWORD)


def test_the_audit_log_is_read_behind_its_first_page(desk: Desk, member: Member):
    signed_in_admin(desk)
    users, told = Users(desk), Told()
    user_id = member("nora")
    for number in range(105):
        users.update(
            user_id, {"city": f"City {number}"}, told.then, told.problems.append
        )
    desk.runner = later = Later()
    log = AuditLog(desk, Wanted(event="user_updated", user_id=user_id))
    log.begin(lambda: None, told.problems.append)
    later.settle()
    assert log.total == 101  # and more
    assert log.item(100) is None
    later.settle()
    assert log.total == 105
    last = log.item(104)
    assert last is not None
    entry = log.entry(last.key)
    assert entry is not None
    assert entry.changes == (("City", "(empty)", "City 0"),)
    users.update(user_id, {"city": "newest"}, told.then, told.problems.append)
    log.look_for_newer(told.then, told.problems.append)
    later.settle()
    assert told.value == 1
    assert not told.problems


def test_a_service_that_is_not_there_is_told_as_that(tmp_path: Path):
    desk = Desk(AtOnce(), Place("Nowhere", f"ipc://{tmp_path}/nothing"))
    assert desk.connect(desk.place) is None
    told = Told()
    desk.ask(
        lambda: CreateUser(username="x"),
        told.then,
        told.problems.append,
        deadline_s=0.2,
    )
    assert told.problems[0].lost
    assert told.problems[0].again
    assert desk.link is Link.OFFLINE
    desk.close()


def test_a_wrong_key_file_is_a_problem_and_not_an_end(tmp_path: Path):
    desk = Desk(AtOnce(), Place())
    problem = desk.connect(Place("x", server_key_file=str(tmp_path / "none.key")))
    assert problem is not None
    assert "cannot read a key" in problem.text.lower()


def test_errors_become_sentences():
    busy = explain(Busy("busy", code="BUSY", retry_after=2.4))
    assert (busy.text, busy.again) == ("The service is busy. Try again in 2 s.", True)
    taken = [{"field": "user_data.email", "message": "is taken"}]
    problem = explain(Conflict("taken", details=taken))
    assert (problem.text, problem.faults) == ("Is taken.", (("email", "Is taken."),))
    assert explain(DeadlineExceeded("late")).lost


def test_choices_are_kept_and_what_is_damaged_is_not_fatal(tmp_path: Path):
    path = tmp_path / "ums" / "desktop.json"
    assert load_choices(path) == Choices()
    other = Place("Lab", "tcp://10.0.0.1:5556", "lab.key", last_user="ada")
    kept = Choices(theme="dark", scale_percent=150).at(other)
    save_choices(path, kept)
    assert load_choices(path) == kept
    assert load_choices(path).here == other
    for damaged in ("", "[]", '{"theme": 1}', '{"places": 3, "theme": "dark"}'):
        path.write_text(damaged)
        assert load_choices(path) == Choices()


def test_the_shell_command_names_no_secret():
    made = shell_command(
        Place("Lab", "tcp://10.0.0.1:5556"),
        CreateUser,
        username="ada l",
        password="secret",
        city="",
        auto_activate=False,
    )
    assert made == (
        "python -m ums_client create-user --username 'ada l' --password-file - "
        "--no-auto-activate --endpoint tcp://10.0.0.1:5556"
    )
    assert shell_command(Place(), SetUserStatus, user_id="1", duration_days=3) == (
        "python -m ums_client set-user-status --user-id 1 --duration-days 3"
    )
