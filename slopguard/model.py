"""The vocabulary that every room shares: what is asked, what is known, what is answered.

Invariants:

* Everything here is a frozen dataclass or an enumeration; nothing does I/O or reads a clock.
* A name inside a `Request` has passed `slopguard.names` or is `None`; raw text lives in `raw` only.
* "Don't know" is a value (`Existence.UNKNOWN` with a cause), never an absent answer read as "fine".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

NormalizedName = NewType("NormalizedName", str)
"""A package name in its ecosystem's one canonical spelling. Only `slopguard.names` makes one."""


class Ecosystem(StrEnum):
    """A package ecosystem, spelled as its purl type."""

    PYPI = "pypi"
    NPM = "npm"


class Outcome(StrEnum):
    """What a verdict says; the contract's five words."""

    ALLOW = "allow"
    WARN = "warn"
    QUARANTINE = "quarantine"
    BLOCK = "block"
    UNCHECKED = "unchecked"

    @property
    def refuses(self) -> bool:
        """Whether this outcome stops an install."""
        return self in (Outcome.QUARANTINE, Outcome.BLOCK, Outcome.UNCHECKED)


class Arrival(StrEnum):
    """How a name came to be asked for; it decides which permits count."""

    INTRODUCED = "introduced"
    """Typed, suggested, or added by this change."""
    TRANSITIVE = "transitive"
    """Required by a version that was itself admitted."""
    LOCKED = "locked"
    """Recorded in the lock file of a project that a person adopted."""


class Actor(StrEnum):
    """Who is asking. Trust falls from left to right; the environment may only lower it."""

    HUMAN = "human"
    CI = "ci"
    AGENT = "agent"


class Mode(StrEnum):
    """The enforcement mode, strictest first."""

    STRICT = "strict"
    BALANCED = "balanced"
    OBSERVE = "observe"


class SourceKind(StrEnum):
    """What kind of place a package would come from."""

    REGISTRY = "registry"
    URL = "url"
    VCS = "vcs"
    PATH = "path"
    """A local project, folder or archive of the user's own."""
    WORKSPACE = "workspace"


class Layer(StrEnum):
    """Where a client's setting (an index, say) was written. The first three are trusted."""

    BUILTIN = "builtin"
    SYSTEM = "system"
    USER = "user"
    ACCEPTED = "accepted"
    """Accepted by a person (`slopguard trust`)."""
    PROJECT = "project"
    ENVIRONMENT = "environment"
    FLAG = "flag"
    LOCKFILE = "lockfile"

    @property
    def trusted(self) -> bool:
        """Whether an index named at this layer counts as trusted (DESIGN decision 7)."""
        return self in (Layer.BUILTIN, Layer.SYSTEM, Layer.USER, Layer.ACCEPTED)


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

    @property
    def purl(self) -> str:
        """The package URL (purl-spec): `@` of an npm scope is percent-encoded, the version follows `@`."""
        name = (self.name or self.raw).replace("@", "%40")
        return f"pkg:{self.ecosystem}/{name}" + (f"@{self.version}" if self.version else "")


