"""`slopguard keys`: the keys of this account; each command's module is imported only when it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.lazy import LazyGroup
from slopguard.cli.persons import key_folder
from slopguard.config import Settings, load, places
from slopguard.errors import InputError, SigningError, printable
from slopguard.names import phrase

SCHEMA = "slopguard/keys/1"
SUBCOMMANDS = {
    "list": ("slopguard.cli.keys:show_all", "The keys of this account, and what each may do."),
    "new": ("slopguard.cli.keys_new:new", "Make a key, or use one that you have (a person must)."),
    "revoke": ("slopguard.cli.key_changes:revoke", "Take a key out of every role of a list."),
    "rotate": ("slopguard.cli.key_changes:rotate", "Put a new key in the place of an old one in a list."),
    "show": ("slopguard.cli.keys:show", "The public half of a key, to hand to others."),
}


@click.group(cls=LazyGroup, table=SUBCOMMANDS, epilog="Example: slopguard keys new ana")
def keys() -> None:
    """Keys that sign lists and let packages through.

    Private keys lie encrypted in your settings folder, where you found them (OpenSSH), in hardware or at a cloud
    provider; passphrases and PINs are asked for at the terminal, each time, and never taken from anywhere else.
    """


@click.command("list", epilog="Example: slopguard keys list --format json")
@common
@click.pass_context
def show_all(ctx: click.Context, config: Path | None, form: str) -> int:
    """The keys of this account: name, id, where the private half is, and what the key may do."""
    rows = list(_rows(settings_of(ctx, config)))
    if form == "json":
        click.echo(json.dumps({"schema": SCHEMA, "keys": rows}, indent=1))
        return 0
    for row in rows:
        if "problem" in row:
            click.echo(f"{row['name']:<16} does not count: {phrase(row['problem'], 200)}")
        else:
            click.echo(f"{row['name']:<16} {row['keyid'][:16]}  {row['use']:<9}  {phrase(row['place'], 200)}")
    if not rows:
        click.echo("slopguard: there are no keys. Make one: slopguard keys new NAME", err=True)
    return 0


@click.command(epilog="Example: slopguard keys show ana -o ana.json")
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of to standard output.")
@common
@click.pass_context
def show(ctx: click.Context, name: str, output: str | None, config: Path | None, form: str) -> int:
    """The public half of the key NAME as JSON, to hand to others; it holds no secret."""
    del form  # it is JSON either way
    text = key_folder(settings_of(ctx, config)).public(name).to_json()
    if output is None:
        click.echo(text, nl=False)
        return 0
    try:
        Path(output).write_text(text, encoding="ascii")
    except OSError as why:
        problem = f"{printable(output)}: cannot be written ({type(why).__name__})"
        raise InputError(problem, "Check its folder") from None
    return 0


def settings_of(ctx: click.Context, config: Path | None) -> Settings:
    """The settings of the account: its keys are the same in every project, whatever that project's settings say."""
    named = config_of(ctx, config)
    return load(places(os.environ).account, os.environ, config_file=named.absolute() if named else None)


def _rows(settings: Settings) -> Iterator[dict[str, str]]:
    folder = key_folder(settings)
    for name in folder.names():
        try:
            key = folder.public(name)
        except SigningError as problem:
            yield {"name": name, "problem": str(problem)}
            continue
        use = "approves" if key.approves and key.may_approve else "machine" if key.machine else "signs"
        yield {
            "name": name,
            "keyid": key.keyid,
            "use": use,
            "place": key.uri or _place(folder.private(name), key.machine),
        }


def _place(path: Path, machine: bool) -> str:
    if machine:
        return "a secret of your CI"
    return str(path) if path.is_file() else f"{path} (is gone)"
