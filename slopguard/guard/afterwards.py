"""The environment of what `npx` runs after its download: without the net, as that is the user's own doing.

npm starts every script through its `script-shell`, and tells a dependency's install script (`postinstall`) from the
command of `npm exec` (`npx`) by a variable. Invariants: an install script stays under the net; the shell that the user
configured is the one that runs; only variables that the net changed are put back, the gate's stay.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from slopguard.clients import npm_config
from slopguard.clients.interface import Invocation

EVENT = "npx"
"""What npm calls the command of `npm exec` (libnpmexec)."""
_OURS = "npm_config_script_shell"


def freed(env: Mapping[str, str], record: Mapping[str, str | None], call: Invocation, folder: Path) -> dict[str, str]:
    """The environment in which npm takes the net away from what `npx` runs.

    Args:
        env: the client's, under the net.
        record: what the net changed, with what was there before.
        folder: a private folder that lives as long as the client.
    """
    if not (call.runs and call.client in ("npm", "npx")):
        return dict(env)
    own = npm_config.load({}, env, call.cwd, None).text("script-shell") or "sh"
    shell = folder / "script-shell"
    shell.write_text(text(record, own), encoding="utf-8")
    shell.chmod(0o700)
    kept = {key: value for key, value in env.items() if key.lower().replace("-", "_") != _OURS}
    return {**kept, _OURS: str(shell)}


def text(record: Mapping[str, str | None], own: str) -> str:
    """The shell that npm starts scripts with."""
    back = [f"  export {name}={shlex.quote(value)}" for name, value in record.items() if value is not None]
    gone = [f"  unset {name}" for name, value in record.items() if value is None]
    lines = ["#!/bin/sh", f'if [ "${{npm_lifecycle_event-}}" = {EVENT} ]; then', *back, *gone, "  :", "fi"]
    return "\n".join([*lines, f'exec {shlex.quote(own)} "$@"', ""])
