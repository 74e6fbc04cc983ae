"""The list: every way around, and the layer that stops it here. `stops` marks the test that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., None])

SHIM = "shims"
ENVIRONMENT = "environment of `slopguard run`"
BEFORE = "judged before the client starts"
GATE = "gate"
NET = "egress net"
SETTINGS = "settings in layers"
SIGNED = "signed lists"
HOOK = "agent's hook"
NOTHING = "not stopped without an egress rule"

WAYS = (
    "absolute path to the manager",
    "activated venv shadowing a PATH shim",
    "`python -m pip`",
    "renamed copy or symlink of the installer",
    "shell variable or script file hiding the word",
    "`bash -lc`",
    "`$(...)`",
    "aliases such as `npm isntall`",
    "`npm:` alias specs",
    "`npx -p`",
    "`uvx --with`",
    "nested `-r`",
    "manifest edited first and then a bare install",
    "warm cache",
    "offline store",
    "lockfile URL installs",
    "git specs",
    "tarball and URL specs",
    "editable specs",
    "`--index-url` and `--extra-index-url` changes",
    'sdist build code during "dry" resolution',
    "build-isolation requirements",
    "NO_PROXY or unset proxy",
    "manager config overriding CA",
    "first-run tool downloads (corepack)",
    "first-run tool downloads (uv python)",
    "unsupported manager version",
    "an agent editing the guard's cache",
    "an agent editing the guard's config",
    "the guard's own feed replaced",
    "the guard's own binary replaced",
)
"""Every line of the list, in its order."""

SHOWN: dict[str, set[str]] = {}
"""Way to the layers that tests of this folder show; filled when their modules are imported."""


def stops(way: str, *layers: str) -> Callable[[Test], Test]:
    """Mark a test as the one that shows what stops a way around."""
    assert way in WAYS, way
    SHOWN.setdefault(way, set()).update(layers)
    return pytest.mark.clients
