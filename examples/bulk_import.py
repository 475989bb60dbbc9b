"""Import a file of accounts as a whole: all of it, or nothing.

    python -m examples.bulk_import people.csv --password-file admin.txt

The service takes a file in batches, each a commit of its own. This looks at the whole
file in a dry run first and begins only if no row is refused; if a batch then fails on
the way, the batches before it are taken back. Standard output gets one line of JSON.
"""

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, get_args

from ums_client import Client, Login, errors
from ums_client.import_users import Batch, Done, Options, import_file
from ums_client.protocol.imports import ImportUsersReply, RevertImport
from ums_client.protocol.user_files import Format, UnreadableFile

Outcome = ImportUsersReply | errors.UmsError


class Import:
    """One file on its way into the service. What calls raise comes out of all of it."""

    def __init__(self, client: Client, file: Path, kind: Format) -> None:
        self._client = client
        self._file = file
        self._kind: Format = kind
        self._batches: list[str] = []

    def look(self) -> Done:
        """A dry run: tells which rows would be refused and why; changes nothing."""
        return self._run(Options(dry_run=True))

    def carry_out(self) -> Done:
        """Import the file; take it back if not all of it goes in."""
        try:
            done = self._run(Options(label=self._file.name[:100]))
        except errors.NoAnswer as lost:
            if lost.may_have_been_executed:
                warn("the last batch may be there: see list-imports")
            self.take_back()
            raise
        except errors.UmsError:
            self.take_back()
            raise
        if done.refused:  # since the dry run somebody took a name
            self.take_back()
        return done

    def take_back(self) -> None:
        """Revert the batches of this run, the last one first."""
        while self._batches:
            import_id = self._batches[-1]
            left = self._client.call(RevertImport(import_id=import_id)).left
            self._batches.pop()
            for one in left:
                warn(f"{one.user_id} stays: {one.reason}")

    def _run(self, options: Options) -> Done:
        tell = self._tell
        return import_file(self._client, self._file, self._kind, options, tell=tell)

    def _tell(self, batch: Batch, outcome: Outcome) -> None:
        if isinstance(outcome, errors.UmsError):
            return  # it ends the run
        if outcome.import_id:
            self._batches.append(outcome.import_id)
        for row in outcome.results:
            number = batch.first_row + row.row - 1
            for reason in [*row.reasons, *row.warnings]:
                warn(f"row {number} ({row.username}): {reason}")


def warn(text: str) -> None:
    print(f"bulk_import: {text}", file=sys.stderr)


def fail(text: str) -> NoReturn:
    warn(text)
    sys.exit(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("file", type=Path, help="accounts as CSV, JSON or JSON lines")
    parser.add_argument("--format", choices=get_args(Format), help="by its name")
    parser.add_argument("--service", default="tcp://127.0.0.1:5556", metavar="ENDPOINT")
    parser.add_argument("--user", default="admin", help="who may create accounts")
    parser.add_argument("--password-file", type=Path, help="asked for without it")
    parser.add_argument("--dry-run", action="store_true", help="only look")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    kind = given.format or given.file.suffix.lstrip(".").lower()
    if kind not in get_args(Format):
        fail("--format: the name of the file does not tell it")
    file = given.password_file
    password = file.read_text().rstrip("\n") if file else getpass.getpass()
    with Client(given.service) as client:
        client.call(Login(username=given.user, password=password))
        whole = Import(client, given.file, kind)
        done = whole.look()
        if not (given.dry_run or done.refused):
            done = whole.carry_out()
    print(json.dumps(asdict(done)))
    if done.refused:
        fail(f"{done.refused} rows were refused: nothing was imported")


if __name__ == "__main__":
    try:
        main()
    except (errors.UmsError, UnreadableFile, OSError, UnicodeDecodeError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
