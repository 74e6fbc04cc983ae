"""Where the command `slopguard` starts: a hook is answered before anything else is imported."""

import sys


def main() -> int:
    """Run this process' command line and give its exit code."""
    if sys.argv[1:2] == ["hook"]:
        from slopguard.agents import quick

        if quick.plain(sys.argv[2:]):
            return quick.main(sys.argv[2:])
    from slopguard.cli import main as run

    return run()
