"""The evidence sources: each knows one part of what the policy weighs, or leaves it at "not known".

A source takes the request and the evidence gathered so far and gives it back with its own part filled in. The cheapest
come first, and an expensive one may look at what is known already: a name with an allow row needs no look-alike.

Invariants: a source decides nothing, and never takes away what another one found; what it cannot know stays as
`Evidence` has it from the start (facts `offline` or `down`), so that "don't know" never reads as "fine".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from slopguard.hashes import disproven
from slopguard.lists import Lists
from slopguard.locked import LockedSet
from slopguard.lookalike import Names
from slopguard.model import Ecosystem, Evidence, Facts, NormalizedName, ReleaseRow, Request, SourceKind
from slopguard.names import LONGEST, BadName, drawn_like, matches, normalize, npm_scope, problem_of
from slopguard.versions import listed
from slopguard.watchlist.choosing import forecast_only, strictest

if TYPE_CHECKING:
    from slopguard.config import Settings
    from slopguard.store.watch import Watch
    from slopguard.watchlist.lazy import Lookup


class Source(Protocol):
    """One evidence source."""

    def __call__(self, request: Request, known: Evidence, /) -> Evidence:
        """The evidence `known`, with this source's part filled in.

        Raises:
            ListInvalid: a row consulted cannot be read.
            StoreError: the database consulted cannot be read.
        """
        ...


class Lookalikes:
    """The verified names of each ecosystem as `Names`, built when first needed."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._names: dict[Ecosystem, Names] = {}

    def names(self, ecosystem: Ecosystem) -> Names:
        """The verified names of one ecosystem."""
        if ecosystem not in self._names:
            lists = self._lists  # the names must not hold this object: a cycle keeps megabytes until it is collected
            self._names[ecosystem] = Names(lists.listing(ecosystem), lambda module: lists.means(ecosystem, module)[1])
        return self._names[ecosystem]


def about_names(
    settings: Settings,
    lists: Lists,
    lookalikes: Lookalikes,
    watch: Watch | None,
    clock: Callable[[], datetime],
    watchlist: Lookup | None = None,
) -> tuple[Source, ...]:
    """The sources about a name, whatever its version, cheapest first."""
    return (
        grammar,
        _Globs(settings),
        _NameRows(lists),
        *((_Watched(watchlist, clock),) if watchlist is not None else ()),
        *((_Observed(watch, clock),) if watch is not None else ()),
        _Meanings(lists),
        _Imitations(lookalikes),
    )


def about_versions(lists: Lists, locked: LockedSet) -> tuple[Source, ...]:
    """The sources about one version or file of a name."""
    return (_VersionRows(lists), _Locks(locked), digests)


def gather(sources: Iterable[Source], request: Request, known: Evidence) -> Evidence:
    """`known` with the part of every source filled in."""
    for source in sources:
        known = source(request, known)
    return known


def grammar(request: Request, known: Evidence) -> Evidence:
    """Why a name that was not accepted is not one."""
    if request.name is not None:
        return known
    return replace(known, name_problem=problem_of(request.ecosystem, request.raw) or "ill-formed")


def digests(request: Request, known: Evidence) -> Evidence:
    """Whether the index knows other digests for the version than the request has."""
    if request.version is None or not request.digests:
        return known
    promised = _promised(request.ecosystem, request.version, known.facts)
    if not disproven(request.digests, promised):
        return known
    return replace(known, hash_mismatch=True)


def _promised(ecosystem: Ecosystem, version: str, facts: Facts) -> frozenset[str]:
    """The digests that the index knows for the files of a version."""
    return frozenset().union(*(release.digests for release in listed(ecosystem, version, facts)))


class _Globs:
    """`[internal]` and `[own]`."""

    def __init__(self, settings: Settings) -> None:
        self._internal, self._own = settings.internal, settings.own

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        internal, own = self._match(self._internal, request), self._match(self._own, request)
        return replace(known, internal=internal, own=own) if internal or own else known

    def _match(self, globs: Mapping[Ecosystem, Sequence[str]], request: Request) -> bool:
        mine = globs.get(request.ecosystem)
        return mine is not None and request.name is not None and matches(mine, request.name, request.ecosystem)


