"""`slopguard lists`: curate, sign, publish and fetch lists; each command's module is imported only when it runs."""

from __future__ import annotations

import click

from slopguard.cli.lazy import LazyGroup

SUBCOMMANDS = {
    "add": ("slopguard.cli.lists_edit:add", "Allow a package, or let one through for a while."),
    "build": ("slopguard.cli.lists_sign:build", "Build the bundles and stage what people must sign."),
    "deny": ("slopguard.cli.lists_edit:deny", "Deny a package or some of its versions."),
    "diff": ("slopguard.cli.lists_edit:diff", "What changed since the lists were signed."),
    "expiring": ("slopguard.cli.lists_edit:expiring", "Entries, signatures and keys that end soon."),
    "export": ("slopguard.cli.lists_edit:export", "The entries as JSON or CSV."),
    "import": ("slopguard.cli.lists_import:import_", "Entries from lock files, SBOMs and OSV advisories."),
    "init": ("slopguard.cli.lists_sign:init", "Start a repository of lists, for one person or several."),
    "promote": ("slopguard.cli.lists_edit:promote", "Move rows of teams up to the common list."),
    "publish": (
        "slopguard.cli.lists_sign:publish",
        "Write the signed lists to a folder that any static server can serve.",
    ),
    "remove": ("slopguard.cli.lists_edit:remove", "Take a package out of the lists."),
    "sign": ("slopguard.cli.lists_sign:sign", "Sign what is staged, with your key."),
    "status": ("slopguard.cli.lists_status:status", "The lists that this machine uses, and until when."),
    "sync": ("slopguard.cli.lists_sync:sync", "Fetch and verify the lists that your settings name."),
    "trust": ("slopguard.cli.lists_trust:trust", "Accept a publisher of lists on this machine (a person must)."),
    "verify": ("slopguard.cli.lists_sign:verify", "Verify shipped lists, this machine's, or a published folder."),
}


@click.group(cls=LazyGroup, table=SUBCOMMANDS, epilog="Example: slopguard lists sync")
def lists() -> None:
    """Curate, sign, publish and fetch the lists that decide what may be installed."""
