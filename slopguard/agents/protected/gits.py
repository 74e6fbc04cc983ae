"""What git puts back, takes away or changes in the work tree, where that is protected.

Invariants: a command that changes nothing protected is let through: a branch that is made or changed, a file that git
does not know, a file that is as git would write it; git itself is asked for contents only, by `slopguard.check.git`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.protected.files import changed
from slopguard.agents.protected.paths import content, is_dir
from slopguard.agents.protected.places import Kind, Places
from slopguard.agents.protected.writes import Change, operands
from slopguard.clients.argv import listed
from slopguard.patterns import regex

if TYPE_CHECKING:
    from slopguard.check.git import Repository

_GLOBAL = listed("-C -c --git-dir --work-tree --namespace --exec-path --config-env --super-prefix")
_PATCHED = regex(r"^(?:\+\+\+|---|rename (?:to|from)|diff --git) (?:[^\s/]+/)?(\S+)", re.M)
_LARGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class PutBack:
    """What is put back, or taken away.

    Args:
        paths: what it is; none: the whole work tree.
        revision: where it comes from; `""`: the last commit.
        new: files that git does not know go away.
        ignored: those that it is told to ignore, too.
        known: files that git knows are put back.
    """

    paths: tuple[str, ...] = ()
    revision: str = ""
    new: bool = False
    ignored: bool = False
    known: bool = True


def command(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command of a git command line, and what follows it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _GLOBAL else 1
    return ("", []) if at >= len(words) else (words[at], list(words[at + 1 :]))


def named(verb: str, words: list[str]) -> Iterator[Change]:
    """The files that are named, and change whatever git knows of them."""
    before, _, _ = _dashed(words)
    if verb == "rm" and "--cached" not in before and not _dry(before):
        yield from (Change(text, tree=True) for text in operands(words))
    elif verb == "mv" and not _dry(before):
        given = operands(words)
        yield from (Change(text, tree=True) for text in given[:-1])
        yield from (Change(given[-1], source=source) for source in given[:-1])


def put_back(verb: str, words: list[str]) -> PutBack | None:
    """What a command puts back or takes away as a whole; `None` for one that does no such thing."""
    before, dashes, after = _dashed(words)
    if verb == "clean":
        forced = any(re.fullmatch(r"-[a-zA-Z]*f[a-zA-Z]*|--force", text) for text in before)
        ignored = any(re.fullmatch(r"-[a-zA-Z]*[xX][a-zA-Z]*", text) for text in before)
        paths = tuple(operands(words, listed("-e --exclude")))
        return PutBack(paths, new=True, ignored=ignored, known=False) if forced and not _dry(before) else None
    if verb == "stash":
        return _stash(before, tuple(after))
    if verb == "reset":
        hard = {"--hard", "--merge", "--keep"} & set(before)
        return PutBack(revision="".join(operands(before)[:1])) if hard else None
    if verb == "restore":
        source = next((text.partition("=")[2] for text in before if text.startswith("--source=")), "")
        source = source or next((b for a, b in pairwise(before) if a in ("-s", "--source")), "")
        paths = tuple(after if dashes else operands(before, listed("-s --source")))
        return None if _only_index(before) else PutBack(paths, source)
    if verb in ("checkout", "switch"):
        return _checkout(before, dashes, tuple(after))
    return PutBack() if verb in ("read-tree", "checkout-index") else None


def _stash(before: list[str], paths: tuple[str, ...]) -> PutBack | None:
    if operands(before)[:1] not in ([], ["push"], ["save"]):
        return None
    ignored = any(re.fullmatch(r"-[a-z]*a[a-z]*|--all", text) for text in before)
    new = ignored or any(re.fullmatch(r"-[a-z]*u[a-z]*|--include-untracked", text) for text in before)
    return PutBack(paths, new=new, ignored=ignored)


def _checkout(before: list[str], dashes: bool, paths: tuple[str, ...]) -> PutBack | None:
    given = tuple(operands(before, listed("-b -B -c -C --orphan --conflict")))
    if dashes:
        return PutBack(paths, "".join(given[:1]))
    if {"-f", "--force", "--discard-changes"} & set(before):
        return PutBack(revision="".join(given[:1]))
    if {"-b", "-B", "-c", "-C", "--orphan", "--detach"} & set(before):
        return None
    return PutBack(given, given[0] if len(given) > 1 else "") if given else None


def loses(places: Places, cwd: Path, wanted: PutBack) -> Kind | None:
    """Whose something is that would not be what it is now; `None` if nothing of the kind would happen."""
    from slopguard.check.git import Repository

    literal = [text.removeprefix(":/") for text in wanted.paths if not re.search("[*\ue003]", text)]
    roots = [places.path(text, cwd) for text in literal]
    everything = len(roots) < len(wanted.paths) or not wanted.paths
    inside = [path for path in places.known(cwd) if everything or any(map(path.is_relative_to, roots))]
    found = [*(path for path in roots if places.kind(path)), *filter(places.counts, inside)]
    repository = Repository.around(cwd) if found and is_dir(cwd) else None
    if repository is None:
        return None
    lost = (path for path in found if not is_dir(path) and _differs(repository, path, wanted))
    return next(filter(None, map(places.kind, lost)), None)


def _differs(repository: Repository, path: Path, wanted: PutBack) -> bool:
    """Whether a file would be taken away, or hold something else that matters."""
    place = path.parent.resolve() / path.name
    if not place.is_relative_to(repository.root):
        return False
    commit = repository.commit(wanted.revision or "HEAD") or repository.commit("HEAD")
    entry = (repository.tree(commit) or {}).get(place.relative_to(repository.root).as_posix()) if commit else None
    if entry is None:
        return wanted.new and (wanted.ignored or not repository.ignores(place.parent))
    if not wanted.known:
        return False
    then = repository.contents([entry.id]).get(entry.id, b"").decode("utf-8", "replace")
    return changed(path, content(place).decode("utf-8", "replace"), then)


def patched(text: str) -> Iterator[str]:
    """The files that a patch names."""
    return (found[1] for found in _PATCHED.finditer(text))


def patches(places: Places, cwd: Path, words: Sequence[str]) -> list[str]:
    """The contents of the patch files that a command line names."""
    found = []
    for word in operands(words):
        try:
            with places.path(word, cwd).open("rb") as stream:
                found.append(stream.read(_LARGEST).decode("utf-8", "replace"))
        except (OSError, ValueError):
            continue
    return found


def _dashed(words: list[str]) -> tuple[list[str], bool, list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], at < len(words), words[at + 1 :]


def _dry(words: list[str]) -> bool:
    return any(re.fullmatch(r"-[a-z]*n[a-z]*|--dry-run", text) for text in words)


def _only_index(words: list[str]) -> bool:
    staged = {"--staged", "-S"} & set(words)
    return bool(staged) and not {"--worktree", "-W", "-SW", "-WS"} & set(words)
