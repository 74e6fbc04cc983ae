"""Whether the files that a command changes are protected ones.

Invariants: looking only; a folder counts for what lies in it where a command takes or replaces all of that; what is
unknown in a name counts only beside a name that says whose it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.protected import gits, writes
from slopguard.agents.protected.paths import alike, is_dir, walked
from slopguard.agents.protected.places import Guarded, Kind, Places, meant, written
from slopguard.agents.protected.writes import Change, Finds
from slopguard.commands import said
from slopguard.commands.words import BLANK, GLOB, MARK, STREAM, UNSURE
from slopguard.patterns import regex

if TYPE_CHECKING:
    from slopguard.agents.protected.shell import Ran

_UNKNOWN = regex(f"[{MARK}{STREAM}]")
_PATTERN = regex(f"[{MARK}{STREAM}{GLOB}[]")
_NOTHING = regex(f"[{BLANK}{UNSURE}]")
_ITSELF = regex(r"\$\(\s*(?:which|command\s+-v|type\s+-[pP])\s+slopguard\b")
_CHECKS = frozenset({"--check", "--stat", "--numstat", "--summary", "--cached"})


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what is written.

    Args:
        table: the text that is looked at names `[tool.slopguard]`, so that a pyproject.toml may get that table.
    """

    places: Places
    table: bool = False

    def named(self, text: str, cwd: Path) -> Kind | None:
        """Whose the file is that a word names."""
        text = _NOTHING.sub("", text)
        if not text or "\0" in text:
            return None
        path = self.places.path(text, cwd)
        if kind := self.places.kind(path):
            lost = kind is not Kind.LINE or self.places.counts(path)
            return kind if lost else None
        if MARK in text and (kind := self.places.kind(self.places.path(text.replace(MARK, "") or ".", cwd))):
            return kind  # what is unknown may be nothing
        if self.table and path.name == "pyproject.toml":
            return Kind.TABLE
        if _PATTERN.search(text):
            pattern = _UNKNOWN.sub("*", text).replace(GLOB, "*")
            return meant(self.places, pattern, cwd, sure=not _UNKNOWN.search(text))
        return None

    def ran(self, ran: Ran) -> Guarded | None:
        """Why one command must not run."""
        kinds = self._git(ran) if ran.name == "git" else self._changes(writes.changes(ran.words), ran.cwd)
        kind = next(kinds, None)
        if kind is None and ran.name == "patch":
            kind = next(self._patched(ran, ran.cwd, [word.text for word in ran.words[1:]]), None)
        if kind is None and ran.name in ("rm", "mv", "unlink", "ln", "tee") and _itself(ran):
            kind = Kind.OWN
        return written(kind) if kind else None

    def redirected(self, word: str, folders: list[Path], appended: bool) -> Guarded | None:
        """Why output must not go there: a relative file counts in every folder that the text was in."""
        for cwd in folders:
            if (kind := self.named(word, cwd)) and not (appended and kind is Kind.LINE):
                return written(kind)
        return None

    def _changes(self, changes: Iterator[Change], cwd: Path) -> Iterator[Kind]:
        for change in changes:
            if change.finds is not None:
                yield from self._found(change, change.finds, cwd)
                continue
            kind = self.named(change.text, cwd)
            if kind and not (kind is Kind.LINE and change.appended):
                yield kind
            if change.tree:
                yield from self._tree(change.text, cwd)
            if change.source:
                yield from self._put(change, cwd)

    def _tree(self, text: str, cwd: Path) -> Iterator[Kind]:
        """What goes with a folder, or with all that a pattern means."""
        if _UNKNOWN.search(text):
            return
        places = self.places
        if not _PATTERN.search(text):
            yield from filter(None, map(places.kind, places.below(places.path(text, cwd), cwd)))
            return
        parts = places.path(text.replace(GLOB, "*"), cwd).parts
        certain = next(at for at, part in enumerate(parts) if re.search(r"[*[]", part))
        for path in places.below(Path(*parts[:certain]), cwd):
            if alike(path.parts[: len(parts)], parts):
                yield from filter(None, (places.kind(path),))

    def _put(self, change: Change, cwd: Path) -> Iterator[Kind]:
        """What is put into a folder: the file by its name, or the files of a folder by theirs."""
        if _UNKNOWN.search(change.text + change.source):
            return
        places = self.places
        target, source = places.path(change.text, cwd), places.path(change.source, cwd)
        into = is_dir(target) or change.text.endswith("/")
        if into and (kind := places.kind(target / source.name)):
            yield kind
        if not is_dir(source):
            return
        contents = change.source.endswith(("/", "/.", "/" + GLOB)) or not into
        base = target if contents else target / source.name
        for path in (*places.known(cwd), *places.files_of(base)):
            if path.is_relative_to(base) and path != base and os.path.lexists(source / path.relative_to(base)):
                yield from filter(None, (places.kind(path),))

    def _found(self, change: Change, finds: Finds, cwd: Path) -> Iterator[Kind]:
        """What `find` would come to."""
        root = self.places.path(change.text, cwd)
        for path in chain.from_iterable(map(walked, self.places.below(root, cwd))):
            parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
            if finds.depth is not None and len(parts) > finds.depth:
                continue
            tried = parts[-1:] if finds.files else parts
            if not finds.names or any(fnmatchcase(part, name) for part in tried for name in finds.names):
                yield from filter(None, (self.places.kind(path),))

    def _git(self, ran: Ran) -> Iterator[Kind]:
        words = [word.text for word in ran.words[1:]]
        cwd = ran.cwd
        for at, text in enumerate(words[:-1]):
            if text == "-C":
                cwd = self.places.path(words[at + 1], cwd)
        verb, rest = gits.command(words)
        yield from self._changes(gits.named(verb, rest), cwd)
        if verb in ("apply", "am"):
            yield from self._patched(ran, cwd, rest)
        elif (wanted := gits.put_back(verb, rest)) and (kind := gits.loses(self.places, cwd, wanted)):
            yield kind

    def _patched(self, ran: Ran, cwd: Path, words: list[str]) -> Iterator[Kind]:
        """The files of patches, given as files or on the standard input."""
        if _CHECKS.intersection(words):
            return
        texts = gits.patches(self.places, cwd, words)
        if ran.feed is not None and (given := said.fed(ran.feed, ran.scope)):
            texts.append(given[0])
        for text in texts:
            for name in gits.patched(text):
                kind = self.named(name, cwd)
                part = {Kind.MIXED: "hook", Kind.TABLE: "slopguard", Kind.LINE: "slopguard"}.get(kind or Kind.OWN, "")
                if kind and part in text.casefold():
                    yield kind


def _itself(ran: Ran) -> bool:
    """`rm $(which slopguard)`."""
    return any(_ITSELF.search(word.raw) for word in ran.words)
