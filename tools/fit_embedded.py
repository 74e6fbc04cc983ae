"""Fits the embedded forecaster: writes `slopguard/forecast/embedded/yields.py`, or `weights.tsv` beside it.

Usage: python -m tools.fit_embedded pypi.tsv npm.tsv            what each sort of candidate promises
       python -m tools.fit_embedded pypi.tsv npm.tsv --weights  how likely a word stands in each place (needs numpy)

Each file holds lines `REQUEST TAB NAME`: names that somebody or something gave for a request, each of weight 1. None of
the lists that forecasts are measured on may be among them. Weights come first: promises are fitted to the costs that
they give.

  --more ECOSYSTEM WEIGHT FILE   further names, one a line, each of this weight (again for further lists)
  --existing ECOSYSTEM FILE      names known to exist; where one of them was given for a request it weighs 0.03
  --depth N                      candidates looked at of each form, a third as many of each other stream
  --lift PROMISE                 see `LIFT` in `fit_promises.py`; 0: no stratum is lifted
  --output FILE                  instead of the forecaster's own file
  --dry-run                      fit on two thirds of the requests, tell the share found of the rest, write nothing

The shipped figures come from an earlier form of this program, with the same method and the same constants; its lists of
further names weighed 0.005 to 1.5 for the promises and 0.05 to 0.7 for the weights of words.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from slopguard.errors import InputError
from slopguard.forecast.embedded.predict import predict, streams
from slopguard.forecast.embedded.yields import Yield
from slopguard.forecast.known import known
from slopguard.forecast.model import Known
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tools.fit_promises import DEPTH, LIFT, collect, doubted, fit, lifted

TARGET = Path(__file__).resolve().parent.parent / "slopguard" / "forecast" / "embedded" / "yields.py"
TABLE = "YIELDS: Mapping"
"""What the table begins with in that file; all before it stays as it is."""
EXISTING = 0.03
"""The weight of a name that was given and is known to exist: no judge would count it, yet it shows how names are made.
"""
FOLDS = 3
DEPTHS = (1_000, 10_000)


class Given(NamedTuple):
    """The names to fit on.

    Args:
        weights: how much each name counts.
        requests: the first request that each was given for, of those that were given for one.
    """

    weights: Mapping[str, float]
    requests: Mapping[str, str]


def table(yields: Mapping[Ecosystem, Mapping[str, Yield]]) -> str:
    """The table as the module has it."""
    lines = [f"{TABLE}[Ecosystem, Mapping[str, Yield]] = {{"]
    for ecosystem, found in yields.items():
        lines.append(f"    Ecosystem.{ecosystem.name}: {{")
        lines += [
            f'        "{key}": Yield({each.height:.2f}, {each.slope:.2f}),' for key, each in sorted(found.items())
        ]
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


def given(ecosystem: Ecosystem, requests: Path, more: Iterable[tuple[float, Path]], existing: Iterable[Path]) -> Given:
    """The names of one ecosystem; what was given for a request counts as that, whatever other list has it.

    Raises:
        OSError: a file cannot be read.
    """
    weights = {name: weight for weight, path in more for name in _names(ecosystem, _lines(path))}
    real = {name for path in existing for name in _names(ecosystem, _lines(path))}
    first: dict[str, str] = {}
    for request, _, written in (line.partition("\t") for line in _lines(requests)):
        for name in _names(ecosystem, [written]):
            weights[name] = EXISTING if name in real else 1.0
            first[name] = min(request, first.get(name, request))
    return Given(weights, first)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _names(ecosystem: Ecosystem, written: Iterable[str]) -> Iterator[str]:
    """The names among these lines, normalised."""
    for each in written:
        try:
            yield normalize(ecosystem, each.strip())
        except InputError:
            continue


def _kept_out(name: str, names: Given) -> bool:
    """Whether a dry run tests with this name; all names of a request go together."""
    return crc32(names.requests.get(name, name).encode()) % FOLDS == 0


def coverage(real: Known, ecosystem: Ecosystem, yields: Mapping[str, Yield], names: Iterable[str]) -> str:
    """How many of these names are among the first predictions."""
    wanted = set(names)
    found = predict(real, ecosystem, DEPTHS[-1], yields=yields)
    places: dict[str, int] = {each.name: at for at, each in enumerate(found, 1)}
    hits = {depth: sum(places.get(name, depth + 1) <= depth for name in wanted) for depth in DEPTHS}
    return ", ".join(f"{depth:,}: {hit} = {hit / (len(wanted) or 1):.1%}" for depth, hit in hits.items()) + (
        f" of {len(wanted)}"
    )


def fitted(real: Known, ecosystem: Ecosystem, names: Given, depth: int, lift: float) -> dict[str, Yield]:
    """Everything fitted for one ecosystem, from the shipped lists."""
    found = doubted(fit(collect(streams(real, ecosystem), names.weights, depth), names.weights))
    return lifted(found, lift) if ecosystem is Ecosystem.PYPI else found


def _tried(real: Known, ecosystem: Ecosystem, names: Given, depth: int, lift: float) -> str:
    """What a dry run tells: the share found of the names that were kept out, of those that count in full."""
    learnt = {name: weight for name, weight in names.weights.items() if not _kept_out(name, names)}
    rest = [name for name in names.requests if names.weights.get(name) == 1.0 and _kept_out(name, names)]
    found = fitted(real, ecosystem, names._replace(weights=learnt), depth, lift)
    return coverage(real, ecosystem, found, rest)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.fit_embedded")
    parser.add_argument("pypi", type=Path)
    parser.add_argument("npm", type=Path)
    parser.add_argument("--more", nargs=3, action="append", default=[], metavar=("ECOSYSTEM", "WEIGHT", "FILE"))
    parser.add_argument("--existing", nargs=2, action="append", default=[], metavar=("ECOSYSTEM", "FILE"))
    parser.add_argument("--depth", type=int, default=DEPTH)
    parser.add_argument("--lift", type=float, default=LIFT)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--weights", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    asked = parser.parse_args(argv)
    try:
        asked.more = [(Ecosystem(code), float(weight), Path(file)) for code, weight, file in asked.more]
        asked.existing = [(Ecosystem(code), Path(file)) for code, file in asked.existing]
    except ValueError as error:
        parser.error(f"{error}: an ecosystem is pypi or npm, a weight is a number")
    return asked


def _given(asked: argparse.Namespace, ecosystem: Ecosystem, real: Known) -> Given:
    """The names that the command line gives for one ecosystem, less the verified ones: those are never predicted."""
    more = [(weight, file) for each, weight, file in asked.more if each is ecosystem]
    existing = [file for each, file in asked.existing if each is ecosystem]
    found = given(ecosystem, asked.pypi if ecosystem is Ecosystem.PYPI else asked.npm, more, existing)
    verified = frozenset(real.ranked[ecosystem])
    return found._replace(weights={name: weight for name, weight in found.weights.items() if name not in verified})


def main(argv: Sequence[str]) -> int:
    """Fit and write, or only tell."""
    asked = _arguments(argv)
    real = known(Lists.shipped())
    names = {ecosystem: _given(asked, ecosystem, real) for ecosystem in Ecosystem}
    if asked.weights:
        from tools.fit_weights import write

        write(real, {each: names[each].weights for each in Ecosystem}, asked.output)
    elif asked.dry_run:
        for ecosystem in Ecosystem:
            print(ecosystem.value, _tried(real, ecosystem, names[ecosystem], asked.depth, asked.lift))
    else:
        found = {each: fitted(real, each, names[each], asked.depth, asked.lift) for each in Ecosystem}
        kept = TARGET.read_text("ascii").partition(TABLE)[0]
        (asked.output or TARGET).write_text(kept + table(found), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
