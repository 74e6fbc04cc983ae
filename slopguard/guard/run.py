"""A guarded command: judge what it will install, run the client against the gate, say what was refused.

Invariants: a command that installs nothing is the client itself, started at once; nothing is started while
something that it would install is refused; the client's exit code counts unless something was refused.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.errors import SlopguardError, UsageError
from slopguard.guard import circles, find, outer
from slopguard.guard.quick import installs_nothing

if TYPE_CHECKING:
    from slopguard.clients.interface import Invocation
    from slopguard.guard.session import Guarded


def main(client: str, argv: Sequence[str], config: Path | None = None, *, net: bool = False) -> int:
    """Run `slopguard CLIENT ARGV...`, or `slopguard run -- ARGV...` when `client` is `run`.

    Args:
        config: `--config FILE`.
        net: of `run`: the egress net lies under the whole command, not only under the clients in it.

    Returns:
        the exit code; a command that installs nothing never returns.

    Raises:
        SlopguardError: something is wrong before the client could be started.
    """
    if outer.VARIABLE in os.environ:
        from slopguard.guard import below  # only below another guard: start-up is a feature

        confined = below.held(os.environ)
        if confined is not None:
            below.started(client, argv, confined)
        outer.take_back()
    if client == "run":
        from slopguard.guard.shims import main as run_command

        return run_command(argv, config, net=net)
    env, cwd = outer.restored(os.environ), Path.cwd()
    via = env.pop(find.VIA, "")
    if installs_nothing(client, argv):
        straight((*find.command(client, env, via), *argv), env)
    from slopguard.clients import client_for

    known = client_for(client)
    call = known.parse(client, argv, cwd, env)
    command = find.command(client, env, via)
    if not call.installs:
        straight((*command, *argv), env)
    from slopguard.guard.session import Guarded

    parts = _split(call)
    if parts is None:
        return _heard_above(Guarded(known, call, command, env, cwd, config))
    first, then = parts
    code = _heard_above(Guarded(known, known.parse(client, first, cwd, env), command, env, cwd, config))
    if code == 0:
        straight((*command, *then), env)
    return code


def _heard_above(guarded: Guarded) -> int:
    """Run it; an error of ours is known to the guard above, whatever its command makes of our exit code.

    Raises:
        SlopguardError: as it raises.
    """
    try:
        return guarded.run()
    except UsageError:
        raise
    except SlopguardError as error:
        outer.tell(os.environ, error.exit_code)
        raise


def _split(call: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A call as two, one under the gate and one without it; `None` where it stays one."""
    if call.client == "uv":
        from slopguard.clients.uv_split import split
    elif call.client == "pdm":
        from slopguard.clients.pdm_split import split
    elif call.client == "poetry":
        from slopguard.clients.poetry_split import split
    else:
        return None
    return split(call)


def straight(argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Become the client: no gate, no tax; never returns."""
    os.execve(argv[0], list(argv), circles.became(env, argv[0]))  # noqa: S606 no shell: the user's own arguments, as typed
