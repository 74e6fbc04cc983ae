"""Where the command `slopguard` starts: a hook is answered before anything else is imported."""

import os
import sys


def main() -> int:
    """Run this process' command line and give its exit code; after a guarded command this process just ends."""
    if sys.argv[1:2] == ["hook"]:
        from slopguard.agents import quick

        if quick.plain(sys.argv[2:]):
            return quick.main(sys.argv[2:])
    from slopguard.cli import main as run

    code = run()
    if "slopguard.guard.run" in sys.modules:
        _end(code)
    return code


def _end(code: int) -> None:
    """End at once: all is done, and to take apart what was imported would take a fifth of what a command costs."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # a stream that is gone: the interpreter knows what to do
        return
    os._exit(code)
