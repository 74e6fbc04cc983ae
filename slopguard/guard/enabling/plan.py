"""What `slopguard enable` will change, known in full before it changes anything; and what is guarded by now.

Invariants: making a plan changes nothing; two plans of one state are equal; a plan of what is done already is empty.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import plain
from slopguard.errors import ConfigError
from slopguard.guard import find
from slopguard.guard.enabling import agent_hook, files, hooks, profiles, record, shims, undo, venvs
from slopguard.guard.enabling.edits import Edit, edits
from slopguard.guard.enabling.insertions import SettingsFile
from slopguard.guard.enabling.profiles import Profile
from slopguard.guard.enabling.record import Enabled
from slopguard.guard.enabling.venvs import Move


@dataclass(frozen=True, slots=True)
class Plan:
    """What will change.

    Args:
        home: SLOPGUARD_HOME.
        before: what is switched on now.
        after: what will be.
        scripts: every file of the folder of shims.
        fresh: those of them that are new or differ.
        stale: shims there that no longer belong.
        hook: the script that agents start, if it is new or differs.
        edits: shell profiles, activation scripts, agents' settings.
        moves: pips of virtual environments.
        rewritten: shims in virtual environments that differ.
        contents: path to before and after, of what is new in the record.
    """

    home: Path
    before: Enabled
    after: Enabled
    scripts: Mapping[str, bytes]
    fresh: tuple[str, ...]
    stale: tuple[str, ...]
    hook: bytes | None
    edits: tuple[Edit, ...]
    moves: tuple[Move, ...]
    rewritten: tuple[Move, ...]
    contents: Mapping[str, tuple[bytes | None, bytes]]

    @property
    def empty(self) -> bool:
        """Whether nothing will change."""
        changes = (self.fresh, self.stale, self.hook, self.edits, self.moves, self.rewritten, self.contents)
        return not any(changes) and self.before == self.after

    @property
    def shown(self) -> tuple[object, ...]:
        """What a person agrees to; folders that another program made meanwhile are no part of it."""
        return (self.after.clients, self.after.agents, self.edits, self.moves, self.rewritten, self.stale)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is guarded under an environment's PATH.

    Args:
        guarded: names whose first file on PATH is a shim.
        shadowed: names with a shim that another file comes before.
        missing: clients that are there and have no shim.
        venvs: guarded virtual environments, with whether every pip in it is.
        intact: whether each shim is what this slopguard would write.
    """

    guarded: tuple[str, ...]
    shadowed: tuple[str, ...]
    missing: tuple[str, ...]
    venvs: Mapping[str, bool]
    intact: bool


def names(env: Mapping[str, str], asked: Sequence[str], known: Sequence[str] = ()) -> tuple[str, ...]:
    """The names that shall have a shim.

    A `pip` and a `python` are among them wherever a Python is, because every virtual environment brings both.

    Args:
        asked: clients that were named; all that are there if none.
        known: names that have one already.
    """
    there = find.installed(env)
    wanted = {*known, *(asked or there)}
    pythons = find.pythons(env)
    if any(plain(name) == "pip" for name in asked) or (pythons and not asked):
        wanted |= {"pip", "pip3", *(name for name in there if plain(name) == "pip")}
    if any(plain(name) in shims.MODULES for name in wanted):
        wanted |= {*pythons, "python", "python3"} if pythons else set()
    return tuple(sorted(wanted))


def make(
    home: Path,
    env: Mapping[str, str],
    clients: Sequence[str],
    folders: Iterable[Path],
    before: Enabled,
    now: str,
    settings: Sequence[SettingsFile] = (),
) -> Plan:
    """The plan that leads to exactly these shims and environments, and to these agents' settings beside the known ones.

    Args:
        clients: see `names`.
        folders: the `bin` of each virtual environment to guard, those guarded already included.
        before: the record.
        now: the time, ISO 8601.
        settings: what agents' settings get.

    Raises:
        ConfigError: a file is read-only, cannot be read or is not what it should be, SLOPGUARD_HOME cannot stand on
            PATH, or HOME is not ours.
    """
    _fit_for_path(home)
    _own_home(env)
    place = home / record.SHIMS
    bins = sorted({folder for folder in folders if folder.is_dir()})
    shells = bool(clients) or not (settings or before.on)
    wanted: list[Profile | SettingsFile] = [*_profiles(place, env, bins, shells), *settings]
    found = edits(home, wanted, before)
    made = [str(each) for edit in found.todo for each in _missing(edit.path.resolve().parent)]
    after = Enabled(
        since=before.since or now,
        clients=tuple(clients),
        files=found.files,
        folders=tuple(dict.fromkeys([*before.folders, *made])),
        venvs={str(folder): tuple(venvs.pips(folder)) for folder in bins},
        python=sys.executable,
    )
    scripts = _scripts(home, after)
    return Plan(
        home,
        before,
        after,
        scripts,
        tuple(name for name, data in scripts.items() if files.read(place / name) != data),
        _stale(place, scripts),
        _hook(home, after),
        found.todo,
        tuple(move for folder in bins for move in venvs.moves(folder)),
        tuple(_rewritten(after, place)),
        found.contents,
    )


