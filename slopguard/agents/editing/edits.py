"""What an agent's edits make of files, and what they add to them that asks for packages.

Invariants: nothing is written or run, and no package client is started unless what is added depends on its indexes; a
file holds after an edit what the tool would leave there, or it is said that this cannot be told; what the file holds
already is nobody's suggestion, and is not asked about.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.agents.model import Edit, Replacement
from slopguard.model import Location, Request

if TYPE_CHECKING:
    from slopguard.check.indexes import Asked
    from slopguard.config import Settings
    from slopguard.lists import Lists

_LARGEST = 5_000_000
"""The largest file whose content now is looked at, in bytes, where it is not one that can name a package."""
_STRUCTURED = (".json", ".jsonc", ".json5", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".lock", ".ipynb")
"""Files in which it matters in which of several places a line is added."""
_PATCH = "patch"
"""How a patch that names no file is called."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one edit makes of one file.

    Args:
        edit: the edit.
        full: the file, absolute; links are not followed.
        before: what it held just before this edit; `None` if there was none, or it holds no text.
        after: what it will hold, `""` if it goes away; `None` if that cannot be told.
        sure: whether the piece that is replaced stands in one place only.
        source: the file that this one was moved from.
    """

    edit: Edit
    full: Path
    before: str | None
    after: str | None
    sure: bool = True
    source: Path | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What all edits of one call make of one file.

    Args:
        given: the path as the agent gave it, for locations.
        full: the file, absolute.
        before: what it held; `None` if there was none, or what it held says nothing of what is new.
        after: what it will hold, as far as that can be told.
        told: whether it can be told.
    """

    given: str
    full: Path
    before: str | None
    after: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class Added:
    """What edits add.

    Args:
        requests: what files that clients obey, and commands, ask for now and did not before.
        suggested: what source code imports now, and what a document tells its readers to install.
        unclear: what is new and cannot be decided, or whose content cannot be told.
        mismatched: those of `requests` that a lock file holds in the same version with other digests than before.
        contents: what each edit makes of its file, one for each edit, in order.
    """

    requests: tuple[Request, ...] = ()
    suggested: tuple[Request, ...] = ()
    unclear: tuple[Location, ...] = ()
    mismatched: tuple[Request, ...] = ()
    contents: tuple[Content, ...] = ()


def applied(edit: Edit, before: str | None) -> str | None:
    """What a file holds after an edit; `""` if it goes away, `None` if it cannot be told.

    Args:
        before: what it holds now; `None` if there is none.
    """
    return _applied(edit, before)[0]


def contents(edits: Iterable[Edit], cwd: Path) -> tuple[Content, ...]:
    """What each edit makes of its file, seen one after the other."""
    cwd = Path(os.path.abspath(cwd))  # noqa: PTH100 (links are not followed)
    held: dict[Path, str | None] = {}
    found: list[Content] = []
    for edit in edits:
        full = _full(edit.path, cwd)
        if full not in held:
            held[full] = _on_disk(full)
        before, source = held[full], None
        last = found[-1] if found and found[-1].edit.removed else None
        if last and edit.content is None and not edit.removed and before is None:
            before, source = last.before, last.full
            edit = replace(edit, unread=False) if not edit.replacements else edit  # noqa: PLW2901 (a move says what the file holds)
        after, sure = _applied(edit, before)
        found.append(Content(edit, full, before, after, sure, source))
        held[full] = None if edit.removed else after
    return tuple(found)


def left_out(edit: Edit, cwd: Path, globs: Sequence[str]) -> bool:
    """Whether a file is one that `check` does not look at either.

    Args:
        globs: `[check] exclude`, from the root of the repository.
    """
    if not globs:
        return False
    from slopguard.check.globs import below

    full = _full(edit.path, cwd)
    root = next((folder for folder in full.parents if (folder / ".git").exists()), cwd)
    return full.is_relative_to(root) and below(globs, full.relative_to(root).as_posix())


