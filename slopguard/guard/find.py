"""The client that the user would have run: the first on PATH that is no shim of ours.

Invariant: a shim is known by its second line, wherever it lies and whatever it is called, so that slopguard never
starts itself in a circle.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from slopguard.clients import plain
from slopguard.errors import UsageError

SHIM_MARK = "# slopguard shim"
_HEAD = 256


def command(client: str, env: Mapping[str, str]) -> tuple[str, ...]:
    """How to start a client.

    Raises:
        UsageError: it is not installed.
    """
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
        if path and not is_shim(Path(path)):
            return Path(path)
    return None


def installed(env: Mapping[str, str]) -> list[str]:
    """Every name on PATH under which a client that can be guarded is there, versioned pips (`pip3.12`) included."""
    found: dict[str, None] = {}
    for folder in _folders(env):
        with suppress(OSError):
            for entry in os.scandir(folder or "."):
                if plain(entry.name) and os.access(entry.path, os.X_OK) and not is_shim(Path(entry.path)):
                    found.setdefault(entry.name)
    return list(found)


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
        folders = python.parent.parent.glob("lib/python3*/site-packages/pip/__main__.py")
        if python.exists() and (any(folders) or _asked(python)):
            return python
    return None


def _asked(python: Path) -> bool:
    """Whether a Python can import pip; asked of itself, isolated from the working directory."""
    import subprocess

    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pip') is None)"
    return subprocess.run([str(python), "-I", "-c", probe], check=False, capture_output=True).returncode == 0
