"""Telling systemd how the service is (sd_notify(3)); does nothing elsewhere."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Sends states to the socket that NOTIFY_SOCKET names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        # a leading @ is how systemd writes the abstract name space
        self._address = "\0" + path[1:] if path.startswith("@") else path
        interval_us = int(environ.get("WATCHDOG_USEC", "0") or 0)
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = interval_us / 1e6 if mine else 0.0
        """Within how many seconds WATCHDOG=1 is expected; 0 where it is not."""

    def tell(self, **state: str) -> None:
        """Send assignments such as READY="1". A missing listener is no fault of ours."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value}" for name, value in state.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            try:
                channel.sendto(text.encode(), self._address)
            except OSError:
                self._address = ""
