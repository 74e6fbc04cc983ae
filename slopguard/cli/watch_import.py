"""`slopguard watch import`: names of a file are watched: a documented list, a forecast, an export of another machine.

Invariants: all of the file counts or nothing of it, unless bad lines were allowed to be left out; what is no name is
never made one.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from slopguard.cli.app import config_of
from slopguard.cli.watching import SCHEMA, counted, of_ecosystem
from slopguard.config import load
from slopguard.errors import InputError, UsageError, printable
from slopguard.model import Ecosystem
from slopguard.progress import advancing
from slopguard.watchlist.answers import Added
from slopguard.watchlist.forms import FORMS, SUFFIXES, guessed, told
from slopguard.watchlist.importing import BLOCK, Importing, Read
from slopguard.watchlist.model import ORIGINS, Batch
from slopguard.watchlist.records import Wrong, moment_of
from slopguard.watchlist.watchlist import Watchlist

STDIN = "-"
_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


@click.command("import", epilog="Example: slopguard watch import names.txt -e pypi --source some-study --at 2026-05-01")
@click.argument("file", metavar="FILE|-")
@of_ecosystem
@click.option("--source", metavar="CODE", help="Whose list it is; else the name of the file, as a short code.")
@click.option("--at", metavar="DATE", help="When the names were documented or predicted; else now.")
@click.option("--origin", type=click.Choice(ORIGINS), help="Documented, or forecast; else as the file looks.")
@click.option("--format", "kind", type=click.Choice(list(FORMS)), help="What the file is; else as it looks.")
@click.option("--unranked", is_flag=True, help="The order of the lines means nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave out lines that cannot be understood.")
@click.option("--json", "as_json", is_flag=True, help="Say what became of it for programs.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@click.pass_context
def import_(
    ctx: click.Context,
    file: str,
    ecosystem: str | None,
    source: str | None,
    at: str | None,
    origin: str | None,
    kind: str | None,
    unranked: bool,
    skip_bad: bool,
    as_json: bool,
    config: Path | None,
) -> int:
    """Watch the names in FILE: plain names, best first; CSV with the name first; JSON lines; rows of a signed list.

    An export says itself where each name is known from. Names of a forecast (CSV with a rank) count as generated: they
    say nothing of a package that is no news. All others count as documented.
    """
    home = load(Path.cwd(), os.environ, config_file=config_of(ctx, config)).home
    with _opened(file) as (text, size):
        first = text.readline(BLOCK)
        form = kind or SUFFIXES.get(Path(file).suffix.lower()) or guessed(first)
        batch = Batch(origin or _origin(form, first), _source(source, file), _moment(at))
        chosen = Ecosystem(ecosystem) if ecosystem else None
        with Watchlist(home) as watchlist, watchlist.filling(again=True) as filling, advancing(size, "reading") as step:
            importing = Importing(filling, batch, chosen, not unranked)
            read = importing.take(_Again(first, text), form, step)
            if read.bad and not skip_bad:
                raise _bad(read)
            added = filling.finish()
    _tell(added, read, as_json)
    return 0


class _Again:
    """A file of which the first line was read already."""

    def __init__(self, first: str, rest: TextIO) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int, /) -> str:
        """As of a file."""
        first, self._first = self._first, ""
        return first or self._rest.read(size)


@contextmanager
def _opened(file: str) -> Iterator[tuple[TextIO, int]]:
    """A file, or standard input, and how long it is.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    try:
        if file == STDIN:
            yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig"), 0
        else:
            with Path(file).open(encoding="utf-8-sig") as text:
                yield text, Path(file).stat().st_size
    except UnicodeDecodeError:
        raise InputError("the file is no text in UTF-8", "Nothing was imported") from None
    except OSError as why:
        raise InputError(f"the file cannot be read ({type(why).__name__})", "Name a file, or - for input") from None


def _origin(form: str, first: str) -> str:
    """What the names of a file are that does not say: a forecast where a rank stands beside the ecosystem."""
    try:
        forecast = form == "csv" and None not in told(first.rstrip("\n").split(","))
    except Wrong:
        forecast = False
    return "generated" if forecast else "imported"


def _source(source: str | None, file: str) -> str:
    if source is not None:
        if not _CODE.fullmatch(source):
            raise UsageError("--source takes a short code", "Use small letters, digits, '.', '_' and '-'")
        return source
    name = re.sub(r"[^a-z0-9._-]+", "-", Path(file).stem.lower()).strip("-._")[:40]
    return name or "file"


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        return moment_of(at)
    except Wrong:
        raise UsageError("--at takes a date", "For example: --at 2026-05-01") from None


def _bad(read: Read) -> InputError:
    assert read.first is not None
    number, why = read.first
    what = f"{counted(read.bad, 'line')} cannot be understood, the first is line {number}: {why}; nothing was imported"
    return InputError(what, "Correct the file, or leave such lines out with --skip-bad")


def _tell(added: Added, read: Read, as_json: bool) -> None:
    if as_json:
        known = {"new": added.new, "known": added.known, "again": added.again, "bad": read.bad}
        click.echo(json.dumps({"schema": SCHEMA, **known}, indent=1))
        return
    parts = [f"{counted(added.new, 'name')} watched from now on"]
    parts += [f"{added.known:,} watched already"] if added.known else []
    parts += [f"{added.again:,} there twice"] if added.again else []
    parts += [f"{counted(read.bad, 'line')} left out"] if read.bad else []
    click.echo(f"slopguard: {'; '.join(parts)}.")
    if read.first is not None:
        click.echo(printable(f"slopguard: the first line left out is line {read.first[0]}: {read.first[1]}."), err=True)
