"""`poetry publish --build` as two commands: the build under the gate, the upload straight to where poetry sends it."""

from __future__ import annotations

from slopguard.clients import argv as args
from slopguard.clients.interface import Invocation
from slopguard.clients.poetry_line import understand
from slopguard.clients.poetry_options import GLOBAL


def split(call: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Both command lines; `None` for a command that stays one."""
    line = understand(call.argv)
    if line.command != "publish" or not call.installs:
        return None
    before = args.emit(line.before)
    place = args.last(line.after, "--dist-dir")
    shared = args.emit(line.after, lambda token: token.name in GLOBAL)
    build = (*before, "build", *shared, *(("--output", place) if place else ()))
    return build, (*before, "publish", *args.emit(line.after, lambda token: token.name != "--build"))
