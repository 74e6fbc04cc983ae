"""How likely each word stands in each place of an invented name, fitted to names that were given for requests.

Needs numpy. Method: for each place the share of a word is the exponential of a weighted sum of its figures
(`Lexicon.describe`), over the same of all words; the weights are the likeliest ones with a normal distribution
believed beforehand, found by Newton's method. Its middle is the fit of a like place that has more names (`LIKE`), so
that what few names say of a place is read as a difference from that one.
Invariant: only names whose every word is in the vocabulary say something. `fit_embedded.py --weights` is the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slopguard.forecast.embedded.lexicon import FEATURES, Lexicon, scope_of
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem
from slopguard.patterns import regex

TARGET = Path(__file__).resolve().parent.parent / "slopguard" / "forecast" / "embedded" / "weights.tsv"
HEAD = (
    "# How much each figure of a word says about its share in each place (lexicon.py).",
    "# Written by tools/fit_embedded.py --weights: never by hand.",
)
LIKE = {
    "2.0": "",
    "2.1": "",
    "3.0": "2.0",
    "3.1": "2.1",
    "3.2": "2.1",
    "4.0": "3.0",
    "4.1": "3.1",
    "4.2": "3.1",
    "4.3": "3.2",
    "g.0": "2.0",
    "g.1": "2.1",
    "1.0": "2.1",
    "s2.0": "",
    "s2.1": "2.1",
    "s3.0": "s2.0",
    "s3.1": "3.1",
    "s3.2": "3.2",
    "dot.1": "2.1",
}
"""Every place, in the order in which they are fitted, and the one that it is believed to be like."""
SCOPED = ("s", "d")
"""What the places begin with that only names of npm have."""
DOUBT = 8.0
"""How firmly the weights are held to what is believed beforehand."""
LEAST = 2.0
"""Less weight of names than this changes nothing in a place."""
TURNS = 40
_HYPHENED = regex(r"[a-z0-9]+(-[a-z0-9]+)*")
_DOTTED = regex(r"[a-z0-9]+\.[a-z0-9]+")
_MOST = 4
_LONG = 5

Matrix = NDArray[np.float64]
Placed = Sequence[tuple[str, str]]
"""Places, and the words that stand in them."""


class Places:
    """Takes names apart into words of one vocabulary."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words, self._scopes = frozenset(lexicon.vocabulary), frozenset(lexicon.scopes)
        self._counts = lexicon.anywhere()

    def of(self, name: str) -> Placed:
        """Each word of a name with its place; nothing where the name has no form, or a word that is not known."""
        scope, rest = scope_of(name)
        if scope:
            return self._scoped(scope, rest.split("-"))
        if _DOTTED.fullmatch(name):
            first, _, last = name.partition(".")
            return [("dot.1", last)] if {first, last} <= self._words else []
        return self._plain(name.split("-")) if _HYPHENED.fullmatch(name) else []

    def _scoped(self, scope: str, parts: Sequence[str]) -> Placed:
        if len(parts) > 2 or scope not in self._words | self._scopes or not self._words.issuperset(parts):
            return []
        return [(f"s{len(parts) + 1}.{at}", word) for at, word in enumerate((scope, *parts))]

    def _plain(self, parts: Sequence[str]) -> Placed:
        if len(parts) <= _MOST and self._words.issuperset(parts):
            return [(f"{len(parts)}.{at}", word) for at, word in enumerate(parts)]
        return self._glued(parts[0]) if len(parts) == 1 else []

    def _glued(self, word: str) -> Placed:
        """One word as two, where both are known: the likeliest cut, usual and long words before others."""
        cuts = ((word[:at], word[at:]) for at in range(2, len(word) - 1))
        both = [cut for cut in cuts if self._words.issuperset(cut)]
        best = max(both, key=lambda cut: sum(map(self._usual, cut)), default=None)
        return [("g.0", best[0]), ("g.1", best[1])] if best else []

    def _usual(self, word: str) -> float:
        return log(self._counts[word] + 0.1) + 1.5 * min(len(word), _LONG)


class Design:
    """The figures of some words as a matrix.

    Args:
        words: those that may stand in a place.
    """

    def __init__(self, lexicon: Lexicon, words: Sequence[str]) -> None:
        self._row = {word: at for at, word in enumerate(words)}
        self.figures: Matrix = np.zeros((len(words), len(FEATURES)))
        for at, word in enumerate(words):
            for column, value in lexicon.describe(word):
                self.figures[at, column] = value

    def total(self, weighed: Sequence[tuple[str, float]]) -> tuple[Matrix, float]:
        """The figures of these words added up, each as much as it weighs; and all weights."""
        found: Matrix = np.zeros(len(FEATURES))
        for word, weight in weighed:
            found += weight * self.figures[self._row[word]]
        return found, sum(weight for _, weight in weighed)


