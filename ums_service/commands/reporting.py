"""Errors of commands as one line that says what to do, and the exit status for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import click

from storage.errors import (
    CannotOpen,
    StoreCorrupt,
    StoreError,
    StoreLocked,
    UnsafeFileSystem,
    UnsafePermissions,
    WrongPassword,
)
from ums_service.audit.anchor import BadAnchor
from ums_service.audit.syslog import BadCollector
from ums_service.broker.endpoints import UnsupportedEndpoint
from ums_service.broker.keys import KeyTrouble
from ums_service.broker.self_test import GateOpen
from ums_service.broker.sockets import CannotBind, CurveRequired, UnsafeLibrary
from ums_service.deployment.master_key import UnusableKeyFile
from ums_service.deployment.opening import NoMasterKey
from ums_service.deployment.peppers import UnusablePepper
from ums_service.deployment.settings import BadSettings
from ums_service.domain.blocklist import UnusableBlocklist
from ums_service.domain.pepper import MissingPepper
from ums_service.starting.operations import Failed

EXIT_FAILED: Final = 1
EXIT_PARTLY: Final = 3
EXIT_CONFIGURATION: Final = 78

_CONFIGURATION: Final = (
    BadAnchor,
    BadCollector,
    BadSettings,
    CurveRequired,
    GateOpen,
    KeyTrouble,
    MissingPepper,
    NoMasterKey,
    UnsafeFileSystem,
    UnsafeLibrary,
    UnsafePermissions,
    UnsupportedEndpoint,
    UnusableBlocklist,
    UnusableKeyFile,
    UnusablePepper,
    WrongPassword,
)
_HINTS: Final = {
    StoreCorrupt: "nothing was modified; see: python -m ums_service verify --help, "
    "restore --help, repair --help",
    StoreLocked: "stop that process first",
}


@contextmanager
def reported() -> Iterator[None]:
    """Run a command; an error that operators can meet ends it with one line."""
    try:
        yield
    except _CONFIGURATION as error:
        end(str(error) or type(error).__name__, EXIT_CONFIGURATION)
    except (StoreError, CannotOpen) as error:
        end(_told(error), EXIT_FAILED)
    except (CannotBind, Failed) as error:
        end(str(error), EXIT_FAILED)
    except BrokenPipeError:
        raise  # whoever read the output has gone: click ends quietly
    except OSError as error:
        told = error.strerror or str(error) or type(error).__name__
        end(f"{error.filename}: {told}" if error.filename else told, EXIT_FAILED)


def _told(error: StoreError) -> str:
    hint = _HINTS.get(type(error))
    text = str(error) or type(error).__doc__ or type(error).__name__
    return f"{text}; {hint}" if hint else text


def end(text: str, status: int) -> NoReturn:
    """End the program with one line on stderr."""
    click.echo(f"ums_service: {text}", err=True)
    sys.exit(status)
