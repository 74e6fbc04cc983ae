"""What shell commands would install, as questions; and a command without what was refused in it.

Invariants: nothing is run or expanded; what cannot be told without running it is `unclear`, never nothing; a command is
given back without a name only where each of its words is plain.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.model import Call, Edit, Replacement
from slopguard.clients import client_for, plain
from slopguard.errors import SlopguardError
from slopguard.model import Arrival, Request

if TYPE_CHECKING:
    from slopguard.check.indexes import Asked
    from slopguard.check.tree import Tree
    from slopguard.clients.interface import Invocation
    from slopguard.config import Settings

TYPED = Path("command")
"""What stands for a file where a command is typed."""
_JOINTS = frozenset({"&&", ";", "||"})
_MANIFESTS = frozenset({"package.json", "pyproject.toml", "Pipfile", "setup.cfg", "setup.py"})
_NEVER_PLAIN = frozenset("$`\\\n{}()<|*?[")
"""Signs that a shell gives a meaning to, in quotes or not: a command with one is not rewritten."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What some commands would install.

    Args:
        requests: one for each name and version, in the order found.
        unclear: something in them cannot be told without running it.
        written: files that they write from their own text, and do not run or install from.
    """

    requests: tuple[Request, ...] = ()
    unclear: bool = False
    written: tuple[Edit, ...] = ()


def look(call: Call, settings: Callable[[], Settings], ask: Asked, *, manifests: Callable[[], bool]) -> Wanted:
    """What the commands of a call would install.

    Args:
        settings: gives those in force; asked for only where something has a name.
        ask: gives the indexes of an ecosystem's client in a folder, where something depends on them.
        manifests: whether what a command installs from without naming it (`npm install`) is read too.

    Raises:
        SlopguardError: the settings or a client's configuration cannot be used.
    """
    from slopguard.check.kinds import KINDS
    from slopguard.check.tree import Tree
    from slopguard.commands.kept import Kept
    from slopguard.commands.shell import read

    script = next(kind for kind in KINDS if kind.name == "shell_file")
    tree, written = Tree(), list[Edit]()
    for text in call.commands:
        kept = Kept()
        reading = read(text, TYPED, 1, call.cwd, kept)
        written += _written(text, kept.left(), call.cwd)
        tree.add(script, reading)
        implied = tuple(_implied(text, call.cwd))
        for path in (*reading.files, *(implied if implied and manifests() else ())):
            _file(tree, path)
    unclear = any(finding.rule == "undecidable" for finding in tree.findings)
    if not any(each.reading.sightings for each in tree.read):
        return Wanted((), unclear, tuple(written))
    return Wanted(tuple(_questions(tree, settings(), ask, call.cwd)), unclear, tuple(written))


def _written(text: str, files: Mapping[Path, str], cwd: Path) -> Iterator[Edit]:
    """The changes that shell text makes of files: `cat > .mcp.json <<EOF`, `echo ... >> Makefile`."""
    from slopguard.agents.protected.redirects import redirected

    more = (
        {os.path.normpath(cwd / word.strip("'\"")) for word, appended in redirected(text) if appended} if files else ()
    )
    for path, content in files.items():
        added = f"{content}\n" if content and not content.endswith("\n") else content
        if os.path.normpath(path) in more:
            yield Edit(str(path), replacements=(Replacement("", added),))
        else:
            yield Edit(str(path), content=added)


def _questions(tree: Tree, settings: Settings, ask: Asked, cwd: Path) -> list[Request]:
    """The questions; whatever a command names is introduced by it."""
    from slopguard.check.facts import as_written
    from slopguard.check.indexes import Indexes, above, named_by_variables, nearest_npmrc
    from slopguard.check.questions import Asking, questions
    from slopguard.clients.applied import marked
    from slopguard.locked import LockedSet

    indexes = Indexes(
        ask=ask,
        root=Path(),
        npmrc=nearest_npmrc(cwd),
        above=above(tree.read),
        always=named_by_variables(os.environ),
        marked=lambda index: marked(index, settings),
    )
    asking = Asking(
        indexes,
        settings.actor,
        LockedSet.of(settings),
        mapped=frozenset,
        placed=lambda request, recorded: as_written(request, recorded, settings) if settings.internal else request,
    )
    asked = questions(tree.read, asking).requests
    return [replace(request, arrived=Arrival.INTRODUCED) for request in asked]


def _file(tree: Tree, path: Path) -> None:
    """A file that a command installs from; one that is not there is the client's to complain of."""
    from slopguard.check.tree import read_tree
    from slopguard.check.walk import Place

    if not path.is_file():
        return
    read = read_tree([Place(path, path.as_posix(), named=True)])
    tree.read += [each for each in read.read if not each.kind.lock]
    tree.findings += read.findings


def _implied(text: str, cwd: Path) -> Iterator[Path]:
    """The manifests that the plain commands in a text install from without naming them."""
    for _, words in segments(text) or ():
        call = _parsed(words, cwd)
        if call is not None and call.installs:
            yield from (path for path in call.files if path.name in _MANIFESTS)


def without(text: str, requests: Collection[Request], cwd: Path) -> str:
    """The commands without some packages; `""` where nothing is left, or where that cannot be told safely."""
    from slopguard.guard.lines import redacted, rest_of

    parts = segments(text)
    names = {request.raw for request in requests}
    if not parts or any(request.locations and request.locations[0].path != str(TYPED) for request in requests):
        return ""
    kept: list[str] = []
    for joint, words in parts:
        call = _parsed(words, cwd)
        mentions = call is not None and any(sighting.raw in names for sighting in call.typed)
        rest = rest_of(call, names) if call is not None and mentions else redacted(words)
        if rest:
            kept += [joint, rest] if kept else [rest]
    installs = any(_installs(part, cwd) for part in kept)
    return " ".join(kept).replace(" ;", ";") if installs else ""


def _installs(text: str, cwd: Path) -> bool:
    call = _parsed(shlex.split(text), cwd)
    return call is not None and call.installs


def segments(text: str) -> list[tuple[str, list[str]]] | None:
    """Commands joined by `&&`, `||` or `;`, each as words with what joins it to the one before; `None` of all else."""
    if not _NEVER_PLAIN.isdisjoint(text):
        return None
    lexer = shlex.shlex(text, posix=True, punctuation_chars="&;|<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[tuple[str, list[str]]] = [("", [])]
    try:
        for word in lexer:
            if word in _JOINTS:
                found.append((word, []))
            elif word and set(word) <= set("&;|<>()"):
                return None
            else:
                found[-1][1].append(word)
    except ValueError:
        return None
    return found if all(words for _, words in found) else None


def _parsed(words: Sequence[str], cwd: Path) -> Invocation | None:
    """A command as its client understands it; `None` if it is no client's."""
    if not words or plain(words[0]) is None:
        return None
    try:
        return client_for(words[0]).parse(words[0], list(words[1:]), cwd, dict(os.environ))
    except (SlopguardError, ValueError, OSError, RuntimeError):
        return None
