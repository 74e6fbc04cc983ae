"""`slopguard lists import`: entries made of what is known elsewhere: OSV records, and what a team runs already.

Invariants: what is left out is shown before anything is written; a record that cannot be used stops the whole import
unless that was asked for; nothing of what a team runs is written but with `--yes` or after a person at the terminal
said yes; what is written are sources, which count for nobody before people have signed them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slopguard.cli.app import common, config_of
from slopguard.curation.layout import Layout
from slopguard.errors import InputError, UsageError, printable
from slopguard.model import Ecosystem
from slopguard.names import shown

if TYPE_CHECKING:
    from slopguard.curation.importing import Change, Taken
    from slopguard.curation.trusting import Merged, Proposal

SCHEMA = "slopguard/import/1"
MOST = 20
"""Records with a problem, and packages left out for their form, that are named one by one."""
KINDS = {"malicious": ("deny",), "advisories": ("fix",)}


@click.group("import", epilog="Example: slopguard lists import locks uv.lock --owner web --why 'we run it'")
def import_() -> None:
    """Make entries of OSV records (malicious packages, fixes) or of what you run already (lock files, SBOMs)."""


def _repository(command: Any) -> Any:
    return click.option(
        "--repository", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository of lists."
    )(command)


# ---------------------------------------------------------------- osv


@import_.command("osv", epilog="Example: slopguard lists import osv all.zip --only malicious --skip-bad")
@click.argument("what", metavar="PATH|ZIP|URL")
@click.option("--only", type=click.Choice(list(KINDS)), help="Malicious packages alone, or fixes of advisories alone.")
@click.option("--replace", is_flag=True, help="Forget what earlier data said; by default it stays.")
@click.option("--skip-bad", is_flag=True, help="Leave out records that cannot be used.")
@click.option("--stale-ok", is_flag=True, help="Take data whose newest record is older than 30 days.")
@click.option("--deny-popular", is_flag=True, help="Let a record deny every version of a popular package.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@_repository
@common
@click.pass_context
def osv(
    ctx: click.Context,
    what: str,
    only: str | None,
    replace: bool,
    skip_bad: bool,
    stale_ok: bool,
    deny_popular: bool,
    dry_run: bool,
    repository: Path,
    config: Path | None,
    form: str,
) -> int:
    """Deny malicious packages, and let fixes through early, as the OSV records in a file, folder, zip or URL say.

    Writes watch/malicious.toml and common/advisories.toml of the repository of lists you are in.
    """
    del ctx, config
    from slopguard.curation import feed, importing

    layout = Layout.find(repository)
    now = datetime.now(UTC)
    taken = importing.take(feed.records(what), now, _never if deny_popular else _popular())
    _check(taken, skip_bad=skip_bad)
    if not stale_ok:
        taken.check_age(now)
    kinds = KINDS[only] if only else tuple(importing.FILES)
    changes = importing.plan(layout, taken, afresh=replace, kinds=kinds)
    for change in changes if not dry_run else ():
        importing.write(change)
    if form == "json":
        click.echo(json.dumps(_osv_json(taken, changes, layout, written=not dry_run), indent=1))
    else:
        _say(_osv_lines(taken, changes, layout, written=not dry_run))
    return 0


def _never(ecosystem: Ecosystem, name: str) -> bool:
    return False


def _popular() -> Any:
    """Tells whether a name is one that the shipped lists allow."""
    from slopguard.lists import Lists

    lists = Lists.shipped()
    return lambda ecosystem, name: lists.allow(ecosystem, name) is not None


def _check(taken: Taken, *, skip_bad: bool) -> None:
    """Show what cannot be used, and stop for it.

    Raises:
        InputError: there is such a record, or there is none at all.
    """
    if not taken.read:
        raise InputError("there are no records in it", "Name a folder, zip or file of OSV records")
    for line in taken.problems[:MOST]:
        click.echo(printable(f"slopguard: {line}"), err=True)
    count = len(taken.problems)
    if count > MOST:
        click.echo(f"slopguard: and {count - MOST:,} more", err=True)
    if count and not skip_bad:
        what = f"{count:,} of {taken.read:,} records cannot be used, and nothing was written"
        raise InputError(what, "Look at them, then leave them out with --skip-bad")


def _osv_lines(taken: Taken, changes: Sequence[Change], layout: Layout, *, written: bool) -> list[str]:
    said = "" if written else "would be "
    counts = f"{taken.elsewhere:,} of other ecosystems, {taken.withdrawn:,} withdrawn, {len(taken.problems):,} left out"
    lines = [f"{_count(taken.read, 'record')}: {counts}"]
    for change in changes:
        covered = f", {change.covered:,} left to entries of your own" if change.covered else ""
        lines.append(
            f"{layout.shown(change.path)}: {_count(len(change.entries), 'package')}, {said}{change.added:,} added, "
            f"{change.changed:,} changed, {change.removed:,} removed{covered}; data of {change.as_of}"
        )
    if not changes:
        lines.append("nothing in them is about PyPI or npm")
    return lines


def _osv_json(taken: Taken, changes: Sequence[Change], layout: Layout, *, written: bool) -> dict[str, Any]:
    files = [
        {
            "path": layout.shown(change.path),
            "entries": len(change.entries),
            "added": change.added,
            "changed": change.changed,
            "removed": change.removed,
            "covered": change.covered,
            "as_of": change.as_of.isoformat(),
        }
        for change in changes
    ]
    return {
        "schema": SCHEMA,
        "written": written,
        "records": taken.read,
        "elsewhere": taken.elsewhere,
        "withdrawn": taken.withdrawn,
        "problems": taken.problems,
        "files": files,
    }


# ---------------------------------------------------------------- locks


@import_.command("locks", epilog="Example: slopguard lists import locks . --owner web --why 'in production since 2024'")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--team", metavar="TEAM", help="The list of this team; the common list by default.")
@click.option(
    "--as",
    "shape",
    type=click.Choice(["names", "versions", "hashes"]),
    default="versions",
    help="What each entry allows: the name, these versions (default), or these files alone.",
)
@click.option("--owner", required=True, help="Who answers for these packages.")
@click.option("--why", required=True, help="Why they may be installed.")
@click.option("--include-quarantined", is_flag=True, help="Those in quarantine too; blocked ones never.")
@click.option("--offline", is_flag=True, help="Ask no index.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@_repository
@common
@click.pass_context
def locks(
    ctx: click.Context,
    paths: tuple[Path, ...],
    team: str | None,
    shape: str,
    owner: str,
    why: str,
    include_quarantined: bool,
    offline: bool,
    yes: bool,
    repository: Path,
    config: Path | None,
    form: str,
) -> int:
    """Allow what the lock files, requirement files and SBOMs at PATH say that you run already.

    Every package is judged as if somebody asked for it by name. First comes what is left out, and why; then, after a
    yes, the entries are written. Ends as `slopguard ask` does for the packages that were left out.
    """
    from slopguard.config import load
    from slopguard.curation import inventory, trusting

    layout = Layout.find(repository)
    folder = layout.team(team) if team else layout.common
    settings = load(Path.cwd(), os.environ, {"offline": offline}, config_of(ctx, config))
    readings = inventory.readings(paths)
    from slopguard.cli.inventory import judged_all, left_over, notes

    verdicts = judged_all(readings, settings, Path.cwd())
    wish = trusting.Wish(shape, owner, why, datetime.now(UTC).date(), include_quarantined)
    proposal = trusting.propose(verdicts, wish)
    merged = trusting.merge(folder, proposal.entries, wish.today)
    shown_first = [*_left_out(proposal, merged, folder), *notes(readings)]
    summary = _summary(len(verdicts), proposal, merged, layout.shown(folder))
    if form != "json":
        _say([*shown_first, summary])
    written = bool(merged.added or merged.changed) and (yes or (form != "json" and _agreed(summary)))
    files = [layout.shown(path) for path in trusting.write(folder, merged)] if written else []
    if form == "json":
        click.echo(json.dumps(_locks_json(proposal, merged, files, folder), indent=1))
    elif merged.added or merged.changed:
        _say([f"written: {', '.join(files)}"] if files else ["nothing was written; write it with --yes"])
    return left_over(proposal.refused, settings)


def _agreed(summary: str) -> bool:
    """Whether a person at the terminal says yes; nobody else is asked.

    Raises:
        UsageError: the person says no.
    """
    from slopguard.cli.persons import ask_yes, only_a_person

    try:
        only_a_person("agree to this", "slopguard lists import locks")
    except UsageError:
        return False
    ask_yes([summary], "Write these entries?", "nothing was written")
    return True


def _left_out(proposal: Proposal, merged: Merged, folder: Path) -> list[str]:
    """What will not be imported, one paragraph a kind of reason."""
    from slopguard.curation.sources import dotted, where
    from slopguard.reports import text

    lines = list(text.report(proposal.refused)) if proposal.refused else []
    unfit = [f"left out  {v.request.ecosystem} '{shown(v.request.raw)}'   {why}" for v, why in proposal.unfit]
    left = [f"left out  {dotted(*e.key)}   stands in {where(path, folder)} in another form" for e, path in merged.left]
    for found in (unfit, left):
        lines += found[:MOST] + ([f"left out  and {len(found) - MOST:,} more"] if len(found) > MOST else [])
    return lines


def _summary(count: int, proposal: Proposal, merged: Merged, folder: str) -> str:
    parts = [f"{merged.added:,} to add", f"{merged.changed:,} to change"]
    parts += [f"{len(proposal.refused):,} refused"]
    parts += [f"{proposal.known:,} allowed already"] if proposal.known else []
    parts += [f"{proposal.internal:,} internal"] if proposal.internal else []
    parts += [f"{left:,} left out"] if (left := len(proposal.unfit) + len(merged.left)) else []
    return f"{_count(count, 'package')} judged for {folder}: {', '.join(parts)}"


def _locks_json(proposal: Proposal, merged: Merged, files: list[str], folder: Path) -> dict[str, Any]:
    from slopguard.curation.sources import dotted, where

    return {
        "schema": SCHEMA,
        "written": bool(files),
        "files": files,
        "added": merged.added,
        "changed": merged.changed,
        "known": proposal.known,
        "internal": proposal.internal,
        "entries": [
            {"ecosystem": e.ecosystem.value, "name": e.name, "versions": list(e.versions), "hashes": list(e.hashes)}
            for e in proposal.entries
        ],
        "refused": [
            {"ecosystem": v.request.ecosystem.value, "name": shown(v.request.name or v.request.raw)}
            | {"version": v.request.version, "verdict": v.outcome.value, "rule": v.rule, "decision": v.decision_id}
            for v in proposal.refused
        ],
        "left_out": [
            {"ecosystem": v.request.ecosystem.value, "name": v.request.name, "why": why} for v, why in proposal.unfit
        ]
        + [{"entry": dotted(*e.key), "why": f"stands in {where(path, folder)}"} for e, path in merged.left],
    }


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _say(lines: Sequence[str]) -> None:
    click.echo("\n".join(map(printable, lines)))
