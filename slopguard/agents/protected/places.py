"""What belongs to the guard, and where it lies: the paths that an agent must not change.

Invariants: a path is looked at as it is written and as it is once links are followed; what a shell would only expand to
files that are there is compared with files that are there; looking never changes anything and never raises.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.protected.hook_files import HOOKS, MACHINE, MIXED, MOVED, TELLING
from slopguard.agents.protected.paths import (
    CASELESS,
    alike,
    content,
    ends,
    forms,
    has_table,
    in_lists,
    lists,
    split,
    under,
    within,
)
from slopguard.config.places import FILE_NAME, read_toml
from slopguard.config.places import Places as Configured
from slopguard.config.places import places as places_of
from slopguard.errors import ConfigError

if TYPE_CHECKING:
    from slopguard.guard.enabling.record import Enabled


class Kind(StrEnum):
    """Whose a path is, in words for an agent and its user."""

    OWN = "slopguard's own files"
    SETTINGS = "slopguard's settings"
    LISTS = "a team's lists"
    SHIM = "a shim of slopguard's"
    HOOKS = "an agent's hook settings"
    MIXED = "what an agent's settings say of hooks"
    TABLE = "slopguard's settings in a pyproject.toml"
    LINE = "slopguard's line in a shell profile"

    @property
    def partial(self) -> bool:
        """Whether only a part of such a file is protected, which an edit may leave alone."""
        return self in (Kind.MIXED, Kind.TABLE, Kind.LINE)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Why something must not be done by an agent.

    Args:
        code: `command` (only a person may run that), `write` (it would change what is protected) or `uninstall`.
        what: the reason in fixed words, a sentence without its full stop.
    """

    code: str
    what: str


def edited(kind: Kind) -> Guarded:
    """An edit changes what is protected."""
    return Guarded("write", f"this changes {kind}, which only a person may do")


def written(kind: Kind) -> Guarded:
    """A command changes what is protected, or may."""
    if kind.partial:
        return Guarded("write", f"this may change {kind}; change other parts of that file with your edit tool")
    return edited(kind)


