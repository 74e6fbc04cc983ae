"""Whether a gate stands below an agent: whether what it would install is judged again where it is installed.

Invariant: this looks at what is there, never at what was recorded, and says no where it cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping


def gate(env: Mapping[str, str]) -> bool:
    """Whether every client on PATH is a shim of ours, and there is one at all.

    Args:
        env: the agent's environment, which the commands that it runs begin with.
    """
    from slopguard.guard import coverage

    found = coverage.covered(env)
    return bool(found) and all(client.guarded for client in found)
