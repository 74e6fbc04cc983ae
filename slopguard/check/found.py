"""What reading files comes to, beside questions: what names no package, and what is told of one lock file; light.

Invariant: everything here is data; texts in it are our own words, paths and names as written in the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slopguard.model import Location, Outcome, Request

RequestKey = tuple[object, ...]
Package = tuple[str, str | None]
"""Name as written and version of a locked package."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that names no package and must be told all the same.

    Args:
        rule: `undecidable`, `settings-loosened`, `unhashed`, `lock-drift`, `unknown-import`,
            `unknown-host`, `malformed`, `unreadable`: a key of `RULES`.
        locations: where, in file order.
        detail: more about it in our own words (`not valid TOML`), no full stop; may be empty.
        new: as in `Judged`.
    """

    rule: str
    locations: tuple[Location, ...]
    detail: str = ""
    new: bool = False

    @property
    def outcome(self) -> Outcome:
        """The contract's word for it."""
        from slopguard.rules import RULES  # a hook reads files too, and has no use for it

        return RULES[self.rule].outcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one lock file is told of.

    Args:
        orphans: names that nothing in it or beside it asks for.
        strange: packages whose files lie on a host that their index does not use, with that host.
        unsure: those of them of which only the index can tell: too few packages are there to compare.
        changed: packages whose digests were others before, for the same version.
    """

    orphans: frozenset[str] = frozenset()
    strange: Mapping[Package, str] = field(default_factory=dict)
    unsure: frozenset[Package] = frozenset()
    changed: frozenset[Package] = frozenset()


NOTHING = Evidence()


def key(request: Request) -> RequestKey:
    """What makes two questions the same, wherever they are written."""
    source = request.source
    return (
        request.ecosystem,
        request.name or request.raw,
        request.version,
        source.kind,
        source.index,
        request.runs and request.version is None,
    )
