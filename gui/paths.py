"""Where the program keeps what it remembers."""

from pathlib import Path

import platformdirs


def choices_path() -> Path:
    """The file of choices of whoever runs the program."""
    return Path(platformdirs.user_config_dir("ums")) / "desktop.json"
