"""What a change adds: the files of a base revision, read as those of the work tree are.

The base is a revision that is named, or the one that a pull request is made against, as its CI says. Invariants: a
base that is named and not there is an error, never an empty one; what git cannot tell is said; settings that a pull
request changes do not count for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.check.git import Repository, content_id
from slopguard.config.places import FILE_NAME
from slopguard.errors import ConfigError, EnvironmentFailed, InputError, UsageError
from slopguard.readers.text import decode

_FETCHED, _HERE = "refs/remotes/origin/", "refs/heads/"
"""Before the name of a branch: `origin/main` alone would be a tag of that name first, which others may push."""
_DEFAULTS = ("@{upstream}", f"{_FETCHED}HEAD", f"{_FETCHED}main", f"{_FETCHED}master", f"{_HERE}main", f"{_HERE}master")
"""Where a branch was begun, if nothing says so."""
_MERGED_INTO = "HEAD^1"
"""The base, where what is checked out is what would be merged."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base revision.

    Args:
        name: as a person knows it: `origin/main`, `HEAD~3`.
        commit: its id: where the history of HEAD parted from it.
        review: it was found by a pull request's CI: its settings count, and only what it adds is judged.
    """

    repository: Repository
    name: str
    commit: str
    review: bool = False
    _tree: dict[str, str] = field(default_factory=dict)
    _holders: list[Repository] = field(default_factory=list)

    def tree(self) -> Mapping[str, str]:
        """The id of each file of the base, submodules' too, by path from the root of the work tree.

        Raises:
            EnvironmentFailed: git cannot read it.
        """
        if not self._holders and not self._add("", self.repository, self.commit):
            raise EnvironmentFailed("git cannot read the base of this change", "Fetch it whole, as docs/check.md says")
        return self._tree

    def _add(self, at: str, repository: Repository, commit: str) -> bool:
        """Add the files of a commit; of a submodule those that are here."""
        entries = repository.tree(commit)
        if entries is None:
            return False
        self._holders.append(repository)
        for name, entry in entries.items():
            if not entry.submodule:
                self._tree[at + name] = entry.id
            elif (repository.root / name / ".git").exists():
                self._add(f"{at}{name}/", Repository(repository.root / name), entry.id)
        return True

    def contents(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each id, as stored; what is not here is left out."""
        found: dict[str, bytes] = {}
        wanted = set(ids)
        for repository in self._holders:
            found |= repository.contents(sorted(wanted - found.keys()))
        return found

    def inside(self, path: Path) -> str:
        """A path from the root of the work tree, with `/` between its parts."""
        full = Path(os.path.normpath(Path.cwd() / path))
        try:
            return full.relative_to(self.repository.root).as_posix()
        except ValueError:
            return full.resolve().as_posix().removeprefix(f"{self.repository.root.resolve().as_posix()}/")


def named(repository: Repository | None, revision: str) -> Base:
    """The base that `--diff REV` names.

    Raises:
        UsageError: there is no git repository here, or no such revision in it.
    """
    if repository is None:
        raise UsageError("--diff needs a git repository", "Run it inside one, or leave --diff out")
    commit = repository.commit(revision)
    if commit is None:
        raise UsageError("--diff names no revision of this repository", "Fetch it first, or see: git log")
    return Base(repository, revision, repository.merge_base(commit) or commit)


def under_review(repository: Repository | None, env: Mapping[str, str]) -> Base | None:
    """The base of the pull or merge request whose CI this is; `None` if it is none, or its base is not here."""
    if repository is None:
        return None
    head = repository.commit("HEAD")
    for revision in _reviewed(env):
        commit = repository.commit(revision)
        if revision == _MERGED_INTO and not _is_merge(repository, env.get("GITHUB_SHA") or head, head):
            continue  # the parent of HEAD is a part of the change
        base = (repository.merge_base(commit) or commit) if commit is not None else None
        if base is not None and base != head:  # what CI fetched last may be the change itself
            return Base(repository, _readable(revision), base, review=True)
    return None


def _is_merge(repository: Repository, made: str | None, head: str | None) -> bool:
    """Whether HEAD is the merge that the host made, not one that stands in the change."""
    return made == head and repository.commit("HEAD^2") is not None


