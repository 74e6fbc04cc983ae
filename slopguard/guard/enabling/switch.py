"""Carrying out a plan, and undoing it.

Invariants: the record and `undo.sh` are on disk before anything of the user's changes; where that fails in the middle
everything is put back; a file that somebody edited since loses slopguard's line and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from slopguard.errors import ConfigError, StoreError
from slopguard.guard.enabling import agent_hook, files, insertions, profiles, record, undo, venvs
from slopguard.guard.enabling.plan import Plan
from slopguard.guard.enabling.record import Changed, Enabled
from slopguard.guard.find import is_shim

PATIENCE = 60
"""Seconds for another `enable` or `disable` to end."""


class _ChangedMeanwhileError(Exception):
    """Somebody wrote to a file after it was read for the plan; the message is its path."""


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One `enable` or `disable` at a time.

    Raises:
        StoreError: another one does not end, or SLOPGUARD_HOME cannot be written to.
    """
    import filelock

    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with filelock.FileLock(home / "enabled.lock", timeout=PATIENCE, mode=0o600):
            yield
    except filelock.Timeout:
        raise StoreError("another slopguard enable or disable is at work", "Try again in a minute") from None
    except PermissionError:
        raise StoreError("SLOPGUARD_HOME cannot be written to") from None


def carry_out(plan: Plan) -> None:
    """Make the changes.

    Raises:
        ConfigError: it failed; everything is as it was, or `slopguard disable` makes it so.
    """
    record.write(plan.home, plan.after, plan.contents)
    try:
        _scripts(plan)
        for edit in plan.edits:
            if files.read(edit.path) != edit.before:
                raise _ChangedMeanwhileError(edit.path)
            files.make_folder(edit.path.resolve().parent)
            files.put(edit.path, edit.after, mode=edit.mode)
        for one in plan.moves:
            venvs.move(one, plan.home / record.SHIMS)
        for one in plan.rewritten:
            venvs.write_shim(one.folder, one.name, plan.home / record.SHIMS)
    except (OSError, _ChangedMeanwhileError) as why:
        if not plan.before.on:
            put_back(plan.home, plan.after)
        if isinstance(why, _ChangedMeanwhileError):
            raise ConfigError(f"{why}: was changed just now, so it was left alone", "Run it again") from None
        name = why.filename or plan.home
        raise ConfigError(f"{name}: cannot be changed ({type(why).__name__})", "See: slopguard disable") from None


def put_back(home: Path, enabled: Enabled) -> list[str]:
    """Undo everything; what a person should know, a line each.

    Raises:
        ConfigError: a file cannot be put back; the record stays.
    """
    said = put_back_files(home, enabled, enabled.files)
    for folder in enabled.venvs:
        put_back_venv(enabled, folder)
    _remove_scripts(home / record.SHIMS)
    remove_hook(home, enabled.files)
    remove_folders(enabled)
    record.remove(home)
    return said


def remove_folders(enabled: Enabled) -> tuple[str, ...]:
    """Take away the folders that were made and are empty; those that are left."""
    for made in reversed(enabled.folders):
        with suppress(OSError):
            Path(made).rmdir()
    return tuple(made for made in enabled.folders if Path(made).is_dir())


def remove_hook(home: Path, some: Iterable[Changed]) -> None:
    """Take away what agents start; where one of these files still names it, it becomes a script that does nothing."""
    script = agent_hook.path(home)
    if any(insertions.mentioned(files.read(Path(each.path))) for each in some if each.agent):
        files.put(script, agent_hook.OFF.encode(), mode=0o755)
        return
    script.unlink(missing_ok=True)
    with suppress(OSError):
        script.parent.rmdir()


def put_back_files(home: Path, enabled: Enabled, some: Iterable[Changed]) -> list[str]:
    """Undo the changes of some files.

    Raises:
        ConfigError: one cannot be put back.
    """
    said: list[str] = []
    for changed in some:
        try:
            said += _put_back(home, changed)
        except OSError as why:
            raise ConfigError(
                f"{changed.path}: cannot be put back ({type(why).__name__})", "Make it writable and run it again"
            ) from None
    return said


def put_back_venv(enabled: Enabled, folder: str) -> None:
    """Put the pips of one virtual environment back.

    Raises:
        ConfigError: one cannot be put back.
    """
    for name in enabled.venvs[folder]:
        venvs.put_back(Path(folder), name)


def _put_back(home: Path, changed: Changed) -> Iterator[str]:
    path, now = Path(changed.path), files.read(Path(changed.path))
    files.tidy(path)
    before = record.copy_before(home, changed)
    if now is None or (changed.existed and record.digest(now) == changed.before):
        return
    if record.digest(now) == changed.after and (before is not None or not changed.existed):
        if before is None:
            path.unlink()
        else:
            files.put(path, before, mtime_ns=changed.mtime_ns)
        return
    rest, what = _without(changed, now, before)
    if rest == now:
        yield f"{path}: was changed since, and {_LEFT[changed.kind]}"
    elif rest is not None and (rest or changed.existed):
        files.put(path, rest)
        yield f"{path}: was changed since, so only {what} was taken out"
    else:
        path.unlink()


_LEFT = {
    "line": "has no line of slopguard's",
    "json": "no entry of slopguard's can be found in it; look for hooks/run",
    "file": "is left as it is; delete it if it is not yours",
}
"""What is said of a file from which nothing can be taken out."""


def _without(changed: Changed, now: bytes, before: bytes | None) -> tuple[bytes | None, str]:
    """An edited file without what is slopguard's, `None` if nothing else is in it; and what that is."""
    if changed.kind == "line":
        return profiles.without_line(now), "slopguard's line"
    if changed.kind == "file":
        return now, ""
    was = before if before is not None or not changed.existed else b"{}"
    try:
        return insertions.removed(now, was), "slopguard's entry"
    except ConfigError:
        return now, ""


def _scripts(plan: Plan) -> None:
    if plan.hook is not None:
        script = agent_hook.path(plan.home)
        script.parent.mkdir(mode=0o755, exist_ok=True)
        files.put(script, plan.hook, mode=0o755)
    place = plan.home / record.SHIMS
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in sorted(plan.fresh, key=lambda each: each != undo.NAME):
        script = place / name
        files.put(script, plan.scripts[name], mode=0o644 if name in _READ else 0o755)
    for name in plan.stale:
        (place / name).unlink(missing_ok=True)


_READ = ("env.sh", "env.fish", undo.NAME)
"""Files of that folder that are read, not run: they must not be commands on PATH."""


def _remove_scripts(place: Path) -> None:
    """Take the shims away, and nothing that is not slopguard's."""
    for path in list(place.iterdir()) if place.is_dir() else ():
        if path.name in _READ or is_shim(path):
            path.unlink(missing_ok=True)
    with suppress(OSError):
        place.rmdir()