class _NameRows:
    """The state of the lists, watch rows and listed scopes."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        state = self._lists.state if self._lists.state != "ok" else known.lists
        if request.name is None:
            return replace(known, lists=state)
        watch = self._lists.watch(request.ecosystem, request.name)
        scope = npm_scope(request.name) if request.ecosystem is Ecosystem.NPM else None
        vouched = scope is not None and self._lists.scope_listed(scope)
        if (state, watch, vouched) == (known.lists, known.watch, known.scope_vouched):
            return known
        return replace(known, lists=state, watch=watch, scope_vouched=vouched)


class _VersionRows:
    """Allow, deny, release and fix rows.

    A version asked for by its number alone is judged by the digests that the index lists for it. A release lifts
    nothing for a name as such where it would come from a URL, a repository or an index that nobody trusted: what those
    hold under that name is known to nobody, and only a file's digest says which it is.
    """

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        if request.name is None:
            return known
        kinds = self._lists.kinds(request.ecosystem, request.name)
        if not kinds:
            return known
        digests = request.digests or self._listed(request, known)
        asked = (request.ecosystem, request.name, request.version, digests)
        allow = self._lists.allow(*asked)
        deny = self._lists.deny(*asked) if "deny" in kinds else None
        release = self._release(request, digests) if "release" in kinds else None
        expired = self._lists.expired(*asked) if allow is None else None
        fixes = "fix" in kinds and request.version is not None and self._lists.fixes(*asked[:2], request.version)
        if (allow, deny, release, expired, fixes) == (known.allow, known.deny, None, None, known.fixes):
            return known
        return replace(
            known,
            allow=allow or expired,
            deny=deny,
            lists="expired" if expired is not None else known.lists,
            released=("pinned" if release.pinned else "name") if release is not None else None,
            released_until=release.until if release is not None else None,
            fixes=fixes,
        )

    def _listed(self, request: Request, known: Evidence) -> frozenset[str]:
        """The digests that a trusted index lists for the version asked about, where a row could ask for them."""
        assert request.name is not None
        indexed = request.source.kind is SourceKind.REGISTRY and request.source.trusted
        if not indexed or request.version is None or not self._lists.narrow(request.ecosystem, request.name):
            return frozenset()
        return _promised(request.ecosystem, request.version, known.facts)

    def _release(self, request: Request, digests: frozenset[str]) -> ReleaseRow | None:
        assert request.name is not None
        elsewhere = request.source.kind in (SourceKind.URL, SourceKind.VCS) or not request.source.trusted
        if elsewhere and request.version is None:
            return None
        return self._lists.release(request.ecosystem, request.name, request.version, digests)


class _Watched:
    """The watchlist of this machine, together with what a signed row says: a further row never takes a refusal back."""

    def __init__(self, watchlist: Lookup, clock: Callable[[], datetime]) -> None:
        self._watchlist, self._clock = watchlist, clock

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        if request.name is None:
            return known
        row = self._watchlist.get(request.ecosystem, request.name, self._clock())
        if row is None:
            return known
        return replace(known, watch=strictest([known.watch, row]) if known.watch is not None else row)


class _Observed:
    """Names asked for here before that did not exist; every other row says more and goes first.

    A mere forecast says more of some names only, so that beside it both are told: it must take no refusal back.
    """

    def __init__(self, watch: Watch, clock: Callable[[], datetime]) -> None:
        self._watch, self._clock = watch, clock

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        watch = known.watch
        if request.name is None or (watch is not None and not forecast_only(watch)):
            return known
        row = self._watch.get(request.ecosystem, request.name, self._clock())
        if row is None:
            return known
        return replace(known, watch=row if watch is None else replace(watch, asked=True))


class _Meanings:
    """Standard-library modules and names that are only import names."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        name = request.name
        if name is None:
            return known
        stdlib, imports = self._lists.means(request.ecosystem, name)
        return replace(known, stdlib=stdlib, import_of=imports) if stdlib or imports else known


class _Imitations:
    """Verified names that this one imitates; not asked for a name that is itself listed."""

    def __init__(self, lookalikes: Lookalikes) -> None:
        self._lookalikes = lookalikes

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        if request.name is None or known.allow is not None or known.internal:
            return known
        target = self._lookalikes.names(request.ecosystem).imitates(request.name)
        return replace(known, lookalike_of=target) if target is not None else known


class _Locks:
    """Adopted lock files."""

    def __init__(self, locked: LockedSet) -> None:
        self._locked = locked

    def __call__(self, request: Request, known: Evidence) -> Evidence:
        if not self._locked.digests or request.version is None:
            return known
        if not request.digests:  # a version asked for by its number alone: the index says which files these are
            request = replace(request, digests=_promised(request.ecosystem, request.version, known.facts))
        return replace(known, locked=True) if self._locked.holds(request) else known


class Suggestions:
    """Verified names to offer instead of a refused one; remembered for each name.

    Args:
        most: names searched for in one judge's life; later ones get none. A file with thousands of invented names is
            not read for its suggestions, and a search costs about a millisecond.
    """

    def __init__(self, lists: Lists, lookalikes: Lookalikes, most: int = 200) -> None:
        self._lists, self._lookalikes, self._most = lists, lookalikes, most
        self._found: dict[tuple[Ecosystem, NormalizedName], tuple[str, ...]] = {}

    def of(self, request: Request, evidence: Evidence) -> tuple[str, ...]:
        """At most three verified names, best first: what it imitates or what holds the module, else what is near.

        Of text that is no name: the verified name that it draws. Beside a verified name: none.
        """
        name = request.name
        if name is None:
            return self._drawn(request.ecosystem, request.raw)
        if evidence.stdlib or evidence.allow is not None:
            return ()
        key = (request.ecosystem, name)
        if key not in self._found:
            if len(self._found) >= self._most:
                return ()
            self._found[key] = self._search(request.ecosystem, name, evidence)
        return self._found[key]

    def _drawn(self, ecosystem: Ecosystem, raw: str) -> tuple[str, ...]:
        """The verified name that ill-formed text looks like, if it does."""
        try:
            name = normalize(ecosystem, drawn_like(raw[: LONGEST[ecosystem]]))
        except BadName:
            return ()
        return (name,) if self._lists.allow(ecosystem, name) is not None else ()

    def _search(self, ecosystem: Ecosystem, name: NormalizedName, evidence: Evidence) -> tuple[str, ...]:
        sure = (*((evidence.lookalike_of,) if evidence.lookalike_of else ()), *evidence.import_of)
        found = dict.fromkeys(sure or self._lookalikes.names(ecosystem).near(name))
        return tuple(other for other in found if other != name and self._lists.allow(ecosystem, other) is not None)[:3]