def is_review(env: Mapping[str, str]) -> bool:
    """Whether the environment is that of a pull or merge request's CI."""
    return any(True for _ in _reviewed(env))


def guessed(repository: Repository | None) -> Base | None:
    """Where the work here began: the branch that it follows, else the default branch, else the last commit.

    `None` before the first commit: everything is new.

    Raises:
        UsageError: there is no git repository here.
    """
    if repository is None:
        raise UsageError("--new-only needs a git repository", "Run it inside one, or leave --new-only out")
    branch = repository.full_name("HEAD").removeprefix(_HERE)
    own = repository.full_name(_DEFAULTS[0]).endswith(f"/{branch}")  # its own copy on a server: it was not begun there
    for revision in _DEFAULTS[own:]:
        commit = repository.commit(revision)
        base = repository.merge_base(commit) if commit else None
        if base:
            return Base(repository, _readable(revision), base)
    commit = repository.commit("HEAD")
    return Base(repository, "HEAD", commit) if commit is not None else None


def changed(base: Base, paths: Iterable[Path], data: Callable[[Path], bytes | None]) -> dict[Path, bytes | None]:
    """The files whose content is not the base's, with what they held there: `None` for new ones.

    Args:
        data: gives the bytes of a file now; `None` where it cannot be read.
    """
    tree, wanted = base.tree(), {}
    for path in paths:
        old = tree.get(base.inside(path))
        now = data(path)
        if old is None or now is None or content_id(now, old) != old:
            wanted[path] = old
    contents = base.contents(old for old in wanted.values() if old)
    return {path: contents.get(old) if old else None for path, old in wanted.items()}


def loader(base: Base) -> Callable[[Path], str]:
    """Gives the text of a file as it was in the base; raises `InputError` where it was not."""

    def load(path: Path) -> str:
        found = base.tree().get(base.inside(path))
        data = base.contents([found]).get(found) if found else None
        if data is None:
            raise InputError(f"{path}: not in the base")
        return decode(data, path)

    return load


def settings_tables(base: Base) -> Callable[[Path, Path], Iterator[tuple[Path, dict[str, Any]]]]:
    """`slopguard.config.places.project_tables`, with the files that the base has."""

    def tables(cwd: Path, account: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
        root = base.repository.root
        inside = Path(base.inside(cwd))
        folders = [root, *(root / each for each in reversed([inside, *inside.parents][:-1]))]
        for folder in folders:
            yield from settings_in(base, folder)

    return tables


def settings_in(base: Base, folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The settings tables that one folder of the base holds, with the files that they stand in.

    Raises:
        ConfigError: a file is malformed, or not in the clone.
    """
    import tomllib

    for name in (FILE_NAME, "pyproject.toml"):
        path = folder / name
        found = base.tree().get(base.inside(path))
        if found is None:
            continue
        data = base.contents([found]).get(found)
        if data is None:
            raise ConfigError(f"{path}: git cannot read it in the base revision", "Fetch that, as docs/check.md says")
        try:
            table: Any = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            if name == FILE_NAME:
                raise ConfigError(f"{path}: not a TOML file in UTF-8 in the base revision") from None
            continue
        if name != FILE_NAME:
            tool = table.get("tool")
            table = tool.get("slopguard") if isinstance(tool, dict) else None
        if isinstance(table, dict):
            yield path, table


def _reviewed(env: Mapping[str, str]) -> Iterator[str]:
    """The revisions that a pull request's CI may call its base, the surest first."""
    if branch := env.get("GITHUB_BASE_REF"):
        yield from (f"{_FETCHED}{branch}", _MERGED_INTO)
    if commit := env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        yield commit
    if branch := env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        yield from (f"{_FETCHED}{branch}", "FETCH_HEAD")
    if branch := env.get("BITBUCKET_PR_DESTINATION_BRANCH"):
        yield f"{_FETCHED}{branch}"


def _readable(revision: str) -> str:
    """A revision as a person would type it."""
    if revision == _DEFAULTS[0]:
        return "the branch it follows"
    return revision.removeprefix("refs/remotes/").removeprefix(_HERE)
