"""What may stand in a list: kinds of rows by role, names as they are looked up, no internal name of another team.

Invariants: one row that may not be there refuses the whole list; every row is looked at, whatever order they stand in,
in one pass of one regular expression, for there may be a million. What else is in a row is read when it answers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from slopguard.errors import ListInvalid
from slopguard.lists.bundle import HEADER, Bundle
from slopguard.lists.namespaces import Claim, Namespaces
from slopguard.model import Ecosystem

COMMON, WATCH = "common", "watch"
MAY = {COMMON: rb"allow|deny|release|fix", WATCH: rb"watch|deny"}
"""Kinds of rows: those of the common list are those of a team's too."""
NAMES = {Ecosystem.PYPI: "[a-z0-9-]++", Ecosystem.NPM: "[!-~]++"}
"""How names are spelled: under any other spelling nobody would find the row, and a deny would be lost."""
MANY = b"(?:%b)*+" if sys.version_info >= (3, 11, 7) else b"(?>(?:%b)*)"
"""As many rows as there are, given back by none. Python 3.11.2 ends the first form in the middle of the row that does
not match; the second takes four times as long."""
HINT = "Fetch the list again: slopguard lists sync"


def check(bundle: Bundle, role: str, spaces: Namespaces) -> None:
    """Check every row of the list that a role signed.

    Raises:
        ListInvalid: a row may not stand in this list.
    """
    others = [claim for claim in spaces.claims if claim.owner != role]
    kinds = MAY[WATCH if role == WATCH else COMMON]
    plain, single = re.compile(MANY % _row(kinds, others)), re.compile(_row(kinds, ()))
    at, end = len(HEADER), len(bundle.data)
    while (at := _end(plain.match(bundle.data, at))) < end:
        found = single.match(bundle.data, at)
        if found is None:
            raise ListInvalid(
                f"the list '{bundle.name}' holds a kind of row, or a spelling, that it may not hold", HINT
            )
        ecosystem, name, _ = found[0].decode("ascii", "replace").split("\t", 2)
        if any(claim.holds(ecosystem, name) for claim in others):
            raise ListInvalid(f"the list '{bundle.name}' speaks of internal names of another team", HINT)
        at = found.end()


def _row(kinds: bytes, others: Sequence[Claim]) -> bytes:
    """An expression for one row of these kinds whose name does not start as these internal names do."""
    rows = []
    for ecosystem, name in NAMES.items():
        literals = sorted({re.escape(claim.literal) for claim in others if claim.ecosystem is ecosystem})
        start = f"{ecosystem.value}\t" + (f"(?!{'|'.join(literals)})" if literals else "") + name
        rows.append(start.encode() + rb"\t(?:" + kinds + rb")(?:\t[^\n]*+\n|\n)")
    return b"|".join(rows)


def _end(found: re.Match[bytes] | None) -> int:
    assert found is not None  # it matches no row at all, if nothing else
    return found.end()