def coverage(home: Path, env: Mapping[str, str]) -> Coverage:
    """What is guarded now, for a shell with this environment.

    Raises:
        ConfigError: the record is not what it should be.
    """
    enabled, place = record.read(home), home / record.SHIMS
    first = {name: shutil.which(name, path=env.get("PATH")) for name in enabled.clients}
    guarded = tuple(name for name, path in first.items() if path and Path(path).parent == place)
    scripts = _scripts(home, enabled) if enabled.on else {}
    return Coverage(
        guarded,
        tuple(name for name, path in first.items() if path and name not in guarded),
        tuple(name for name in find.installed(env) if name not in enabled.clients),
        {folder: Path(folder).is_dir() and not venvs.moves(Path(folder)) for folder in enabled.venvs},
        all(files.read(place / name) == data for name, data in scripts.items()),
    )


def _profiles(place: Path, env: Mapping[str, str], bins: Iterable[Path], shells: bool) -> Iterator[Profile]:
    """Every profile that gets a line.

    Args:
        shells: whether there are shims to lead a shell to; else only agents' hooks are on.
    """
    if shells:
        yield from profiles.profiles(place, env)
    for folder in bins:
        yield from profiles.activations(place, folder)


def _scripts(home: Path, after: Enabled) -> dict[str, bytes]:
    """Every file of the folder of shims."""
    place, texts = home / record.SHIMS, {}
    if after.clients or any(each.kind == "line" for each in after.files):
        own = {"env.sh": hooks.env_sh(place), "env.fish": hooks.env_fish(place)}
        texts = {**shims.scripts(after.clients, place), **own}
    texts[undo.NAME] = undo.undo_sh(home, after, [*texts, undo.NAME])
    return {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}


def _hook(home: Path, after: Enabled) -> bytes | None:
    wanted = agent_hook.script(home, after.everywhere) if after.agents else None
    return wanted if wanted != files.read(agent_hook.path(home)) else None


def _missing(folder: Path) -> list[Path]:
    return [each for each in (folder, *folder.parents) if not each.exists()][::-1]


def _stale(place: Path, scripts: Mapping[str, bytes]) -> tuple[str, ...]:
    there = place.iterdir() if place.is_dir() else ()
    return tuple(sorted(path.name for path in there if path.name not in scripts and find.is_shim(path)))


def _rewritten(after: Enabled, place: Path) -> Iterable[Move]:
    """Shims in virtual environments that another slopguard wrote."""
    for folder, pips in after.venvs.items():
        for name in pips:
            path = Path(folder) / name
            if find.is_shim(path) and files.read(path) != shims.of_venv(Path(folder), name, place).encode():
                yield Move(Path(folder), name)


def _fit_for_path(home: Path) -> None:
    text = str(home)
    if ":" in text or not text.isprintable():
        raise ConfigError(
            "SLOPGUARD_HOME holds a colon or a character that does not print, so it cannot stand on PATH",
            "Choose another folder",
        )


def _own_home(env: Mapping[str, str]) -> None:
    """Under `sudo` that keeps HOME, root's files in another user's home would lock that user out of them."""
    home = Path(env.get("HOME") or Path.home())
    if not home.is_dir():
        raise ConfigError(f"{home}: HOME names no folder, so nothing was changed", "Run it as a user that has a home")
    if os.geteuid() == 0 and env.get("SUDO_UID") == str(home.stat().st_uid) != "0":
        raise ConfigError(f"{home}: is the home of another user, so nothing was changed", "Run it without sudo")
