"""The options that every command of the shell client has, beside its fields.

It knows click; it must not know what is done with the options.
"""

from dataclasses import dataclass
from pathlib import Path

import click

from ums_client.defaults import DEADLINE_MAX_S, DEFAULT_DEADLINE_S, DEFAULT_ENDPOINT


@dataclass(frozen=True, slots=True)
class Flags:
    """The options that every command has."""

    endpoint: str
    timeout: float
    as_json: bool
    server_key_file: Path | None
    key_file: Path | None
    session_token_file: str | None
    api_key_file: str | None
    save: bool


def common_options() -> list[click.Parameter]:
    """Options for the fields of `Flags`, by their names."""
    path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--endpoint"],
            default=DEFAULT_ENDPOINT,
            envvar="UMS_ENDPOINT",
            show_default=True,
            show_envvar=True,
            help="Where the service is.",
        ),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(0.001, DEADLINE_MAX_S),
            default=DEFAULT_DEADLINE_S,
            show_default=True,
            help="Seconds until the call gives up.",
        ),
        click.Option(
            ["--json", "as_json"], is_flag=True, help="Print one JSON object."
        ),
        click.Option(
            ["--server-key", "server_key_file"],
            type=path,
            metavar="FILE",
            help="Public key of the service (name.key): encrypts the connection.",
        ),
        click.Option(
            ["--key", "key_file"],
            type=path,
            metavar="FILE",
            help="Own key pair (name.key_secret), if the service asks for one.",
        ),
        click.Option(
            ["--session-token-file"],
            metavar="PATH",
            envvar="UMS_SESSION_TOKEN_FILE",
            help="Use this session rather than the kept one; - reads standard input.",
        ),
        click.Option(
            ["--api-key-file"],
            metavar="PATH",
            envvar="UMS_API_KEY_FILE",
            help="Use this API key rather than a session; - reads standard input.",
        ),
        click.Option(
            ["--save/--no-save"],
            default=True,
            help="Keep the session of a login in a private file. [default: save]",
        ),
    ]
