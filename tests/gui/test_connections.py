"""Profiles of connections, with keys, through the dialog, against a service that wants them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gui.controllers.choices import load_choices
from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD
from tests.service.running import RunningService, login_as_admin, running_service
from ums_service.broker.keys import CurveKeys

Open = Callable[..., Driver]


class Guarded:
    """A service on all addresses, which asks for keys, and the files of two clients."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.keys = CurveKeys(home / "data.curve")
        self.server_key = self.keys.make_server()
        self.mine = self.keys.make_client("mine", home / "clients")
        other = CurveKeys(home / "elsewhere")
        other.make_server()
        self.foreign = other.make_client("foreign", home / "clients")

    @property
    def place(self) -> dict[str, str]:
        return {
            "name": "Guarded",
            "endpoint": self.endpoint,
            "server_key_file": str(self.server_key),
            "key_file": str(self.mine),
        }

    endpoint = ""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("guarded")
    with running_service(home / "data") as service:
        login_as_admin(service)
        service.stop()
    made = Guarded(home)
    with running_service(home / "data", "--bind", "tcp://0.0.0.0:*") as service:
        made.endpoint = service.endpoint.replace("0.0.0.0", "127.0.0.1")
        yield made


def fill(window: Driver, **values: str) -> None:
    for name, text in values.items():
        window.sheet.form.field(name).value = text
    window.pump()


def test_a_profile_with_keys_is_made_used_and_remembered(
    open_window: Open, guarded: Guarded, shared: RunningService, tmp_path: Path
):
    window = open_window()
    window.click("connection")
    window.choose("known", "New connection")
    assert window.find("name").get() == ""
    fill(window, **guarded.place)
    found = iter([str(guarded.foreign), "", str(guarded.mine)])
    window.program.stage.dialogs.pick_file = lambda _: next(found)  # type: ignore[method-assign]
    window.click("key_file_find")
    assert window.find("key_file").get() == str(guarded.foreign)
    window.click("key_file_find")  # closed without choosing
    assert window.find("key_file").get() == str(guarded.foreign)
    window.click("key_file_find")
    window.click("shell")
    command = window.find("command").get("1.0", "end")
    assert f"--server-key {guarded.server_key} --key {guarded.mine}" in command
    window.click("ok")
    window.reads("Guarded: connected")
    window.signed_in()
    window.close()

    kept = load_choices(tmp_path / "desktop.json")
    assert (kept.here.name, kept.here.key_file) == ("Guarded", str(guarded.mine))
    assert [place.name for place in kept.places] == ["Guarded", "Test"]
    assert kept.here.last_user == "admin"
    secret = guarded.mine.read_text().split('secret-key = "')[1].split('"')[0]
    assert secret not in (tmp_path / "desktop.json").read_text()

    again = Driver(tmp_path / "desktop.json", "", choices=kept)
    try:
        again.reads("Guarded: connected")
        assert again.find("username").get() == "admin"
        again.type("password", ADMIN_PASSWORD)
        again.key("Return")
        again.reads("Signed in as admin")
        again.click("connection")  # to the other profile: by its name alone
        again.choose("known", "Test")
        assert again.find("endpoint").get() == shared.endpoint
        again.click("ok")
        again.reads("Test: connected")
        again.reads("Nobody is signed in")
        again.click("connection")
        again.choose("known", "Guarded")
        again.click("extra")  # forget it
        assert again.top is again.root
        assert [p.name for p in again.program.choices.places] == ["Test"]
        again.click("undo")
        known = {p.name: p for p in again.program.choices.places}
        assert known["Guarded"].key_file == str(guarded.mine)
    finally:
        again.close()


def test_keys_that_cannot_work_are_told(open_window: Open, guarded: Guarded):
    window = open_window(deadline_s=3.0)
    window.click("connection")
    fill(window, **guarded.place | {"server_key_file": "/nowhere/server.key"})
    window.click("ok")
    window.reads("/nowhere/server.key")
    fields = window.sheet.form.fields
    assert "/nowhere/server.key" in fields["server_key_file"].fault
    fill(window, server_key_file="", key_file=str(guarded.mine))
    window.click("ok")
    window.reads("needs the key of the service, too")
    guarded.mine.chmod(0o644)
    fill(window, server_key_file=str(guarded.server_key))
    window.click("ok")
    window.reads("can be read by others")
    assert "can be read by others" in fields["key_file"].fault
    guarded.mine.chmod(0o600)
    window.click("ok")
    window.reads("Guarded: connected")


def test_a_key_that_is_not_let_in_is_told_at_the_sign_in(
    open_window: Open, guarded: Guarded
):
    window = open_window(deadline_s=3.0)
    window.click("connection")
    fill(window, **guarded.place | {"key_file": str(guarded.foreign)})
    window.click("ok")
    window.reads("Guarded: no answer")
    window.sign_in()
    window.reads("check the keys of this connection")
    assert window.find("password").get() == ADMIN_PASSWORD
