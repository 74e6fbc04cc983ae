"""`pdm publish` as two commands: the build, under the gate; the upload, without it, to whom pdm is configured for.

Measured with pdm 2.29: `pdm publish` builds as `pdm build` does, then uploads what lies in the folder; told
`--no-build`, it only uploads.
"""

from __future__ import annotations

import os

from slopguard.clients import argv as args
from slopguard.clients.interface import Invocation
from slopguard.clients.pdm_line import understand

_SHARED = ("--project", "--dest", "-d", "--skip", "-k", "--verbose", "-v", "--quiet", "-q")


def split(call: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The arguments of the build and those of the upload; `None` for every other command.

    The folder that a relative path starts from is the one the command was typed in, as for pdm itself.
    """
    if call.command != "publish":
        return None
    line = understand(call.argv, call.here or call.cwd, os.environ)
    before = args.emit(line.before)
    shared = args.emit(line.after, lambda token: token.name in _SHARED)
    return (*before, "build", *shared), (*call.argv, "--no-build")
