"""The projects that the guard was enabled in: names are forecast for each, again when its manifests change.

`projects.json` in SLOPGUARD_HOME remembers them. Invariants: a project is noted before it is forecast for, so that what
was interrupted is made up for later; files are read, never run; what is noted is forgotten with `forget`, together with
the names that stand in the watchlist because of it, and nothing else is; one process at a time is at work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path

from slopguard.config import load
from slopguard.config.places import read_bytes
from slopguard.config.private import put, remove
from slopguard.errors import SlopguardError, StoreError
from slopguard.forecast.subjects import Kind, guarded
from slopguard.model import Ecosystem
from slopguard.readers import READERS

FILE, LOCK = "projects.json", "projects.lock"
SCHEMA = "slopguard/projects/1"
AGAIN = timedelta(days=180)
"""After this long names are forecast again, whatever became of the manifests: they are watched for a year."""
MANIFESTS = (
    "pyproject",
    "requirements",
    "pipfile",
    "setup_cfg",
    "setup_py",
    "pixi_toml",
    "package_json",
    "deno_json",
)
"""Kinds of files whose change is news of a project; lock files change with every update."""
_MOST, _LARGEST = 200, 1 << 20
"""Manifests that are looked at, and bytes of one."""
_SKIPPED = frozenset({"node_modules", "venv", "site-packages", "__pycache__"})


class _AtWorkError(StoreError):
    """Another process is."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A project.

    Args:
        digest: of its manifests when it was forecast for; `""`: it was not yet.
        at: when that was, ISO 8601 in UTC; `""`: it was not yet.
    """

    digest: str = ""
    at: str = ""

    def due(self, found: str, now: datetime) -> bool:
        """Whether names are to be forecast.

        Args:
            found: the digest of its manifests now.
        """
        try:
            return found != self.digest or now - datetime.fromisoformat(self.at) > AGAIN
        except (ValueError, TypeError):
            return True


def noted(home: Path) -> dict[str, Noted]:
    """The projects of a SLOPGUARD_HOME by their folders; none where the record is not what it should be."""
    try:
        raw = read_bytes(home / FILE)
        said = json.loads(raw) if raw is not None else {}
        return {str(folder): Noted(**each) for folder, each in said.get("projects", {}).items()}
    except (ValueError, TypeError, AttributeError, RecursionError, SlopguardError):
        return {}


def note(home: Path, folder: Path) -> None:
    """Remember that names are to be forecast for a project.

    Raises:
        ConfigError: it cannot be written down.
        StoreError: another process does not end.
    """
    place = str(folder.resolve())
    _change(home, lambda known: {**known, place: known.get(place, Noted())})


def is_project(folder: Path) -> bool:
    """Whether a folder holds a manifest of its own."""
    return any(place.parent == folder for place in _manifests(folder))


def begin(env: Mapping[str, str]) -> None:
    """Forecast for what is due in a process of its own, which nobody waits for."""
    command = [sys.executable, "-P", "-m", "slopguard", "forecast", "run", "--projects"]
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=nothing, stdout=nothing, stderr=nothing, env=dict(env), cwd="/", start_new_session=True
    )
    process.returncode = 0  # it outlives this command


def refresh(home: Path, env: Mapping[str, str] = os.environ) -> int:
    """Forecast for each noted project whose manifests have changed, or whose names have expired.

    A project whose folder is gone is forgotten; its names stay until they expire. One whose settings a person still has
    to accept waits for that.

    Returns:
        for how many projects names were forecast.

    Raises:
        StoreError: the watchlist or the record of what exists cannot be used.
        ConfigError: a newer slopguard wrote one of them.
    """
    if not (home / FILE).exists():
        return 0
    try:
        with _alone(home, seconds=0):
            return _refresh(home, env, datetime.now(UTC))
    except _AtWorkError:
        return 0


def forget(home: Path) -> None:
    """Forget all projects, and take what was forecast for them out of the watchlist.

    Raises:
        StoreError: the watchlist cannot be written, or another process does not end.
        ConfigError: a newer slopguard wrote it.
    """
    if not (home / FILE).exists():
        return
    with _alone(home, seconds=60):
        from slopguard.watchlist.watchlist import Watchlist

        with Watchlist(home) as watchlist:
            for kept in watchlist.batches():
                if kept.batch.detail.get("about", "").startswith(f"{Kind.GUARD.value}-"):
                    watchlist.remove_batch(kept.number)
        remove(home / FILE)


def _refresh(home: Path, env: Mapping[str, str], now: datetime) -> int:
    done = 0
    for folder, before in noted(home).items():
        place = Path(folder)
        if not place.is_dir():
            _change(home, partial(_without, folder))
            continue
        found = digest(place)
        if before.due(found, now) and _forecast(home, env, place, now):
            _change(home, partial(_with, folder, Noted(found, now.isoformat(timespec="seconds"))))
            done += 1
    return done


def _forecast(home: Path, env: Mapping[str, str], folder: Path, now: datetime) -> bool:
    """Whether it was done: not with settings that a person still has to accept."""
    from slopguard.forecast import running
    from slopguard.watchlist.watchlist import Watchlist

    try:
        settings = replace(load(folder, env), home=home)
    except SlopguardError:
        return False
    asked = running.orders(tuple(Ecosystem), [guarded(folder)], None)
    found = running.forecasts(asked, settings)
    with Watchlist(home) as watchlist:
        for each in found:
            running.watch(each, watchlist, now)
    return True


def digest(folder: Path) -> str:
    """Stands for the manifests of a project: those in its folder and one level down."""
    told = sha256()
    for path in _manifests(folder):
        try:
            with path.open("rb") as stream:
                data = stream.read(_LARGEST)
        except OSError:
            continue
        told.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode("utf-8", "surrogateescape") + data)
    return told.hexdigest()


def _manifests(folder: Path) -> list[Path]:
    places = [folder, *sorted(each for each in _entries(folder) if _looked_into(each))]
    files = (each for place in places for each in sorted(_entries(place)) if _is_manifest(each))
    return list(islice(files, _MOST))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _looked_into(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink() and not place.name.startswith(".") and place.name not in _SKIPPED


def _is_manifest(path: Path) -> bool:
    return any(READERS[kind].claims(path) for kind in MANIFESTS) and path.is_file()


def _with(folder: str, fresh: Noted, known: Mapping[str, Noted]) -> Mapping[str, Noted]:
    """The record with what became of a project, if it still stands there."""
    return {**known, folder: fresh} if folder in known else known


def _without(folder: str, known: Mapping[str, Noted]) -> Mapping[str, Noted]:
    return {each: kept for each, kept in known.items() if each != folder}


def _change(home: Path, change: Callable[[Mapping[str, Noted]], Mapping[str, Noted]]) -> None:
    with _alone(home, f"{FILE}.lock", seconds=60):
        known = change(noted(home))
        said = {"schema": SCHEMA, "projects": {folder: asdict(each) for folder, each in sorted(known.items())}}
        put(home / FILE, json.dumps(said, indent=1).encode("utf-8", "surrogateescape"))


@contextmanager
def _alone(home: Path, name: str = LOCK, *, seconds: float) -> Iterator[None]:
    """Be the only one that forecasts, or changes the record, while the block runs.

    Raises:
        StoreError: another process does not end, or the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(home / name, timeout=seconds, mode=0o600)
        lock.acquire()
    except Timeout:
        raise _AtWorkError("another forecast is at work", "Try again in a minute") from None
    except OSError as error:
        raise StoreError("SLOPGUARD_HOME cannot be written to") from error
    try:
        yield
    finally:
        lock.release()