@dataclass(frozen=True)
class Places:
    """The protected paths of one machine and account, seen from a folder. What takes time is found out when asked for.

    Args:
        env: the environment of the hook, which is that of the agent.
        cwd: the folder that the agent works in.
    """

    env: Mapping[str, str]
    cwd: Path
    _known: dict[Path, tuple[Path, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, env: Mapping[str, str], cwd: Path) -> Places:
        """The places for an agent in `cwd`."""
        return cls(dict(env), Path(os.path.abspath(cwd)))  # noqa: PTH100  Path.absolute keeps `..`

    @cached_property
    def account(self) -> Path:
        """The account's home folder."""
        return self._where.account

    @cached_property
    def home(self) -> Path:
        """SLOPGUARD_HOME."""
        return self.path(self.env.get("SLOPGUARD_HOME") or str(self._where.home), self.cwd)

    @cached_property
    def enabled(self) -> Enabled:
        """What `slopguard enable` noted; nothing if the record cannot be read."""
        from slopguard.guard.enabling import record

        try:
            return record.read(self.home)
        except ConfigError:
            return record.Enabled()

    def path(self, text: str, cwd: Path) -> Path:
        """The path that a word means in a folder: `~` is the account's home."""
        first, slash, rest = text.partition("/")
        if first in ("~", f"~{self.account.name}"):
            text = f"{self.account}{slash}{rest}"
        elif first == "~+":
            text = f"{cwd}{slash}{rest}"
        return Path(os.path.normpath(cwd / text))

    def kind(self, path: Path) -> Kind | None:
        """Whose a path is; `None` if it is not protected."""
        return next((kind for form in forms(path) if (kind := self._kind(form))), None)

    def known(self, cwd: Path) -> tuple[Path, ...]:
        """Protected files and folders that are there: of the account, and of the project around a folder."""
        if cwd not in self._known:
            found = [*self._folders, *self._files, *under(self.account)]
            for folder in self._project(cwd):
                found += [*under(folder), folder / FILE_NAME, folder / "pyproject.toml", *lists(folder)]
            there = dict.fromkeys(path for path in found if os.path.lexists(path) and self.kind(path))
            self._known[cwd] = tuple(there)
        return self._known[cwd]

    def below(self, folder: Path, cwd: Path) -> list[Path]:
        """What would go with a folder: protected paths that are it or lie in it, and hold something of slopguard's."""
        places = forms(folder)
        inside = [path for path in (*self.known(cwd), *split(folder), *lists(folder)) if within(path, places)]
        return [path for path in dict.fromkeys(inside) if self.counts(path)]

    def counts(self, path: Path) -> bool:
        """Whether something of slopguard's is lost with a file; another tool's hooks are that tool's business."""
        if not os.path.lexists(path):
            return False
        shared = self.kind(path) in (Kind.HOOKS, Kind.MIXED, Kind.LINE)
        return not shared or b"slopguard" in content(path)

    def files_of(self, folder: Path) -> Iterator[Path]:
        """The files in a folder that would be protected, whether they are there or not."""
        yield folder / FILE_NAME
        yield from (folder.joinpath(*row) for row in (*HOOKS, *MIXED) if "*" not in row[-1])
        yield from under(folder)

    @cached_property
    def _where(self) -> Configured:
        return places_of(self.env)

    @cached_property
    def _folders(self) -> Mapping[Path, Kind]:
        """Folders that are protected with all that is in them."""
        where = self._where
        found = dict.fromkeys((self.home, where.home, where.user, where.organisation.parent), Kind.OWN)
        package = Path(__file__).parents[2]
        if {"site-packages", "dist-packages"} & set(package.parts):  # elsewhere it is somebody's work on slopguard
            found[package] = Kind.OWN
        found |= {Path(path): Kind.HOOKS for path, file in MACHINE if not file}
        found |= {Path(folder) / ".slopguard": Kind.SHIM for folder in self.enabled.venvs}
        for variable, name, row in MOVED:
            if (value := self.env.get(variable)) and "*" in row[-1] and "slopguard" not in row[-1]:
                found[self.path(value, self.cwd) / name] = Kind.HOOKS
        return {form: kind for path, kind in found.items() for form in forms(path)}

    @cached_property
    def _files(self) -> Mapping[Path, Kind]:
        """Single files that are protected."""
        found = {Path(path): Kind.HOOKS for path, file in MACHINE if file}
        if named := self.env.get("SLOPGUARD_CONFIG"):
            found[self.path(named, self.cwd)] = Kind.SETTINGS
        for variable, name, row in MOVED:
            if (value := self.env.get(variable)) and "*" not in row[-1]:
                place = self.path(value, self.cwd)
                found[place / name if name else place] = Kind.HOOKS if row in HOOKS else Kind.MIXED
        found |= {Path(folder) / name: Kind.SHIM for folder, names in self.enabled.venvs.items() for name in names}
        for changed in self.enabled.files:
            how = getattr(changed, "kind", "line")
            found[Path(changed.path)] = {"json": Kind.MIXED, "file": Kind.HOOKS}.get(how, Kind.LINE)
        found |= dict.fromkeys(self._policies(), Kind.SETTINGS)
        script = Path(sys.executable).parent / "slopguard"
        found |= {script: Kind.OWN} if script.is_file() else {}
        return {form: kind for path, kind in found.items() for form in forms(path)}

    def _policies(self) -> Iterator[Path]:
        """The policies that settings name."""
        where = self._where
        tables = [where.organisation, where.user / FILE_NAME]
        tables += [folder / name for folder in self._project(self.cwd) for name in (FILE_NAME,)]
        for path in tables:
            if b"policy" in content(path):
                try:
                    table = read_toml(path) or {}
                except ConfigError:
                    continue
                if isinstance(policy := table.get("policy"), str):
                    yield path.parent / policy

    def _project(self, cwd: Path) -> Iterator[Path]:
        """The folders whose settings count in one: up to the repository's root, or the account's home."""
        for folder in (cwd, *cwd.parents):
            if folder == self.account:
                return
            yield folder
            if os.path.lexists(folder / ".git"):
                return

    def _kind(self, path: Path) -> Kind | None:
        if found := self._files.get(path):
            return Kind.TABLE if path.name == "pyproject.toml" else found
        for folder in (path, *path.parents):
            if found := self._folders.get(folder):
                return found
        name = path.name.casefold() if CASELESS else path.name
        if name == FILE_NAME:
            return Kind.SETTINGS
        if name == "pyproject.toml" and has_table(path):
            return Kind.TABLE
        for rows, kind in ((HOOKS, Kind.HOOKS), (MIXED, Kind.MIXED)):
            if any(ends(path.parts, row) for row in rows):
                return kind
        return Kind.LISTS if in_lists(path) else None


def meant(places: Places, text: str, cwd: Path, *, sure: bool) -> Kind | None:
    """Whose the files are that a pattern of a shell's stands for: `~/.cl*/set*`.

    Args:
        sure: every `*` is the shell's; else some stand for what nobody can know, which counts only beside a folder
            whose name says whose it is: `$X/.claude/$Y.json`.
    """
    parts = places.path(text, cwd).parts
    for path in places.known(cwd) if sure else ():
        if alike(path.parts, parts):
            return places.kind(path)
    for row in (*HOOKS, *MIXED):
        last = parts[-len(row) :]
        if TELLING.intersection(last) and alike(tuple(part.replace("*", "x") for part in row), last):
            return Kind.HOOKS if row in HOOKS else Kind.MIXED
    return None
