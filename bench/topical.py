"""`python -m bench topics DIR`: how many invented names are among the predictions for the request that they came from.

Prints Markdown. DIR holds `hallucinated-{pypi,npm}-dev.csv` with the request of each name in the column `tasks`. The
request is all that the forecast is given. Invariants: nothing outside this machine is asked; a name without a request
is left out; the interval is clustered by request, as the names of one stand or fall together.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.forecast.statistics import clustered
from slopguard.forecast.topics.predict import predict
from slopguard.lists import Lists
from slopguard.model import Ecosystem

DEPTHS = (100, 1_000, 10_000)
TIERS = frozenset({"A", "B"})
SEED = 20261126

Asked = Mapping[str, Sequence[str]]
"""Request to the names that were invented for it."""


def main(arguments: Sequence[str]) -> None:
    """A table for each ecosystem: each request and all together; the argument is the folder."""
    data = Path(arguments[0])
    lists = known(Lists.shipped())
    for ecosystem in Ecosystem:
        asked = requests(data / f"hallucinated-{ecosystem.value}-dev.csv")
        print(f"\n### {ecosystem.value}: {len(asked)} requests\n")
        print(f"| request | names | {' | '.join(f'{depth:,}' for depth in DEPTHS)} |")
        print(f"|---|---|{'---|' * len(DEPTHS)}")
        found = {text: _found(lists, ecosystem, text, names) for text, names in asked.items()}
        for text, hits in found.items():
            print(f"| {text} | {len(asked[text])} | {' | '.join(map(str, hits))} |")
        total = sum(map(len, asked.values()))
        print(f"| all | {total} | {' | '.join(_share(asked, found, at) for at in range(len(DEPTHS)))} |")


def requests(path: Path) -> Asked:
    """The names of tiers A and B by the request that they were invented for; one of several requests stands in each."""
    found: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["tier"] in TIERS and row["tasks"]:
                found[row["tasks"]].append(row["name"])
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _found(lists: Known, ecosystem: Ecosystem, text: str, names: Sequence[str]) -> list[int]:
    places: dict[str, int] = {each.name: at for at, each in enumerate(predict(lists, ecosystem, text, DEPTHS[-1]))}
    return [sum(places.get(name, depth) < depth for name in names) for depth in DEPTHS]


def _share(asked: Asked, found: Mapping[str, Sequence[int]], at: int) -> str:
    share = clustered([(hits[at], len(asked[text])) for text, hits in found.items()], SEED)
    return f"{share.part} = {share.rate or 0:.1%} [{share.low or 0:.1%}, {share.high or 0:.1%}]"
