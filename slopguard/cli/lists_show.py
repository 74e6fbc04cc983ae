"""`slopguard lists diff|export|expiring`: what the sources of a repository of lists say; nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common
from slopguard.cli.lists_words import in_repository, layout_of, span
from slopguard.errors import printable
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.curation.diff import Change, Difference
    from slopguard.curation.expiring import Ending

DIFF = "slopguard/lists-diff/1"
EXPIRING = "slopguard/lists-expiring/1"
MOST = 200
"""Lines of one list that are shown unless all are asked for."""
ENDED = 3
_MARKS = {"added": "+", "removed": "-", "changed": "~"}


@click.command(epilog="Example: slopguard lists diff --format json")
@click.option("--all", "everything", is_flag=True, help=f"Every line, not only {MOST} a list.")
@in_repository
@common
def diff(everything: bool, repository: Path | None, config: Path | None, form: str) -> int:
    """What the sources say differently from the lists as they were signed last.

    What takes back a deny comes first. Rows are compared: reasons of allow entries and reviewers are not in them.
    """
    from slopguard.curation.diff import diff as differences

    del config
    found = differences(layout_of(repository))
    if form == "json":
        click.echo(json.dumps({"schema": DIFF, "lists": [_as_dict(each) for each in found]}, indent=1))
        return 0
    for each in found:
        for line in _lines(each, None if everything else MOST):
            click.echo(printable(line))
    if not any(each.changes for each in found):
        click.echo("slopguard: the sources say what was signed last.", err=True)
    return 0


@click.command(epilog="Example: slopguard lists export --format csv -o lists.csv")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", help="For programs, or a table.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
@click.option("--config", type=click.Path(path_type=Path), help="A further settings file; it may only tighten.")
@in_repository
def export(form: str, output: Path | None, config: Path | None, repository: Path | None) -> int:
    """All entries with who answers for them and why, as JSON or CSV."""
    from slopguard.curation import export as exporting
    from slopguard.curation.edit import write

    del config
    layout = layout_of(repository)
    text = exporting.as_csv(layout) if form == "csv" else exporting.as_json(layout)
    if output is None:
        click.echo(text, nl=False)
        return 0
    write(output, text)
    click.echo(f"slopguard: written to {shown(output.name)}", err=True)
    return 0


@click.command(epilog="Example: slopguard lists expiring --within 30d")
@click.option("--within", default="30d", show_default=True, metavar="30d", help="How far to look ahead.")
@click.option("--fail", is_flag=True, help="End with 3 if something has ended.")
@in_repository
@common
def expiring(within: str, fail: bool, repository: Path | None, config: Path | None, form: str) -> int:
    """Entries and signatures that end soon or have ended, the next one first."""
    from slopguard.curation.expiring import expiring as endings

    del config
    found = endings(layout_of(repository), datetime.now(UTC), span(within))
    if form == "json":
        rows = [asdict(each) | {"day": each.day.isoformat()} for each in found]
        click.echo(json.dumps({"schema": EXPIRING, "ending": rows}, indent=1))
    else:
        for each in found:
            click.echo(printable(_line(each)))
        if not found:
            click.echo(f"slopguard: nothing ends within {within}.", err=True)
    return ENDED if fail and any(each.ended for each in found) else 0


def _as_dict(found: Difference) -> dict[str, Any]:
    counts = {what: sum(1 for each in found.changes if each.what == what) for what in _MARKS}
    changes = [
        {
            "change": each.what,
            "ecosystem": each.ecosystem,
            "name": each.name,
            "kind": each.kind,
            "before": [tail.split("\t") if tail else [] for tail in each.before],
            "after": [tail.split("\t") if tail else [] for tail in each.after],
        }
        for each in found.changes
    ]
    return {"name": found.name, "signed": found.signed, **counts, "changes": changes}


def _lines(found: Difference, most: int | None) -> Iterator[str]:
    if not found.changes:
        return
    counts = ((what, sum(1 for each in found.changes if each.what == what)) for what in _MARKS)
    never = "" if found.signed else " (never signed)"
    yield f"{found.name}{never}: " + ", ".join(f"{count:,} {what}" for what, count in counts if count)
    first = [each for each in found.changes if each.lets_go]
    rest = [each for each in found.changes if not each.lets_go]
    kept = rest if most is None else rest[: max(0, most - len(first))]
    for each in (*first, *kept):
        yield from _change_lines(each)
    if len(kept) < len(rest):
        yield f"  ... and {len(rest) - len(kept):,} more; see them with: slopguard lists diff --all"


def _change_lines(change: Change) -> Iterator[str]:
    start = f"  {_MARKS[change.what]} {change.kind} {change.ecosystem}:{change.name}"
    if change.what != "changed":
        yield from (f"{start}  {_fields(tail)}".rstrip() for tail in change.before or change.after)
        return
    yield start
    same = set(change.before) & set(change.after)
    yield from (f"      - {_fields(tail) or '(the name)'}" for tail in change.before if tail not in same)
    yield from (f"      + {_fields(tail) or '(the name)'}" for tail in change.after if tail not in same)


def _fields(tail: str) -> str:
    from slopguard.curation.diff import fields

    return fields(tail)


def _line(ending: Ending) -> str:
    when = f"{'ended' if ending.ended else 'ends'} {ending.day}"
    if ending.what == "signature":
        return f"{when}  signature of {ending.place}"
    if ending.what == "data":
        return f"{when}  data of {ending.place}: import them again"
    owner = f"  ({ending.owner})" if ending.owner else ""
    return f"{when}  {ending.kind} {ending.package} in {ending.place}{owner}"
