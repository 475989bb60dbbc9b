"""Guessing that is spread over many accounts, whatever the addresses it comes from."""

from collections import OrderedDict
from typing import NamedTuple


class Guessing(NamedTuple):
    """What looks like guessing: failures on so many accounts from so many addresses."""

    accounts: int
    addresses: int


class GuessingWatch:
    """Tells when failures hit `accounts_min` different accounts within `window_s`.

    It tells once and then looks away for as long as the window: at most
    `accounts_min` accounts are remembered.
    """

    def __init__(self, *, accounts_min: int, window_s: float) -> None:
        self._accounts_min = accounts_min
        self._window_s = window_s
        self._failed: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._quiet_until_s = 0.0

    def failed(self, account: str, address: str, ticks_s: float) -> Guessing | None:
        """Note a failure. Returns what has to be told, if anything."""
        if ticks_s < self._quiet_until_s:
            return None
        failed = self._failed
        failed[account] = (ticks_s, address)
        failed.move_to_end(account)
        while ticks_s - next(iter(failed.values()))[0] >= self._window_s:
            failed.popitem(last=False)
        if len(failed) < self._accounts_min:
            return None
        told = Guessing(len(failed), len({where for _, where in failed.values()}))
        failed.clear()
        self._quiet_until_s = ticks_s + self._window_s
        return told
