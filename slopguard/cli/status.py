"""`slopguard status`: what is guarded here and now, what is not, and on what the verdicts rest.

Invariant: without `--test` nothing is started but what says which index a client uses, and no index is asked; with it
every guarded client is tried for real, and one that lets an invented name through ends the command in 4.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common, config_of
from slopguard.clients import COMMANDS, plain
from slopguard.config import Settings, load
from slopguard.errors import ListInvalid, SlopguardError
from slopguard.guard import coverage, selftest
from slopguard.indexes import Index, IndexKind, without_credentials
from slopguard.model import Ecosystem, Layer
from slopguard.names import phrase, shown

if TYPE_CHECKING:
    from slopguard.reports.status import Week
    from slopguard.store.ledger import Entry

TESTED = "selftest.json"
"""In `SLOPGUARD_HOME`: the last self-test."""
WIDE = 60


@click.command(epilog="Example: slopguard status --test")
@click.option("--test", is_flag=True, help="Try an invented name with every guarded client, for real.")
@common
@click.pass_context
def status(ctx: click.Context, test: bool, config: Path | None, form: str) -> int:
    """What is guarded here and now, what is not, and on what the verdicts rest."""
    from slopguard.reports import status as report

    settings = load(Path.cwd(), os.environ, config_file=config_of(ctx, config))
    env, cwd, now = dict(os.environ), Path.cwd(), datetime.now(UTC)
    clients = tuple(sorted(coverage.covered(env), key=_order))
    tested = _tested(settings, clients, env, now) if test else _last_test(settings)
    since, known, here = _enabled(settings)
    is_open = tuple(each.name for each in clients if not each.guarded)
    found = report.Status(
        since=since,
        mode=settings.mode.value,
        week=_week(settings, now),
        guarded=tuple(each.name for each in clients if each.guarded),
        open=is_open,
        installed_since=tuple(name for name in is_open if known and name not in known),
        here=here,
        agents=_agents(settings),
        venvs=tuple(_short(place, cwd) for place in coverage.open_venvs(cwd, env)),
        indexes=dict(_indexes(settings, cwd)),
        lists=tuple(_lists(settings, now)),
        exceptions=tuple(_exceptions(settings)),
        tested=tested.get("time"),
        test=tested.get("clients", {}),
    )
    click.echo(report.as_json(found) if form == "json" else report.text(found))
    passed = [name for name in found.guarded if test and found.test.get(name) == "open"]
    return ListInvalid.exit_code if passed else 0


def _order(client: coverage.Covered) -> tuple[int, str]:
    """As in our own list of commands; `pip3.12` beside `pip`."""
    return COMMANDS.index(plain(client.name) or client.name), client.name


def _enabled(settings: Settings) -> tuple[str | None, frozenset[str], str]:
    """The day the guard was switched on, the clients it was switched on for, and what guards an open shell at once."""
    from slopguard.guard.enabling import hooks, record

    enabled = record.read(settings.home)
    if not enabled.on:
        return None, frozenset(), ""
    here = hooks.at_once(settings.home / record.SHIMS, os.environ) if enabled.clients else ""
    return enabled.since[:10], frozenset(enabled.clients), here


def _agents(settings: Settings) -> dict[str, str]:
    """Agent to how slopguard's hook stands with it."""
    from slopguard.agents.standing import standings

    return {agent: standing.value for agent, standing in standings(os.environ, settings.home, Path.cwd()).items()}


def _tested(
    settings: Settings, clients: tuple[coverage.Covered, ...], env: dict[str, str], now: datetime
) -> dict[str, Any]:
    """Try every guarded client, and keep the result for the next `slopguard status`.

    Of one that is not guarded the result is known, and starting it would ask its index and leave its files.
    """
    from slopguard.config import private

    found = dict.fromkeys((each.name for each in clients), selftest.Found.OPEN.value)
    names = [each.name for each in clients if each.guarded]
    found |= {probe.name: probe.found.value for probe in selftest.probe_all(names, env)}
    tested = {"time": f"{now:%Y-%m-%d %H:%M} UTC", "clients": found}
    private.put(settings.home / TESTED, json.dumps(tested).encode())
    return tested


def _last_test(settings: Settings) -> dict[str, Any]:
    try:
        found = json.loads((settings.home / TESTED).read_text(encoding="utf-8"))
        return {
            "time": phrase(str(found["time"])),
            "clients": {shown(k): shown(v) for k, v in found["clients"].items()},
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _week(settings: Settings, now: datetime) -> Week | None:
    from slopguard.reports.status import Week
    from slopguard.store import Store

    try:
        store = Store.open(settings)
        try:
            rows = [row for row in store.ledger.rows(since=now - timedelta(days=7)) if _of_a_package(row)]
        finally:
            store.close()
    except SlopguardError:
        return None
    stopped = ("block", "quarantine", "unchecked")
    refused = Counter(row.actor for row in rows if row.verdict in stopped and row.enforced)
    return Week(sum(row.count for row in rows), dict(refused))


def _of_a_package(row: Entry) -> bool:
    """Whether somebody asked for a package: neither an act such as `enable`, nor a self-test's invented name."""
    return bool(row.arrived) and not row.package.partition(":")[2].startswith(selftest.GHOST)


def _indexes(settings: Settings, cwd: Path) -> Iterator[tuple[str, str]]:
    from slopguard.check.facts import indexes_of

    for ecosystem in Ecosystem:
        try:
            found = indexes_of(ecosystem, settings, cwd)
        except SlopguardError:
            continue
        yield ecosystem.value, ", ".join(map(_index, found))
    for ecosystem, globs in settings.internal.items():
        yield f"internal {ecosystem.value}", " ".join(globs)


def _index(index: Index) -> str:
    """One index in words: the built-in one is "the default"."""
    if index.layer is Layer.BUILTIN:
        return "the default"
    scope = f"{index.name} " if index.kind is IndexKind.SCOPE else ""
    trust = "" if index.trusted else " (not trusted)"
    return f"{scope}{shown(without_credentials(index.url), 80)}{trust}"


def _lists(settings: Settings, now: datetime) -> Iterator[str]:
    from slopguard.cli.lists_status import in_short

    yield from in_short(settings, now)
    yield from _watchlist(settings)


def _watchlist(settings: Settings) -> Iterator[str]:
    """Whether the watchlist can be read: nothing is judged while it cannot."""
    from slopguard.watchlist.watchlist import Watchlist

    try:
        with Watchlist(settings.home) as watchlist:
            watchlist.batches()
    except SlopguardError as error:
        yield f"{error}, so nothing can be judged. {error.hint}"


def _exceptions(settings: Settings) -> Iterator[str]:
    from slopguard.cli.allow import releases

    for row in releases(settings):
        version = f" {row['version']}" if row["version"] else ""
        until = f"until {row['until']} ({phrase(row['why'], WIDE)})" if row["until"] else "cannot be read"
        yield f"{phrase(row['package'])}{version} {until}" + ("" if row["counts"] else "   does not count")


def _short(place: Path, cwd: Path) -> str:
    """A path as a person in `cwd` would write it."""
    return phrase(str(place.relative_to(cwd)) if place.is_relative_to(cwd) else str(place))
