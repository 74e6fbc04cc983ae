"""The shipped lists, as forecasts take them.

Invariant: watch and deny rows are never looked at: a forecast is not built from what it is measured on.
"""

from __future__ import annotations

from collections.abc import Iterator

from slopguard.forecast.model import Known
from slopguard.lists import Lists, shipped
from slopguard.model import Ecosystem

_MAPS = "maps"


def known(lists: Lists) -> Known:
    """What the shipped maps and the verified names of `lists` say.

    Raises:
        ListInvalid: the shipped lists are not the ones this version was built with.
    """
    rows = [line.split("\t") for line in _maps().splitlines() if not line.startswith("#")]
    return Known(
        ranked={ecosystem: _ranked(lists.listing(ecosystem)) for ecosystem in Ecosystem},
        imports={name: _holders(rest) for _, name, kind, *rest in rows if kind == "import"},
        stdlib={each: frozenset(_modules(rows, each)) for each in Ecosystem},
    )


def _maps() -> str:
    return next(bundle for bundle in shipped.bundles() if bundle.name == _MAPS).data.decode("ascii")


def _ranked(listing: str) -> tuple[str, ...]:
    pairs = (line.split("\t") for line in listing.splitlines())
    return tuple(name for _, name in sorted((int(rank), name) for name, rank in pairs))


def _holders(fields: list[str]) -> tuple[str, ...]:
    return tuple(fields[0].removeprefix("in=").split(";")) if fields else ()


def _modules(rows: list[list[str]], ecosystem: Ecosystem) -> Iterator[str]:
    return (name for eco, name, kind, *_ in rows if kind == "stdlib" and eco == ecosystem.value)
