"""One uv command as two: what installs, under the gate; what runs or prints the user's own things, without it.

Measured with uv 0.13: after `uv sync`, `uv run --no-sync` neither resolves nor asks an index; after `uv sync
--script`, `uv run --offline` finds the script's environment complete; after `uv lock`, `uv export --frozen` and `uv
tree --frozen` read the lock only. Invariant: the user's code sees neither the gate nor its addresses in a lock file.
"""

from __future__ import annotations

from slopguard.clients import argv as args
from slopguard.clients import uv_options
from slopguard.clients.interface import Invocation
from slopguard.clients.uv_line import script_of, understand


def split(call: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A call that runs or prints the user's own things, as two: one under the gate, then one without it.

    Returns:
        the arguments of `uv sync` or `uv lock` to be guarded, and the arguments with which the user's command then
        runs in the user's own environment; `None` where uv cannot be split (`--with`, uvx, a script from a pipe).
    """
    line = understand(call.client, call.argv)
    first = uv_options.SPLIT.get(line.command)
    alone = args.has(line.tokens, "--with", "--with-editable", "--with-requirements", "--isolated", "--no-project")
    if first is None or (alone and line.command == "run") or (first == "lock" and args.has(line.tokens, "--frozen")):
        return None
    script = script_of(line, call.here or call.cwd)
    options = [token for token in line.after if token.name not in ("", "--", "--script")]
    shared = _shared(options, first)
    if script:
        shared += ["--script", str(script)]
    elif first == "sync":
        shared.append("--inexact")
    own = [*args.emit(line.before), line.command, _then(first, script is not None)]
    rest = args.emit(line.after, lambda t: first == "sync" or t.name not in ("--locked", "--upgrade", "-U", "-P"))
    return ("--quiet", *args.emit(line.before), first, *shared), (*own, *rest)


def _then(first: str, script: bool) -> str:
    """The option that keeps uv from resolving again; a script's environment is checked anew, but found complete."""
    if first == "lock":
        return "--frozen"
    return "--offline" if script else "--no-sync"


def _shared(options: list[args.Token], first: str) -> list[str]:
    """The options of `uv run`, `tree` or `export` that `uv sync` or `uv lock` takes too."""
    if first == "sync":
        return args.emit(options, lambda t: t.name not in uv_options.RUN_ONLY)
    known = uv_options.grammar("lock").values
    return args.emit(options, lambda t: t.name in known or t.name in ("--locked", "-U", "--upgrade", "--no-index"))
