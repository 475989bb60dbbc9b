"""Addresses that fail too often, over whatever accounts, are not listened to for a while.

    OPEN --failure--> OPEN, one more within window_s
    failures within window_s + in flight = failures_max --attempt--> WAIT
    failures within window_s = failures_max --> BLOCKED for block_s
    BLOCKED, block_s later, or cleared by an operator --> OPEN, nothing remembered

A right password changes nothing here: whoever has one account of their own could
start anew with it as often as they like.
"""

from array import array
from collections import OrderedDict
from dataclasses import dataclass, field

from ums_service.domain.lockout import Verdict


@dataclass(slots=True)
class _Address:
    failed_ticks_s: "array[float]" = field(default_factory=lambda: array("d"))
    in_flight: int = 0
    until_ticks_s: float = 0.0


class AddressBlocks:
    """The failures of at most `entries_max` addresses; the quietest is forgotten first."""

    def __init__(
        self,
        *,
        failures_max: int,
        window_s: float,
        block_s: float,
        entries_max: int = 100_000,
    ) -> None:
        self._failures_max = failures_max
        self._window_s = window_s
        self._block_s = block_s
        self._entries_max = entries_max
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    def __len__(self) -> int:
        return len(self._addresses)

    def __contains__(self, address: str) -> bool:
        return address in self._addresses

    def ask(self, address: str, ticks_s: float) -> Verdict:
        """What to do with an attempt; counts nothing."""
        entry = self._entry(address, ticks_s)
        if entry.until_ticks_s > ticks_s:
            return Verdict.REFUSE
        tried = len(entry.failed_ticks_s) + entry.in_flight
        return Verdict.WAIT if tried >= self._failures_max else Verdict.ADMIT

    def began(self, address: str, ticks_s: float) -> None:
        """An attempt is in flight; `ended` must follow."""
        self._entry(address, ticks_s).in_flight += 1

    def ended(self, address: str, ticks_s: float, *, failed: bool) -> bool:
        """An attempt has ended. Returns whether a block begins with it."""
        entry = self._entry(address, ticks_s)
        entry.in_flight = max(0, entry.in_flight - 1)
        if not failed:
            return False
        entry.failed_ticks_s.append(ticks_s)
        if len(entry.failed_ticks_s) < self._failures_max:
            return False
        del entry.failed_ticks_s[:]
        entry.until_ticks_s = ticks_s + self._block_s
        return True

    def wait_s(self, address: str, ticks_s: float) -> float:
        """Seconds until the address is listened to again; 0 when it is."""
        return max(0.0, self._entry(address, ticks_s).until_ticks_s - ticks_s)

    def failures(self, address: str, ticks_s: float) -> int:
        """The failures within the window; all there may be, while blocked."""
        entry = self._entry(address, ticks_s)
        blocked = entry.until_ticks_s > ticks_s
        return self._failures_max if blocked else len(entry.failed_ticks_s)

    def block(self, address: str, ticks_s: float, for_s: float) -> None:
        """Block an address for `for_s`, but no longer than any other."""
        entry = self._entry(address, ticks_s)
        entry.until_ticks_s = ticks_s + min(for_s, self._block_s)

    def clear(self, address: str, ticks_s: float) -> bool:
        """Forget the failures of an address. Returns whether it was blocked."""
        was_blocked = self.wait_s(address, ticks_s) > 0
        entry = self._entry(address, ticks_s)
        entry.until_ticks_s = 0.0
        del entry.failed_ticks_s[:]
        return was_blocked

    def _entry(self, address: str, ticks_s: float) -> _Address:
        entry = self._addresses.get(address)
        if entry is None:
            if len(self._addresses) >= self._entries_max:
                self._addresses.popitem(last=False)
            entry = self._addresses[address] = _Address()
            return entry
        self._addresses.move_to_end(address)
        failed = entry.failed_ticks_s
        while failed and ticks_s - failed[0] >= self._window_s:
            failed.pop(0)
        return entry
