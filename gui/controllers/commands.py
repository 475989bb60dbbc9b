"""The shell command that does the same as a dialog."""

from __future__ import annotations

import shlex
from typing import Any

from gui.controllers.choices import Place
from ums_client.defaults import DEFAULT_ENDPOINT
from ums_client.protocol.actions import ACTION_BY_REQUEST
from ums_client.protocol.message import Request
from ums_client.secret_input import flag_of, is_secret


def shell_command(place: Place, request: type[Request[Any]], **fields: Any) -> str:
    """The command for a request; secrets are left to its prompts or files."""
    name = ACTION_BY_REQUEST[request].name.replace("_", "-")
    words = ["python", "-m", "ums_client", name]
    for field, value in fields.items():
        if value in (None, "", [], {}):
            continue
        if is_secret(field):
            words += [flag_of(field), "-"]
        else:
            words += _flag(field, value)
    if place.endpoint != DEFAULT_ENDPOINT:
        words += ["--endpoint", place.endpoint]
    if place.server_key_file:
        words += ["--server-key", place.server_key_file]
    if place.key_file:
        words += ["--key", place.key_file]
    return shlex.join(words)


def _flag(field: str, value: Any) -> list[str]:
    flag = f"--{field.replace('_', '-')}"
    if value is True:
        return [flag]
    if value is False:
        return [f"--no-{flag[2:]}"]
    if isinstance(value, list):
        return [word for one in value for word in (flag, str(one))]
    return [flag, str(value)]
