"""What pipx works with: pip, which it keeps a copy of, or uv, which it takes where it finds one.

Measured with pipx 1.18: `--backend` counts, but an environment that is there keeps the backend it was made with; then
`PIPX_DEFAULT_BACKEND`; else uv from 0.9.17 on, beside pipx or on PATH; else pip. `pipx environment` says what came of
it. Each backend reads its own settings, so that pip's say nothing where uv works, and the other way round.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import pipx_kept
from slopguard.clients.pipx_kept import PIP, UV
from slopguard.clients.pipx_line import Line, kept
from slopguard.errors import ConfigError

_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What pipx says about itself: the backend it would take, and the uv it would use, `""` if none."""

    backend: str
    uv: str


def ask(command: Sequence[str], env: Mapping[str, str]) -> Asked:
    """Ask pipx; one too old to know of backends has pip only.

    Raises:
        ConfigError: pipx cannot be started.
    """
    try:
        done = subprocess.run(
            [*command, "environment"], env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=_TIMEOUT, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError("pipx cannot be started", "Check that this works: pipx environment") from error
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    if done.returncode or "PIPX_HOME" not in said:
        raise ConfigError("pipx does not say how it works", "Check that this works: pipx environment")
    return Asked(said.get("PIPX_RESOLVED_BACKEND", PIP), said.get("PIPX_UV_BINARY", ""))


def guess(env: Mapping[str, str]) -> Asked:
    """The same without starting pipx, for reading a command line."""
    path = env.get("PATH", os.defpath)
    pipx = shutil.which("pipx", path=path)
    beside = str(Path(pipx).resolve().parent / "uv") if pipx else ""
    uv = beside if beside and os.access(beside, os.X_OK) else shutil.which("uv", path=path) or ""
    named = env.get("PIPX_DEFAULT_BACKEND", "").strip()
    return Asked(named or (UV if uv else PIP), uv)


def backends(line: Line, asked: Asked, env: Mapping[str, str], cwd: Path) -> tuple[str, ...]:
    """The backends that the command works with, the one that new environments get first."""
    chosen = args.last(line.after, "--backend")
    if line.command == "upgrade-shared":
        return (PIP,)
    there = [each.backend for each in kept(line, env, cwd)]
    if line.command in ("upgrade", "inject", "runpip", "upgrade-all") and there:
        found = [*there, *([chosen or asked.backend] if args.has(line.after, "--install") else [])]
    elif line.command in ("reinstall", "reinstall-all", "repair", "install-all", "interpreter"):
        found = [chosen] if chosen else [*there, asked.backend]
    else:
        found = [chosen or asked.backend]
    return tuple(dict.fromkeys(found))


def pip_command(command: Sequence[str], env: Mapping[str, str], *, everybody: bool = False) -> tuple[str, ...]:
    """How to start the pip that pipx works with: its shared one, else the one it would make that from.

    Raises:
        ConfigError: there is none.
    """
    shared = Path(env.get("PIPX_SHARED_LIBS") or pipx_kept.home(env, everybody=everybody) / "shared").expanduser()
    if (shared / "bin" / "pip").is_file():
        return (str(shared / "bin" / "pip"),)
    for python in _pythons(command, env):
        for wheel in sorted(Path(python).resolve().parent.parent.glob("lib/python3*/ensurepip/_bundled/pip-*.whl")):
            return (python, str(wheel / "pip"))
    found = shutil.which("pip", path=env.get("PATH", os.defpath))
    if found:
        return (found,)
    raise ConfigError("pipx has no pip to work with yet", "Let it make one: pipx upgrade-shared")


def _pythons(command: Sequence[str], env: Mapping[str, str]) -> Iterator[str]:
    """The interpreters that pipx might make environments from: its setting, its own, the one on PATH, ours."""
    own = ""
    try:
        with Path(command[0]).open("rb") as script:
            first = script.readline(512).decode("utf-8", "replace").strip()
            own = first[2:].strip() if first.startswith("#!") and "python" in first else ""
    except OSError:
        pass
    path = env.get("PATH", os.defpath)
    named = env.get("PIPX_DEFAULT_PYTHON", "")
    for candidate in (named, own, "python3", sys.executable):
        if found := shutil.which(candidate, path=path) if candidate else None:
            yield found


def uv_command(asked: Asked, env: Mapping[str, str]) -> tuple[str, ...] | None:
    """How to start the uv that pipx works with, `None` if there is none."""
    found = asked.uv or shutil.which("uv", path=env.get("PATH", os.defpath))
    return (found,) if found else None
