"""What `slopguard check` does between its command line and its report: read, ask, judge, compare.

Invariants: every verdict is in the ledger before it is shown; what could not be read or asked is told, never allowed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from slopguard.check import change, confined, locked, walk
from slopguard.check.before import Before
from slopguard.check.files import Files
from slopguard.check.found import Finding
from slopguard.check.git import Repository
from slopguard.check.globs import below
from slopguard.check.group import Group, missing_notes
from slopguard.check.kinds import INSTALLED, is_manifest
from slopguard.check.model import Checked, Judged
from slopguard.check.newer import Newer
from slopguard.check.settings import Layered, together
from slopguard.check.tree import Read, read_tree
from slopguard.check.walk import Place
from slopguard.config import Settings, load
from slopguard.config.actors import at_a_terminal, detect
from slopguard.config.places import project_table, project_tables
from slopguard.errors import UsageError
from slopguard.lists.loading import refresh
from slopguard.model import Actor, Arrival, Door, Mode
from slopguard.progress import progress
from slopguard.rules import SEVERITY

if TYPE_CHECKING:
    from slopguard.check.installed import Installed

NO_BASE = "the base of this pull request is not in the clone, so everything was judged; fetch it: see docs/check.md"

SPARSE = "this is a sparse checkout: what git leaves out of it was not looked at"
NO_GIT = (
    "git says nothing of this folder, so everything was judged: install it, or let it trust the folder (safe.directory)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command line of `check`, as its options name it.

    Args:
        diff: `--diff REV`.
        new_only: judge only what is new since the base.
        everything: judge all of it, in a pull request too.
        exclude: globs of files to leave out, from the root of the repository.
        installed: what is installed counts too.
        command: the command line, for the ledger.
    """

    paths: Sequence[Path] = (Path(),)
    offline: bool = False
    diff: str | None = None
    new_only: bool = False
    everything: bool = False
    exclude: Sequence[str] = ()
    installed: bool = False
    config: Path | None = None
    command: str = "slopguard check"


def check(wanted: Wanted) -> Checked:
    """Check everything below the paths.

    Raises:
        SlopguardError: a path or a base is not there, a setting makes no sense, or an answer cannot be recorded.
    """
    began, cwd = time.monotonic(), Path.cwd()
    repository = Repository.around(cwd)
    base, notes = _base(wanted, repository)
    settings_at = _settings(wanted, base, cwd)
    root = settings_at(Path())
    places = _kept(list(walk.places(wanted.paths, cwd)), (*root.check_exclude, *wanted.exclude), repository, cwd)
    layered = Layered(root, cwd, settings_at, _holds(base))
    only_new = base is not None and not wanted.everything and (base.review or _asked_for_new(wanted))
    before = Before.of(base, places, touched=True) if base and only_new else None
    names = repository.files(repository.root) if repository else None
    files = _files(places, names, before.changed if before else None, confined.roots(wanted.paths, cwd))
    if base and before is None:
        before = Before.of(base, [place for place in places if place.path in files.tree.paths()], touched=False)
    whole = any((cwd / path).resolve() == (repository.root.resolve() if repository else cwd) for path in wanted.paths)
    files = replace(files, origin=repository.origin() if repository else "", whole=whole)
    if wanted.installed:
        installed = _installed(files, cwd)
        notes += installed.notes
        before = before.with_installed(_places_of(installed)) if before else None
    notes += [SPARSE] if repository and repository.sparse() else []
    for note in refresh(root):
        print(note, file=sys.stderr)
    groups = [Group(settings, cwd, read, files, before) for settings, read in _grouped(files.tree.read, layered)]
    judged = [each for group in groups for each in group.judged(Door("check", wanted.command), only_new=only_new)]
    found = [
        *files.tree.findings,
        *(each for group in groups for each in group.findings),
        *locked.findings(files.tree.read, files.beside.read),
        *_imports(files, root, Group(root, cwd, (), files)),
    ]
    return Checked(
        judged=tuple(sorted(judged, key=_urgency)),
        findings=tuple(_findings(found, before, only_new=only_new)),
        locks=files.tree.count(locks=True),
        files=files.tree.count(locks=False),
        since=base.name if base else None,
        changed_only=only_new,
        enforced=any(settings.mode is not Mode.OBSERVE for settings in (root, *(group.settings for group in groups))),
        offline=root.offline,
        lists=_lists(root),
        notes=(*notes, *missing_notes(groups)),
        seconds=time.monotonic() - began,
    )


def _lists(settings: Settings) -> tuple[str, ...]:
    """What is known of a team's lists, in a few words each."""
    if not settings.list_sources:
        return ()
    from slopguard.cli.lists_status import in_short

    return tuple(in_short(settings, datetime.now(UTC))[1:])


