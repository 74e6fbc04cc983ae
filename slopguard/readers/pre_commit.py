"""`.pre-commit-config.yaml` and `.pre-commit-hooks.yaml`: the packages that hooks are installed with.

Invariants: a hook's repository is no registry's package: it is counted in `Reading.skipped`, as is what hooks in other
languages than Python and JavaScript need. Where a configuration does not say a hook's language (its repository does),
the hook is of npm if its name or one of its packages is written as only npm would, else of PyPI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from slopguard.errors import InputError
from slopguard.model import Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import requirements, spec
from slopguard.readers.interface import NOWHERE, Context, IndexLine, Load, Problem, Reading
from slopguard.readers.text import Lines, Table, string, table, tables
from slopguard.readers.yaml_text import values

_OWN = ("local", "meta", "builtin")
_PYTHON = ("python", "python_venv", "conda")
_NPM_LIKE = regex(r"@[^/@\s]+/\S+|[a-z0-9][\w.-]*@(?:[\^~]?\d\S*|latest|next)")
_NPM_HOOKS = regex(r"(?:eslint|prettier|stylelint|markdownlint|commitlint|biome|textlint|cspell|tslint|standard)\b")
"""Hooks that everybody runs with Node."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a configuration, or a repository's list of its hooks.

    Raises:
        InputError: it is not YAML, or neither of the two.
    """
    text = load(path)
    into = _Gatherer(path, load, context, Lines(text))
    for document in values(text, path):
        listed = document if isinstance(document, list) else table(document).get("repos")
        if document and not isinstance(listed, list):
            raise InputError(f"{path}:1: not a configuration of pre-commit")
        for repo in tables(listed):
            if "hooks" not in repo:  # a hook itself, in a repository's list of them
                into.hook(repo, "")
                continue
            place = string(repo.get("repo"))
            into.skipped += place not in _OWN
            for hook in tables(repo.get("hooks")):
                into.hook(hook, place)
    return into.reading()


@dataclass(slots=True)
class _Gatherer:
    """Gathers the packages of one file."""

    path: Path
    load: Load
    context: Context
    lines: Lines
    skipped: int = 0
    sightings: list[Sighting] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def reading(self) -> Reading:
        """Everything gathered."""
        return Reading(
            self.path, tuple(self.sightings), tuple(self.indexes), tuple(self.problems), skipped=self.skipped
        )

    def hook(self, hook: Table, repo: str) -> None:
        """Take up what one hook is installed with."""
        entries = hook.get("additional_dependencies")
        if not entries:
            return
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            self.problems.append(Problem("undecidable", self.at("additional_dependencies")))
            return
        self.at("additional_dependencies")  # its entries follow it
        language = string(hook.get("language")) or _guess(string(hook.get("id")), repo, entries)
        group = f"hook:{string(hook.get('id'))}"
        if language == "node":
            self.npm(entries, group)
        elif language in _PYTHON:
            self.pypi(entries, group)
        else:
            self.skipped += len(entries)

    def npm(self, entries: list[str], group: str) -> None:
        """Take up arguments of `npm install`."""
        for entry in entries:
            found = spec.npm(entry, self.path.parent, location=self.at(entry))
            self.sightings.append(replace(found, extra={**found.extra, "group": group}))

    def pypi(self, entries: list[str], group: str) -> None:
        """Take up arguments of `pip install`."""
        lines = [(self.at(line.rpartition(" ")[2]).line or 1, line) for line in _lines(entries)]
        found = requirements.read_lines(self.path, lines, self.load, self.context)
        self.sightings += [replace(s, extra={**s.extra, "group": group}) for s in found.sightings]
        self.indexes += found.indexes
        self.problems += found.problems

    def at(self, text: str) -> Location:
        """Where a text stands that follows the last one found."""
        return Location(str(self.path), self.lines.following(text))


def _guess(hook: str, repo: str, entries: list[str]) -> str:
    """The language of a hook that does not say it."""
    name = repo.rstrip("/").rpartition("/")[2].removeprefix("mirrors-")
    node = _NPM_HOOKS.match(hook) or _NPM_HOOKS.match(name) or any(map(_NPM_LIKE.fullmatch, entries))
    return "node" if node else "python"


def _lines(entries: list[str]) -> Iterator[str]:
    """The arguments as lines of a requirement file: an option and its value, or one requirement."""
    option = ""
    for entry in entries:
        if option:
            yield f"{option} {entry}"
            option = ""
        elif entry.startswith("-") and "=" not in entry and " " not in entry:
            option = entry
        else:
            yield entry
    if option:
        yield option
