"""Files with secrets."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a new file that nobody else can read. Raises FileExistsError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - the mode must be right from the start
        file.write(text)
