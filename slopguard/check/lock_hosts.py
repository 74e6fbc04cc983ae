"""The hosts that lock files record: files that lie elsewhere than those of the same index, and whose index is meant.

Where a package's index is recorded, `guard.prejudge` compares that with the client's own. It does not see where the
files lie: an index may keep them on a host of their own, and no host is known here by name. So the packages of one
index are held against each other: where nearly all of them come from the same hosts, another host is foreign.
Invariants: pure; hosts are compared with their scheme and port; what is too little to compare is not accused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from slopguard.check.lock_digests import hosts_of
from slopguard.clients.sources import canonical, key_of
from slopguard.guard.addresses import npm_index
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers.interface import Reading

ENOUGH = 5
"""Packages of one index that must agree before another host is foreign."""
_SHARE = 0.9
"""The share of an index's packages that come from its usual hosts."""
_USUAL = ""
"""Stands for the place that the index itself names, where a lock file records only what lies elsewhere."""

_WEB = regex(r"https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?(?:/|$)")

Group = tuple[Ecosystem, str]
"""The packages of one index: ecosystem and canonical address, `""` where none is recorded."""
Hosts = Mapping[Group, frozenset[str]]
"""The usual hosts of each index."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A locked package some of whose files lie elsewhere than those of its index.

    Args:
        sighting: the package.
        hosts: the other hosts, as `scheme://host[:port]`.
        sure: `False` where too few packages could be compared, and these do not agree: only digests can tell.
    """

    sighting: Sighting
    hosts: frozenset[str]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Own:
    """An index that counts as a client's own because nobody can be asked.

    Args:
        index: that index.
        note: why, in one line for a person.
    """

    index: Index
    note: str


def usual(locks: Iterable[Reading], indexes: Iterable[Index] = ()) -> Hosts:
    """The hosts that nearly all packages of an index come from, for each index with packages enough.

    Args:
        locks: lock files: one, or those of a whole tree.
        indexes: the clients' own, which say what an npm package without a recorded index is asked from.
    """
    return _usual(package for lock in locks for package in _packages(lock, tuple(indexes)))


def foreign(lock: Reading, indexes: Iterable[Index] = (), elsewhere: Hosts | None = None) -> list[Foreign]:
    """The packages of a lock file whose files lie on a host that their index does not otherwise use.

    Never foreign: the index's own host, and that of an index the client trusts. A digest that the index lists for the
    version clears a package (`hashes.proven`), whatever its host.

    Args:
        indexes: the client's own indexes, as far as they are known.
        elsewhere: `usual` of all lock files of the tree, for an index of which this one holds too little.
    """
    indexes = tuple(indexes)
    packages = list(_packages(lock, indexes))
    here, elsewhere, loners = _usual(packages), elsewhere or {}, _loners(packages)
    found = []
    for sighting, group, hosts in packages:
        known = here.get(group) or elsewhere.get(group)
        own = fine(sighting, indexes)
        others = hosts - own
        if sighting.ecosystem is Ecosystem.NPM and known is not None and known.isdisjoint(own):
            known = None  # npm's registries keep files on their own host: that all lie elsewhere proves nothing
        lonely = others if sighting.ecosystem is Ecosystem.NPM else others & loners[group]
        strange = others - known if known is not None else lonely
        if strange:
            found.append(Foreign(sighting, strange, sure=known is not None))
    return found


def fine(sighting: Sighting, indexes: tuple[Index, ...]) -> frozenset[str]:
    """The hosts that are never foreign for a package: its index's own, and those of indexes that the client trusts."""
    return _trusted(indexes) | {_origin(sighting.source.index or "")}


@lru_cache(maxsize=64)
def _trusted(indexes: tuple[Index, ...]) -> frozenset[str]:
    return frozenset({_USUAL, *(_origin(index.url) for index in indexes if index.trusted)})


