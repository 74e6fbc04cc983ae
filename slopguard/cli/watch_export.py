"""`slopguard watch export`: watched names as a file, for another machine; or for the watch list that a team signs.

Invariants: nothing of the watchlist is changed; a file is replaced as a whole; what goes to a repository of lists
counts for nobody before people have signed it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import click

from slopguard.cli.app import config_of
from slopguard.cli.watching import SCHEMA, counted, of_ecosystem
from slopguard.config import load
from slopguard.errors import InputError, UsageError, printable
from slopguard.model import Ecosystem, WatchRow
from slopguard.names import shown
from slopguard.progress import advancing
from slopguard.watchlist.answers import Place
from slopguard.watchlist.exporting import FORMS, list_row, text
from slopguard.watchlist.forms import SUFFIXES
from slopguard.watchlist.model import Sighting
from slopguard.watchlist.watchlist import Watchlist

Named = tuple[Ecosystem, str, WatchRow]
PAGE = 1000
STANDARD_OUTPUT = Path("-")
SHARED = 100_000
"""Names that a team's list gets unless it is told otherwise."""
NEXT = ("slopguard lists build", "slopguard lists sign", "slopguard lists publish")


@click.command(epilog="Example: slopguard watch export -e pypi --limit 10000 -o names.jsonl")
@of_ecosystem
@click.option("--limit", type=click.IntRange(1), help=f"At most so many names, best first; {SHARED:,} with --lists.")
@click.option("--format", "kind", type=click.Choice(list(FORMS)), help="Else by the name of the file, or jsonl.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
@click.option(
    "--lists",
    "repository",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value=Path(),
    metavar="[REPO]",
    help="Into the watch list of a repository of lists, for the team to sign: the one named, or the one around here.",
)
@click.option("--json", "as_json", is_flag=True, help="With --lists: say what was written for programs.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def export(
    ctx: click.Context,
    ecosystem: str | None,
    limit: int | None,
    kind: str | None,
    output: Path | None,
    repository: Path | None,
    as_json: bool,
    config: Path | None,
) -> int:
    """Write watched names: JSON lines and CSV lose nothing; txt holds names, tsv the rows of a signed list.

    slopguard watch import reads all of them.
    """
    if repository is not None and (output is not None or kind is not None):
        raise UsageError("--lists says where to write", "Leave out -o and --format")
    chosen = Ecosystem(ecosystem) if ecosystem else None
    with Watchlist(load(Path.cwd(), os.environ, config_file=config_of(ctx, config)).home) as watchlist:
        if repository is not None:
            return _shared(watchlist, repository, chosen, limit or SHARED, as_json=as_json)
        form = kind or SUFFIXES.get(output.suffix.lower() if output else "") or "jsonl"
        pieces = _pieces(watchlist, form, chosen, limit)
        if output is None or output == STANDARD_OUTPUT:
            for piece in pieces:
                click.echo(piece, nl=False)
        else:
            if output.exists() and not output.is_file():
                raise UsageError(f"'{shown(str(output))}' is no file", "Name a file, or - for standard output")
            _write(output, pieces)
    return 0


def ranked(watchlist: Watchlist, ecosystem: Ecosystem | None, limit: int | None) -> Iterator[Sighting]:
    """Names by rank, each once, page by page."""
    after: Place | None = None
    left = limit
    while page := watchlist.ranked(ecosystem, after, PAGE if left is None else min(PAGE, left)):
        yield from (each.sighting for each in page)
        after = page[-1].place
        if left is not None:
            left -= len(page)
            if left <= 0:
                return


def merged(watchlist: Watchlist, ecosystem: Ecosystem | None, limit: int | None) -> Iterator[Named]:
    """Names by rank, each with what counts of it."""
    for each in ranked(watchlist, ecosystem, limit):
        row = watchlist.get(each.watched.ecosystem, each.watched.name)
        if row is not None:  # it has not been taken out meanwhile
            yield each.watched.ecosystem, each.watched.name, row


def _pieces(watchlist: Watchlist, form: str, ecosystem: Ecosystem | None, limit: int | None) -> Iterable[str]:
    if form == "txt":
        return text(form, ranked(watchlist, ecosystem, limit))
    if form == "tsv":
        return (f"{list_row(eco.value, name, row)}\n" for eco, name, row in merged(watchlist, ecosystem, limit))
    if limit is None:
        return text(form, watchlist.everything(ecosystem))
    names = ((each.watched.ecosystem, each.watched.name) for each in ranked(watchlist, ecosystem, limit))
    return text(form, (sighting for name in names for sighting in watchlist.sightings(*name)))


def _write(path: Path, pieces: Iterable[str]) -> None:
    path = path.resolve()  # where a link leads to is what is replaced
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="ascii", newline="\n") as stream:
            rest = iter(pieces)
            while part := "".join(islice(rest, PAGE)):
                stream.write(part)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    except OSError as why:
        raise InputError(f"the file cannot be written ({type(why).__name__})", "Check its folder") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _shared(watchlist: Watchlist, repository: Path, ecosystem: Ecosystem | None, limit: int, *, as_json: bool) -> int:
    from slopguard.curation import watching
    from slopguard.curation.layout import Layout

    layout = Layout.find(repository)
    held = sum(count.rows for count in watchlist.counts() if ecosystem in (None, count.ecosystem))
    with advancing(min(held, limit), "gathering") as step:
        found = watching.plan(layout, _stepping(merged(watchlist, ecosystem, limit), step))
    watching.write(found)
    path = layout.shown(found.path)
    if as_json:
        told = {"names": len(found.entries), "added": found.added, "removed": found.removed}
        more = {"covered": found.covered, "internal": found.internal, "next": list(NEXT)}
        click.echo(json.dumps({"schema": SCHEMA, "path": path, **told, **more}, indent=1))
        return 0
    parts = [counted(len(found.entries), "name"), f"{found.added:,} added", f"{found.removed:,} removed"]
    parts += [f"{found.covered:,} left to entries of your own"] if found.covered else []
    parts += [f"{found.internal:,} internal names left out"] if found.internal else []
    click.echo(printable(f"{path}: {', '.join(parts)}"))
    click.echo(f"Next: {', '.join(NEXT)}")
    return 0


def _stepping(names: Iterable[Named], step: Callable[[int], None]) -> Iterator[Named]:
    for name in names:
        yield name
        step(1)
