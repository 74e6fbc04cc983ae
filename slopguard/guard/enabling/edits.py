"""What the user's own files become: shell profiles with a line, agents' settings with entries, files of slopguard's.

Invariants: nothing is changed here; what a file was before slopguard is what comes back, also where slopguard was
enabled twice in between; a file that may not be written is an error before anything changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.guard.enabling import files, insertions, profiles, record
from slopguard.guard.enabling.insertions import SettingsFile
from slopguard.guard.enabling.profiles import Profile
from slopguard.guard.enabling.record import Changed, Enabled


@dataclass(frozen=True, slots=True)
class Edit:
    """A file that gets a line, entries, or is made.

    Args:
        path: as a person knows it.
        before: its content, `None` if it is not there.
        after: what it will be.
        purpose: what reads it.
        kind: see `record.Changed`.
        lines: of `json`, see `record.Changed`.
        mode: of a file that is not there yet.
    """

    path: Path
    before: bytes | None
    after: bytes
    purpose: str
    kind: str = "line"
    lines: tuple[str, ...] = ()
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Edits:
    """All of them.

    Args:
        todo: what is not done yet.
        files: the files of the record after them.
        contents: path to before and after, of what is new in the record.
    """

    todo: tuple[Edit, ...]
    files: tuple[Changed, ...]
    contents: dict[str, tuple[bytes | None, bytes]]


def edits(home: Path, wanted: Sequence[Profile | SettingsFile], before: Enabled) -> Edits:
    """The edits that are wanted.

    Raises:
        ConfigError: a file is read-only, cannot be read, or is not what it should be.
    """
    known = {changed.path: changed for changed in before.files}
    todo, contents = [], {}
    for each in wanted:
        path, edit = str(files.target(each.path)), _edit(each)
        if edit.after != edit.before:
            files.check_writable(each.path, _instead(each))
            todo.append(edit)
        elif path in known:
            continue
        _one_owner(each, known.get(path))
        original = _original(home, path, edit, known.get(path))
        contents[path] = (original, edit.after)
        known[path] = _changed(path, original, edit, known.get(path))
        if isinstance(each, SettingsFile):
            known[path] = replace(known[path], agent=each.agent, project=each.project)
    return Edits(tuple(todo), tuple(known.values()), contents)


def _edit(wanted: Profile | SettingsFile) -> Edit:
    now = files.read(wanted.path)
    if isinstance(wanted, Profile):
        return Edit(wanted.path, now, profiles.with_line(now, wanted.line), wanted.purpose)
    after, lines = insertions.applied(wanted, now)
    return Edit(wanted.path, now, after, wanted.agent, wanted.kind, lines, wanted.mode)


def _instead(wanted: Profile | SettingsFile) -> str:
    if isinstance(wanted, Profile):
        return f"Make it writable, or write at its end yourself: {wanted.line}"
    return "Make it writable"


def _one_owner(wanted: Profile | SettingsFile, known: Changed | None) -> None:
    """Two agents' settings may be one file by a link; what one of them lets go would be the other's, too."""
    if known is not None and isinstance(wanted, SettingsFile) and known.agent != wanted.agent:
        raise ConfigError(
            f"{wanted.path}: is the settings of {known.agent or 'a shell'} too, so nothing was changed",
            "Give each a file of its own",
        )


def _original(home: Path, path: str, edit: Edit, known: Changed | None) -> bytes | None:
    """What a file holds, or held, without what is slopguard's."""
    copy = record.copy_before(home, known) if known is not None and known.existed else None
    if known is not None and record.digest(edit.before) == known.after:
        return copy
    if edit.before is None:
        return None
    if edit.kind == "file":
        return copy
    if edit.kind == "line":
        rest: bytes | None = profiles.without_line(edit.before)
    else:
        rest = insertions.removed(edit.before, copy)
    return edit.before if rest == edit.before else rest or None


def _changed(path: str, original: bytes | None, edit: Edit, known: Changed | None) -> Changed:
    same = known is not None and known.before == record.digest(original)
    if known is not None and same:
        return replace(known, after=record.digest(edit.after), lines=edit.lines)
    mtime = Path(path).stat().st_mtime_ns if original is not None else 0
    before, after = record.digest(original), record.digest(edit.after)
    return Changed(path, original is not None, mtime, before, after, edit.kind, lines=edit.lines)
