"""Internal names and the one team each belongs to.

A glob is literal text with `*` (any characters) and `?` (one character); it starts literally, so that the rows it may
match stand together in a sorted list. Invariants: nobody but the owner may speak of a name that a glob matches; names
that no glob matches belong to nobody; a glob that cannot be read refuses the whole list. `overlap` is exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import Bundle
from slopguard.model import Ecosystem

LONGEST = 214
"""Characters of one glob; no name is much longer."""
_GLOB = {
    Ecosystem.PYPI: re.compile(r"[a-z0-9][a-z0-9*?-]*"),
    Ecosystem.NPM: re.compile(r"[A-Za-z0-9][A-Za-z0-9._~*?-]*|@[A-Za-z0-9][A-Za-z0-9._~*?-]*/[A-Za-z0-9._~*?-]+"),
}
_SEPARATORS = re.compile(r"[-_.]+")
_LITERAL = re.compile(r"[^*?]*")


def spelled(ecosystem: Ecosystem, glob: str) -> str:
    """The glob as names are spelled: PEP 503 for PyPI (`Acme_*` means `acme-*`), as written for npm."""
    return _SEPARATORS.sub("-", glob).lower() if ecosystem is Ecosystem.PYPI else glob


def sound(ecosystem: Ecosystem, glob: str) -> bool:
    """Whether this is a glob in the spelling of its ecosystem: literal at its start, else only `*` and `?`."""
    return len(glob) <= LONGEST and _GLOB[ecosystem].fullmatch(glob) is not None and spelled(ecosystem, glob) == glob


def overlap(one: str, other: str) -> bool:
    """Whether some text matches both globs, decided exactly.

    `reach` holds, after each character of `one`, how far into `other` a common text may have got: column `j` is there
    if some text matches both what was read of `one` and the first `j` characters of `other`.
    """
    reach = _through_stars(other, {0})
    for mark in one:
        reach = _any_number(other, reach) if mark == "*" else _one_more(other, reach, mark)
    return len(other) in reach


def _any_number(other: str, reach: set[int]) -> set[int]:
    """`*` goes on with whatever `other` asks for, or with nothing."""
    return set(range(min(reach), len(other) + 1)) if reach else reach


def _one_more(other: str, reach: set[int], mark: str) -> set[int]:
    """One character that `mark` matches: it may pass a literal or `?` of `other`, or stay within a `*`."""
    further: set[int] = set()
    for place in reach:
        wanted = other[place] if place < len(other) else ""
        if wanted == "*":
            further.add(place)
        elif wanted and (wanted == mark or "?" in (wanted, mark)):
            further.add(place + 1)
    return _through_stars(other, further)


def _through_stars(other: str, reach: set[int]) -> set[int]:
    """A `*` of `other` may also match nothing."""
    found = set(reach)
    for place in range(len(other)):
        if place in found and other[place] == "*":
            found.add(place + 1)
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """One glob and whose it is.

    Args:
        pattern: the glob as a regular expression for whole names.
    """

    owner: str
    ecosystem: Ecosystem
    glob: str
    pattern: re.Pattern[str]

    @property
    def literal(self) -> str:
        """How every name starts that the glob matches; at least one character."""
        found = _LITERAL.match(self.glob)
        assert found is not None
        return found[0]

    def holds(self, ecosystem: str, name: str) -> bool:
        """Whether a name is one of these."""
        return ecosystem == self.ecosystem.value and self.pattern.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Who owns which internal names."""

    claims: tuple[Claim, ...]

    @classmethod
    def of(cls, mapping: Mapping[str, Mapping[str, Sequence[str]]]) -> Namespaces:
        """From owner to ecosystem to globs, as `lists.json` has them.

        Raises:
            ListInvalid: an ecosystem is not known, a glob is none, or two owners' globs overlap.
        """
        claims = tuple(_claims(mapping))
        for one, other in _clashes(claims):
            raise ListInvalid(f"the internal names of '{one.owner}' and '{other.owner}' overlap")
        return cls(claims)

    def owner(self, ecosystem: Ecosystem, name: str) -> str | None:
        """The team that a name belongs to; `None` for a public name."""
        return next((claim.owner for claim in self.claims if claim.holds(ecosystem.value, name)), None)

    def outsiders(self, bundle: Bundle, owner: str) -> str | None:
        """A name in a list of `owner` that belongs to somebody else, as `ECOSYSTEM:NAME`; `None` if there is none.

        The whole list is searched, for who signs it may have put its rows in an order in which a search by bisection
        finds a name, but not what starts like it.
        """
        others = [claim for claim in self.claims if claim.owner != owner]
        for found in _rows_like(others).finditer(bundle.data) if others else ():
            ecosystem, name = found[1].decode("ascii", "replace").split("\t")
            if any(claim.holds(ecosystem, name) for claim in others):
                return f"{ecosystem}:{name}"
        return None


def _rows_like(claims: Sequence[Claim]) -> re.Pattern[bytes]:
    """Finds every row whose name starts like one of these globs; its first character decides nearly all others."""
    parts = []
    for ecosystem in sorted({claim.ecosystem for claim in claims}):
        starts = sorted({claim.literal for claim in claims if claim.ecosystem is ecosystem})
        first = re.escape("".join(sorted({start[0] for start in starts})))
        parts.append(rf"{ecosystem.value}\t(?=[{first}])(?:{'|'.join(map(re.escape, starts))})")
    return re.compile(rf"\n((?:{'|'.join(parts)})[^\t\n]*)".encode("ascii"))


def clashes(mapping: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str, str, str]]:
    """Every pair of overlapping globs of two owners: owner, glob, other owner, other glob.

    Raises:
        ListInvalid: an ecosystem is not known, or a glob is none.
    """
    for one, other in _clashes(tuple(_claims(mapping))):
        yield one.owner, one.glob, other.owner, other.glob


def _clashes(claims: Sequence[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Pairs that overlap; there may be a thousand globs, so that only those are compared that start alike."""
    ordered = sorted(claims, key=lambda claim: (claim.ecosystem.value, claim.literal, claim.owner, claim.glob))
    for place, one in enumerate(ordered):
        for other in islice(ordered, place + 1, None):
            if one.ecosystem is not other.ecosystem or not other.literal.startswith(one.literal):
                break
            if one.owner != other.owner and overlap(one.glob, other.glob):
                yield (one, other) if one.owner < other.owner else (other, one)


def _claims(mapping: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Claim]:
    try:
        for owner in sorted(mapping):
            for key in sorted(mapping[owner]):
                ecosystem = Ecosystem(key)
                for glob in sorted(set(mapping[owner][key])):
                    yield _claim(owner, ecosystem, glob)
    except (ValueError, TypeError, AttributeError, KeyError):
        raise ListInvalid("the table of internal names cannot be read") from None


def _claim(owner: str, ecosystem: Ecosystem, glob: str) -> Claim:
    if not sound(ecosystem, glob):
        raise ListInvalid("the table of internal names holds a pattern that is none")
    return Claim(owner, ecosystem, glob, re.compile(_expression(glob), re.DOTALL))


def _expression(glob: str) -> str:
    """The glob for whole names; what each `*` takes is settled once, so that no name makes the search go on and on."""
    first, *more = (re.escape(part).replace(r"\?", ".") for part in glob.split("*"))
    return first + "".join(f"(?>.*?{part})" for part in more[:-1]) + "".join(f".*{part}" for part in more[-1:])
