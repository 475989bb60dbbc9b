"""`python -m gui` in a process of its own, by keyboard alone, judged by the service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp

from benchmarks.stores import ADMINISTRATOR, PASSWORD, build, username
from benchmarks.workers import Worker
from gui.controllers.choices import load_choices
from gui.pages import ENTRIES
from tests.gui.asking import asked
from tests.gui.by_hand import hands
from tests.service.harness import ADMIN_PASSWORD, GOOD, LIMIT_S
from tests.service.running import RunningService, running_service, wait_until
from ums_service.deployment.clock import read_clock

Member = Callable[[str], str]
MANY = 120


def entries(shared: RunningService, **wanted: Any) -> list[dict[str, Any]]:
    return list(asked(shared, "query_audit", **wanted)["entries"])


def page_key(name: str) -> str:
    """The key that brings an administrator to a page."""
    return f"alt+{[entry.name for entry in ENTRIES].index(name) + 1}"


def test_somebody_signs_in_changes_their_profile_and_quits(
    shared: RunningService, member: Member, tmp_path: Path
):
    user_id = member("ulla")
    with hands(shared.endpoint, tmp_path) as person:
        person.fill("ulla", GOOD)
        person.see("My profile - ulla - UMS")
        person.rest()
        person.press("Tab")
        while "Ulm" not in str(asked(shared, "get_user", user_id=user_id)["user"]):
            person.press("Tab")
            person.press("ctrl+a")
            person.type("Ulm")
            person.press("Return")
            person.rest()
        person.quit()
    user = asked(shared, "get_user", user_id=user_id)["user"]
    assert user["username"] == "ulla"
    kept = load_choices(tmp_path / "ums" / "desktop.json")
    assert (kept.here.endpoint, kept.here.last_user) == (shared.endpoint, "ulla")


def test_what_was_chosen_is_kept_when_the_desktop_ends(
    shared: RunningService, tmp_path: Path
):
    with hands(shared.endpoint, tmp_path) as person:
        person.press("ctrl+t")
        person.rest()
        person.process.terminate()
        _, complaints = person.process.communicate(timeout=LIMIT_S)
    assert (person.process.returncode, complaints) == (0, "")
    assert load_choices(tmp_path / "ums" / "desktop.json").theme == "dark"


def test_somebody_registers(shared: RunningService, tmp_path: Path):
    with hands(shared.endpoint, tmp_path) as person:
        person.press(*["Tab"] * 4, "space")  # password, remember, sign in, register
        person.see("Register - UMS")
        person.fill("valentin", "valentin@example.org", "Valentin Braun", GOOD)
        person.see("My profile - valentin - UMS")
        person.quit()
    user = asked(shared, "get_user", username="valentin")["user"]
    assert user["email"] == "valentin@example.org"


def test_somebody_signs_in_with_a_code(
    shared: RunningService, member: Member, tmp_path: Path
):
    user_id = member("walburga")
    login = {"username": "walburga", "password": GOOD}
    token = shared.ask(action="login", credentials=login)["session_token"]
    begun = shared.ask(
        action="setup_mfa", session_token=token, method="totp", password=GOOD
    )
    codes = pyotp.TOTP(begun["secret"])
    shared.ask(
        action="confirm_mfa",
        session_token=token,
        setup_token=begun["setup_token"],
        code=codes.at(read_clock().epoch_s, counter_offset=-1),
    )
    with hands(shared.endpoint, tmp_path) as person:
        person.fill("walburga", GOOD)
        person.see("Second factor - UMS")
        person.fill(codes.now())
        person.see("My profile - walburga - UMS")
        person.quit()
    logins = entries(shared, subject=user_id, events=["login"], outcome="done")
    assert "otp" in str(logins[0]["details"])


def test_an_administrator_finds_one_among_many_and_follows_the_log(
    shared: RunningService, member: Member, tmp_path: Path
):
    for number in range(MANY):
        member(f"crowd{number}")
    needle = member("needle")
    with hands(shared.endpoint, tmp_path) as person:
        person.fill("admin", ADMIN_PASSWORD)
        person.see("Users - admin - UMS")
        person.type("needl")
        person.rest()
        person.press("Down")
        wait_until(lambda: bool(entries(shared, subject=needle, events=["user_read"])))
        person.press(page_key("audit"))
        person.see("Audit log - admin - UMS")
        person.rest()
        person.press("ctrl+l")
        looks = len(entries(shared, events=["audit_read"]))
        wait_until(lambda: len(entries(shared, events=["audit_read"])) > looks * 2 + 2)
        person.quit()


def test_an_administrator_finds_one_among_a_hundred_thousand(tmp_path: Path):
    data = tmp_path / "data"
    with Worker() as worker:
        worker.run(build, data, 100_000)
    with running_service(data) as service, hands(service.endpoint, tmp_path) as person:
        credentials = {"username": ADMINISTRATOR, "password": PASSWORD}
        reply = service.ask(action="login", credentials=credentials)
        service.admin_token = reply["session_token"]  # type: ignore[attr-defined]
        wanted = asked(service, "get_user", username=username(77_777))["user"]
        person.fill(ADMINISTRATOR, PASSWORD)
        person.see("Users - admin - UMS")
        person.rest()
        person.type(username(77_777))
        person.rest()
        about = {"subject": wanted["user_id"], "events": ["user_read"]}

        def is_shown() -> bool:
            """Until the search is answered the line below is somebody else."""
            person.press("Down")
            person.rest()
            return len(entries(service, **about)) > 1  # ours, and theirs

        wait_until(is_shown, within_s=60)  # the service still reads and sorts accounts
        person.quit()


def test_an_administrator_suspends_many_at_once(
    shared: RunningService, member: Member, tmp_path: Path
):
    ids = [member(f"suspect{number}") for number in range(30)]
    with hands(shared.endpoint, tmp_path) as person:
        person.fill("admin", ADMIN_PASSWORD)
        person.see("Users - admin - UMS")
        person.type("suspect")
        person.rest()
        person.press("Down", "ctrl+a")
        person.rest()
        person.press("ctrl+e")
        person.see("Change 30 accounts")
        person.rest()
        person.press("Tab")
        person.type("Under review")
        person.press("Return")
        person.rest()
        assert status_of(shared, ids[0]) == "active", "it was only tried"
        person.press("Return", "shift+Tab", "space")
        person.rest()
        person.press("Escape")
        person.see("Users - admin - UMS")
        person.quit()
    assert {status_of(shared, user_id) for user_id in ids} == {"suspended"}


def status_of(shared: RunningService, user_id: str) -> str:
    return str(asked(shared, "get_user", user_id=user_id)["user"]["status"])
