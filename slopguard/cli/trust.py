"""`slopguard trust`: a person accepts a project's settings, its lock files, or an index.

Invariants: nothing is accepted but what was shown; only an answer typed at the controlling terminal after it was shown
counts, no flag and no pipe: `yes`, or the passphrase of the account's approval key if it has one; what was accepted
elsewhere meanwhile is kept; an agent and a CI job are refused before anything is read; what would not be in force
anyhow, because the organisation forbids it, is refused too; every acceptance and removal is in the ledger.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.persons import only_a_person, prove
from slopguard.clients.sources import canonical
from slopguard.config import Settings, load, places
from slopguard.config import accepted as record
from slopguard.config.accepted import Accepted
from slopguard.errors import SlopguardError, UsageError, printable
from slopguard.guard.adopt import Offer, look
from slopguard.indexes import without_credentials
from slopguard.names import phrase, shown
from slopguard.store import acts, redact

SCHEMA = "slopguard/trust/1"
SCHEMES = ("https", "http", "file")
WIDE = 200
"""Characters of one word that are shown."""
MOST = 20
"""New packages of a lock file that are named one by one."""


class Trust(click.Group):
    """The group whose first word may be a place instead of a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with `accept` filled in; a folder that is called like a command is written `./list`."""
        known = (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if args and args[0] in known else ["accept", *args])


@click.group(cls=Trust, epilog="Example: slopguard trust .    or: slopguard trust https://registry.example/simple/")
def trust() -> None:
    """Accept a project's settings and lock files, or an index: trust [FOLDER | FILE | URL].

    What is accepted is shown first, and a person must answer at the terminal. Settings count until the file changes;
    packages in an accepted lock file may be younger than the cooldown; an accepted index counts as your own.
    """


@trust.command(hidden=True, epilog="Example: slopguard trust .")
@click.argument("what", default=".")
@common
@click.pass_context
def accept(ctx: click.Context, what: str, config: Path | None, form: str) -> int:
    """Accept WHAT: a project's folder, a settings file, or the URL of an index."""
    del form  # the answer is one sentence for a person
    _refuse_strangers(what)
    user = places(os.environ).user
    made = _index if "://" in what else _project
    proposal = made(what, record.read(user), user, config_of(ctx, config))
    prove(proposal.settings, proposal.lines)
    keep(proposal, user)
    back = f"slopguard trust remove {shlex.quote(proposal.name)}"
    click.echo(printable(f"slopguard: accepted. Take it back with: {back}"))
    return 0


@trust.command("list", epilog="Example: slopguard trust list --format json")
@common
@click.pass_context
def show(ctx: click.Context, config: Path | None, form: str) -> int:
    """What was accepted, and what of it no longer counts because it changed."""
    del ctx, config
    known = record.read(places(os.environ).user)
    if form == "json":
        rows = [{"kind": kind, "what": what, "counts": counts} for kind, what, counts in _rows(known)]
        click.echo(json.dumps({"schema": SCHEMA, "accepted": rows}, indent=1))
        return 0
    for kind, what, counts in _rows(known):
        click.echo(f"{kind:<9} {phrase(what, WIDE)}" + ("" if counts else "   changed since: does not count"))
    if not any(True for _ in _rows(known)):
        click.echo("slopguard: nothing was accepted.", err=True)
    return 0


@trust.command(epilog="Example: slopguard trust remove .")
@click.argument("what")
@common
@click.pass_context
def remove(ctx: click.Context, what: str, config: Path | None, form: str) -> int:
    """Take back what was accepted under WHAT: a folder, a settings file or a URL, as `trust list` shows it."""
    del form
    user = places(os.environ).user
    known = record.read(user)
    name = _kept_as(what, known) if "://" in what else str(Path(what).resolve())
    after = known.without(name)
    if after == known:
        raise UsageError("nothing was accepted under that name", "See: slopguard trust list")
    _log(
        _settings_for_a_removal(config_of(ctx, config), after), "removed", "index" if "://" in what else "project", name
    )
    record.write(user, after)
    for project in known.projects.keys() - after.projects.keys():
        record.snapshot(user, project).unlink(missing_ok=True)
    click.echo("slopguard: taken back.")
    return 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person is asked to accept.

    Args:
        kind: `index` or `project`.
        name: its address or path.
        lines: what to show.
        settings: those that will be in force.
        added_to: makes a record with it in.
    """

    kind: str
    name: str
    lines: tuple[str, ...]
    settings: Settings
    added_to: Callable[[Accepted], Accepted]


def project_proposal(folder: Path, config: Path | None) -> Proposal | None:
    """What a person can accept of a project; `None` if there is nothing, or nothing that they did not accept before.

    Raises:
        ConfigError: its settings are malformed.
        InputError: a lock file is not what it claims to be.
    """
    user = places(os.environ).user
    known, offer = record.read(user), look(folder)
    if offer.empty or _accepted(offer, known, user):
        return None
    return _project(str(folder), known, user, config)


def keep(proposal: Proposal, user: Path) -> None:
    """Write what a person accepted to the ledger and to their record."""
    _log(proposal.settings, "accepted", proposal.kind, proposal.name)
    record.write(user, proposal.added_to(record.read(user)))


def _index(what: str, known: Accepted, user: Path, config: Path | None) -> Proposal:
    del user
    url = _kept_as(_address(what), known)
    settings = load(Path.cwd(), os.environ, config_file=config, accepted=known.plus(indexes=(url,)))
    lines = (f"index  {url}", "  what it holds will count as if it came from an index of your own")
    return Proposal("index", url, lines, settings, lambda kept: kept.plus(indexes=(url,)))


def _project(what: str, known: Accepted, user: Path, config: Path | None) -> Proposal:
    offer = _offer(what)
    folder = offer.place if offer.place.is_dir() else offer.place.parent
    settings = load(folder, os.environ, config_file=config, accepted=offer.added_to(known))
    lines = (*_described(offer), *_news(offer, known, user))
    return Proposal("project", str(offer.place), lines, settings, lambda kept: offer.added_to(kept, user))


def _settings_for_a_removal(config: Path | None, after: Accepted) -> Settings:
    """The settings to log a removal under; a project that does not work without what is taken back hinders nobody."""
    try:
        return load(Path.cwd(), os.environ, config_file=config, accepted=after)
    except SlopguardError:
        return load(places(os.environ).account, os.environ, accepted=after)


def _refuse_strangers(what: str) -> None:
    """Only a person may accept anything, and only one who is there to be asked.

    Raises:
        UsageError: an agent or a CI job asks.
    """
    name = redact(what) if "://" in what else str(Path(what).resolve())
    only_a_person("accept this", f"slopguard trust {shlex.quote(name)}")


def _address(url: str) -> str:
    """The address of an index, fit to be kept and shown.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in SCHEMES and (parts.hostname or parts.scheme == "file") and not parts.query
    except ValueError:
        fine = False
    if not fine or shown(url, 400) != url:
        raise UsageError("that is not the address of an index", "Write it as https://HOST/PATH/")
    return without_credentials(url)


