"""What an edited file is understood with: manifests beside and above it, members of its workspace, names of modules.

A hook has no time to walk a tree, so only the folders from the file up to the top of its repository are looked at, and
those that lie directly in one of these. What that misses: modules and manifests deeper down in another branch of the
tree, and members of a workspace named by `**`. An import of such a module is noted without need; nothing is refused
for it. Invariant: bounded, however large the tree is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from slopguard.check.kinds import is_manifest
from slopguard.check.tree import Load, Read, Tree, read_tree
from slopguard.check.walk import LEFT_OUT, Place
from slopguard.clients.workspace_globs import plain

_FOLDERS = 200
"""Folders that are listed."""
_FILES = 100
"""Manifests that are read."""
_MEMBERS = 400
"""Members of a workspace that are read."""


@dataclass(frozen=True)
class Surroundings:
    """What lies around files.

    Args:
        files: the edited files, absolute.
        cwd: the folder that the tool works in; it counts as a project's top where there is no repository.
        load: gives the text of a file.
    """

    files: tuple[Path, ...]
    cwd: Path
    load: Load

    @cached_property
    def tops(self) -> tuple[Path, ...]:
        """The tops of the projects that the files lie in."""
        return tuple(dict.fromkeys(top(file.parent, self.cwd) for file in self.files))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of files, relative to the project's top; a folder is taken for one that holds modules."""
        return tuple(
            name
            for folder, entries in self._listed.items()
            for each, is_folder in entries
            for name in _as_names(self._inside(folder), each, is_folder=is_folder)
        )

    @cached_property
    def read(self) -> Tree:
        """What the manifests say, those of members of a workspace included."""
        paths = (f"{folder}/{name}" for folder in self._above for name, _ in self._listed.get(folder, ()))
        below = (
            f"{folder}/{name}"
            for folder, entries in self._listed.items()
            if folder.name.lower() == "requirements" and folder not in self._above
            for name, _ in entries
        )
        found = islice((path for each in (paths, below) for path in each if is_manifest(path)), _FILES)
        tree = read_tree([Place(Path(path), path) for path in found], self.load)
        tree.read += read_tree(_members(tree.read), self.load).read
        return tree

    def configs(self, pattern: re.Pattern[str]) -> list[Path]:
        """Files beside and above whose paths match."""
        paths = (folder / name for folder in self._above for name, _ in self._listed.get(folder, ()))
        return list(islice((path for path in paths if pattern.search(path.as_posix())), _FILES))

    @cached_property
    def _above(self) -> dict[Path, None]:
        """The folders from each file up to the top, the nearest first."""
        pairs = ((folder, file) for file in self.files for folder in file.parents)
        return {folder: None for folder, file in pairs if folder.is_relative_to(top(file.parent, self.cwd))}

    @cached_property
    def _listed(self) -> dict[Path, Sequence[tuple[str, bool]]]:
        """What those folders hold, and what the folders in them hold."""
        found = {folder: _entries(folder) for folder in islice(self._above, _FOLDERS)}
        inside = (folder / name for folder, held in list(found.items()) for name, is_folder in held if is_folder)
        for folder in islice((each for each in inside if each not in found), _FOLDERS - len(found)):
            found[folder] = _entries(folder)
        return found

    def _inside(self, folder: Path) -> str:
        """A folder relative to the top that it lies below."""
        of = next((each for each in self.tops if folder.is_relative_to(each)), folder)
        return folder.relative_to(of).as_posix()


def top(folder: Path, cwd: Path) -> Path:
    """The top of the repository around a folder; else `cwd` if the folder lies in it, else the folder itself."""
    for each in (folder, *folder.parents):
        if os.path.lexists(each / ".git"):
            return each
    return cwd if folder.is_relative_to(cwd) else folder


def _entries(folder: Path) -> Sequence[tuple[str, bool]]:
    """The names in a folder, each with whether it is a folder; what was installed or built is left out."""
    try:
        with os.scandir(folder) as found:
            return [(each.name, each.is_dir()) for each in islice(found, 2_000) if each.name not in LEFT_OUT]
    except OSError:
        return ()


def _as_names(folder: str, name: str, *, is_folder: bool) -> Iterable[str]:
    path = name if folder == "." else f"{folder}/{name}"
    return (f"{path}/__init__.py", f"{path}/index.js") if is_folder and not name.startswith(".") else (path,)


def _members(read: Sequence[Read]) -> Iterator[Place]:
    """The manifests of the members of each workspace whose root was read."""
    known = {each.reading.path for each in read}
    roots = [each.reading for each in read if each.kind.name == "package_json" and each.reading.members]
    globs = ((root.path.parent, word) for root in roots for glob in root.members for word in _words(glob))
    folders = (folder for at, word in globs for folder in _matching(at, word))
    manifests = (folder / "package.json" for folder in islice(folders, _MEMBERS))
    yield from (Place(path, path.as_posix()) for path in dict.fromkeys(manifests) if path not in known)


def _words(glob: str) -> list[str]:
    """The globs that one stands for, without those that leave something out; `**` is one folder."""
    words = [] if glob.startswith("!") else plain(glob)[0]
    return [word.replace("**", "*") for word in words if not word.startswith(("/", ".."))]


def _matching(at: Path, word: str) -> Iterator[Path]:
    try:
        yield from (each for each in at.glob(word) if each.name not in LEFT_OUT and (each / "package.json").is_file())
    except (OSError, ValueError, NotImplementedError):
        return