def _files(
    places: Sequence[Place], names: list[str] | None, changed: frozenset[Path] | None, inside: Sequence[str]
) -> Files:
    """Read the files, or only those that changed, and of the others what these are seen beside; nothing else."""
    load = confined.loader(places, inside)
    looked_at = [place for place in places if changed is None or place.path in changed]
    with progress(len(looked_at), "reading files") as step:
        tree = read_tree(_stepping(looked_at, step), load)
    beside = [] if changed is None else [p for p in places if p.path not in changed and is_manifest(p.full)]
    beside += walk.beside(places, Path.cwd())
    names = names or [place.path.as_posix() for place in places]
    return Files(places, names, tree, read_tree(beside, load), load=load)


def _installed(files: Files, cwd: Path) -> Installed:
    """What is installed here, added to what was read."""
    from slopguard.check import installed

    found = installed.read(cwd, os.environ)
    for reading in found.readings:
        files.tree.add(INSTALLED, reading)
    return found


def _places_of(installed: Installed) -> Iterator[Path]:
    """The paths at which something is installed, or could not be told."""
    for reading in installed.readings:
        yield from (Path(each.location.path) for each in reading.sightings if each.location)
        yield from (Path(each.location.path) for each in reading.problems)


def _imports(files: Files, settings: Settings, group: Group) -> list[Finding]:
    """What source code imports and nothing accounts for."""
    if not files.tree.sources:
        return []
    from slopguard.check.unknown_imports import findings

    return findings(files, settings, None if settings.offline else group.facts)


def _asked_for_new(wanted: Wanted) -> bool:
    return wanted.new_only or wanted.diff is not None


def _base(wanted: Wanted, repository: Repository | None) -> tuple[change.Base | None, list[str]]:
    """The base to compare with, and what is to be said of it.

    Raises:
        UsageError: the one that was asked for is not there.
    """
    if wanted.diff is not None:
        return change.named(repository, wanted.diff), []
    found = change.under_review(repository, os.environ)
    if found is not None:
        return found, []
    if change.is_review(os.environ):
        if wanted.new_only:
            raise UsageError(
                "the base of this pull request is not in the clone", "Fetch it first, as docs/check.md says"
            )
        return None, [NO_BASE if repository else NO_GIT]
    if wanted.new_only:
        return change.guessed(repository), []
    try:
        return change.guessed(repository), []
    except UsageError:
        return None, []


def _settings(wanted: Wanted, base: change.Base | None, cwd: Path) -> Callable[[Path], Settings]:
    """Gives the settings in force in a folder; in a pull request, those of its base."""
    review = base is not None and base.review
    in_ci = review and detect(os.environ, terminal=at_a_terminal()) is Actor.CI  # an agent could name any base
    sources = [change.settings_tables(base)] if base is not None and base.review else []
    tables = together(sources if in_ci else [*sources, project_tables], cwd)

    def at(folder: Path) -> Settings:
        flags = {"offline": wanted.offline}
        return load(cwd / folder, os.environ, flags, wanted.config, project=tables, reviewed=in_ci)

    return at


def _holds(base: change.Base | None) -> Callable[[Path], bool]:
    """Tells whether a folder holds settings of its own, here or in the base of the pull request."""

    def holds(folder: Path) -> bool:
        if base is not None and base.review and any(True for _ in change.settings_in(base, folder)):
            return True
        return project_table(folder)[1] is not None

    return holds


def _kept(places: list[Place], globs: Sequence[str], repository: Repository | None, cwd: Path) -> list[Place]:
    """The places that no glob leaves out; what a person named stays."""
    if not globs:
        return places
    root = f"{(repository.root if repository else cwd).as_posix().rstrip('/')}/"
    return [place for place in places if place.named or not below(globs, place.full.removeprefix(root))]


def _stepping(places: Iterable[Place], step: Callable[[], None]) -> Iterator[Place]:
    for place in places:
        yield place
        step()


def _grouped(read: Iterable[Read], layered: Layered) -> list[tuple[Settings, list[Read]]]:
    """The files by the settings that count for them."""
    found: dict[str, tuple[Settings, list[Read]]] = {}
    for each in read:
        settings = layered.of(each.reading.path)
        found.setdefault(settings.digest, (settings, []))[1].append(each)
    return list(found.values())


def _findings(findings: Sequence[Finding], before: Before | None, *, only_new: bool) -> list[Finding]:
    """The findings, severest first."""
    if before is not None:
        imported = (Path(place.path) for each in findings if each.rule == "unknown-import" for place in each.locations)
        changed = before.with_changed(imported)
        findings = Newer.than((), before.tree.findings, map(str, changed)).marked(findings)
    kept = [found for found in findings if found.new or not only_new]
    return sorted(kept, key=lambda found: (-SEVERITY[found.outcome], found.rule))


def _urgency(each: Judged) -> tuple[int, bool, bool, str, str]:
    """Severest first; among equals what is new, then what somebody wrote in, then by name."""
    request = each.verdict.request
    brought = request.arrived is Arrival.TRANSITIVE
    name = request.name or request.raw
    return -SEVERITY[each.verdict.outcome], not each.new, brought, request.ecosystem.value, name
