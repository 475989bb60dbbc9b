"""The shell client: every action of the contract as a command.

It is made from the table of actions, so that it needs no change when one is added.

Exit status: 0 done, 1 refused or failed, 2 wrong usage, 69 no answer, 77 not permitted,
78 bad configuration, 130 interrupted.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Final

import click
from typing_extensions import override

from ums_client import errors
from ums_client.protocol.actions import ACTION_BY_NAME, ACTIONS
from ums_client.protocol.imports import ImportUsers
from ums_client.shell_flags import Flags, common_options
from ums_client.shell_options import options_of
from ums_client.shell_output import error_text

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_UNREACHABLE: Final = 69
EXIT_NOT_PERMITTED: Final = 77
EXIT_BAD_CONFIGURATION: Final = 78
EXIT_INTERRUPTED: Final = 130
EXITS: Final[dict[type[BaseException], int]] = {
    errors.PermissionDenied: EXIT_NOT_PERMITTED,
    errors.InvalidSession: EXIT_NOT_PERMITTED,
    errors.InvalidCredentials: EXIT_NOT_PERMITTED,
    errors.InvalidMfaCode: EXIT_NOT_PERMITTED,
    errors.NotAuthorised: EXIT_NOT_PERMITTED,
    errors.BadConfiguration: EXIT_BAD_CONFIGURATION,
    errors.NoAnswer: EXIT_UNREACHABLE,
    errors.UmsError: EXIT_FAILED,
}
"""The class of an error or its nearest ancestor decides."""

HINTS: Final[dict[type[errors.UmsError], str]] = {
    errors.Unreachable: "is the service running?",
    errors.InvalidSession: "log in with: python -m ums_client login",
    errors.MfaRequired: "give a code with --mfa-code",
    errors.MfaSetupRequired: "set one up with: python -m ums_client setup-mfa --method totp",
    errors.PasswordChangeRequired: "set a new one with: python -m ums_client change-password",
    errors.PasswordExpired: "set a new one with: python -m ums_client change-password",
}


class Actions(click.Group):
    """One command for each row of the table of actions."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, with dashes, in the order of the table."""
        return [action.name.replace("_", "-") for action in ACTIONS]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of an action, by its name with dashes or underscores."""
        action = ACTION_BY_NAME.get(cmd_name.replace("-", "_"))
        if action is None:
            return None
        if action.request is ImportUsers:
            return _import_command(cmd_name, inspect.getdoc(action.request))
        flags = frozenset(Flags.__dataclass_fields__)

        def call(**given: Any) -> None:
            from ums_client.shell_call import perform  # noqa: PLC0415 - help needs no sockets

            common = Flags(**{name: given.pop(name) for name in flags})
            perform(action, given, common)

        return click.Command(
            cmd_name,
            callback=call,
            params=[*options_of(action), *common_options()],
            help=inspect.getdoc(action.request),
        )


def _import_command(name: str, text: str | None) -> click.Command:
    """The one command that takes a file instead of fields: it makes many requests."""
    from ums_client.shell_import import import_options, perform_import  # noqa: PLC0415

    def call(**given: Any) -> None:
        common = {field: given.pop(field) for field in Flags.__dataclass_fields__}
        perform_import(Flags(**common), **given)

    params = [*import_options(), *common_options()]
    return click.Command(name, callback=call, params=params, help=text)


@click.command(
    cls=Actions,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: python -m ums_client login --username alice --password-file ~/.secret",
)
def cli() -> None:
    """Call any action of a UMS service.

    Secrets are read from files, standard input or a prompt, never from flags. A login
    is kept in a private file until logout.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit status."""
    try:
        cli.main(
            list(arguments), prog_name="python -m ums_client", standalone_mode=False
        )
    except click.Abort:
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except errors.UmsError as error:
        hint = f"; {HINTS[type(error)]}" if type(error) in HINTS else ""
        click.echo(f"ums: {error_text(error)}{hint}", err=True)
        return next(EXITS[kind] for kind in type(error).__mro__ if kind in EXITS)
    return EXIT_OK
