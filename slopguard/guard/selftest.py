"""Is an invented name refused through this client, here, now? Each client is started as the user's shell would.

Invariants: the name is made up anew, long and random, so that nobody can have registered it; the client runs in an
empty folder that is gone afterwards; only our own message with that name, and an exit code that is not 0, counts as
refused.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slopguard.clients import plain

PROBES: Mapping[str, tuple[str, ...]] = {
    "pip": ("install",),
    "uv": ("pip", "install"),
    "uvx": (),
    "pipx": ("install",),
    "poetry": ("add",),
    "pdm": ("add",),
    "npm": ("install",),
    "npx": ("--yes",),
    "pnpm": ("add",),
    "pnpx": (),
    "pn": ("add",),
    "pnx": (),
    "yarn": ("add",),
    "yarnpkg": ("add",),
    "bun": ("add",),
    "bunx": (),
}
"""Client to the words before the name."""
_MANIFESTS = {
    "pyproject.toml": '[project]\nname = "self-test"\nversion = "0"\nrequires-python = ">=3.9"\n',
    "package.json": json.dumps({"name": "self-test", "version": "0.0.0", "private": True}),
}
GHOST = "slopguard-self-test-"
"""How every invented name begins."""
TIMEOUT = 60.0
"""Seconds for one client."""
TOGETHER = 4
USAGE = 2


class Found(StrEnum):
    """What became of the invented name."""

    REFUSED = "refused"
    UNVERIFIED = "unverified"
    """Stopped, but because an index or a list did not answer: it would be with any name."""
    STOPPED = "stopped"
    """slopguard ended it with an error of its own: the client was not started, whatever the name."""
    OPEN = "open"
    """The client itself was started: it is not guarded."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One client's result."""

    name: str
    found: Found


def probe_all(names: Iterable[str], env: Mapping[str, str]) -> list[Probe]:
    """The result of every client, in the order given."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(lambda name: probe(name, env), names))


def probe(name: str, env: Mapping[str, str]) -> Probe:
    """Start one client on an invented name, in an empty project."""
    ghost = f"{GHOST}{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="slopguard-test-") as folder:
        for file, text in _MANIFESTS.items():
            (Path(folder) / file).write_text(text, encoding="utf-8")
        argv = [name, *PROBES[plain(name) or name], ghost]
        try:
            done = subprocess.run(
                ["sh", "-c", 'exec "$@"', "sh", *argv], cwd=folder, env=dict(env), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return Probe(name, Found.OPEN)
    return Probe(name, _read(done.returncode, done.stderr, ghost))


def _read(code: int, said: str, ghost: str) -> Found:
    ours = [line for line in said.splitlines() if line.startswith("slopguard: ") and ghost in line]
    if code == 1 and any(": BLOCKED " in line for line in ours):
        return Found.REFUSED
    if code in (3, 4) and any(": UNCHECKED " in line or ": QUARANTINED " in line for line in ours):
        return Found.UNVERIFIED
    lines = said.splitlines()
    if code == USAGE and lines and all(line.startswith("slopguard: ") for line in lines):
        return Found.STOPPED
    return Found.OPEN
