"""`python -m bench coverage --data DIR [--list NAME] [--names FILE] [-e ECOSYSTEM] [--limit N]`: what forecasts find.

Prints Markdown. DIR holds the lists: `NAME-{ecosystem}-dev.csv` (columns `name` and `tier`; without it the `.txt` of
the same name), `popular-{ecosystem}.txt` and `real-names-*`. FILE holds names, one a line, in place of the list.
Of the real names outside the popular ones, the half whose SHA-1 begins with 0 to 7 helped to fit the forecast; the
other half did not.
Invariants: the forecast is made before any list is read, from what ships alone; a name counts once; what a forecast
finds is no evidence that a name is absent.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha1
from pathlib import Path

from slopguard.errors import InputError
from slopguard.forecast.embedded.predict import predict
from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.names import normalize
from slopguard.reports.hallucination import wilson

DEPTHS = (1_000, 10_000, 100_000, 1_000_000)
Ranks = Mapping[str, int]


def main(words: Sequence[str]) -> None:
    """Every table asked for."""
    asked = _asked(words)
    shipped = known(Lists.shipped())
    for ecosystem in [Ecosystem(asked.ecosystem)] if asked.ecosystem else list(Ecosystem):
        started = time.process_time()
        ranks = ranked(shipped, ecosystem, asked.limit)
        took = time.process_time() - started
        depths = [depth for depth in DEPTHS if depth <= asked.limit]
        print(f"\n### {ecosystem.value}: {len(ranks):,} predictions, {took:.0f} s of processor time\n")
        _table(ranks, tiers(asked, ecosystem), depths, "invented names found")
        if asked.data:
            _table(ranks, real(asked.data, ecosystem, shipped), depths, "real names among the predictions", whole=False)


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench coverage")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--list", default="hallucinated")
    parser.add_argument("--names", type=Path)
    parser.add_argument("-e", "--ecosystem", choices=[each.value for each in Ecosystem])
    parser.add_argument("--limit", type=int, default=DEPTHS[-1])
    return parser.parse_args(words)


def ranked(shipped: Known, ecosystem: Ecosystem, limit: int) -> Ranks:
    """The rank of each predicted name, from 1."""
    return {each.name: rank for rank, each in enumerate(predict(shipped, ecosystem, limit), 1)}


def tiers(asked: argparse.Namespace, ecosystem: Ecosystem) -> Mapping[str, frozenset[str]]:
    """The names that should be found, by tier; all together last."""
    found: dict[str, set[str]] = defaultdict(set)
    for tier, name in _rows(asked, ecosystem):
        found[tier].add(name)
    everything = {name for names in found.values() for name in names}
    return {**{tier: frozenset(found[tier]) for tier in sorted(found)}, "all": frozenset(everything)}


def _rows(asked: argparse.Namespace, ecosystem: Ecosystem) -> Iterator[tuple[str, str]]:
    if asked.names or not asked.data:
        return (("names", name) for name in names(asked.names, ecosystem))
    table = asked.data / f"{asked.list}-{ecosystem.value}-dev.csv"
    if not table.exists():
        return (("names", name) for name in names(table.with_suffix(".txt"), ecosystem))
    with table.open(encoding="utf-8", newline="") as file:
        rows = [(f"tier {row['tier']}", row["name"]) for row in csv.DictReader(file)]
    return ((tier, name) for tier, raw in rows for name in _normal(raw, ecosystem))


def real(data: Path, ecosystem: Ecosystem, shipped: Known) -> Mapping[str, frozenset[str]]:
    """Real names: those that ship, the popular ones, and what other lists of real names hold beside them."""
    popular = frozenset(names(data / f"popular-{ecosystem.value}.txt", ecosystem))
    files = sorted(data.glob(f"real-names-*{ecosystem.value}-dev.*"))
    others = {name for file in files for name in names(file, ecosystem)} - popular
    fitted = {name for name in others if sha1(name.encode(), usedforsecurity=False).hexdigest()[0] < "8"}
    return {
        "shipped as verified": frozenset(shipped.ranked[ecosystem]),
        "popular": popular,
        "other real names, the half that helped to fit": frozenset(fitted),
        "other real names, the half that did not": frozenset(others - fitted),
    }


def names(path: Path, ecosystem: Ecosystem) -> Iterator[str]:
    """The names of a file, one a line, or in the column `name` of a table; what is no name is left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file) if path.suffix == ".csv" else ({"name": line.strip()} for line in file)
        for row in rows:
            yield from _normal(row["name"], ecosystem)


def _normal(raw: str, ecosystem: Ecosystem) -> Iterator[str]:
    try:
        yield normalize(ecosystem, raw)
    except InputError:
        return


def _table(
    ranks: Ranks, sets: Mapping[str, Iterable[str]], depths: Sequence[int], title: str, whole: bool = True
) -> None:
    """One row a set: how many of it stand among the first so many; with their share of the set where it is `whole`."""
    print(f"| {title} | n | {' | '.join(f'first {depth:,}' for depth in depths)} |\n{'|---' * (len(depths) + 2)}|")
    for label, members in sets.items():
        places = sorted(ranks[name] for name in members if name in ranks)
        size = sum(1 for _ in members)
        cells = [_cell(sum(place <= depth for place in places), size if whole else 0) for depth in depths]
        print(f"| {label} | {size:,} | {' | '.join(cells)} |", flush=True)
    print()


def _cell(found: int, of: int) -> str:
    """`12 (3.4 %, 1.9 to 5.8)`: the share with its 95 % Wilson interval."""
    rate = wilson(found, of)
    if rate.rate is None or rate.low is None or rate.high is None:
        return f"{found:,}"
    return f"{found:,} ({100 * rate.rate:.1f} %, {100 * rate.low:.1f} to {100 * rate.high:.1f})"
