"""What a guarded client starts: a client in a script of a package or of the project.

A project's own script (`"postinstall": "cd client && npm install"`) and what `npx` runs start clients by name. Shims
make each a guarded command of its own, with the user's settings again and its own lock file translated and put back;
the gate of the command above would be in that lock file, and npm's token for it does not get past shells that hand on
no variable whose name is none to them (dash).

Below a client that the kernel confines no second gate could be reached. There the client itself is started, on the
gate of the command above, which judges whatever it asks for. Invariant: that needs the record of the guard above and
a kernel that refuses other connections; a variable alone takes nobody past a guard.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from slopguard.clients.interface import Invocation
from slopguard.errors import UsageError
from slopguard.guard import circles, find, outer
from slopguard.guard.net import runs_own_code

HELD = "held.json"
"""Beside the record of the environment, where the kernel confines the client: the variables that shells drop."""

_UNNAMED = {"npm_config_omit_lockfile_registry_resolved": "true"}
"""Nobody puts the addresses back in a lock file that is written there, so it shall name none."""


def prepared(env: Mapping[str, str], call: Invocation, config: Path | None, folder: Path) -> dict[str, str]:
    """A client's environment, with shims first on PATH if it may start other clients.

    Args:
        config: `--config FILE`, which holds for them too.
        folder: a private folder that lives as long as the client.
    """
    if not (runs_own_code(call) or call.client in ("npm", "npx")):
        return dict(env)
    shims = folder / "bin"
    shims.mkdir()
    own = [sys.executable, "-P", "-m", "slopguard", *(["--config", str(config.resolve())] if config else [])]
    for name in find.installed(env):
        (shims / name).write_text(f'#!/bin/sh\n{find.SHIM_MARK}\nexec {shlex.join([*own, name])} "$@"\n')
        (shims / name).chmod(0o755)
    return {**env, "PATH": f"{shims}{os.pathsep}{env.get('PATH', os.defpath)}"}


def hold(env: Mapping[str, str], folder: Path) -> None:
    """Let guards below know that the kernel confines them to our gate, and the variables that they may have lost."""
    record = folder / HELD
    record.touch(mode=0o600)
    record.write_text(json.dumps({key: value for key, value in env.items() if not key.isidentifier()}))


def held(env: Mapping[str, str]) -> dict[str, str] | None:
    """The environment for a client below one that the kernel confines; `None` where it is not."""
    try:
        lost = json.loads(Path(env.get(outer.VARIABLE, "")).with_name(HELD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    from slopguard.egress import landlock

    return {**lost, **env, **_UNNAMED} if isinstance(lost, dict) and landlock.holds() else None


def started(client: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Become a client on the gate of the command above, or the command of `slopguard run`; never returns.

    Raises:
        UsageError: there is none.
    """
    kept = {key: value for key, value in env.items() if key != find.VIA}
    command = list(argv) if client == "run" else [*find.command(client, kept, env.get(find.VIA, "")), *argv]
    try:
        os.execvpe(command[0], command, circles.became(kept, command[0]))  # noqa: S606 no shell: the user's own arguments, as typed
    except OSError as error:
        raise UsageError(f"{Path(command[0]).name} cannot be started", "Check that it is installed") from error
