"""`slopguard lists init`: start a repository of lists, for one person or several.

Invariants: with several people no private key is touched: each hands over the public half of a key of their own. For
one person a key and a recovery key are made; the recovery key is shown once, on the terminal, and kept nowhere.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.persons import key_folder, only_a_person, tell
from slopguard.config import Settings, load
from slopguard.errors import UsageError, printable

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey


@click.command(epilog="Example: slopguard lists init lists --name acme --people 3 --key ana.json --key ben.json ...")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What the lists are called, e.g. your company.")
@click.option("--people", "count", type=click.IntRange(1, 32), required=True, help="How many people answer for them.")
@click.option("--key", "keys", multiple=True, metavar="FILE", help="Each one's public key, or the name of your own.")
@click.option("--ci-key", required=True, metavar="FILE", help="The public key that CI signs with, or its name here.")
@click.option("--teams", multiple=True, metavar="TEAM:FILE", help="A team and a key that may sign for it.")
@click.option("--threshold", type=int, help="How many must sign the lists; a majority unless told.")
@common
@click.pass_context
def init(ctx: click.Context, /, folder: Path, name: str, config: Path | None, form: str, **options: object) -> int:
    """Start a repository of lists in FOLDER.

    Several people: each makes a key (`slopguard keys new`) and hands over what `slopguard keys show` prints. One
    person: a key is made here, and a recovery key on a sheet of paper. CI has a key of its own: `slopguard keys new ci
    --ci -o ci.pem`.
    """
    del form
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    _start(settings, folder, name, **options)  # type: ignore[arg-type]  # click gives them by name
    click.echo(printable(f"slopguard: {folder} is ready. Next, in it: slopguard lists build"))
    return 0


def _start(
    settings: Settings,
    folder: Path,
    name: str,
    count: int,
    keys: Sequence[str],
    ci_key: str,
    teams: Sequence[str],
    threshold: int | None,
) -> None:
    from slopguard.curation import beginning
    from slopguard.curation.people import NAME

    if not NAME.fullmatch(name):
        raise UsageError("lists are called with small letters, digits and '-'", "For example: --name acme")
    ci = public(settings, ci_key)
    signers = [(team, public(settings, what)) for team, what in map(_team, teams)]
    owners = [public(settings, key) for key in keys] or (_single(settings, folder, name) if count == 1 else [])
    if len(owners) != count and not (count == 1 and len(owners) == 2):  # the second is for recovery
        raise UsageError(
            f"{count} people need {count} keys, not {len(owners)}", "Name each one's public key: --key FILE"
        )
    root = beginning.majority(count)
    by_team: dict[str, list[str]] = {}
    for team, key in signers:
        by_team.setdefault(team, []).append(key.name)
    text = beginning.text(name, [key.name for key in owners], ci.name, by_team, (root, threshold or root))
    everybody = {key.keyid: key for key in (*owners, ci, *(key for _, key in signers))}
    beginning.begin(folder, text, list(everybody.values()))


def _single(settings: Settings, folder: Path, name: str) -> list[PublicKey]:
    """A key and a recovery key for one person."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import SSlibKey

    from slopguard.cli.keys_new import make
    from slopguard.curation.layout import Layout
    from slopguard.signing.keys import PublicKey, fresh_seed
    from slopguard.signing.sheet import page

    only_a_person("make keys", f"slopguard lists init {shlex.quote(str(folder))} --name {name} --people 1 ...")
    if Layout(folder).settings.exists():
        raise UsageError("that is a repository of lists already", "Choose another folder")
    mine = make(settings, name, approve=False)
    seed = fresh_seed()
    key = SSlibKey.from_crypto(Ed25519PrivateKey.from_private_bytes(seed).public_key())
    spare = PublicKey(f"{name[:23]}-recovery", key)
    tell(["", *page(spare.name, spare.keyid, seed), "Write it down now: it is shown once, and kept nowhere.", ""])
    return [mine, spare]


def _team(text: str) -> tuple[str, str]:
    team, colon, what = text.partition(":")
    if not colon or not what:
        raise UsageError("a team is named with its key", "For example: --teams payments:dee.json")
    return team, what


def public(settings: Settings, what: str) -> PublicKey:
    """A public key: in a file, or one of this account's by its name.

    Raises:
        SigningError: there is no such key here.
        InputError: the file holds none.
    """
    from slopguard.curation.people import public_key
    from slopguard.signing.public import NAME

    if NAME.fullmatch(what) and not Path(what).exists():
        return key_folder(settings).public(what)
    return public_key(Path(what))
