"""The client that the user would have run: the first on PATH that is no shim of ours.

Invariants: a shim is known by its second line, wherever it lies and whatever it is called, so that slopguard never
starts itself in a circle; a shim that stands in a client's own place (`.venv/bin/pip`) leads to the client behind it;
what a shim says of how its client is started (`VIA`) can only choose a Python and its options, never another program.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from slopguard.clients import plain
from slopguard.errors import UsageError
from slopguard.guard import circles
from slopguard.patterns import regex

SHIM_MARK = "# slopguard shim"
MOVED = ".slopguard"
"""The folder beside a shim that stands in a client's own place, where the client itself lies."""
VIA = "SLOPGUARD_VIA"
"""A Python and its options, a line each: the client is started as `PYTHON OPTIONS -m CLIENT`. Said by shims only."""
_HEAD = 256
_PYTHON = regex(r"python(3(\.\d+)?)?")
_FLAGS = regex(r"-[bBdEiIOPqsSuvx]+")
_VALUED = regex(r"-[bBdEiIOPqsSuvx]*[WX]|--check-hash-based-pycs")
_GLUED = regex(r"-[bBdEiIOPqsSuvx]*[WX].+")


def command(client: str, env: Mapping[str, str], via: str = "") -> tuple[str, ...]:
    """How to start a client.

    Args:
        via: what `VIA` says, if a shim said it.

    Raises:
        UsageError: it is not installed.
    """
    if via:
        return _module_of(client, via)
    found = _beside(client, env) or executable(client, env)
    found = found or (executable("pip", env) if client == "pip3" else None)
    if found:
        return (str(found),)
    if plain(client) == "pip":
        python = _python_with_pip(env, client.removeprefix("pip"))
        if python:
            return (str(python), "-m", "pip")
    raise UsageError(f"{client} is not installed", "Install it, or check PATH")


def _beside(client: str, env: Mapping[str, str]) -> Path | None:
    """The client beside the `slopguard` that was started by its path, as `.venv/bin/slopguard pip` means that `.venv`.

    Only where its folder is not on PATH and no environment is active: else PATH says which client is meant.
    """
    started = Path(sys.argv[0]).absolute()
    if started.name != "slopguard" or env.get("VIRTUAL_ENV") or str(started.parent) in _folders(env):
        return None
    path = shutil.which(client, path=str(started.parent))
    return Path(path) if path and not is_shim(Path(path)) else None


def executable(name: str, env: Mapping[str, str]) -> Path | None:
    """The first executable of that name on PATH that is no shim."""
    for folder in _folders(env):
        path = shutil.which(name, path=folder)
        if path and (client := behind(Path(path))) and not circles.led_back(client, name, env):
            return client
    return None


def behind(path: Path) -> Path | None:
    """The client that a file on PATH is or, of a shim in its place, leads to; `None` of a shim before all others."""
    if not is_shim(path):
        return path
    moved = path.parent / MOVED / path.name
    return moved if os.access(moved, os.X_OK) and not is_shim(moved) else None


def installed(env: Mapping[str, str]) -> list[str]:
    """Every name on PATH under which a client that can be guarded is there, versioned pips (`pip3.12`) included."""
    return named(env, lambda name: plain(name) is not None)


def named(env: Mapping[str, str], wanted: Callable[[str], bool]) -> list[str]:
    """The names of the executables on PATH, no shims, that are wanted; those of each folder in alphabetical order."""
    found: dict[str, None] = {}
    for folder in _folders(env):
        with suppress(OSError):
            here = (entry for entry in os.scandir(folder or ".") if wanted(entry.name))
            ready = (entry.name for entry in here if os.access(entry.path, os.X_OK) and behind(Path(entry.path)))
            found |= dict.fromkeys(sorted(ready))
    return list(found)


def _module_of(client: str, via: str) -> tuple[str, ...]:
    """A client that is started as a module of a Python.

    Raises:
        UsageError: that is no Python with options of its own, or it has no such module.
    """
    python, *options = via.split("\n")
    known = plain(client)
    if known is None or not Path(python).name.startswith("python") or not _only_options(options):
        raise UsageError(f"{VIA} names no Python", "Unset the variable")
    if not os.access(python, os.X_OK) or not _has(Path(python), known):
        raise UsageError(f"that Python has no {known}", "Choose another one, or install it there")
    return (str(Path(python).absolute()), *options, "-m", known)


def _only_options(words: Sequence[str]) -> bool:
    """Whether these are options of an interpreter that say nothing of what it runs."""
    waits = False
    for word in words:
        if not waits and not (_FLAGS.fullmatch(word) or _VALUED.fullmatch(word) or _GLUED.fullmatch(word)):
            return False
        waits = not waits and bool(_VALUED.fullmatch(word))
    return not waits


def pythons(env: Mapping[str, str]) -> list[str]:
    """Every name on PATH under which a Python is there."""
    return list(named(env, lambda name: _PYTHON.fullmatch(name) is not None))


def is_shim(path: Path) -> bool:
    """Whether a file is a shim of slopguard's."""
    try:
        with path.open("rb") as stream:
            return SHIM_MARK.encode() in stream.read(_HEAD)
    except OSError:
        return False


def without_shims(env: Mapping[str, str]) -> str:
    """PATH without the folders of shims that `slopguard run` made."""
    return os.pathsep.join(_folders(env))


def _folders(env: Mapping[str, str]) -> Iterator[str]:
    shims = env.get("SLOPGUARD_SHIMS", "").split(os.pathsep)
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        if folder not in shims:
            yield folder


def _python_with_pip(env: Mapping[str, str], version: str) -> Path | None:
    """The Python of the active environment, else the first `python3`, if it has pip; of `pip3.12`, `python3.12`."""
    own = env.get("VIRTUAL_ENV") if "." not in version else None
    candidates = [Path(own) / "bin" / "python"] if own else []
    names = (f"python{version}",) if "." in version else ("python3", "python")
    candidates += [path for name in names if (path := executable(name, env))]
    for python in candidates:
        if python.exists() and _has(python, "pip"):
            return python
    return None


def _has(python: Path, module: str) -> bool:
    """Whether a Python can import a client; seen on disk, or asked of itself, the working directory left aside."""
    if any(python.parent.parent.glob(f"lib/python3*/site-packages/{module}/__main__.py")):
        return True
    import subprocess

    probe = f"import sys; del sys.path[0]; from importlib.util import find_spec; sys.exit(not find_spec({module!r}))"
    return subprocess.run([str(python), "-c", probe], check=False, capture_output=True).returncode == 0
