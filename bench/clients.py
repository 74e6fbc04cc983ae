"""What the guard costs each client: writing a lock file through the gate, and starting by a shim without installing.

Invariant: a client does the same work guarded and bare: the lock file is taken away before each round.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from slopguard.guard.enabling.shims import scripts
from tests.simulators.clients import Unavailable
from tests.simulators.drivers import FAMILIES, driver
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

NOTHING = {
    "pip": ("--version",),
    "uv": ("--version",),
    "npm": ("run", "nothing"),
    "python3": ("-c", "pass"),
}
"""A command of each shim that installs nothing."""


def locking(folder: Path) -> Iterator[tuple[str, Sandbox, Sequence[str], Path, PyPI | Npm]]:
    """Of each client with a lock file: its name, its sandbox, the command that locks a project, the lock file."""
    for family in FAMILIES:
        made = driver(family)
        if not made.lock:
            continue
        with Npm() if made.ecosystem == "npm" else PyPI() as registry:
            registry.add_established("sg-alpha")
            try:
                box = sandbox(folder / family, family, made.versions[0]).use(registry)
            except Unavailable:
                continue
            made.manifest(box, {"sg-alpha": "" if made.ecosystem == "pypi" else "^1.0.0"})
            yield family, box, made.relock(), box.project / made.lock, registry


def shimmed(folder: Path) -> Iterator[tuple[str, Sandbox, tuple[str, ...], tuple[str, ...]]]:
    """Of each shim: the words, the sandbox, the command by the shim and the bare one."""
    for name, words in NOTHING.items():
        family = name if name in FAMILIES else "pip"
        box = sandbox(folder / name, family, "machine" if family == "npm" else driver(family).versions[0])
        (box.project / "package.json").write_text('{"scripts": {"nothing": "true"}}')
        bare = shutil.which(name, path=box.env["PATH"]) or name
        shims = box.root / "shims"
        shims.mkdir()
        for shim, text in scripts([name, "pip"], shims).items():
            (shims / shim).write_text(text)
            (shims / shim).chmod(0o755)
        box.env["PATH"] = f"{shims}:{box.env['PATH']}"
        yield f"{name} {' '.join(words)}", box, (str(shims / name), *words), (bare, *words)