def look(
    edits: Sequence[Edit],
    cwd: Path,
    settings: Settings,
    *,
    ask: Asked | None = None,
    lists: Callable[[], Lists] | None = None,
) -> Added:
    """What edits add to what the files hold now.

    Args:
        cwd: the folder that relative paths start from.
        ask: gives the indexes of an ecosystem's client in a folder, where what is added depends on them.
        lists: gives the verified lists; asked for only where an import is new.

    Raises:
        SlopguardError: a client's configuration or the lists cannot be read.
    """
    cwd = Path(os.path.abspath(cwd))  # noqa: PTH100 (links are not followed)
    found = contents(edits, cwd)
    changes = _changes(found)
    unclear = [Location(each.edit.path or _PATCH) for each in found if not each.edit.path and each.edit.unread]
    if not any(_says_something(change) for change in changes):
        return Added(unclear=tuple(unclear), contents=found)
    from slopguard.agents.editing import added_imports, added_names
    from slopguard.agents.editing.edited_files import is_obeyed, is_prose

    changes = [change for change in changes if not is_prose(change)]
    names = added_names.new(changes, cwd, settings, ask)
    imports = added_imports.new(changes, names.read, cwd, settings, lists)
    unclear += [Location(change.given) for change in changes if not change.told and is_obeyed(change)]
    return Added(
        names.requests,
        (*names.suggested, *imports),
        tuple(dict.fromkeys((*unclear, *names.unclear))),
        names.mismatched,
        found,
    )


def only_told(found: Sequence[Content]) -> bool:
    """Whether edits change nothing but source code and documents: what these bring up is noted at most."""
    from slopguard.agents.editing.edited_files import is_obeyed

    return all(each.edit.path for each in found) and not any(map(is_obeyed, _changes(found)))


def _says_something(change: Change) -> bool:
    """Whether a file may ask for packages at all."""
    from slopguard.check.imports import ecosystem_of
    from slopguard.check.kinds import kinds_of

    full = change.full.as_posix()
    return bool(kinds_of(full)) or ecosystem_of(full) is not None or "." not in change.full.name


def _changes(found: Sequence[Content]) -> list[Change]:
    """What becomes of each file that is there afterwards and is another than before."""
    first = {each.full: each for each in reversed(found)}
    last = {each.full: each for each in found}
    unsure = {each.full for each in found if not _told(each)}
    made = [_change(first[full], each, told=full not in unsure) for full, each in last.items() if not each.edit.removed]
    return [each for each in made if each.after != each.before or not each.told]


def _change(first: Content, last: Content, *, told: bool) -> Change:
    before = first.before
    if first.source is not None and not _same_kinds(first.source, first.full):
        before = None  # under its old name it said nothing
    after = last.after
    if after is None:  # what is added can be looked at all the same
        after = "\n".join((last.before or "", *(piece.new for piece in last.edit.replacements)))
    return Change(last.edit.path, last.full, before, after, told)


def _told(each: Content) -> bool:
    """Whether it is known what a file holds after an edit."""
    place = each.sure or each.full.suffix.lower() not in _STRUCTURED
    return each.after is not None and place and not each.edit.unread


def _same_kinds(one: Path, other: Path) -> bool:
    from slopguard.check.kinds import kinds_of

    return kinds_of(one.as_posix()) == kinds_of(other.as_posix())


def _applied(edit: Edit, before: str | None) -> tuple[str | None, bool]:
    """What a file holds after an edit, and whether every piece stood in one place only."""
    if edit.removed:
        return "", True
    if edit.content is not None:
        return edit.content, True
    if edit.unread or (before is None and any(piece.old for piece in edit.replacements)):
        return None, True
    text, at, sure = before or "", 0, True
    for piece in edit.replacements:
        made = _replaced(text, piece, at)
        if made is None:
            return None, sure
        text, at, alone = made
        sure = sure and alone
    return text, sure


def _replaced(text: str, piece: Replacement, start: int) -> tuple[str, int, bool] | None:
    """The text with one piece replaced, the offset behind what took its place, and whether it was the only one."""
    from slopguard.agents.editing.pieces import find

    if not piece.old:  # added at the end, as a patch without context is
        text = f"{text}\n" if text and not text.endswith("\n") else text
        return text + piece.new, len(text) + len(piece.new), True
    if piece.every and piece.old in text:
        return text.replace(piece.old, piece.new), 0, True
    found = find(text, piece.old, start)
    if found is None:
        return None
    return f"{text[: found.start]}{piece.new}{text[found.end :]}", found.start + len(piece.new), found.alone


def _full(path: str, cwd: Path) -> Path:
    """The file that an agent means."""
    if path.startswith("file://"):
        from urllib.parse import unquote

        path = unquote(path.removeprefix("file://"))
    path = os.path.expanduser(path) if path.startswith("~") else path  # noqa: PTH111 (Path raises where it cannot)
    return Path(os.path.normpath(cwd / path))


def _on_disk(full: Path) -> str | None:
    """The text that a file holds now; `None` if there is none, or it holds something else."""
    from slopguard.check.kinds import kinds_of
    from slopguard.check.tree import from_disk
    from slopguard.check.walk import regular
    from slopguard.errors import InputError

    status = regular(full)
    if status is None or (status.st_size > _LARGEST and not kinds_of(full.as_posix())):
        return None
    try:
        return from_disk(full)
    except InputError:
        return None
