"""What a GGUF file says of itself: its settings and the names and shapes of its tensors, never their contents.

Written out here because the `gguf` package makes arrays of every word of a vocabulary (minutes and a gigabyte for a
large one) and trusts the counts it reads. Invariants: nothing is read beyond the file or allocated because a count says
so; whatever the file holds, the answer is a `Header` or an `InputError`; arrays are counted, not kept.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

from slopguard.errors import InputError
from slopguard.names import shown

Value = int | float | bool | str
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_KEYS = 65_536
_MOST_TENSORS = 262_144
_LONGEST = 1 << 20
"""Bytes of a text that is kept."""
_DEEPEST = 4
_PLAIN = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9
_PART = re.compile(r"(.+)-00001-of-\d{5}\.gguf")
_MOST_PARTS = 512
_ALIGNED = 32
_MOST_ALIGNED = 1 << 20
_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34)}
_BLOCKS |= {10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 30: (1, 2)}
"""Of the usual kinds of tensors: numbers in a block, bytes of it. Of others only the place is looked at."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says.

    Args:
        values: its settings that are one value.
        lengths: of its settings that are lists.
        tensors: shape by name.
    """

    values: dict[str, Value]
    lengths: dict[str, int]
    tensors: dict[str, tuple[int, ...]]

    @property
    def arch(self) -> str:
        """Its architecture; "" if it names none."""
        found = self.values.get("general.architecture", "")
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> int:
        """A setting of its architecture; 0 if it has none."""
        found = self.values.get(f"{self.arch}.{key}", 0)
        return found if isinstance(found, int) and not isinstance(found, bool) else 0


def whole(path: Path) -> Header:
    """The header of a model; of one that is split into several files, with the tensors of all of them.

    Args:
        path: the file, or the first of them.

    Raises:
        InputError: one of them cannot be read, is no GGUF file, or is missing.
    """
    first = read(path)
    count, parts = first.values.get("split.count", 1), _PART.fullmatch(path.name)
    if not isinstance(count, int) or not 1 < count <= _MOST_PARTS or parts is None:
        return first
    tensors = dict(first.tensors)
    for number in range(1, count + 1):
        tensors |= read(path.with_name(f"{parts[1]}-{number:05}-of-{count:05}.gguf")).tensors
    return Header(first.values, first.lengths, tensors)


class _Broken(Exception):
    """The file ends too early, or holds what cannot be."""


def read(path: Path) -> Header:
    """The header of a file.

    Raises:
        InputError: it cannot be read, or is no GGUF file.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data)
    except _Broken as broken:
        raise InputError(f"'{shown(path.name)}' {broken}", "Fetch or make the file again") from None
    except (OSError, ValueError) as why:  # ValueError: an empty file cannot be mapped
        problem = "is empty" if isinstance(why, ValueError) else f"cannot be read ({type(why).__name__})"
        raise InputError(f"'{shown(path.name)}' {problem}", "Name a GGUF file") from None


class _Cursor:
    """Walks over the bytes."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def skip(self, size: int) -> int:
        start = self.at
        if size < 0 or size > len(self.data) - start:
            raise _Broken("ends too early: it is cut off, or no GGUF file")
        self.at = start + size
        return start

    def number(self, form: str) -> Value:
        found: Value = struct.unpack_from(form, self.data, self.skip(struct.calcsize(form)))[0]
        return found

    def count(self, most: int) -> int:
        found = int(self.number("<Q"))
        if found > most:
            raise _Broken("holds counts that cannot be")
        return found

    def text(self) -> str:
        size = int(self.number("<Q"))
        start = self.skip(size)
        return self.data[start : start + min(size, _LONGEST)].decode("utf-8", "replace")

    def pass_text(self) -> None:
        self.skip(int(self.number("<Q")))


def _read(data: mmap.mmap) -> Header:
    cursor = _Cursor(data)
    start = cursor.skip(4)
    if data[start : start + 4] != _MAGIC:
        raise _Broken("is no GGUF file")
    if cursor.number("<I") not in _VERSIONS:
        raise _Broken("is a GGUF file of a version that is not known")
    tensors, keys = cursor.count(_MOST_TENSORS), cursor.count(_MOST_KEYS)
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    for _ in range(keys):
        key, kind = cursor.text(), int(cursor.number("<I"))
        if kind == _ARRAY:
            lengths[key] = _pass_array(cursor, 0)
        else:
            values[key] = cursor.text() if kind == _TEXT else cursor.number(_form(kind))
    found = [_tensor(cursor) for _ in range(tensors)]
    _check_whole(cursor, values.get("general.alignment", _ALIGNED), max((end for _, _, end in found), default=0))
    return Header(values, lengths, {name: shape for name, shape, _ in found})


def _check_whole(cursor: _Cursor, aligned: Value, end: int) -> None:
    """See to it that what the tensors hold is there, too."""
    if not isinstance(aligned, int) or not 0 < aligned <= _MOST_ALIGNED:
        raise _Broken("holds counts that cannot be")
    start = -(-cursor.at // aligned) * aligned
    if end and start + end > len(cursor.data):
        raise _Broken("is cut off: tensors are missing")


def _form(kind: int) -> str:
    if kind not in _PLAIN:
        raise _Broken("holds settings of a kind that is not known")
    return _PLAIN[kind]


def _pass_array(cursor: _Cursor, depth: int) -> int:
    """Step over a list; its length."""
    kind, length = int(cursor.number("<I")), int(cursor.number("<Q"))
    if depth > _DEEPEST or length > len(cursor.data):
        raise _Broken("holds counts that cannot be")
    if kind == _TEXT:
        for _ in range(length):
            cursor.pass_text()
    elif kind == _ARRAY:
        for _ in range(length):
            _pass_array(cursor, depth + 1)
    else:
        cursor.skip(length * struct.calcsize(_form(kind)))
    return length


def _tensor(cursor: _Cursor) -> tuple[str, tuple[int, ...], int]:
    """Name, shape, and where its contents end behind the header."""
    name, wide = cursor.text(), int(cursor.number("<I"))
    if wide > _DEEPEST:
        raise _Broken("holds counts that cannot be")
    shape = tuple(int(cursor.number("<Q")) for _ in range(wide))
    kind, place = int(cursor.number("<I")), int(cursor.number("<Q"))
    block, size = _BLOCKS.get(kind, (1, 0))
    return name, shape, place + prod(shape) // block * size
