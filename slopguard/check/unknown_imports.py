"""What source code imports and nothing in the tree accounts for, as findings of `slopguard check`.

Invariants: an import is a suggestion: it never refuses anything, and nothing about it is written to the ledger, as
nobody asked for these names; it is told only where every package that may hold the module would be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from slopguard.check.files import Files
from slopguard.check.found import Finding
from slopguard.check.imports import Finder, Suggestion, ecosystem_of
from slopguard.check.own import Project
from slopguard.check.tree import Load, read_source
from slopguard.check.walk import Place
from slopguard.config import Settings
from slopguard.errors import InputError
from slopguard.judge import Judge
from slopguard.model import OFFLINE, Ecosystem, Facts, Request, Verdict
from slopguard.names import BadName, normalize, shown
from slopguard.readers import js_aliases

Fetch = Callable[[Sequence[Request]], list[Facts]]
"""The facts on each request, in order."""


def findings(files: Files, settings: Settings, fetch: Fetch | None) -> list[Finding]:
    """What is to be told of imports.

    Args:
        fetch: asks the indexes; `None` offline.
    """
    with Judge.open(settings) as judge:
        found = _suggestions(files, Finder(_project(files), judge.lists.means, judge.lists.listing))
        return [_finding(each) for each in found if _refused(judge, each, settings, fetch)]


def _project(files: Files) -> Project:
    """The tree as far as its imports go: its own modules, and everything that its files declare."""
    readings = [each.reading for each in files.everything()]
    sightings = (sighting for reading in readings for sighting in reading.sightings)
    declared = {(s.ecosystem, name) for s in sightings for name in (s.raw, s.extra.get("alias", s.raw))}
    own = [(ecosystem, reading.project) for reading in readings if reading.project for ecosystem in Ecosystem]
    own += [(Ecosystem.NPM, name) for place in files.places for name in _aliases(place, files.load)]
    return Project.of(files.names, declared, own)


def _aliases(place: Place, load: Load) -> frozenset[str]:
    """The names that a bundler's or compiler's settings give to folders of the project."""
    if not js_aliases.CONFIGS.search(place.full):
        return frozenset()
    try:
        return js_aliases.read(place.path, load(place.path))
    except InputError:
        return frozenset()


def _suggestions(files: Files, finder: Finder) -> tuple[Suggestion, ...]:
    for place in files.tree.sources:
        text = read_source(place.path, files.load)
        ecosystem = ecosystem_of(place.full)
        if text is not None and ecosystem is not None:
            finder.look(place.path, text, ecosystem)
    return finder.suggestions()


def _refused(judge: Judge, each: Suggestion, settings: Settings, fetch: Fetch | None) -> bool:
    """Whether every package that may hold the module would be refused; an optional one only if it is watched."""
    requests = list(_requests(each, settings))
    verdicts = [judge.verdict(request, OFFLINE) for request in requests]
    if not _all_refused(verdicts, each):
        return False
    if fetch is None:
        return True
    return _all_refused([judge.verdict(r, facts) for r, facts in zip(requests, fetch(requests), strict=True)], each)


def _all_refused(verdicts: Iterable[Verdict], each: Suggestion) -> bool:
    return all(v.outcome.refuses and (v.evidence.watch is not None or not each.optional) for v in verdicts)


def _requests(each: Suggestion, settings: Settings) -> Iterable[Request]:
    for name in each.candidates:
        try:
            normal = normalize(each.ecosystem, name)
        except BadName:
            continue
        yield Request(each.ecosystem, normal, name, actor=settings.actor, locations=each.locations)


def _finding(each: Suggestion) -> Finding:
    return Finding("unknown-import", each.locations, shown(each.module))
