"""What `slopguard --help` and `slopguard run --help` say of guarded commands.

The commands themselves never come here: `slopguard.cli.main` sends them to `slopguard.guard.run` before click is
imported, so that a client's own options stay its own.
"""

from __future__ import annotations

import click

from slopguard.errors import UsageError


def _described(name: str, example: str) -> click.Command:
    return click.Command(name, help=f"{name}, guarded: same arguments, same output.", epilog=f"Example: {example}")


EXAMPLES = {
    "pip": "slopguard pip install flask",
    "uv": "slopguard uv add flask",
    "uvx": "slopguard uvx ruff check",
    "pipx": "slopguard pipx install ruff",
    "poetry": "slopguard poetry add flask",
    "pdm": "slopguard pdm add flask",
    "npm": "slopguard npm install express",
    "npx": "slopguard npx prettier --check .",
    "pnpm": "slopguard pnpm add express",
    "pnpx": "slopguard pnpx prettier --check .",
    "pn": "slopguard pn add express",
    "pnx": "slopguard pnx prettier --check .",
    "yarn": "slopguard yarn add express",
    "yarnpkg": "slopguard yarnpkg add express",
    "bun": "slopguard bun add express",
    "bunx": "slopguard bunx prettier --check .",
}
"""An example of each guarded client's command line."""
DESCRIBED = {name: _described(name, example) for name, example in EXAMPLES.items()}


def __getattr__(name: str) -> click.Command:
    """The description of a client, under the client's name."""
    try:
        return DESCRIBED[name]
    except KeyError:
        raise AttributeError(name) from None


@click.command(epilog="Example: slopguard run -- make install")
@click.option("--net", is_flag=True, help="Keep the whole command, not only its clients, from going past the guard.")
@click.argument("command", nargs=-1, metavar="-- COMMAND...")
def run(net: bool, command: tuple[str, ...]) -> None:
    """Run COMMAND; every package client that it starts is guarded."""
    raise UsageError("run needs a command after --", "For example: slopguard run -- make install")
