"""`slopguard lists sync`: fetch the lists that the settings name, verify them, and say who has what they newly deny.

Invariants: a source that fails hinders no other and leaves what was there; of mirrors of one list one is enough; every
failure is one line of our own words; what this machine has seen of a list is forgotten only for a person at a terminal.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from slopguard.cli.app import common, config_of
from slopguard.config import ListSource, Settings, load
from slopguard.errors import ListInvalid, SlopguardError, UsageError
from slopguard.lists.arrivals import LetIn, let_in

if TYPE_CHECKING:
    from slopguard.lists.bundle import Bundle
    from slopguard.lists.sync import Synced
    from slopguard.lists.trust import Trusted

SCHEMA = "slopguard/lists-sync/1"
NONE = "your settings name no lists"
HOW = "A person accepts a publisher with: slopguard lists trust URL"


@click.command(epilog="Example: slopguard lists sync    or: slopguard lists sync --from /media/usb/lists.pack")
@click.option(
    "--from",
    "carried",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Take the list from this pack or published folder (no network).",
)
@click.option("--reset-floor", is_flag=True, help="Forget which versions were seen before (a person must).")
@common
@click.pass_context
def sync(ctx: click.Context, carried: Path | None, reset_floor: bool, config: Path | None, form: str) -> int:
    """Fetch and verify the lists that your settings name.

    What is fetched must be signed, current and not older than what was seen before; else everything stays as it is.
    A package that is newly denied, and that this machine let in before, is named; the command then ends in 1.
    """
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    if not settings.list_sources:
        raise UsageError(NONE, HOW)
    if reset_floor:
        _forget(settings)
    sources = _belonging(settings, carried) if carried else settings.list_sources
    found, failures = _all(settings, sources, carried, reset_floor)
    hit = let_in(settings, (line for each in found for line in _new_denials(each)))
    failures += _incomplete(settings, found) if not failures and not carried else []
    _print(found, failures, hit, form)
    return 1 if hit else failures[0].exit_code if failures else 0


def described(trusted: Trusted) -> str:
    """One list in one line."""
    rows = ", ".join(f"{bundle.name.partition('/')[2]} {count(bundle):,}" for bundle in trusted.bundles)
    versions = " ".join(f"{role} {version}" for role, version in trusted.versions.items())
    return f"lists '{trusted.name}': good until {trusted.expires:%Y-%m-%d}; rows: {rows}; versions: {versions}"


def count(bundle: Bundle) -> int:
    """How many rows a bundle has."""
    return bundle.data.count(b"\n") - 1


def as_json(trusted: Trusted) -> dict[str, object]:
    """One list for programs."""
    return {
        "name": trusted.name,
        "root": f"sha256:{trusted.pin}",
        "signed": trusted.signed.isoformat(),
        "good_until": trusted.expires.isoformat(),
        "teams": list(trusted.teams),
        "versions": dict(trusted.versions),
        "bundles": [
            {"name": bundle.name, "rows": count(bundle), "good_until": trusted.ends[bundle.name].isoformat()}
            for bundle in trusted.bundles
        ],
    }


def fetch(
    settings: Settings, source: ListSource, carried: Path | None = None, *, anew: bool = False
) -> Synced | SlopguardError:
    """Sync one source; a failure is given back, so that it hinders no other."""
    from slopguard.lists.sync import sync as synced

    if settings.offline and carried is None and not source.url.startswith("file://"):
        return UsageError(
            "told to stay offline, so nothing was fetched", "Take a file: slopguard lists sync --from FILE"
        )
    try:
        return synced(settings, source, datetime.now(UTC), carried=carried, anew=anew)
    except SlopguardError as error:
        return error


def _all(
    settings: Settings, sources: Iterable[ListSource], carried: Path | None, anew: bool
) -> tuple[list[Synced], list[SlopguardError]]:
    """Each list once, and why others could not be had: of mirrors all are asked, and one is enough."""
    from slopguard.lists.places import by_root

    found: list[Synced] = []
    failures: list[SlopguardError] = []
    for mirrors in by_root(settings, sources).values():
        done, errors = _mirrored(settings, mirrors, carried, anew)
        found += [replace(done[-1], before=done[0].before)] if done else []
        failures += [] if done else errors
    return found, failures


def _mirrored(
    settings: Settings, mirrors: Iterable[ListSource], carried: Path | None, anew: bool
) -> tuple[list[Synced], list[SlopguardError]]:
    """One list from all its addresses, for one of them may be behind; what was seen before is forgotten once."""
    done: list[Synced] = []
    errors: list[SlopguardError] = []
    for source in mirrors:
        each = fetch(settings, source, carried, anew=anew and not done)
        if isinstance(each, SlopguardError):
            errors.append(each)
        else:
            done.append(each)
    return done, errors


def _new_denials(synced: Synced) -> Sequence[bytes]:
    from slopguard.lists.sync import arrived

    return arrived(synced.before, synced.after)


def _incomplete(settings: Settings, found: Sequence[Synced]) -> list[SlopguardError]:
    """What is wrong with all lists together, once each is fine by itself."""
    from slopguard.lists.sources import complete

    try:
        complete(settings, [each.after for each in found])
    except ListInvalid as error:
        return [error]
    return []


def _belonging(settings: Settings, carried: Path) -> list[ListSource]:
    """The configured sources, each root once, whose root is in a pack or folder that was brought here.

    Raises:
        ListInvalid: there is none, or it cannot be read.
        UsageError: there is no such file.
    """
    from slopguard.lists.places import by_root

    if not carried.exists():
        raise UsageError("there is no such file or folder", "Name a pack, or a folder that lists publish wrote")
    digests = {sha256(data).hexdigest() for data in _roots(carried)}
    found = [sources[0] for pin, sources in by_root(settings).items() if pin in digests]
    if not found:
        raise ListInvalid("that holds none of the lists that your settings name", HOW)
    return found


def _roots(carried: Path) -> list[bytes]:
    from slopguard.lists import pack

    if not carried.is_dir():
        return [data for path, data in pack.read(carried).items() if path.endswith(".root.json")]
    try:
        return [path.read_bytes() for path in (carried / "metadata").glob("*.root.json")]
    except OSError:
        raise ListInvalid("the folder cannot be read", "Check its permissions") from None


def _forget(settings: Settings) -> None:
    """A person agrees that older lists may be taken.

    Raises:
        UsageError: nobody does.
    """
    from slopguard.cli.persons import only_a_person, prove
    from slopguard.store import acts

    only_a_person("forget which lists were seen before", "slopguard lists sync --reset-floor")
    lines = [
        "Older lists than those seen before will be taken, once.",
        *(f"  from {s.url}" for s in settings.list_sources),
    ]
    prove(settings, lines, "Is the publisher sure that this is right?")
    acts.record(settings, "lists", "reset", "trust", "lists:floor", "slopguard lists sync --reset-floor")


def _print(found: Sequence[Synced], failures: Sequence[SlopguardError], hit: Sequence[LetIn], form: str) -> None:
    if form == "json":
        known = [{"package": each.package, "rule": each.rule, "last": each.last, "times": each.times} for each in hit]
        lists = [as_json(each.after) for each in found]
        click.echo(json.dumps({"schema": SCHEMA, "lists": lists, "let_in_before": known}, indent=1))
    else:
        for each in found:
            click.echo(described(each.after))
    say: Callable[[str], None] = partial(click.echo, err=True)
    for line in (*(error.diagnosis() for error in failures), *(each.line for each in hit)):
        say(line)
