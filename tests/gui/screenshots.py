"""Takes pictures of every page in both themes: `make screenshots`."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageGrab

from gui.controllers.signin import Step
from tests.gui.administration import administration_of_rights
from tests.gui.display import private_display
from tests.gui.driver import Driver
from tests.gui.oversight import attributes, audit_log, policies, service
from tests.gui.own_walk import own_pages, signed_out
from tests.gui.prepared import settle
from tests.gui.user_pictures import (
    deleted_accounts,
    files_of_accounts,
    labs_of_somebody,
    many_accounts,
)
from tests.service.harness import ROOT
from tests.service.running import RunningService, login_as_admin, running_service

FOLDER = ROOT / "docs" / "screenshots"


class Camera:
    """Takes pictures of one window."""

    def __init__(self, window: Driver, theme: str) -> None:
        self.window, self.theme = window, theme

    def take(self, name: str) -> None:
        picture, before = self._grab(), None
        while before is None or picture.tobytes() != before.tobytes():
            picture, before = self._grab(), picture
        picture.quantize(128).save(FOLDER / f"{name}-{self.theme}.png", optimize=True)

    def _grab(self) -> Image.Image:
        """What is on the screen after the X server had time to draw."""
        for _ in range(4):
            self.window.root.update()
            time.sleep(0.02)
        return ImageGrab.grab(xdisplay=os.environ["DISPLAY"])


def before_signing_in(window: Driver, camera: Camera) -> None:
    window.reads("Sign in")
    window.until(lambda: window.program.desk.latency_ms)
    camera.take("sign-in")
    window.click("link0")
    window.type("username", "sophie")
    window.type("email", "sophie@example.org")
    window.type("password", "rainy window seat")
    window.reads("■")
    camera.take("register")
    window.program.flow.begin_again()
    window.sign_in("admin", "not the password")
    window.reads("do not go together")
    camera.take("sign-in-refused")
    window.program.flow.kept.username = "admin"
    window.program.flow.kept.methods = ("totp", "email", "backup_code")
    window.program.flow.go(Step.FACTOR)
    camera.take("second-factor")
    window.program.flow.begin_again()
    window.click("connection")
    assert window.sheet
    camera.take("connection")
    window.key("Escape")


def administration(window: Driver, camera: Camera) -> None:
    users = window.go("users")
    camera.take("users")
    window.type("query", "tur")
    window.until(lambda: users.search.query == "tur")
    window.settled()
    window.key("Down")
    window.find("tabs")
    window.reads("Alan Turing")
    camera.take("users-search")
    window.click("suspend")
    assert window.sheet
    window.click("shell")
    camera.take("suspend")
    window.key("Escape")
    for name, number in (
        ("roles", 1),
        ("sessions", 3),
        ("factors", 4),
        ("person-audit", 5),
    ):
        users.person.tabs.select(number)
        window.pump()
        camera.take(f"user-{name}")
    window.click("new")
    assert window.sheet
    camera.take("new-user")
    window.key("Escape")
    window.type("query", "nobody at all")
    window.reads("No account is like that")
    camera.take("users-none")
    window.root.event_generate("<F1>")
    assert window.sheet
    camera.take("keys-help")
    window.key("Escape")


WALKS: tuple[Callable[[Driver, Camera], None], ...] = (
    before_signing_in,
    own_pages,
    administration,
    many_accounts,
    files_of_accounts,
    deleted_accounts,
    administration_of_rights,
    labs_of_somebody,
    audit_log,
    policies,
    attributes,
    service,
    signed_out,
)


def main() -> None:
    """Start a service and a display, walk through the pages, end."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, private_display() as display:
        os.environ["DISPLAY"] = display
        with running_service(Path(folder) / "data") as service:
            settle(service, login_as_admin(service))
            for theme in ("light", "dark"):
                walk(service, Path(folder), theme)


def walk(service: RunningService, folder: Path, theme: str) -> None:
    """All pages in one theme."""
    window = Driver(folder / "desktop.json", service.endpoint, theme)
    camera = Camera(window, theme)
    for part in WALKS:
        part(window, camera)
    window.close()
    print(f"{theme}: {len(list(FOLDER.glob(f'*-{theme}.png')))} pictures")


if __name__ == "__main__":
    main()