def _kept_as(url: str, known: Accepted) -> str:
    """The address as it was accepted, however it is written now."""
    return next((index for index in known.indexes if canonical(index) == canonical(url)), url)


def _offer(what: str) -> Offer:
    """What there is to accept at a place on disk.

    Raises:
        UsageError: there is no such place, or nothing to accept in it.
    """
    place = Path(what)
    if not place.exists():
        raise UsageError(f"there is no folder or file '{shown(what)}'", "Name a project's folder")
    try:
        str(place.resolve()).encode()
    except UnicodeEncodeError:
        raise UsageError("the path of that folder is not UTF-8, so it cannot be kept", "Rename it") from None
    offer = look(place)
    if offer.empty:
        raise UsageError(
            "there is nothing to accept: no settings, and no lock file with digests", "See slopguard trust --help"
        )
    return offer


def _accepted(offer: Offer, known: Accepted, user: Path) -> bool:
    """Whether exactly this was accepted before."""
    digest = known.projects.get(str(offer.place))
    if any(known.files.get(path) != seen for path, seen in offer.settings.items()) or (offer.locks and digest is None):
        return False
    try:
        kept = record.locked_by([(record.snapshot(user, str(offer.place)), digest)]) if digest else {}
    except SlopguardError:
        return False
    return dict(kept) == dict(offer.locked)


def _described(offer: Offer) -> Iterator[str]:
    yield f"project  {phrase(str(offer.place), WIDE)}"
    for file in offer.settings:
        yield f"  settings in {phrase(Path(file).name)}, as long as it stays as it is:"
    for key, value in offer.values:
        yield f"    {key} = {phrase(value, WIDE)}"
    for path, count in offer.locks:
        yield f"  {shown(path.name)}: {count:,} package{'s' * (count != 1)}, by name, version and digest"
    if offer.locks:
        yield "  locked packages may be younger than the cooldown; nothing else is excused"


def _news(offer: Offer, known: Accepted, user: Path) -> Iterator[str]:
    """What the lock files hold that was not accepted with them last time: what a person should look at first."""
    digest = known.projects.get(str(offer.place))
    if digest is None:
        return
    try:
        before = record.locked_by([(record.snapshot(user, str(offer.place)), digest)])
    except SlopguardError:
        yield "  the record of what was accepted before was changed; look at everything"
        return
    fresh = sorted(key for key, digests in offer.locked.items() if not digests <= before.get(key, frozenset()))
    yield f"  {len(fresh):,} of these new or changed since the project was accepted" + (":" if fresh else "")
    yield from (f"    {eco}:{shown(name)} {shown(version)}" for eco, name, version in fresh[:MOST])
    if len(fresh) > MOST:
        yield f"    and {len(fresh) - MOST:,} more"


def _rows(known: Accepted) -> Iterator[tuple[str, str, bool]]:
    """Kind, place and whether it still counts."""
    user = places(os.environ).user
    for index in known.indexes:
        yield "index", index, True
    for path in known.files:
        yield "settings", path, _still_covers(known, Path(path))
    for project, digest in known.projects.items():
        yield "locks", project, record.intact(record.snapshot(user, project), digest)


def _still_covers(known: Accepted, path: Path) -> bool:
    from slopguard.config.places import settings_table

    try:
        table = settings_table(path)
    except SlopguardError:
        return False
    return table is not None and known.covers(path, table)


def _log(settings: Settings, verdict: str, kind: str, name: str) -> None:
    """Write it to the ledger, before it counts."""
    acts.record(settings, "trust", verdict, "trust", f"{kind}:{name}", f"slopguard trust {name}")
