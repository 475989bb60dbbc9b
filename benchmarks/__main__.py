"""The command line: progress on stderr, one table on stdout."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks import (
    audit,
    bulk,
    checkpoint,
    desktop,
    imports,
    logins,
    memory,
    other,
    reads,
    scaling,
    search,
    start,
    store_alone,
    writes,
)
from benchmarks.run import FULL, QUICK, Run, Scale
from benchmarks.stores import Stores
from benchmarks.table import Line, render

GROUPS: Final[dict[str, Callable[[Run], list[Line]]]] = {
    "reads": reads.measure,
    "authorize": reads.measure_authorize,
    "logins": logins.measure,
    "writes": writes.measure,
    "store": store_alone.measure,
    "empty": start.measure_empty,
    "start": start.measure,
    "scaling": scaling.measure,
    "checkpoint": checkpoint.measure,
    "other": other.measure,
    "audit": audit.measure,
    "import": imports.measure,
    "search": search.measure,
    "bulk": bulk.measure,
    "memory": memory.measure,
    "desktop": desktop.measure,
}
_ON_DISK: Final = Path("/var/tmp")
"""Not /tmp: where that is memory a flush costs nothing and the figures say nothing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for and print it. Ends with status 0 also for MISSED."""
    options = _parser().parse_args(arguments)
    scale = QUICK if options.quick else FULL
    lines: list[Line] = []
    try:
        for more in measure(options.only or list(GROUPS), scale, options.scratch):
            lines += more
    finally:
        print(render(lines))
    if options.json:
        plain = {"quick": options.quick, "lines": [line.plain() for line in lines]}
        options.json.write_text(json.dumps(plain, indent=1) + "\n")


def measure(
    names: Sequence[str], scale: Scale, scratch: Path | None
) -> Iterator[list[Line]]:
    """The lines of one named group after the other."""
    begin_s = time.perf_counter()

    def say(text: str) -> None:
        print(f"[{time.perf_counter() - begin_s:5.0f} s] {text}", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="ums-bench-", dir=scratch) as directory:
        root = Path(directory)
        run = Run(root, scale, Stores(root / "stores", say), say)
        for name in names:
            yield GROUPS[name](run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=list(GROUPS), help="a group; may be repeated"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small stores and short rounds"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the lines there"
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        metavar="DIR",
        default=_ON_DISK if _ON_DISK.is_dir() else None,
        help="where stores are made: on the disk that counts",
    )
    return parser


if __name__ == "__main__":
    main()
