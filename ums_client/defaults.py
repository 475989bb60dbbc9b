"""Settings of a client that is told nothing, and their limits. Times in seconds."""

from typing import Final

DEFAULT_ENDPOINT: Final = "tcp://127.0.0.1:5556"
DEFAULT_DEADLINE_S: Final = 5.0
DEADLINE_MAX_S: Final = 3_600.0
"""Longest deadline: a call that may take longer than an hour is a mistake of units."""
CONNECTIONS_MAX: Final = 8
LOGOUT_DEADLINE_S: Final = 0.5
"""How long closing may take; a session that was not ended in time expires by itself."""
