"""`slopguard keys new`: make a key, make one again from its sheet, or use one that lies elsewhere.

Invariants: only a person at a terminal makes keys, and a further key that approves only whoever has the first one; a
passphrase, a PIN and the lines of a sheet are typed at the controlling terminal and come from nowhere else; a private
key is shown, on that terminal alone, only with `--sheet`; every new key is in the ledger before it can be used.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import common
from slopguard.cli.keys import settings_of
from slopguard.cli.persons import (
    approval_key,
    ask_for,
    ask_line,
    key_folder,
    new_secret,
    only_a_person,
    prove,
    tell,
)
from slopguard.config import Settings
from slopguard.errors import SigningError, UsageError, printable

if TYPE_CHECKING:
    from slopguard.signing.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options ask for."""

    name: str
    ssh: str | None
    uri: str | None
    public: str | None
    ci: bool
    output: str | None
    from_sheet: bool
    sheet: bool
    approve: bool

    def check(self) -> None:
        """Make sure that the options go together.

        Raises:
            UsageError: they do not.
        """
        ways = [self.ssh is not None, self.uri is not None, self.ci, self.from_sheet]
        if sum(ways) > 1:
            raise UsageError("--ssh, --uri, --ci and --from-sheet exclude each other", "Choose one of them")
        if self.ci != (self.output is not None):
            raise UsageError("a CI key is written to a file: --ci -o FILE", "For example: keys new ci --ci -o ci.pem")
        if self.ci and self.approve:
            raise UsageError(
                "a CI key cannot approve: nobody is asked when it signs", "Use a key with a passphrase for that"
            )
        if self.sheet and any(ways[:3]):
            raise UsageError("only a key that is made here can be put on a sheet", "Leave out --sheet")
        if self.public is not None and self.uri is None:
            raise UsageError("--public goes with --uri", "See slopguard keys new --help")


@click.command(epilog="Example: slopguard keys new ana --sheet")
@click.argument("name")
@click.option("--ssh", metavar="PATH", help="Use this OpenSSH key where it lies; it must have a passphrase.")
@click.option(
    "--uri", metavar="URI", help="Use a key in hardware (hsm:) or at a provider (awskms: gcpkms: azurekms: hv:)."
)
@click.option("--public", metavar="FILE", help="The public half of the key at --uri (PEM), instead of asking there.")
@click.option("--ci", is_flag=True, help="A key WITHOUT passphrase for a secret of your CI; needs -o.")
@click.option("-o", "--output", metavar="FILE", help="Where --ci writes the private half.")
@click.option("--from-sheet", is_flag=True, help="Make a key again; its recovery sheet is asked for.")
@click.option("--sheet", is_flag=True, help="Show a recovery sheet to print or copy by hand, once.")
@click.option("--approve", is_flag=True, help="It lets packages through here (slopguard allow) and answers trust.")
@common
@click.pass_context
def new(ctx: click.Context, /, config: Path | None, form: str, **options: object) -> int:
    """Make the key NAME: Ed25519, encrypted with a passphrase that is asked for twice at the terminal.

    Hand its public half to others with `slopguard keys show NAME`.
    """
    del form
    wish = Wish(**options)  # type: ignore[arg-type]  # click gives them by name
    only_a_person("make keys", _command(wish))
    wish.check()
    settings = settings_of(ctx, config)
    if wish.approve and approval_key(settings) is not None:
        prove(settings, [f"key '{wish.name}' will let packages through on this account"])
    way = next(make for asked, make in _ways(wish) if asked)
    key = way(wish, settings)
    click.echo(f"slopguard: key '{key.name}' is ready, id {key.keyid[:16]}. For others: slopguard keys show {key.name}")
    return 0


def make(settings: Settings, name: str, *, approve: bool, seed: bytes | None = None, sheet: bool = False) -> PublicKey:
    """Make a key with a passphrase asked for at the terminal.

    Args:
        approve: it lets packages through on this account.
        seed: its private half, `None` for a new one.
        sheet: show its recovery sheet on the terminal.

    Raises:
        SigningError: the passphrase is too short, or the second is another one.
        UsageError: there is a key of this name.
    """
    from slopguard.signing.keys import fresh_seed
    from slopguard.signing.sheet import page

    folder = key_folder(settings)
    folder.free(name)
    secret = new_secret(f"key '{name}'")
    seed = seed or fresh_seed()
    key = folder.new(name, secret, seed=seed, approves=approve)
    if sheet:
        tell(["", *page(name, key.keyid, seed), "It is shown once, here and nowhere else.", ""])
    return key


Way = Callable[[Wish, Settings], "PublicKey"]


def _ways(wish: Wish) -> tuple[tuple[object, Way], ...]:
    return ((wish.ci, _for_ci), (wish.ssh, _ssh), (wish.uri, _elsewhere), (wish.from_sheet, _again), (True, _fresh))


def _fresh(wish: Wish, settings: Settings) -> PublicKey:
    return make(settings, wish.name, approve=wish.approve, sheet=wish.sheet)


def _again(wish: Wish, settings: Settings) -> PublicKey:
    from slopguard.signing.sheet import LINES, read_line, seed_of

    key_folder(settings).free(wish.name)
    lines = []
    for number in range(1, LINES + 1):
        line = ask_line(f"Line {number} of the sheet: ")
        try:
            read_line(number, line)
        except SigningError as problem:
            line = ask_line(f"{problem}; line {number} again: ")
            read_line(number, line)
        lines.append(line)
    return make(settings, wish.name, approve=wish.approve, seed=seed_of(lines), sheet=wish.sheet)


def _ssh(wish: Wish, settings: Settings) -> PublicKey:
    return key_folder(settings).adopt(wish.name, Path(wish.ssh or ""), ask_for, approves=wish.approve)


def _elsewhere(wish: Wish, settings: Settings) -> PublicKey:
    from slopguard.signing.keys import public_from, read_file
    from slopguard.signing.signers import imported, known_place

    folder, uri = key_folder(settings), known_place(wish.uri or "")
    folder.free(wish.name)
    if wish.public is not None:
        found = uri, public_from(read_file(Path(wish.public)), wish.public)
    else:
        found = imported(uri, ask_for)
    return folder.link(wish.name, *found, machine=uri.startswith("file2:"), approves=wish.approve)


def _for_ci(wish: Wish, settings: Settings) -> PublicKey:
    from slopguard.config import private
    from slopguard.signing.keys import machine_key

    folder, place = key_folder(settings), Path(wish.output or "")
    folder.free(wish.name)
    key, pem = machine_key(wish.name)
    private.put_new(place.absolute(), pem)
    folder.keep_public(key)
    click.echo(
        printable(
            f"slopguard: {place} holds the private half WITHOUT a passphrase: whoever reads it signs with it. "
            "Put it into a secret of your CI, then delete it."
        ),
        err=True,
    )
    return key


def _command(wish: Wish) -> str:
    words = ["slopguard", "keys", "new", wish.name]
    for option, value in (("--ssh", wish.ssh), ("--uri", wish.uri), ("--public", wish.public), ("-o", wish.output)):
        words += [option, value] if value is not None else []
    flags = (("--ci", wish.ci), ("--from-sheet", wish.from_sheet), ("--sheet", wish.sheet), ("--approve", wish.approve))
    return shlex.join([*words, *(flag for flag, given in flags if given)])
