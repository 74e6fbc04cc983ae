"""What git knows about a folder: its files, and the files of a base revision.

Invariants: only plumbing that reads objects and the index is called, with hooks, file monitors, filters and transports
switched off: a repository under review must not get anything run; it is the one around a folder whatever variables say,
and no object stands in for another; file names are bytes to git and surrogate-escaped text here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path
from typing import NamedTuple

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false")
_TIMEOUT = 60.0
_COMMIT_DIGITS = (40, 64)
_ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX",
                        "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                        "GIT_SHALLOW_FILE", "GIT_IMPLICIT_WORK_TREE"})  # fmt: skip
"""Variables that lead git to another repository than the one around a folder; its own hooks have some of them."""
_STILL = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_STILL |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_GRAFT_FILE": os.devnull}
"""What keeps it from waiting, writing, putting one object in another's place, and fetching one that is missing."""


class Entry(NamedTuple):
    """What stands at a path in a commit: the id of a file's content, or of a submodule's commit."""

    id: str
    submodule: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree.

    Args:
        root: its top folder, absolute.
    """

    root: Path

    @classmethod
    def around(cls, folder: Path) -> Repository | None:
        """The work tree that `folder` lies in; `None` if it lies in none, or there is no git.

        A repository may say that its work tree is elsewhere: that says nothing of the files here.
        """
        said = _git(folder, "rev-parse", "--show-toplevel")
        root = Path(os.fsdecode(said.removesuffix(b"\n"))) if said else None
        return cls(root) if root is not None and folder.resolve().is_relative_to(root.resolve()) else None

    def files(self, folder: Path) -> list[str] | None:
        """The files below `folder`, relative to it: tracked, or new and not ignored; `None` if git does not say.

        A repository inside stands there as a folder, a submodule by its name and another one with `/` at its end.
        """
        said = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return None if said is None else list(dict.fromkeys(os.fsdecode(name) for name in said.split(b"\0") if name))

    def ignores(self, folder: Path) -> bool:
        """Whether `folder` is ignored: git says nothing then of the files below it."""
        return folder.resolve() != self.root and _git(folder, "check-ignore", "-q", ".") is not None

    def origin(self) -> str:
        """The address that the work tree was cloned from, `""` if none is noted."""
        said = _git(self.root, "config", "--get", "remote.origin.url")
        return os.fsdecode(said).strip() if said else ""

    def sparse(self) -> bool:
        """Whether git was told to leave files of the commit out of the work tree."""
        return _git(self.root, "config", "--type=bool", "core.sparseCheckout") == b"true\n"

    def commit(self, revision: str) -> str | None:
        """The id of the commit that a revision names."""
        if revision.startswith("-"):
            return None
        said = _git(self.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        found = said.decode("ascii", "replace").strip() if said else ""
        return found if len(found) in _COMMIT_DIGITS else None

    def full_name(self, revision: str) -> str:
        """The ref that a revision stands for (`refs/heads/main`); `""` if it is none."""
        said = _git(self.root, "rev-parse", "--quiet", "--verify", "--symbolic-full-name", revision)
        return os.fsdecode(said).strip() if said else ""

    def merge_base(self, one: str, other: str = "HEAD") -> str | None:
        """The commit at which two histories parted; `None` if they share none here (a shallow clone)."""
        said = _git(self.root, "merge-base", one, other)
        return said.decode("ascii", "replace").strip() or None if said else None

    def tree(self, commit: str) -> Mapping[str, Entry] | None:
        """The files and submodules of a commit by path from the root, links left out; `None` if git cannot say."""
        said = _git(self.root, "ls-tree", "-r", "-z", "--full-tree", commit)
        if said is None:
            return None
        found = {}
        for entry in said.split(b"\0"):
            about, tab, name = entry.partition(b"\t")
            if tab and about.startswith((b"100644 ", b"100755 ", b"160000 ")):
                found[os.fsdecode(name)] = Entry(about.split()[2].decode("ascii"), about.startswith(b"160000 "))
        return found

    def contents(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each id, as stored."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        said = _git(self.root, "cat-file", "--batch", stdin="".join(f"{each}\n" for each in wanted).encode()) or b""
        return dict(_batch(said))


def content_id(data: bytes, like: str) -> str:
    """The id that git gives to a content, in the kind of id that `like` is."""
    kind = sha256 if len(like) == _COMMIT_DIGITS[1] else sha1
    return kind(b"blob %d\0" % len(data) + data).hexdigest()


def _batch(said: bytes) -> Iterator[tuple[str, bytes]]:
    """The objects in the answer of `cat-file --batch`: a line `ID TYPE SIZE`, the bytes, a line break."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        words = said[at:end].split()
        at = end + 1
        if len(words) == 3 and words[2].isdigit():
            size = int(words[2])
            yield words[0].decode("ascii"), said[at : at + size]
            at += size + 1


def _git(folder: Path, *words: str, stdin: bytes = b"") -> bytes | None:
    """What git prints; `None` if it is not there, refuses, or takes too long."""
    import subprocess

    env = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE} | _STILL
    try:
        done = subprocess.run(
            ["git", *_SAFE, "--no-pager", *words], cwd=folder, env=env, input=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
