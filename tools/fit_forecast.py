"""Fits what each family of names of a request yields: writes `slopguard/forecast/topics/yields.py`.

Usage: python tools/fit_forecast.py pypi.tsv npm.tsv [--dry-run]

Each file holds lines `REQUEST TAB NAME`: names that somebody or something gave for a request. None of the lists that
forecasts are measured on may be among them. The hits of a family at each place are taken for a Poisson process whose
intensity falls as a power law of the place; those of a name that several families hold are shared out among them
(expectation and maximisation). `--dry-run` fits on four fifths of the requests and tells the share found of the rest.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zlib import crc32

from slopguard.forecast.fusing import SHIFT, Yield, fused
from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.forecast.topics.families import families
from slopguard.forecast.topics.lexicon import Lexicon
from slopguard.forecast.topics.matching import matching
from slopguard.forecast.topics.request import of_text
from slopguard.forecast.topics.slots import slots
from slopguard.lists import Lists
from slopguard.model import Ecosystem

TARGET = Path(__file__).resolve().parent.parent / "slopguard" / "forecast" / "topics" / "yields.py"
FOLDS = 5
ROUNDS = 25
FALLS = [step / 20 for step in range(51)]
LEAST = 0.3
"""Hits without which a family is left out."""
PRIOR = ((3, 0.4), (50, 0.4), (800, 0.2))
"""Places and hits that stand for what is believed beforehand; they keep few hits from saying too much."""
DEPTHS = (100, 1_000, 10_000)
HEAD = '''"""What each family of names of a request is expected to yield, per ecosystem.

Written by `tools/fit_forecast.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from slopguard.forecast.fusing import Yield
from slopguard.model import Ecosystem

YIELDS: Mapping[Ecosystem, Mapping[str, Yield]] = {
'''

Places = Mapping[str, int]
"""Family to the place of one name in it."""


class Sample:
    """The families of one request, and where the names given for it stand in them."""

    def __init__(self, known: Known, ecosystem: Ecosystem, lexicon: Lexicon, text: str, names: Iterable[str]) -> None:
        self._given = (known, ecosystem, lexicon, text)
        real = frozenset(known.ranked[ecosystem])
        self.wanted = [name for name in dict.fromkeys(names) if name not in real]
        lists = self.lists()
        places = {code: {name: at for at, name in enumerate(each)} for code, each in lists.items()}
        self.sizes = {code: len(each) for code, each in lists.items()}
        self.hits: list[Places] = [
            {code: each[name] for code, each in places.items() if name in each} for name in self.wanted
        ]

    def lists(self) -> dict[str, list[str]]:
        """The families, made anew: those of all requests do not fit into memory."""
        known, ecosystem, lexicon, text = self._given
        request = of_text(text, lexicon)
        matched = matching(request.words, request.most)
        found = families(ecosystem, slots(request.words, matched, lexicon), matched, lexicon)
        real = frozenset(known.ranked[ecosystem])
        return {code: [name for name in each if name not in real] for code, each in found.items()}


def fit(samples: Sequence[Sample]) -> dict[str, Yield]:
    """The yields of every family."""
    codes = sorted({code for sample in samples for code in sample.sizes})
    sizes = {code: [sample.sizes.get(code, 0) for sample in samples] for code in codes}
    exposures = {code: _exposures(sizes[code]) for code in codes}
    yields = {code: Yield(0.01, 0.8) for code in codes}
    hits = [places for sample in samples for places in sample.hits if places]
    for _ in range(ROUNDS):
        shares: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for places in hits:
            parts = {code: yields[code].at(place) for code, place in places.items()}
            total = sum(parts.values()) or 1.0
            for code, part in parts.items():
                shares[code].append((places[code], part / total))
        yields = {code: _best(shares[code], exposures[code]) for code in codes}
    return {code: each for code, each in yields.items() if each.share > 0}


def _exposures(sizes: Sequence[int]) -> list[float]:
    """For each fall the sum of the power over all places of all requests."""
    found = []
    for fall in FALLS:
        sums, total = [0.0], 0.0
        for place in range(max(sizes, default=0)):
            total += (place + SHIFT) ** -fall
            sums.append(total)
        found.append(sum(sums[size] for size in sizes))
    return found


def _best(shares: Sequence[tuple[int, float]], exposures: Sequence[float]) -> Yield:
    if sum(part for _, part in shares) < LEAST:
        return Yield(0.0, 1.0)
    shares = [*shares, *PRIOR]
    weight = sum(part for _, part in shares)
    best = (-math.inf, Yield(0.0, 1.0))
    for fall, exposure in zip(FALLS, exposures, strict=True):
        share = weight / exposure
        likelihood = sum(part * (math.log(share) - fall * math.log(place + SHIFT)) for place, part in shares) - weight
        best = max(best, (likelihood, Yield(share, fall)), key=lambda each: each[0])
    return best[1]


def coverage(samples: Sequence[Sample], yields: Mapping[str, Yield]) -> str:
    """How many of the names given are among the first predictions for their request."""
    found, wanted = dict.fromkeys(DEPTHS, 0), 0
    for sample in samples:
        places = {name: place for place, (name, _, _) in enumerate(fused(sample.lists(), yields))}
        wanted += len(sample.wanted)
        for depth in DEPTHS:
            found[depth] += sum(places.get(name, depth) < depth for name in sample.wanted)
    return ", ".join(f"{depth}: {hits} = {hits / wanted:.1%}" for depth, hits in found.items()) + f" of {wanted}"


def load(path: Path, ecosystem: Ecosystem) -> list[Sample]:
    """The samples of one file."""
    names: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text("utf-8").splitlines():
        text, _, name = line.partition("\t")
        names[text].append(name)
    lists = known(Lists.shipped())
    lexicon = Lexicon(lists, ecosystem)
    return [Sample(lists, ecosystem, lexicon, text, given) for text, given in names.items()]


def main(argv: list[str]) -> int:
    """Fit and write, or only tell."""
    dry = "--dry-run" in argv
    text = HEAD
    for ecosystem, path in zip((Ecosystem.PYPI, Ecosystem.NPM), (Path(each) for each in argv[1:3]), strict=True):
        samples = load(path, ecosystem)
        if dry:
            held = [crc32(str(at).encode()) % FOLDS == 0 for at in range(len(samples))]
            fitted = fit([sample for sample, out in zip(samples, held, strict=True) if not out])
            print(ecosystem, coverage([sample for sample, out in zip(samples, held, strict=True) if out], fitted))
            for code, each in sorted(fitted.items(), key=lambda pair: -pair[1].at(0)):
                print(f"  {code}: {each.at(0):.4f} {each.at(1000):.6f} fall {each.fall}")
        text += f"    Ecosystem.{ecosystem.name}: {{\n"
        text += "".join(
            f'        "{code}": Yield({each.share:.4g}, {each.fall}),\n' for code, each in sorted(fit(samples).items())
        )
        text += "    },\n"
    if not dry:
        TARGET.write_text(text + "}\n", encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