def fitted(lexicon: Lexicon, ecosystem: Ecosystem, names: Mapping[str, float]) -> dict[str, Matrix]:
    """The weights of every place of an ecosystem, in the order of `FEATURES`.

    Args:
        names: the names to fit on, and how much each counts.
    """
    taken = Places(lexicon)
    stands: dict[str, list[tuple[str, float]]] = {place: [] for place in LIKE}
    for name, weight in names.items():
        for place, word in taken.of(name):
            stands[place].append((word, weight))
    plain, scoped = Design(lexicon, lexicon.vocabulary), Design(lexicon, lexicon.scopes + lexicon.vocabulary)
    scale = plain.figures.std(0) + 0.05
    found: dict[str, Matrix] = {}
    for place, like in LIKE.items():
        if ecosystem is Ecosystem.NPM or not place.startswith(SCOPED):
            design = scoped if place in ("s2.0", "s3.0") else plain
            believed = found[like] * scale if like else np.zeros(len(FEATURES))
            found[place] = _likeliest(design.figures / scale, *_scaled(design, stands[place], scale), believed) / scale
    return found


def _scaled(design: Design, weighed: Sequence[tuple[str, float]], scale: Matrix) -> tuple[Matrix, float]:
    total, weight = design.total(weighed)
    return total / scale, weight


def _likeliest(figures: Matrix, total: Matrix, weight: float, believed: Matrix) -> Matrix:
    """The weights under which the words that stand there are likeliest.

    Args:
        total: the figures of those words, added up.
        weight: how many they are.
        believed: the middle of what is believed beforehand.
    """
    found = believed.copy()
    best = _likelihood(figures, total, weight, found, believed)
    for _ in range(TURNS if weight >= LEAST else 0):
        rise, step = _step(figures, total, weight, found, believed)
        part = 1.0
        while (now := _likelihood(figures, total, weight, found + part * step, believed)) <= best + 1e-4 * part * rise:
            part /= 2
            if part <= 1e-3:
                return found
        found = found + part * step
        if now - best < 1e-3:
            break
        best = now
    return found


def _likelihood(figures: Matrix, total: Matrix, weight: float, weights: Matrix, believed: Matrix) -> float:
    values = figures @ weights
    most = values.max()
    every = most + log(float(np.exp(values - most).sum()))
    return float(total @ weights - weight * every - DOUBT / 2 * ((weights - believed) ** 2).sum())


def _step(figures: Matrix, total: Matrix, weight: float, weights: Matrix, believed: Matrix) -> tuple[float, Matrix]:
    """Newton's step, and how much it would gain were the likelihood a plane."""
    values = figures @ weights
    shares = np.exp(values - values.max())
    shares /= shares.sum()
    mean = shares @ figures
    slope = total - weight * mean - DOUBT * (weights - believed)
    seen = shares > 1e-9
    spread = (figures[seen] * shares[seen][:, None]).T @ figures[seen] - np.outer(mean, mean)
    step: Matrix = np.linalg.solve(weight * spread + DOUBT * np.eye(len(weights)), slope)
    return float(slope @ step), step


def table(found: Mapping[Ecosystem, Mapping[str, Matrix]]) -> str:
    """The file as `lexicon` reads it: a line for each figure, a column for each place."""
    columns = [
        (f"{ecosystem.value}:{place}", each) for ecosystem, places in found.items() for place, each in places.items()
    ]
    rows = ["\t".join(["feature", *(title for title, _ in columns)])]
    for at, feature in enumerate(FEATURES):
        rows.append("\t".join([feature, *(f"{each[at]:.3f}" for _, each in columns)]))
    return "\n".join([*HEAD, *rows, ""])


def write(real: Known, names: Mapping[Ecosystem, Mapping[str, float]], output: Path | None = None) -> None:
    """Fit the weights of both ecosystems and write them.

    Args:
        output: instead of the forecaster's own file.
    """
    found = {each: fitted(Lexicon(real, each), each, names[each]) for each in Ecosystem}
    (output or TARGET).write_text(table(found), encoding="ascii")
