"""What is asked: a dependency as somebody wrote it down, and the question that it becomes.

Invariant: a name inside a `Request` has passed `slopguard.names` or is `None`; raw text lives in `raw` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slopguard.model.words import Actor, Arrival, Ecosystem, NormalizedName, SourceKind


@dataclass(frozen=True, slots=True)
class Source:
    """Where a package would come from.

    Args:
        kind: the kind of place.
        index: the index or URL, credentials removed; `None` means "the client's own indexes".
        trusted: whether every index this may come from is trusted.
        private: whether the index is declared as the organisation's own (internal names may come from it).
    """

    kind: SourceKind = SourceKind.REGISTRY
    index: str | None = None
    trusted: bool = True
    private: bool = False


REGISTRY = Source()
"""The client's own, trusted indexes."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: `path` as the user would type it, `line` 1-based or `None`."""

    path: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A dependency as somebody wrote it down, before its name was judged.

    Args:
        ecosystem: which registry protocol it belongs to.
        raw: the name exactly as written (it may be ill-formed).
        specifier: the version specifier or range as written, `""` for none.
        version: the one version it pins, `None` if it does not.
        digests: `algo:hex` digests it pins (`sha256:`, `sha512:`, `sha1:`).
        source: where it says it comes from.
        location: the file and line, `None` for a command line.
        extra: reader-specific facts as fixed keys, e.g. `{"alias": "x", "editable": "1"}`.
    """

    ecosystem: Ecosystem
    raw: str
    specifier: str = ""
    version: str | None = None
    digests: frozenset[str] = frozenset()
    source: Source = REGISTRY
    location: Location | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """The question put to the judge: may this package be installed?

    Args:
        name: normalised name; `None` when `raw` has no normal form (rule `bad-name`).
        raw: the name as written.
        version: one version, or `None` to ask about the name.
        digests: digests of the exact file, when known.
        arrived: how the name came up.
        source: where it would come from.
        actor: who asks.
        locations: where it is written down.
        runs: what is fetched is run at once, as by `npx` and `uvx`.
    """

    ecosystem: Ecosystem
    name: NormalizedName | None
    raw: str
    version: str | None = None
    digests: frozenset[str] = frozenset()
    arrived: Arrival = Arrival.INTRODUCED
    source: Source = REGISTRY
    actor: Actor = Actor.HUMAN
    locations: tuple[Location, ...] = ()
    runs: bool = False

    @property
    def purl(self) -> str:
        """The package URL (purl-spec): `@` of an npm scope is percent-encoded, the version follows `@`."""
        name = (self.name or self.raw).replace("@", "%40")
        return f"pkg:{self.ecosystem}/{name}" + (f"@{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Door:
    """Who came to the judge, for the ledger.

    Args:
        name: `ask`, `gate`, `pip`, `hook` ...
        command: the command line as typed; secrets are taken out before it is written.
        session: shared by the doors of one command, so that they give one decision one id.
    """

    name: str
    command: str = ""
    session: str = ""
