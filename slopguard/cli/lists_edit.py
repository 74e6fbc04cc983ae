"""`slopguard lists add|deny|remove|promote`: change the sources that people review and sign.

Nothing here signs: a change counts for nobody before people have signed it, so an agent may make one. Invariants: what
is written is what a machine can read; an internal name is never listed by anybody but its owner; every change says
where it was written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from slopguard.cli.app import common
from slopguard.cli.lists_show import diff, expiring, export
from slopguard.cli.lists_words import (
    in_repository,
    last_day,
    layout_of,
    of_packages,
    package,
    reviewer,
    today,
)
from slopguard.curation import edit, sources
from slopguard.curation.adding import joined
from slopguard.curation.entries import KINDS, ListEntry
from slopguard.curation.layout import Layout
from slopguard.errors import UsageError, printable
from slopguard.model import Ecosystem
from slopguard.names import shown

__all__ = ["add", "deny", "diff", "expiring", "export", "promote", "remove"]

SCHEMA = "slopguard/lists-edit/1"
NEXT = ("slopguard lists diff", "slopguard lists build", "slopguard lists sign")
RELEASED = timedelta(days=30)
"""How long an exception lasts unless it says otherwise."""


@click.command(epilog="Example: slopguard lists add 'pypi:flask>=3,<4' --owner web --why 'the web framework'")
@click.argument("name", metavar="NAME[==V|RANGE]")
@of_packages
@click.option("--team", help="The team's list; else the common one.")
@click.option("--versions", multiple=True, metavar="V|RANGE", help="A version or a range; may be given again.")
@click.option("--hash", "hashes", multiple=True, metavar="ALGO:HEX", help="The digest of a file; may be given again.")
@click.option("--why", required=True, help="The reason, for whoever reviews it.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--reviewer", "by", help="Who looked at it; else git's user.name.")
@click.option("--expires", metavar="DATE|90d", help="The last day it counts.")
@click.option("--release", is_flag=True, help="An exception: lets versions through for at most 90 days.")
@click.option("--replace", "anew", is_flag=True, help="Write the entry anew instead of adding to it.")
@in_repository
@common
def add(
    name: str,
    ecosystem: str | None,
    team: str | None,
    versions: tuple[str, ...],
    hashes: tuple[str, ...],
    why: str,
    owner: str,
    by: str | None,
    expires: str | None,
    release: bool,
    anew: bool,
    repository: Path | None,
    config: Path | None,
    form: str,
) -> int:
    """Allow NAME, or some versions or files of it; people must sign the list before it counts.

    A version or range may stand after the name: pypi:flask==3.1.2, 'pypi:flask>=3,<4', npm:react@19.1.0.
    With --release it is an exception for exact versions, which warns where an allow entry would be silent.
    """
    del config
    layout = layout_of(repository)
    eco, package_name, more = package(name, ecosystem)
    day = last_day(expires, today()) if expires else None
    if release and day is None:
        day = today() + RELEASED
    entry = ListEntry(
        "release" if release else "allow",
        eco,
        package_name,
        versions=(*more, *versions),
        hashes=hashes,
        owner=owner,
        reason=why,
        reviewer=by or reviewer(layout),
        added=today(),
        expires=day,
    )
    return _put(layout, team, entry, anew, form)


@click.command(epilog="Example: slopguard lists deny npm:left-pad@1.3.0 --why 'breaks the build'")
@click.argument("name", metavar="NAME[==V|RANGE]")
@of_packages
@click.option("--team", help="The team's list; else the common one, which beats every team's.")
@click.option("--versions", multiple=True, metavar="V|RANGE", help="A version or a range; may be given again.")
@click.option("--hash", "hashes", multiple=True, metavar="ALGO:HEX", help="The digest of a file; may be given again.")
@click.option("--why", required=True, help="The reason, for whoever reviews it and whoever meets it.")
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--reviewer", "by", help="Who looked at it; else git's user.name.")
@click.option("--malicious", is_flag=True, help="It does harm: the rule is `malicious` instead of `denied`.")
@click.option("--id", "identifier", help="An advisory's identifier, such as MAL-2025-1234.")
@click.option("--replace", "anew", is_flag=True, help="Write the entry anew instead of adding to it.")
@in_repository
@common
def deny(
    name: str,
    ecosystem: str | None,
    team: str | None,
    versions: tuple[str, ...],
    hashes: tuple[str, ...],
    why: str,
    owner: str,
    by: str | None,
    malicious: bool,
    identifier: str | None,
    anew: bool,
    repository: Path | None,
    config: Path | None,
    form: str,
) -> int:
    """Deny NAME, or some versions or files of it; a deny never expires.

    Versions come in addition to those that are denied already.
    """
    del config
    layout = layout_of(repository)
    eco, package_name, more = package(name, ecosystem)
    entry = ListEntry(
        "deny",
        eco,
        package_name,
        versions=(*more, *versions),
        hashes=hashes,
        owner=owner,
        reason=why,
        reviewer=by or reviewer(layout),
        added=today(),
        more=({"rule": "malicious"} if malicious else {}) | ({"id": identifier} if identifier else {}),
    )
    return _put(layout, team, entry, anew, form)


@click.command(epilog="Example: slopguard lists remove npm:left-pad --kind deny")
@click.argument("name", metavar="NAME")
@of_packages
@click.option("--kind", type=click.Choice(list(KINDS)), help="Only entries of this kind.")
@click.option("--team", help="The team's list; else the common one and the watch list.")
@in_repository
@common
def remove(
    name: str,
    ecosystem: str | None,
    kind: str | None,
    team: str | None,
    repository: Path | None,
    config: Path | None,
    form: str,
) -> int:
    """Take NAME out of a list, with the comment directly above it."""
    del config
    layout = layout_of(repository)
    eco, package_name, versions = package(name, ecosystem)
    if versions:
        raise UsageError("an entry is taken out as a whole", "Name it without a version; change the rest with: add")
    folders = (_folder(layout, team),) if team else (layout.common, layout.watch)
    changes = [change for folder in folders for change in _taken_out(layout, folder, kind, eco, package_name)]
    if not changes:
        places = " and ".join(layout.shown(folder) for folder in folders)
        raise UsageError(
            f"{places}: no such entry for {eco.value}:{shown(package_name)}", "See: slopguard lists export"
        )
    return _tell(changes, form)


@click.command(epilog="Example: slopguard lists promote pypi:flask --from payments")
@click.argument("names", nargs=-1, metavar="NAME...")
@of_packages
@click.option("--from", "team", help="The team whose entries move up.")
@click.option("--shared", is_flag=True, help="Everything that two teams or more list alike.")
@in_repository
@common
def promote(
    names: tuple[str, ...],
    ecosystem: str | None,
    team: str | None,
    shared: bool,
    repository: Path | None,
    config: Path | None,
    form: str,
) -> int:
    """Move entries of teams up to the common list: NAME ... --from TEAM, or --shared.

    What teams list differently is shown and left where it is; internal names stay with their team.
    """
    from slopguard.curation import promote as moving

    del config
    layout = layout_of(repository)
    if shared == bool(names or team) or bool(names) != bool(team):
        raise UsageError("promote takes NAME ... --from TEAM, or --shared", "See: slopguard lists promote --help")
    spaces = _Internal(layout)
    conflicts: tuple[moving.Conflict, ...] = ()
    if team is None:
        moves, conflicts = moving.shared(layout, lambda eco, name: spaces.owner(eco, name) is not None)
    else:
        _folder(layout, team)
        asked = [package(name, ecosystem)[:2] for name in names]
        for eco, name in asked:
            spaces.check(None, eco, name)
        moves = tuple(move for eco, name in asked for move in moving.of_team(layout, team, eco, name))
    moving.carry_out(layout, moves)
    for each in conflicts:
        what = f"{each.ecosystem.value}:{shown(each.name)} stays in {', '.join(each.places)}"
        click.echo(printable(f"slopguard: {what}: {each.why}"), err=True)
    changes = [_change("moved", layout, layout.common, move.entry) | {"from": list(move.teams)} for move in moves]
    left = [{"ecosystem": c.ecosystem.value, "name": c.name, "lists": list(c.places), "why": c.why} for c in conflicts]
    return _tell(changes, form, conflicts=left)


# ---------------------------------------------------------------- what they share


class _Internal:
    """Whose the internal names are, as `lists.toml` says."""

    def __init__(self, layout: Layout) -> None:
        from slopguard.curation import people
        from slopguard.errors import ListInvalid
        from slopguard.lists.namespaces import Namespaces

        teams = people.table(layout).get("teams", {})
        try:
            globs = {name: team.get("internal", {}) for name, team in teams.items()}
            self._spaces = Namespaces.of(globs)
        except (AttributeError, ListInvalid):
            raise UsageError("the internal names in lists.toml cannot be read", "Correct lists.toml") from None

    def owner(self, ecosystem: Ecosystem, name: str) -> str | None:
        return self._spaces.owner(ecosystem, name)

    def check(self, team: str | None, ecosystem: Ecosystem, name: str) -> None:
        owner = self.owner(ecosystem, name)
        if owner is not None and owner != team:
            what = f"{ecosystem.value}:{shown(name)} is an internal name of {owner}"
            raise UsageError(f"{what}, and nobody else may list it", f"Add --team {owner}")


def _folder(layout: Layout, team: str | None) -> Path:
    """The folder of a team that `lists.toml` knows, or the common one.

    Raises:
        UsageError: there is no such team.
    """
    from slopguard.curation import people

    if team is None:
        return layout.common
    teams = people.table(layout).get("teams", {})
    if not isinstance(teams, dict) or team not in teams:
        known = ", ".join(sorted(map(shown, teams))) or "none"
        raise UsageError(f"lists.toml has no team '{shown(team)}'", f"Its teams: {known}")
    return layout.team(team)


def _put(layout: Layout, team: str | None, entry: ListEntry, anew: bool, form: str) -> int:
    folder = _folder(layout, team)
    _Internal(layout).check(team, entry.ecosystem, entry.name)
    edit.check(entry)
    known = sources.located(folder).get(entry.key)
    if known and not anew:
        entry = joined(known[0], entry)
    path = edit.put(folder, entry)
    return _tell([_change("changed" if known else "added", layout, path, entry)], form)


def _taken_out(layout: Layout, folder: Path, kind: str | None, eco: Ecosystem, name: str) -> list[dict[str, Any]]:
    known = sources.located(folder)
    found = [known[key] for each in KINDS if kind in (None, each) and (key := (each, eco.value, name)) in known]
    if found:
        edit.take_out(folder, kind, eco, name)
    return [_change("removed", layout, path, entry) for entry, path in found]


def _change(what: str, layout: Layout, path: Path, entry: ListEntry) -> dict[str, Any]:
    return {
        "change": what,
        "path": layout.shown(path),
        "kind": entry.kind,
        "ecosystem": entry.ecosystem.value,
        "name": entry.name,
        "versions": list(entry.versions),
    }


def _tell(changes: Sequence[dict[str, Any]], form: str, **more: Any) -> int:
    """Say what was written where, and what to do next."""
    if form == "json":
        document = {"schema": SCHEMA, "changes": changes, "next": list(NEXT) if changes else [], **more}
        click.echo(json.dumps(document, indent=1))
        return 0
    for each in changes:
        of = " ".join(filter(None, [f"{each['ecosystem']}:{each['name']}", ", ".join(each["versions"])]))
        click.echo(f"{each['path']}: {each['change']} {each['kind']} {of}")
    click.echo(f"Next: {', '.join(NEXT)}" if changes else "slopguard: nothing was changed.", err=not changes)
    return 0
