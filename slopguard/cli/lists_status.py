"""`slopguard lists status`: the lists that this machine judges with, until when they count, and when they were checked.

Invariant: it verifies what is there as every judge does, and fetches nothing.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from slopguard.cli.app import common, config_of
from slopguard.cli.lists_sync import as_json, count
from slopguard.config import ListSource, Settings, load
from slopguard.errors import ListInvalid, SlopguardError

SCHEMA = "slopguard/lists-status/1"


@click.command(epilog="Example: slopguard lists status --format json")
@common
@click.pass_context
def status(ctx: click.Context, config: Path | None, form: str) -> int:
    """The lists that this machine uses, and until when; ends in 4 if one of them cannot be verified."""
    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    now = datetime.now(UTC)
    shipped, sources = _shipped(now), _sources(settings, now)
    if form == "json":
        click.echo(json.dumps({"schema": SCHEMA, "shipped": shipped, "sources": sources}, indent=1))
    else:
        click.echo("\n".join((_own(shipped), *(line for each in sources for line in _about(each)))))
    return ListInvalid.exit_code if any(each["problem"] for each in (shipped, *sources)) else 0


def in_short(settings: Settings, now: datetime) -> list[str]:
    """One line a list, for `slopguard status`: until when it counts and when it was checked."""
    lines = [_own(_shipped(now))]
    for each in _sources(settings, now):
        checked = f", checked {(each['checked'] or 'never')[:10]}"
        lines.append(each["problem"] or f"'{each['name']}' good until {each['good_until'][:10]}{checked}")
    return lines


def _shipped(now: datetime) -> dict[str, Any]:
    from slopguard.lists import shipped
    from slopguard.lists.digests import ENDS

    said: dict[str, Any] = {"good_until": ENDS.isoformat(), "ended": shipped.ended(now), "bundles": [], "problem": None}
    try:
        said["bundles"] = [{"name": bundle.name, "rows": count(bundle)} for bundle in shipped.bundles()]
    except ListInvalid as error:
        said["problem"] = error.diagnosis()
    return said


def _sources(settings: Settings, now: datetime) -> list[dict[str, Any]]:
    if not settings.list_sources:
        return []
    from slopguard.lists.places import by_root
    from slopguard.lists.sources import complete

    found = [_source(settings, mirrors, now) for mirrors in by_root(settings).values()]
    lists = [each.pop("trusted") for each in found]
    try:
        if all(lists):
            complete(settings, lists)
    except ListInvalid as error:
        found[0]["problem"] = error.diagnosis()
    return found


def _source(settings: Settings, mirrors: list[ListSource], now: datetime) -> dict[str, Any]:
    from slopguard.lists import checks
    from slopguard.lists.places import place
    from slopguard.lists.sources import current, grace, state

    where = place(settings, mirrors[0])
    checked = checks.read(where.checked).checked
    said: dict[str, Any] = {
        "urls": [source.url for source in mirrors],
        "root": mirrors[0].root,
        "checked": checked and checked.isoformat(),
        "problem": None,
        "trusted": None,
    }
    try:
        trusted, seen = current(settings, mirrors[0], now)
    except SlopguardError as error:
        return {**said, "problem": error.diagnosis()}
    stale, notes = state(trusted, seen, now, grace(settings))
    return {**said, **as_json(trusted), "stale": sorted(stale), "notes": list(notes), "trusted": trusted}


def _own(shipped: dict[str, Any]) -> str:
    rows = ", ".join(f"{bundle['name']} {bundle['rows']:,}" for bundle in shipped["bundles"])
    over = "ended on" if shipped["ended"] else "good until"
    return shipped["problem"] or f"shipped lists: {over} {shipped['good_until']}; rows: {rows}"


def _about(each: dict[str, Any]) -> list[str]:
    if each["problem"]:
        return [each["problem"]]
    rows = ", ".join(f"{bundle['name'].partition('/')[2]} {bundle['rows']:,}" for bundle in each["bundles"])
    return [
        f"lists '{each['name']}': good until {each['good_until'][:10]}; rows: {rows}",
        f"  from {' or '.join(each['urls'])}",
        f"  signed {each['signed'][:10]}, last checked {(each['checked'] or 'never')[:16]}, root {each['root']}",
        *each["notes"],
    ]
