"""tox's INI files: sections with the line of every value, factors and substitutions.

Invariants: what only a run can tell is `UNKNOWN`; a reference is followed once, whatever refers to what.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from slopguard.commands.script import UNKNOWN
from slopguard.patterns import regex

Lines = list[tuple[int, str]]
"""Texts with the 1-based line of each."""
Sections = dict[str, dict[str, Lines]]

_SECTION = regex(r"\[([^\]]+)\]")
_KEY = regex(r"([A-Za-z_][\w.-]*)\s*[=:]\s*(.*)")
_FACTORS = regex(r"[!\w.{}*,-]+")
_BESIDE_COMMA = regex(r" ?, ?")
_LONGEST_FACTORS = 500
_REFERENCE = regex(r"\{\[([^\]{}]+)\]([\w-]+)\}")
_SUBSTITUTION = regex(r"(?<!\\)\{([^{}\n]{0,500})\}")
_OWN = {"toxinidir": ".", "tox_root": ".", "envpython": "python", "opts": "", "packages": "", ":": ":", "/": "/"}
_ROUNDS = 5
_DEPTH = 50


def sections(text: str, shift: int = 0) -> Sections:
    """The sections of an INI file; a key that stands twice has both values.

    Args:
        shift: how many lines of the file come before `text`.
    """
    found: Sections = {}
    current: dict[str, Lines] = {}
    value: Lines = []
    for number, line in enumerate(text.split("\n"), start=1 + shift):
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if line[0].isspace():
            value.append((number, line.strip()))
        elif section := _SECTION.match(line):
            current = found.setdefault(section[1].strip(), {})
            value = []
        elif key := _KEY.match(line):
            value = current.setdefault(key[1].lower(), [])
            value.append((number, key[2].strip()))
    return found


def values(all_sections: Sections, section: str, key: str, seen: set[tuple[str, str]], depth: int = 0) -> Lines:
    """The lines of a value without their factors, references to other sections followed.

    Args:
        seen: what was taken up before, and is not again.
    """
    if (section, key) in seen or depth > _DEPTH:
        return []
    seen.add((section, key))
    found: Lines = []
    for number, line in all_sections.get(section, {}).get(key, []):
        chosen = _unconditional(line)
        reference = _REFERENCE.fullmatch(chosen.strip())
        if reference and reference[1] not in all_sections:
            found.append((number, UNKNOWN))
        elif reference:
            found += values(all_sections, reference[1], reference[2].lower(), seen, depth + 1)
        elif chosen.strip():
            found.append((number, _REFERENCE.sub(lambda each: _inline(all_sections, each), chosen)))
    return found


def substituted(line: str) -> str:
    """A line with tox's substitutions filled in: defaults where there are some, `UNKNOWN` where only a run can tell."""
    for _ in range(_ROUNDS):
        line, count = _SUBSTITUTION.subn(_filled, line)
        if not count:
            break
    return line


def joined(lines: Lines) -> Iterator[tuple[int, str]]:
    """Commands, those that go on behind a backslash as one with its line breaks."""
    held: list[str] = []
    first = 0
    for number, line in lines:
        first = first if held else number
        held += [""] * (number - first - len(held))  # comments in between
        held.append(line)
        if not line.endswith("\\"):
            yield first, "\n".join(part or "\\" for part in held)
            held = []
    if held:
        yield first, "\n".join(held).rstrip("\\")


def _unconditional(line: str) -> str:
    """A line without the factors (`py312,lint: `) that choose it."""
    head, colon, rest = line.partition(":")
    plain = _BESIDE_COMMA.sub(",", " ".join(head[:_LONGEST_FACTORS].split()))
    if colon and (not rest or rest[0].isspace()) and len(head) <= _LONGEST_FACTORS and _FACTORS.fullmatch(plain):
        return rest.strip()
    return line


def _inline(all_sections: Sections, reference: re.Match[str]) -> str:
    """What stands for a reference in the middle of a line."""
    lines = all_sections.get(reference[1], {}).get(reference[2].lower())
    if lines is None:
        return UNKNOWN
    return " ".join(_REFERENCE.sub(UNKNOWN, line) for _, line in lines)


def _filled(found: re.Match[str]) -> str:
    """What stands for one substitution."""
    name, colon, rest = found[1].partition(":")
    if found[1] in _OWN:
        return _OWN[found[1]]
    if name == "posargs":
        return rest
    if name == "env":
        _, given, default = rest.partition(":")
        return default if given else UNKNOWN
    if "," in found[1] and not colon:
        return found[0]  # a set, no substitution
    return UNKNOWN
