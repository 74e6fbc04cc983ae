"""The words with a fixed meaning, as enumerations; spelled as the contract, purl and the settings spell them."""

from __future__ import annotations

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


class RowKind(StrEnum):
    """How strong an allow row is: a name, a version range, or hashes."""

    BASELINE = "baseline"
    REVIEWED = "reviewed"
    PINNED = "pinned"
