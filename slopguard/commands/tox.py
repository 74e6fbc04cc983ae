"""tox: what its environments install and run, from `tox.ini`, `tox.toml`, `setup.cfg` and `pyproject.toml`.

Every environment counts, whatever factors choose it. Invariant: a file without a word of tox is not taken apart.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from slopguard.commands import requirement_list, tox_text
from slopguard.commands.script import UNKNOWN, shell, together
from slopguard.patterns import regex
from slopguard.readers import text as texts
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.text import Table, string, table

_INI_SECTION = regex(r"^\[(?:tox[\]:]|testenv|pkgenv|base\])", re.MULTILINE)
_TOML_TABLE = regex(r"tool[\"']?\s*\.\s*[\"']?tox|^\s*tox\s*=", re.MULTILINE)
_TESTENV = regex(r"(?:testenv|pkgenv|\.pkg|\.package)(?::.*)?")
_CORE = frozenset(("tox", "tox:tox"))
_REQUIREMENTS = ("deps", "requires", "constraints")
_COMMANDS = ("commands_pre", "commands", "commands_post")
_INSTALLERS = ("install_command", "list_dependencies_command")
_GIVEN = regex(r"\{(?:opts|packages)\}")
"""What tox puts into them, which is told where it stands."""
_DEPTH = 20


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read tox's settings.

    Raises:
        InputError: it is not TOML where it has to be.
    """
    text = load(path)
    cwd = context.cwd or path.parent
    if path.suffix.lower() != ".toml":
        return _ini(text.replace("\r\n", "\n"), path, cwd) if _INI_SECTION.search(text) else Reading(path)
    if path.name.lower() == "tox.toml":
        return _toml(texts.toml(text, path), text, path, cwd)
    if not _TOML_TABLE.search(text):
        return Reading(path)
    tox = table(table(texts.toml(text, path).get("tool")).get("tox"))
    legacy = string(tox.get("legacy_tox_ini"))
    at = text.find("legacy_tox_ini")
    readings = [_ini(legacy, path, cwd, text.count("\n", 0, at))] if legacy else []
    return together(path, [*readings, _toml(tox, text, path, cwd)])


def _ini(text: str, path: Path, cwd: Path, shift: int = 0) -> Reading:
    """What the environments of an INI file install."""
    if shift:
        text = "\n" + text  # TOML drops the line break behind its quotes
    found = tox_text.sections(text, shift)
    seen: set[tuple[str, str]] = set()
    readings = []
    for section in (name for name in found if name in _CORE or _TESTENV.fullmatch(name)):
        readings += [_requirements(tox_text.values(found, section, key, seen), path, cwd) for key in _REQUIREMENTS]
        for key in _COMMANDS:
            lines = tox_text.values(found, section, key, seen)
            readings.append(_commands(tox_text.joined(lines), path, cwd))
        for key in _INSTALLERS:
            lines = [(at, _GIVEN.sub("", line)) for at, line in tox_text.values(found, section, key, seen)]
            readings.append(_commands(tox_text.joined(lines), path, cwd))
    return together(path, readings)


def _toml(document: Table, text: str, path: Path, cwd: Path) -> Reading:
    """What the environments of tox's own TOML install."""
    lines = texts.Lines(text, budget=20_000_000)
    environments = [document, table(document.get("env_run_base")), table(document.get("env_pkg_base"))]
    environments += [table(each) for each in table(document.get("env")).values()]
    readings = []
    for environment in environments:
        for key in _REQUIREMENTS:
            value = environment.get(key)
            entries = value.split("\n") if isinstance(value, str) else list(_texts(value))
            at = [(_line(lines, key, entry), entry) for entry in entries if entry.strip()]
            readings.append(_requirements(at, path, cwd))
        for key in _COMMANDS:
            value = environment.get(key)
            for command in value if isinstance(value, list) else []:
                words = list(_texts(command))
                if words:
                    at = [(_line(lines, key, words[-1]), shlex.join(words))]
                    readings.append(_commands(at, path, cwd))
    return together(path, readings)


def _requirements(lines: Iterable[tuple[int, str]], path: Path, cwd: Path) -> Reading:
    """What pip would install from lines of `deps` or `requires`."""
    found = [(number, tox_text.substituted(line)) for number, line in lines]
    return requirement_list.read(found, path, cwd) if found else Reading(path)


def _commands(lines: Iterable[tuple[int, str]], path: Path, cwd: Path) -> Reading:
    """What commands would install; a sign in front tells tox what their failure means."""
    parts = [shell(tox_text.substituted(line).lstrip("-! "), number).read(path, cwd) for number, line in lines]
    return together(path, parts) if parts else Reading(path)


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """The texts in a list; of a reference what it falls back on; other parts of the file are read anyway."""
    for each in value if isinstance(value, list) and depth < _DEPTH else []:
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict) and each.get("replace") in ("env", "posargs"):
            default = each.get("default")
            if isinstance(default, str):
                yield default
            elif default is not None:
                yield from _texts(default, depth + 1)
            elif each["replace"] == "env":
                yield UNKNOWN
        elif isinstance(each, list):
            yield from _texts(each, depth + 1)


def _line(lines: texts.Lines, key: str, entry: str) -> int:
    """The line of an entry, or of the key it stands under."""
    return lines.find(json.dumps(entry, ensure_ascii=False), f"'{entry}'", key) or 1
