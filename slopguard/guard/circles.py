"""A version manager's `pip` looks on PATH for the system's and finds our shim, which would start the manager again.

Invariants: what a shim or slopguard started is written in one variable, with the process that became it or is above it;
only that process, come back as a shim, or its shell script leaves the file out; a client itself (no script,
no link to a program of another name) may start itself again. The variable can only choose a later client on PATH.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SLOPGUARD_PAST"
"""`PID:FILE:...` (the process became the file) or `>PID:FILE:...` (it is a child of that process)."""


def led_back(path: Path, name: str, env: Mapping[str, str]) -> bool:
    """Whether this file was started by this very process, or its script, and led back here."""
    process, *files = env.get(VARIABLE, "").split(":")
    return str(path) in files and not _itself(path, name) and _led(process)


def became(env: Mapping[str, str], file: str) -> dict[str, str]:
    """The environment for a file that this process becomes."""
    return _with(env, f"{os.getpid()}", file)


def above(env: Mapping[str, str], file: str) -> dict[str, str]:
    """The environment for a file that a child of this process becomes."""
    return _with(env, f">{os.getpid()}", file)


def _with(env: Mapping[str, str], process: str, file: str) -> dict[str, str]:
    return {**env, VARIABLE: ":".join(dict.fromkeys([process, *_past(env), file]))}


def _past(env: Mapping[str, str]) -> list[str]:
    process, *files = env.get(VARIABLE, "").split(":")
    return [file for file in files if file] if process and _led(process) else []


def _led(process: str) -> bool:
    if process in (f"{os.getpid()}", f">{os.getppid()}"):
        return True
    import subprocess

    command = ["ps", "-o", "ppid=", "-o", "args=", "-p", f"{os.getppid()}"]
    try:
        said = subprocess.run(command, check=False, capture_output=True, text=True).stdout.split(None, 2)
    except OSError:
        return False
    shell = len(said) > 1 and said[1].endswith("sh")
    return shell and process in (f"{os.getppid()}", f">{said[0]}")


def _itself(path: Path, name: str) -> bool:
    try:
        with path.open("rb") as stream:
            script = stream.read(2) == b"#!"
        return not script and path.resolve().name.startswith(name.rstrip("0123456789."))
    except OSError:
        return False
