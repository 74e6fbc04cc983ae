"""What `slopguard --help` and `slopguard run --help` say of guarded commands.

The commands themselves never come here: `slopguard.cli.main` sends them to `slopguard.guard.run` before click is
imported, so that a client's own options stay its own.
"""

from __future__ import annotations

import click

from slopguard.errors import UsageError


def _described(name: str, example: str) -> click.Command:
    return click.Command(name, help=f"{name}, guarded: same arguments, same output.", epilog=f"Example: {example}")


pip = _described("pip", "slopguard pip install flask")
uv = _described("uv", "slopguard uv add flask")
uvx = _described("uvx", "slopguard uvx ruff check")
npm = _described("npm", "slopguard npm install express")
npx = _described("npx", "slopguard npx prettier --check .")


@click.command(epilog="Example: slopguard run -- make install")
@click.argument("command", nargs=-1, metavar="-- COMMAND...")
def run(command: tuple[str, ...]) -> None:
    """Run COMMAND; every pip, uv, uvx, npm and npx that it starts is guarded."""
    raise UsageError("run needs a command after --", "For example: slopguard run -- make install")
