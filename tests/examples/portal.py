"""The portal in this process: its settings, and a browser that keeps to its forms."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.examples.live import PASSWORD


def set_up_django(folder: Path) -> None:
    """Once in a process: Django knows one set of settings."""
    import django
    from django.apps import apps

    if not apps.ready:
        os.environ["DJANGO_SETTINGS_MODULE"] = "examples.lab_portal.settings"
        os.environ["PORTAL_DATA"] = str(folder)
        django.setup()


@contextmanager
def portal_before(endpoint: str, folder: Path, gateway_key: str) -> Iterator[None]:
    """The portal with a database of its own, before a service."""
    set_up_django(folder / "settings")
    from django.core.management import call_command
    from django.db import connections
    from django.test import override_settings

    from examples.lab_portal import ums

    key_file = folder / "gateway.key"
    key_file.write_text(gateway_key)
    settings = {
        "PORTAL_ENDPOINT": endpoint,
        "PORTAL_GATEWAY_KEY_FILE": key_file,
        "PORTAL_CHECKED_FOR_S": 0,
    }
    connections["default"].settings_dict["NAME"] = str(folder / "portal.db")
    with override_settings(**settings):
        call_command("migrate", verbosity=0)
        try:
            yield
        finally:
            if ums.client.cache_info().currsize:
                ums.client().close()
            ums.client.cache_clear()
            ums.breaker.cache_clear()
            connections.close_all()


class Browser:
    """A browser at some address: keeps cookies and posts the forms it was shown."""

    def __init__(self, address: str = "203.0.113.7") -> None:
        from django.test import Client

        self.client = Client(
            enforce_csrf_checks=True,
            raise_request_exception=True,
            SERVER_NAME="localhost",
            REMOTE_ADDR=address,
            HTTP_USER_AGENT="Firefox",
        )

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, form: str, to: str | None = None, **fields: str) -> Any:
        """Fill in the form of a page and send it, to where it says or `to`."""
        token = csrf_token(self.get(form))
        sent = {"csrfmiddlewaretoken": token, **fields}
        return self.client.post(to or form, sent)

    def login(self, name: str, password: str = PASSWORD, path: str = "/login/") -> Any:
        return self.post(path, username=name, password=password)

    def cookies(self) -> str:
        return str(self.client.cookies)


def csrf_token(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(page))
    assert found, text_of(page)
    return found[1]


def text_of(page: Any) -> str:
    return str(page.content.decode())