def own_index(locks: Iterable[Reading], ecosystem: Ecosystem) -> Own | None:
    """The index to take for the client's own where no client is installed that could say: what most lock files name.

    `None` where no lock file names one. Everything else they name stays untrusted.
    """
    votes: Counter[str] = Counter()
    packages: Counter[str] = Counter()
    for lock in locks:
        named = Counter(_named(lock, ecosystem))
        packages += named
        votes.update(sorted(named, key=lambda url: (-named[url], url))[:1])
    if not votes:
        return None
    url = min(votes, key=lambda each: (-votes[each], -packages[each], each))
    client = "npm" if ecosystem is Ecosystem.NPM else "pip or uv"
    files = "lock file names" if votes.total() == 1 else "lock files name"
    note = f"no {client} is installed to ask: the index that {votes[url]} of {votes.total()} {files} counts as its own"
    return Own(Index(ecosystem, key_of(url), url, IndexKind.DEFAULT, Layer.BUILTIN, named="lock files"), note)


_Package = tuple[Sighting, Group, frozenset[str]]
"""A package that is fetched from an index, that index, and the hosts of its files."""


def _packages(lock: Reading, indexes: tuple[Index, ...]) -> Iterator[_Package]:
    for sighting in lock.sightings:
        if sighting.source.kind is SourceKind.REGISTRY and not {"link", "bundled"} & sighting.extra.keys():
            yield sighting, _group(sighting, indexes), _hosts(sighting)


def _usual(packages: Iterable[_Package]) -> Hosts:
    found: dict[Group, dict[str, frozenset[str]]] = {}
    for sighting, group, hosts in packages:
        named = found.setdefault(group, {})
        named[sighting.raw] = named.get(sighting.raw, frozenset()) | hosts
    agreed = {group: _agreed(list(named.values())) for group, named in found.items()}
    return {group: hosts for group, hosts in agreed.items() if hosts}


def _group(sighting: Sighting, indexes: tuple[Index, ...]) -> Group:
    """The index that a package is of, by what is recorded or, for npm, by its scope."""
    index = sighting.source.index or sighting.extra.get("index", "")
    if not index and sighting.ecosystem is Ecosystem.NPM and (asked := npm_index(indexes, sighting.raw)):
        index = asked.url
    return sighting.ecosystem, _canonical(index)


@lru_cache(maxsize=1024)
def _canonical(url: str) -> str:
    return canonical(url)


def _hosts(sighting: Sighting) -> frozenset[str]:
    return frozenset(map(_origin, hosts_of(sighting))) or frozenset({_USUAL})


@lru_cache(maxsize=1024)
def _origin(url: str) -> str:
    """`scheme://host[:port]` of an address in one spelling; of text that is no address its beginning as it is."""
    return "/".join(canonical(url).split("/", 3)[:3]).lower() if "://" in url else ""


def _agreed(packages: list[frozenset[str]]) -> frozenset[str]:
    """The hosts that serve enough packages each and nearly all together; none where these do not."""
    counts = Counter(host for hosts in packages for host in hosts)
    hosts = frozenset(host for host, count in counts.items() if count >= ENOUGH)
    return hosts if sum(each <= hosts for each in packages) >= _SHARE * len(packages) else frozenset()


def _loners(packages: Iterable[_Package]) -> dict[Group, frozenset[str]]:
    """The hosts of each index that fewer of its packages use than another host, or as few."""
    counts: dict[Group, Counter[str]] = {}
    for _, group, hosts in packages:
        counts.setdefault(group, Counter()).update(hosts)
    return {group: frozenset(_less_used(count)) for group, count in counts.items()}


def _less_used(counts: Counter[str]) -> Iterator[str]:
    """All hosts but the one used most; that too, if another one is used as much."""
    most = max(counts.values())
    tied = sum(count == most for count in counts.values()) > 1
    yield from (host for host, count in counts.items() if count < most or tied)


def _named(lock: Reading, ecosystem: Ecosystem) -> Iterator[str]:
    """The indexes that the packages of a lock file name, one a package."""
    for sighting in lock.sightings:
        url = sighting.source.index or ""
        fetched = sighting.source.kind is SourceKind.REGISTRY and sighting.ecosystem is ecosystem
        if fetched and _WEB.match(_canonical(url)):
            yield _canonical(url)
