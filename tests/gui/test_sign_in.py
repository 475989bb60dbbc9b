"""The way to a session, through the window."""

from collections.abc import Callable

import pytest

from tests.gui.driver import Driver
from tests.service.harness import GOOD

Open = Callable[..., Driver]
Member = Callable[[str], str]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_by_keyboard_alone(open_window: Open, member: Member, theme: str):
    member(f"kim{theme}")
    window = open_window(theme=theme)
    window.reads("Sign in")
    window.signed_in(f"kim{theme}", GOOD)
    window.reads(f"Signed in as kim{theme}")
    window.reads("My profile")
    window.settled()


def test_a_wrong_password_is_told_and_the_name_stays(window: Driver, member: Member):
    member("lena")
    window.sign_in("lena", "wrong")
    window.reads("do not go together")
    assert window.find("username").get() == "lena"
    window.signed_in("lena", GOOD)
