"""`slopguard log`: reads the ledger and proves it whole; writes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from slopguard.check.targets import BOTH, requests_for
from slopguard.cli import moments
from slopguard.cli.app import common, config_of
from slopguard.cli.log_report import report as log_report
from slopguard.config import load
from slopguard.errors import StoreError, UsageError
from slopguard.model import Actor
from slopguard.reports import ledger as report
from slopguard.store import Store
from slopguard.store.ledger import Entry, Ledger

NEWEST = 50
"""Entries shown unless `--limit` says otherwise."""
UNPROVEN = StoreError.exit_code


@click.group(invoke_without_command=True, epilog="Example: slopguard log --since 2d --format json")
@click.option("--since", metavar="WHEN", help="Only since then: 30m, 12h, 7d, 2w, or a date such as 2026-11-24.")
@click.option("--limit", type=click.IntRange(1), default=NEWEST, show_default=True, help="Only the newest so many.")
@common
@click.pass_context
def log(ctx: click.Context, since: str | None, limit: int, config: Path | None, form: str) -> int:
    """What was decided, oldest first: when, what, why, for whom, and the decision id."""
    if ctx.invoked_subcommand is not None:
        ctx.find_root().obj = config_of(ctx, config)
        return 0
    with _ledger(config_of(ctx, config)) as ledger:
        entries = ledger.rows(since=moments.since(since) if since is not None else None, limit=limit)
    _print(entries, form)
    return 0


@log.command(epilog="Example: slopguard log show d-7f3a91")
@click.argument("decision")
@common
@click.pass_context
def show(ctx: click.Context, decision: str, config: Path | None, form: str) -> int:
    """Everything the ledger says about one DECISION."""
    with _ledger(config_of(ctx, config)) as ledger:
        entries = [entry for entry in ledger.rows() if entry.decision == decision]
    if not entries:
        raise UsageError("the ledger holds no such decision", "See: slopguard log")
    if form == "json":
        _print(entries, form)
    else:
        click.echo("\n".join(line for entry in entries for line in report.block(entry)))
    return 0


@log.command(epilog="Example: slopguard log verify", short_help="Prove that no row was changed or lost.")
@common
@click.pass_context
def verify(ctx: click.Context, config: Path | None, form: str) -> int:
    """Prove that no row was changed, taken out or cut off; ends with 4 if that cannot be proved."""
    with _ledger(config_of(ctx, config)) as ledger:
        found = ledger.verify()
    click.echo(report.chain_json(found) if form == "json" else report.chain(found))
    return 0 if found.ok else UNPROVEN


@log.command(epilog="Example: slopguard log who pypi:flask")
@click.argument("name")
@common
@click.pass_context
def who(ctx: click.Context, name: str, config: Path | None, form: str) -> int:
    """Every decision about the package NAME (also pypi:NAME, npm:NAME)."""
    requests = list(requests_for(name, BOTH, Actor.HUMAN))
    with _ledger(config_of(ctx, config)) as ledger:
        entries = [e for r in requests for e in ledger.rows(package=f"{r.ecosystem}:{r.name or r.raw}")]
    _print(sorted(entries, key=lambda entry: entry.number), form)
    return 0


log.add_command(log_report)


@contextmanager
def _ledger(config: Path | None) -> Iterator[Ledger]:
    store = Store.open(load(Path.cwd(), os.environ, config_file=config))
    try:
        yield store.ledger
    finally:
        store.close()


def _print(entries: list[Entry], form: str) -> None:
    if form == "json":
        click.echo(report.as_json(entries))
    elif entries:
        click.echo("\n".join(report.lines(entries)))
    else:
        click.echo("slopguard: no decisions.", err=True)
