"""What a GGUF file says of itself: its settings and the names and shapes of its tensors, never their contents.

Written out here because the `gguf` package makes arrays of every word of a vocabulary (minutes and a gigabyte for a
large one) and trusts the counts it reads. Invariants: nothing is read beyond the file or allocated because a count says
so; whatever the file holds, or becomes meanwhile, the answer is a `Header` or an `InputError`, in bounded time and
memory; arrays are counted, not kept.
"""

from __future__ import annotations

import os
import re
import stat
import struct
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from slopguard.errors import InputError
from slopguard.names import shown

Value = int | float | bool | str
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MOST_KEYS = 65_536
_MOST_TENSORS = 262_144
_LONGEST_KEY = (1 << 16) - 1
"""Bytes of the name of a setting or a tensor (GGUF's own bound)."""
_LONGEST = 1 << 20
"""Bytes of a text that are kept."""
_MOST_KEPT = 1 << 25
"""Bytes of all texts together that are."""
_MOST_WALKED = 1 << 22
"""Texts and lists in lists, which have to be stepped over one by one; the largest vocabularies have a quarter of it."""
TOKENS = "tokenizer.ggml.tokens"
"""The list of the vocabulary."""
WIDE = 4
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
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
        words: a checksum of each token, in `WIDE` bytes.
    """

    values: dict[str, Value]
    lengths: dict[str, int]
    tensors: dict[str, tuple[int, ...]]
    words: bytes = b""

    @property
    def arch(self) -> str:
        """Its architecture; "" if it names none."""
        found = self.values.get("general.architecture", "")
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> int:
        """A setting of its architecture; 0 if it has none."""
        found = self.values.get(f"{self.arch}.{key}", 0)
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


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
    return replace(first, tensors=tensors)


_CUT = "ends too early: it is cut off, or no GGUF file"
_ODD = "holds counts that cannot be"


class _Broken(Exception):
    """The file ends too early, or holds what cannot be."""


def read(path: Path) -> Header:
    """The header of a file.

    Raises:
        InputError: it cannot be read, or is no GGUF file.
    """
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as stream:
            about = os.fstat(stream.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _Broken("is no file")
            return _read(_Cursor(stream, about.st_size))
    except _Broken as broken:
        raise InputError(f"'{shown(path.name)}' {broken}", "Fetch or make the file again") from None
    except (OSError, ValueError) as why:
        raise InputError(f"'{shown(path.name)}' cannot be read ({type(why).__name__})", "Name a GGUF file") from None


class _Cursor:
    """Walks over the bytes of a file."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.at = 0
        self.size = size
        self._stream = stream
        self._kept = self._walked = 0

    def skip(self, size: int) -> None:
        self._check(size)
        self._stream.seek(size, os.SEEK_CUR)
        self.at += size

    def read(self, size: int) -> bytes:
        self._check(size)
        found = self._stream.read(size)
        if len(found) != size:  # it became shorter
            raise _Broken(_CUT)
        self.at += size
        return found

    def number(self, form: str) -> Value:
        found: Value = struct.unpack(form, self.read(struct.calcsize(form)))[0]
        return found

    def count(self, most: int) -> int:
        found = int(self.number("<Q"))
        if found > most:
            raise _Broken(_ODD)
        return found

    def walk(self, steps: int) -> None:
        """Answer for stepping over so many things."""
        self._walked += steps
        if self._walked > _MOST_WALKED:
            raise _Broken(_ODD)

    def text(self) -> str:
        size = int(self.number("<Q"))
        self._check(size)
        kept = min(size, _LONGEST)
        found = self._keep(kept)
        self.skip(size - kept)
        return found

    def name(self) -> str:
        return self._keep(self.count(_LONGEST_KEY))

    def word(self) -> bytes:
        return self.read(self.count(_LONGEST_KEY))

    def pass_text(self) -> None:
        self.skip(int(self.number("<Q")))

    def _keep(self, size: int) -> str:
        self._kept += size
        if self._kept > _MOST_KEPT:
            raise _Broken(_ODD)
        return self.read(size).decode("utf-8", "replace")

    def _check(self, size: int) -> None:
        if size > self.size - self.at:
            raise _Broken(_CUT)


def _read(cursor: _Cursor) -> Header:
    if not cursor.size:
        raise _Broken("is empty")
    if cursor.read(4) != _MAGIC:
        raise _Broken("is no GGUF file")
    if cursor.number("<I") not in _VERSIONS:
        raise _Broken("is a GGUF file of a version that is not known")
    tensors, keys = cursor.count(_MOST_TENSORS), cursor.count(_MOST_KEYS)
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    words = bytearray()
    for _ in range(keys):
        key, kind = cursor.name(), int(cursor.number("<I"))
        if kind == _ARRAY:
            lengths[key] = _pass_array(cursor, 0, words if key == TOKENS else None)
        else:
            values[key] = cursor.text() if kind == _TEXT else cursor.number(_form(kind))
    found = [_tensor(cursor) for _ in range(tensors)]
    _check_whole(cursor, values.get("general.alignment", _ALIGNED), max((end for _, _, end in found), default=0))
    return Header(values, lengths, {name: shape for name, shape, _ in found}, bytes(words))


def _check_whole(cursor: _Cursor, aligned: Value, end: int) -> None:
    """See to it that what the tensors hold is there, too."""
    if not isinstance(aligned, int) or not 0 < aligned <= _MOST_ALIGNED:
        raise _Broken(_ODD)
    start = -(-cursor.at // aligned) * aligned
    if end and start + end > cursor.size:
        raise _Broken("is cut off: tensors are missing")


def _form(kind: int) -> str:
    if kind not in _PLAIN:
        raise _Broken("holds settings of a kind that is not known")
    return _PLAIN[kind]


def _pass_array(cursor: _Cursor, depth: int, words: bytearray | None = None) -> int:
    """Step over a list; its length. With `words` the checksums of its texts are added there."""
    kind, length = int(cursor.number("<I")), int(cursor.number("<Q"))
    if depth > _DEEPEST:
        raise _Broken(_ODD)
    if kind in (_TEXT, _ARRAY):
        cursor.walk(length)
    if kind == _TEXT:
        for _ in range(length):
            if words is None:
                cursor.pass_text()
            else:
                words += crc32(cursor.word()).to_bytes(WIDE, "little")
    elif kind == _ARRAY:
        for _ in range(length):
            _pass_array(cursor, depth + 1)
    else:
        cursor.skip(length * struct.calcsize(_form(kind)))
    return length


def _tensor(cursor: _Cursor) -> tuple[str, tuple[int, ...], int]:
    """Name, shape, and where its contents end behind the header."""
    name, wide = cursor.name(), int(cursor.number("<I"))
    if wide > _DEEPEST:
        raise _Broken(_ODD)
    shape = tuple(int(cursor.number("<Q")) for _ in range(wide))
    kind, place = int(cursor.number("<I")), int(cursor.number("<Q"))
    block, size = _BLOCKS.get(kind, (1, 0))
    return name, shape, place + prod(shape) // block * size
