"""A list as bytes: checked against its digest once, then searched by bisection in place.

Invariants: no byte of a bundle is used before the whole was found to have the promised SHA-256; an answer is always a
complete line of those bytes; nothing is parsed but the lines that answer. Lines are sorted by their bytes; the first
is `HEADER`, which `#` sorts before every row.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha256

from slopguard.errors import ListInvalid
from slopguard.lists.rows import Row
from slopguard.model import Ecosystem

HEADER = b"#slopguard-rows/1\n"
"""First line of every list: the format and its version."""

SHORT, SEARCHES = 600_000, 200
"""Bytes up to which a list is short, and questions to a short one after which a set of its names pays."""
_START = re.compile(rb"^[^\t\n]*\t[^\t\n]*\t", re.MULTILINE)
WINDOW = 4096
"""Bytes between two lines that are known by heart; what lies between them is searched."""
_ALLOW = re.compile(r"^[a-z]+\t([^\t\n]+)\tallow\b(?:\trank=(\d{1,18})\b)?", re.MULTILINE)


class Bundle:
    """One list, verified.

    Args:
        name: the list's name, e.g. `baseline`.
        data: its bytes.
        digest: the SHA-256 (hexadecimal) it was promised with.

    Raises:
        ListInvalid: the bytes have another digest, or are no list of this format.
    """

    __slots__ = ("_asked", "_data", "_marks", "_starts", "digest", "name")

    def __init__(self, name: str, data: bytes, digest: str) -> None:
        if sha256(data).hexdigest() != digest:
            raise ListInvalid(f"list '{name}' does not have the digest it was promised with")
        if not data.startswith(HEADER) or not data.endswith(b"\n"):
            raise ListInvalid(f"list '{name}' is in a format that this version does not know")
        self.name = name
        self.digest = digest
        self._data = data
        self._asked = 0
        self._starts: frozenset[bytes] = frozenset()
        self._marks: tuple[list[bytes], list[int]] | tuple[()] = ()

    @classmethod
    def of(cls, name: str, lines: Iterable[str]) -> Bundle:
        """A bundle of these lines, sorted and digested here: for the tool that builds lists and for tests."""
        data = HEADER + b"".join(line.encode("ascii") + b"\n" for line in sorted(set(lines)))
        return cls(name, data, sha256(data).hexdigest())

    @property
    def data(self) -> bytes:
        """The verified bytes."""
        return self._data

    def rows(self, ecosystem: Ecosystem, name: str) -> list[Row]:
        """Every row about one name.

        Raises:
            ListInvalid: such a row cannot be read.
        """
        prefix = f"{ecosystem.value}\t{name}\t"
        return [Row.parse(line) for line in self.lines(prefix)] if self._may_hold(prefix) else []

    def _may_hold(self, prefix: str) -> bool:
        """Whether a search may find something: of a short list, after some questions, a set of all names tells."""
        if len(self._data) > SHORT:
            return True
        self._asked += 1
        if self._asked <= SEARCHES:
            return True
        self._starts = self._starts or frozenset(_START.findall(self._data))
        return prefix.encode() in self._starts

    def lines(self, prefix: str) -> list[bytes]:
        """The lines that start with `prefix`, in order, without their line ends."""
        wanted = prefix.encode()
        low, high = self._window(wanted)
        start = self._data.find(b"\n" + wanted, max(low - 1, 0), high + len(wanted)) + 1
        found: list[bytes] = []
        while start and self._data.startswith(wanted, start):
            end = self._data.index(b"\n", start)
            found.append(self._data[start:end])
            start = end + 1
        return found

    def ranks(self, ecosystem: Ecosystem) -> list[tuple[str, str]]:
        """Name and rank (`""` without one) of every allow row, not otherwise parsed: there may be 100,000.

        One regular expression reads the lines; `rank`, where there is one, comes right after the kind.
        """
        return _ALLOW.findall(self._block(ecosystem))

    def _block(self, ecosystem: Ecosystem) -> str:
        """The lines of one ecosystem, of which nothing but complete ASCII lines is ever used."""
        name = ecosystem.encode()
        return self._data[self._first(name + b"\t") : self._first(name + b"\n")].decode("ascii", "replace")

    def _first(self, wanted: bytes) -> int:
        """The offset of the first line that does not sort before `wanted`."""
        low, high = self._window(wanted)
        while low < high:
            middle = (low + high) // 2
            start = self._data.rfind(b"\n", low, middle) + 1 or low
            end = self._data.index(b"\n", middle)
            if self._data[start:end] < wanted:
                low = end + 1
            else:
                high = start
        return low

    def _window(self, wanted: bytes) -> tuple[int, int]:
        """Two offsets of lines between which the first line lies that does not sort before `wanted`."""
        if not self._marks:
            self._marks = self._every(WINDOW)
        lines, offsets = self._marks
        at = bisect_left(lines, wanted)
        return offsets[max(at - 1, 0)], offsets[at] if at < len(offsets) else len(self._data)

    def _every(self, step: int) -> tuple[list[bytes], list[int]]:
        """The first line after every so many bytes, and where it begins."""
        found = (self._data.find(b"\n", at) + 1 for at in range(0, len(self._data), step))
        offsets = [0, *dict.fromkeys(at for at in found if 0 < at < len(self._data))]
        return [self._data[at : self._data.index(b"\n", at)] for at in offsets], offsets
