"""Passwords that everybody tries first: a list of zxcvbn's, and one of the operator's.

Of the operator's, which may be long, eight bytes are kept for each word, its hash with
this process's seed: a million lines take 8 MB, and a word that is not among them is taken
for one that is once in 10^13 times.
"""

import importlib.util
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

BYTES_MAX: Final = 256 * 1024 * 1024
"""Largest file of an operator's: some 25 million lines, 200 MB of memory."""


class UnusableBlocklist(ValueError):
    """The operator's file cannot be used."""


class WordList:
    """A set of words that takes eight bytes for each."""

    def __init__(self, words: Iterable[str]) -> None:
        self._hashes = array("q", sorted({hash(word) for word in words}))

    def __contains__(self, word: str) -> bool:
        wanted = hash(word)
        place = bisect_left(self._hashes, wanted)
        return place < len(self._hashes) and self._hashes[place] == wanted

    def __len__(self) -> int:
        return len(self._hashes)


class Blocklist:
    """Both lists; words are compared without regard to case."""

    def __init__(self, own: WordList | None = None) -> None:
        self._own = own
        self._common: frozenset[str] | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether questions are answered without reading a file first."""
        return self._common is not None

    def load(self) -> None:
        """Read the list of zxcvbn: once, 10 to 20 ms, for which no start should wait."""
        self._common = frozenset(_frequent_passwords())

    def is_own(self, password: str) -> bool:
        """Whether the operator lists it."""
        return self._own is not None and password.casefold() in self._own

    def is_common(self, password: str) -> bool:
        """Whether it is one of the 30,000 most frequent of the list of zxcvbn."""
        if self._common is None:
            self.load()
        assert self._common is not None
        return password.casefold() in self._common


def read_blocklist(path: Path) -> WordList:
    """The operator's list: UTF-8, one password a line.

    Raises:
        UnusableBlocklist: the file cannot be read, is no text or far too large.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise UnusableBlocklist(f"{path} has more than {BYTES_MAX} bytes")
        with path.open(encoding="utf-8") as lines:
            return WordList(_words(lines))
    except OSError as error:
        raise UnusableBlocklist(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnusableBlocklist(f"{path} is not UTF-8") from None


def _words(lines: Iterable[str]) -> Iterator[str]:
    words = (line.rstrip("\r\n").casefold() for line in lines)
    return (word for word in words if word)


def _frequent_passwords() -> list[str]:
    """The list alone: importing its package would build 20 MB of tables beside it."""
    package = importlib.util.find_spec("zxcvbn")
    assert package is not None
    assert package.submodule_search_locations
    file = Path(package.submodule_search_locations[0]) / "frequency_lists.py"
    spec = importlib.util.spec_from_file_location("_zxcvbn_lists", file)
    assert spec is not None
    assert spec.loader is not None
    lists = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lists)
    frequent: list[str] = lists.FREQUENCY_LISTS["passwords"]
    return frequent
