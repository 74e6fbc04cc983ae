"""Getting from a file to text, TOML tables and JSON objects, with errors in our own words and line numbers.

Invariants: whatever the bytes, only `InputError` is raised; no message repeats what the file says.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_left
from pathlib import Path
from typing import Any

from slopguard.errors import InputError
from slopguard.patterns import regex

LIMIT = 50_000_000
"""The largest file read, in bytes."""

Table = dict[str, Any]
"""A TOML table or JSON object."""

_BOMS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COOKIE = regex(rb"#.*?coding[:=][ \t]*([-\w.]+)")
_ASCII_COMPATIBLE = regex(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[rut]")
_STRING = r'"(?:[^"\\\n]|\\.)*+"?'  # possessive, its end optional: no text makes the search start over
_COMMENT = regex(rf"{_STRING}|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_TRAILING = regex(rf"{_STRING}|,(?=[ \t\r\n]*[\]}}}}])")
_PARTS = 64
_DOTTED = regex(rf"""[ \t]*+\[{{0,2}}+(?:[ \t]*+(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.){{{_PARTS}}}""", re.ASCII)
"""A key of more parts than anybody writes: the time a TOML parser takes grows with the square of them."""
_STRICT_UTF8 = (".toml", ".json", ".lock", ".py")


def load(path: Path) -> str:
    """The text of a file, without byte-order mark.

    A coding cookie (PEP 263) counts in requirement files, as with pip, if ASCII means ASCII in that encoding:
    otherwise two clients could read two different files.

    Raises:
        InputError: it is missing, larger than `LIMIT`, or not text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"{path}: cannot be read") from error
    if len(data) > LIMIT:
        raise InputError(f"{path}: larger than {LIMIT // 1_000_000} MB")
    return decode(data, path)


def decode(data: bytes, path: Path) -> str:
    """The text in `data`, which stands in `path`.

    Raises:
        InputError: it is not text in a known encoding.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, path)
    if path.suffix.lower() in _STRICT_UTF8:
        return _decode(data, "utf-8", path)
    return _decode(data, _cookie(data, path), path)


def _decode(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not text in the encoding {encoding}") from error


def _cookie(data: bytes, path: Path) -> str:
    """The encoding that the first two lines name, or UTF-8."""
    for line in data.split(b"\n", 2)[:2]:
        if found := _COOKIE.match(line):
            try:
                name = codecs.lookup(found[1].decode("ascii", "replace")).name
            except LookupError:
                name = ""
            if not _ASCII_COMPATIBLE.fullmatch(name):
                raise InputError(f"{path}: names an encoding that slopguard does not read")
            return name
    return "utf-8"


def toml(text: str, path: Path, shift: int = 0) -> Table:
    """The TOML document in `text`, which begins `shift` lines down the file.

    Raises:
        InputError: it is not TOML.
    """
    import tomli

    for number, written in enumerate(text.split("\n"), 1 + shift):
        if written.count(".") >= _PARTS and _DOTTED.match(written):
            raise InputError(f"{path}:{number}: a key of more than {_PARTS} parts")
    try:
        return tomli.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else text.rstrip().count("\n") + 1  # else "at end of document"
        raise InputError(f"{path}:{line + shift}: not valid TOML") from error


def json_object(text: str, path: Path) -> Table:
    """The JSON object in `text`.

    Raises:
        InputError: it is not JSON, or its top level is no object.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON") from error
    except (ValueError, RecursionError) as error:  # an absurdly long number, absurdly deep nesting
        raise InputError(f"{path}: not valid JSON") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}:1: not a JSON object")
    return value


def plain_json(text: str) -> str:
    """JSON with comments and trailing commas, with a blank for every character that JSON has no place for.

    Every offset stays.
    """
    return _TRAILING.sub(_comma, _COMMENT.sub(_blank, text))


def _blank(found: re.Match[str]) -> str:
    """A comment as blanks, its line breaks kept; a string as it is."""
    return found[0] if found[0].startswith('"') else re.sub(r"[^\r\n]", " ", found[0])


def _comma(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else " "


def table(value: object) -> Table:
    """`value` if it is a table, else an empty one: clients ignore what has the wrong shape, or refuse it themselves."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> list[Table]:
    """The tables in a list, or none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def strings(value: object) -> list[str]:
    """The strings in a list, or none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def string(value: object) -> str:
    """`value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


class Lines:
    """Finds the line on which something is written, by searching the text; right in the common case.

    Args:
        text: the file's text.
        budget: how many characters may be searched in all, then the answer is `None`; by default a multiple of the
            text's own, so that no file takes more time than its size warrants.
    """

    def __init__(self, text: str, budget: int | None = None) -> None:
        self._text = text
        self._windows = "\r\n" in text
        self._budget = max(20_000_000, 50 * len(text)) if budget is None else budget
        self._ends: list[int] | None = None
        self._position = 0

    def find(self, *needles: str, after: int = 0) -> int | None:
        """The 1-based line of the first of `needles` that occurs at or after offset `after`, else `None`."""
        positions = (self._search(needle, after) for needle in needles)
        return next((self.at(position) for position in positions if position >= 0), None)

    def following(self, needle: str) -> int | None:
        """Like `find`, from where the last `following` stopped: for files whose entries come in order."""
        position = self._search(needle, self._position)
        if position < 0:
            return self.find(needle)
        self._position = position + len(needle)
        return self.at(position)

    def offset(self, needle: str) -> int:
        """The offset of `needle`, 0 if it does not occur."""
        return max(self._search(needle, 0), 0)

    def _search(self, needle: str, start: int) -> int:
        if self._budget <= 0:
            return -1
        position = self._text.find(needle.replace("\n", "\r\n") if self._windows else needle, start)
        self._budget -= (position if position >= 0 else len(self._text)) - start
        return position

    def at(self, position: int) -> int:
        """The 1-based line of an offset."""
        if self._ends is None:
            self._ends = [found.start() for found in re.finditer("\n", self._text)]
        return bisect_left(self._ends, position) + 1
