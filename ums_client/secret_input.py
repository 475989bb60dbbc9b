"""How secrets get into the shell client: files, standard input, prompts; never flags.

Whatever is in the argument list can be read by every user of the machine. It knows
terminals and files; it must not know what a secret is good for.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

STDIN: Final = "-"
_NO_SECRETS: Final = frozenset(
    {
        "generate_password",
        "tokens",
        "password_chars_min",
        "password_classes",
        "password_common",
        "password_personal",
        "password_runs",
        "password_history",
        "password_expires_s",
    }
)
"""Fields that only speak of a secret."""
_BYTES_MAX: Final = 4_096
"""Longest line that is read: more than any secret of the contract, and /dev/zero ends."""


class Asking(NamedTuple):
    """Which secrets to prompt for when no file is given, and which of them twice."""

    fields: frozenset[str] = frozenset()
    twice: frozenset[str] = frozenset()
    unless: str = ""
    """The field that, where it is set, makes asking pointless."""


ASKING: Final[Mapping[str, Asking]] = {
    "login": Asking(frozenset({"password"})),
    "create_user": Asking(
        frozenset({"password"}), frozenset({"password"}), unless="generate_password"
    ),
    "update_user": Asking(twice=frozenset({"password"})),
    "delete_user": Asking(frozenset({"password"})),
    "setup_mfa": Asking(frozenset({"password"})),
    "regenerate_backup_codes": Asking(frozenset({"password"})),
    "begin_passkey_enrolment": Asking(frozenset({"password"})),
    "change_password": Asking(
        frozenset({"current_password", "new_password"}), frozenset({"new_password"})
    ),
    "check_password": Asking(frozenset({"password"})),
}
"""By action. What is not here is sent only if a file is named for it."""


def is_secret(field: str) -> bool:
    """Whether a field must not be shown, nor be given as a plain flag."""
    return ("password" in field or "token" in field) and field not in _NO_SECRETS


def secrets_for(
    action: str, sources: Mapping[str, str | None], fields: Mapping[str, object]
) -> dict[str, str]:
    """Read the secrets of an action; `sources` gives a path, `-` or None for each.

    `fields` are those that are no secrets: one of them may make a secret needless.

    Raises:
        click.UsageError: one is needed, and there is neither a file nor a terminal.
    """
    asking = ASKING.get(action, Asking())
    found: dict[str, str] = {}
    for field, source in sources.items():
        if source is not None:
            found[field] = read_secret(source, field, twice=field in asking.twice)
        elif field in asking.fields and not fields.get(asking.unless):
            found[field] = _prompt(field, twice=field in asking.twice)
    return found


def read_secret(source: str, field: str, *, twice: bool = False) -> str:
    """Read one secret: the first line of a file, or of standard input for `-`.

    Standard input that is a terminal is prompted, without echo.

    Raises:
        click.UsageError: the file cannot be read, or has no first line.
    """
    if source == STDIN and sys.stdin.isatty():
        return _prompt(field, twice=twice)
    try:
        if source == STDIN:
            line = sys.stdin.buffer.readline(_BYTES_MAX)
        else:
            with Path(source).open("rb") as file:
                line = file.readline(_BYTES_MAX)
        secret = line.decode().rstrip("\r\n")
    except OSError as error:
        raise click.UsageError(f"{flag_of(field)}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{flag_of(field)}: not UTF-8") from None
    if not secret:
        raise click.UsageError(f"{flag_of(field)}: the first line is empty")
    return secret


def flag_of(field: str) -> str:
    """The flag that names the file of a secret."""
    return f"--{field.replace('_', '-')}-file"


def ask_code(methods: Sequence[str]) -> str | None:
    """Ask for a code of a second factor; None where there is no terminal to ask on."""
    if not sys.stdin.isatty():
        return None
    kinds = ", ".join(methods).replace("_", " ")
    answer: str = click.prompt(f"Code ({kinds})", err=True)
    return answer


def _prompt(field: str, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"no terminal to ask on: use {flag_of(field)}")
    text = field.replace("_", " ").capitalize()
    answer: str = click.prompt(
        text, hide_input=True, confirmation_prompt=twice, err=True
    )
    return answer
