"""What is new since a base: which questions and findings the files of the base did not hold.

Invariant: what cannot be told from the base counts as new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slopguard.check.found import Finding, RequestKey, key
from slopguard.model import Request


@dataclass(frozen=True, slots=True)
class Newer:
    """What the files of the base held, of those that changed.

    Args:
        requests: keys of its questions, each with a file that asked it.
        digests: what each was held to.
        findings: how often each finding stood in them.
        paths: the files that changed, as locations name them.
        resettled: folders whose settings of clients changed: what those send elsewhere is new.
    """

    requests: frozenset[tuple[RequestKey, str]]
    digests: Mapping[RequestKey, frozenset[str]]
    findings: Counter[tuple[str, str, str]]
    paths: frozenset[str]
    resettled: frozenset[Path] = frozenset()

    @classmethod
    def than(
        cls,
        requests: Iterable[Request],
        findings: Iterable[Finding],
        paths: Iterable[str],
        resettled: frozenset[Path] = frozenset(),
    ) -> Newer:
        """What the base held."""
        held: set[tuple[RequestKey, str]] = set()
        digests: dict[RequestKey, frozenset[str]] = {}
        for request in requests:
            same = key(request)
            held |= {(same, place.path) for place in request.locations}
            digests[same] = digests.get(same, frozenset()) | request.digests
        return cls(frozenset(held), digests, Counter(_keys(findings)), frozenset(paths), resettled)

    def is_new(self, request: Request) -> bool:
        """Whether a changed file holds a question, or digests for it, that it did not hold before."""
        same, paths = key(request), {place.path for place in request.locations} & self.paths
        if any((same, path) not in self.requests for path in paths):
            return True
        known = self.digests.get(same)
        others = bool(known and request.digests - known)
        return bool(paths) and (others or (bool(self.resettled) and self._sent_elsewhere(request)))

    def _sent_elsewhere(self, request: Request) -> bool:
        """Whether settings that changed are why it would come from where nobody promised anything."""
        folders = (Path(place.path).parents for place in request.locations)
        return not request.source.trusted and any(not self.resettled.isdisjoint(each) for each in folders)

    def marked(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings, marked as new where a changed file holds more of them than before."""
        now = Counter(_keys(findings))
        fresh = {each for each, count in now.items() if each[1] in self.paths and count > self.findings[each]}
        return [replace(f, new=any(each in fresh for each in _keys([f]))) for f in findings]


def _keys(findings: Iterable[Finding]) -> Iterable[tuple[str, str, str]]:
    return [(found.rule, place.path, found.detail) for found in findings for place in found.locations]
