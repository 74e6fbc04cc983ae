"""What only bun itself can say: its built-in registry and its version.

Invariants: bun is asked in an empty folder of its own, with no home, no settings and no variable of anybody's, so that
neither a project nor the user can put an address into its mouth; the answer costs some 25 ms and no network (`publish
--dry-run` names the registry that it would write to). Nothing is remembered between runs of slopguard.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from slopguard.errors import ConfigError
from slopguard.patterns import regex

_REGISTRY = regex(r"^Registry: (https?://\S+)$", re.MULTILINE)
_VERSION = regex(r"(\d+)\.(\d+)\.\d+")
_NOWHERE = "http://127.0.0.1:9"
_TIMEOUT = 60


def registry(command: Sequence[str], env: Mapping[str, str]) -> str:
    """The built-in registry of bun.

    Raises:
        ConfigError: bun cannot be started or does not say.
    """
    found = _REGISTRY.search(_asked(_plain(command), env.get("PATH", os.defpath), "publish", "--dry-run"))
    if found is None:
        raise ConfigError("bun does not say which registry it uses", "Check that this works: bun --version")
    return found[1]


def version(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, int]:
    """The first two numbers of bun's version.

    Raises:
        ConfigError: bun cannot be started or does not say.
    """
    found = _VERSION.match(_asked(_plain(command), env.get("PATH", os.defpath), "--version"))
    if found is None:
        raise ConfigError("bun does not say which version it is", "Check that this works: bun --version")
    return int(found[1]), int(found[2])


def _plain(command: Sequence[str]) -> str:
    """The bun that a command starts: beside `bunx` lies the `bun` that it is."""
    started = Path(command[0])
    beside = started.with_name(started.name.replace("bunx", "bun"))
    return str(beside if beside.exists() else started)


@cache
def _asked(bun: str, path: str, *words: str) -> str:
    """What bun prints, in an empty project; `""` when it cannot be started."""
    with tempfile.TemporaryDirectory(prefix="slopguard-") as folder:
        (Path(folder) / "package.json").write_text('{"name": "empty", "version": "0.0.0"}', encoding="utf-8")
        env = {"PATH": path, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder, "NO_COLOR": "1"}
        env |= {"BUN_CONFIG_TOKEN": "none", "https_proxy": _NOWHERE, "http_proxy": _NOWHERE}
        try:
            done = subprocess.run(
                [bun, *words], env=env, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace", timeout=_TIMEOUT, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return ""
    return done.stdout