class Existence(StrEnum):
    """Whether a name exists on the indexes asked."""

    YES = "yes"
    NO = "no"
    OFFLINE = "offline"
    """Nobody asked, by choice (`--offline`, `SLOPGUARD_OFFLINE`)."""
    DOWN = "down"
    """The index was asked and gave no usable answer."""
    AUTH = "auth"
    """The index refused our credentials."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version as an index lists it.

    Args:
        version: as published.
        uploaded: first upload of any of its files (PEP 700 `upload-time`, npm `time`), `None` if undated.
        digests: `algo:hex` of its files.
        yanked: PEP 592 yank or npm deprecation flag is *not* a refusal; kept for reports.
        install_script: npm `hasInstallScript` or a pre/post/install script; PyPI: only an sdist exists.
        foreign: its document says that it requires something by URL, repository or path: no index serves that.
    """

    version: str
    uploaded: datetime | None = None
    digests: frozenset[str] = frozenset()
    yanked: bool = False
    install_script: bool = False
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the indexes say about one name: the union over all trusted indexes asked.

    Args:
        existence: whether any index lists it.
        releases: every version listed, in index order.
        status: PEP 792 project status: `active`, `archived`, `quarantined`, `deprecated`.
        dated: `False` when some index lists it without upload times and is not `curated`.
        asked: when the answer was had (UTC); `None` when nobody was asked.
        partial: why there may be more releases than these: an index did not answer (`DOWN`), refused us (`AUTH`) or
            was not asked now (`OFFLINE`); `None` when these are all.
    """

    existence: Existence
    releases: tuple[Release, ...] = ()
    status: str = "active"
    dated: bool = True
    asked: datetime | None = None
    partial: Existence | None = None

    @property
    def first_upload(self) -> datetime | None:
        """The earliest dated upload, or `None` when unknown."""
        return min((r.uploaded for r in self.releases if r.uploaded), default=None)

    def release(self, version: str) -> Release | None:
        """The listed release with exactly this version text, if any."""
        return next((r for r in self.releases if r.version == version), None)


OFFLINE = Facts(Existence.OFFLINE)
"""No index was asked, by choice."""
ABSENT = Facts(Existence.NO)
"""Every index was asked and none lists the name (the door fills in `asked`)."""


class RowKind(StrEnum):
    """How strong an allow row is: a name, a version range, or hashes."""

    BASELINE = "baseline"
    REVIEWED = "reviewed"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class AllowRow:
    """An allow row that covers the request (its range or hashes already matched).

    Args:
        list_name: the signed list it stands in, e.g. `baseline`.
        kind: its strength.
        rank: popularity rank in its ecosystem, 1 = most downloaded; `None` if unranked.
    """

    list_name: str
    kind: RowKind
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class DenyRow:
    """A deny row: `rule` is `denied` or `malicious`."""

    list_name: str
    rule: str


@dataclass(frozen=True, slots=True)
class WatchRow:
    """A hallucinated or predicted name. It can only refuse.

    Args:
        origin: `imported` (documented list), `generated` (forecast), `observed` (asked for by an agent here).
        source: short attribution code, fixed text (never registry text).
        rank: 1 = most likely to be invented; `None` if unranked (observed rows).
        models: how many models were seen inventing it, `None` if not known.
        predicted_at: when it was first predicted or seen (UTC).
        expires: when it stops counting; `None` = never.
    """

    origin: str
    source: str
    rank: int | None = None
    models: int | None = None
    predicted_at: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the policy may weigh for one request. Each part comes from one evidence source.

    Args:
        facts: what the indexes say.
        name_problem: `slopguard.names` reason code (`invisible`, `confusable`, `non-ascii`, `ill-formed`, `too-long`).
        allow: the strongest allow row covering the request.
        deny: a deny row covering the request.
        watch: a watch row, not expired.
        stdlib: the name is a standard-library module (PyPI) or a Node built-in (npm).
        import_of: distributions for which this name is only the import name.
        lookalike_of: a verified name this one imitates.
        internal: the name matches an `[internal]` glob.
        own: the name matches an `[own]` glob.
        locked: same name, version and hash as in an adopted project's lock file.
        hash_mismatch: a digest known for this version differs from the one asked for or delivered.
        scope_vouched: npm: the scope holds an allowlisted package.
        released: a person let it through (`slopguard allow`); `pinned` when by hash.
        lists: `ok`, `invalid` or `expired`: the state of the lists consulted.
    """

    facts: Facts
    name_problem: str | None = None
    allow: AllowRow | None = None
    deny: DenyRow | None = None
    watch: WatchRow | None = None
    stdlib: bool = False
    import_of: tuple[str, ...] = ()
    lookalike_of: str | None = None
    internal: bool = False
    own: bool = False
    locked: bool = False
    hash_mismatch: bool = False
    scope_vouched: bool = False
    released: str | None = None
    lists: str = "ok"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says: the outcome, the rule that decided, and advisory rules beside it.

    Args:
        outcome: the contract's word.
        rule: the rule id that decided.
        advice: ids of `warn` rules that also hold.
    """

    outcome: Outcome
    rule: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer, complete enough to print, to log and to act on.

    Args:
        request: the question.
        decision: what the policy said.
        evidence: what it was based on.
        decided: when (UTC).
        decision_id: `d-` and hexadecimal digits, one across all doors of a session.
        suggestions: verified names near this one, best first; never more than three.
        until: when the refusal passes by itself (UTC), `None` if it does not.
        enforced: `False` in mode `observe`.
    """

    request: Request
    decision: Decision
    evidence: Evidence
    decided: datetime
    decision_id: str
    suggestions: tuple[str, ...] = ()
    until: datetime | None = None
    enforced: bool = True

    @property
    def outcome(self) -> Outcome:
        """The contract's word for this answer."""
        return self.decision.outcome

    @property
    def rule(self) -> str:
        """The rule id that decided."""
        return self.decision.rule

    @property
    def stops(self) -> bool:
        """Whether a door must refuse: a refusing outcome that is enforced."""
        return self.enforced and self.outcome.refuses
