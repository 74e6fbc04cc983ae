"""What is known: the facts of indexes, the rows of lists, and the evidence they make up.

Invariant: "don't know" is a value (an `Existence` that says why), never an absent answer read as "fine".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from slopguard.model.words import Existence, RowKind


@dataclass(frozen=True, slots=True)
class Release:
    """One version as an index lists it.

    Args:
        version: as published.
        uploaded: first upload of any of its files (PEP 700 `upload-time`, npm `time`), `None` if undated.
        digests: `algo:hex` of its files, and `hashes.UNTOLD` if they do not tell each of them.
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


@dataclass(frozen=True)
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
        bounded: an upload is only known to be no later than it says: ages are at least those, and how old the name is
            nobody knows.
    """

    existence: Existence
    releases: tuple[Release, ...] = ()
    status: str = "active"
    dated: bool = True
    asked: datetime | None = None
    partial: Existence | None = None
    bounded: bool = False

    @cached_property
    def first_upload(self) -> datetime | None:
        """The earliest dated upload, or `None` when unknown."""
        if self.bounded:
            return None
        return min((r.uploaded for r in self.releases if r.uploaded), default=None)

    def release(self, version: str) -> Release | None:
        """The listed release with exactly this version text, if any."""
        return self._by_version.get(version)

    @cached_property
    def _by_version(self) -> dict[str, Release]:
        """The first release of each version text; some packages have thousands, each asked about by itself."""
        return {release.version: release for release in reversed(self.releases)}


OFFLINE = Facts(Existence.OFFLINE)
"""No index was asked, by choice."""
ABSENT = Facts(Existence.NO)
"""Every index was asked and none lists the name (the door fills in `asked`)."""


@dataclass(frozen=True, slots=True)
class AllowRow:
    """An allow row that covers the request (its range or hashes already matched).

    Args:
        list_name: the signed list it stands in, e.g. `baseline`.
        kind: its strength.
        rank: popularity rank in its ecosystem, 1 = most downloaded; `None` if unranked.
        owner: who answers for it, as the list says; may be empty.
    """

    list_name: str
    kind: RowKind
    rank: int | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class DenyRow:
    """A deny row.

    Args:
        list_name: the signed list it stands in.
        rule: `denied` or `malicious`.
        why: the reason that the list's people wrote; may be empty. Shown by `ask`, never part of a message.
        id: the advisory it comes from; may be empty.
    """

    list_name: str
    rule: str
    why: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A person let this through for a while.

    Args:
        list_name: the signed list it stands in, or `released` for one given on this machine.
        pinned: whether it is bound to the hashes of files.
        until: the last day on which it counts (UTC).
    """

    list_name: str
    pinned: bool
    until: date


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
        appeared: when the radar first saw it registered, after it had seen that it was free (UTC).
        asked: whether the name was asked for here, too, and did not exist; told of a mere forecast alone.
    """

    origin: str
    source: str
    rank: int | None = None
    models: int | None = None
    predicted_at: datetime | None = None
    expires: datetime | None = None
    appeared: datetime | None = None
    asked: bool = False


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
        released_until: the last day of that (UTC).
        fixes: a signed advisory says that this version fixes it.
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
    released_until: date | None = None
    fixes: bool = False
    lists: str = "ok"
