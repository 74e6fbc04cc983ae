"""A request in words, as the forecaster takes it: which words a package for it may be called after.

Invariant: pure; words are lower-case ASCII letters and digits, each once, the heaviest first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from slopguard.forecast.topics.lexicon import Lexicon
from slopguard.forecast.topics.stopwords import STOP

_WORD = re.compile(r"[a-z0-9][a-z0-9.+#]*")
LANGUAGES = frozenset({"python", "py", "javascript", "js", "typescript", "ts", "node", "nodejs", "npm", "pip", "pypi"})
"""Words that only say in which language."""
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))
_VERBAL = (("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("tion", "te"), ("ation", ""), ("ication", "y"))


def words_of(text: str) -> list[str]:
    """The words of a text that may say which package is meant, in order, each once."""
    found = (word.rstrip(".") for word in _WORD.findall(text.lower()))
    plain = (word.replace(".", "").replace("+", "p").replace("#", "sharp") for word in found)
    return list(dict.fromkeys(word for word in plain if word and word not in STOP and not word.isdigit()))


def weighed(text: str, lexicon: Lexicon) -> dict[str, float]:
    """The words of a request with their weight in 0 to 1, the heaviest first; variants of a word weigh less."""
    found: dict[str, float] = {}
    words = [word for word in words_of(text) if word not in LANGUAGES]
    for word in words:
        for variant, share in variants(word, lexicon.count).items():
            weight = share * (0.35 + 0.65 * rarity(variant, lexicon))
            found[variant] = max(found.get(variant, 0.0), weight)
    for one, two in pairwise(words):
        for word, weight in _compounds(one, two, found, lexicon):
            found[word] = max(found.get(word, 0.0), weight)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _compounds(one: str, two: str, found: Mapping[str, float], lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """What two words that stand side by side make together: `web vitals` is `web-vitals`."""
    both = math.sqrt(found[one] * found[two])
    yield f"{one}-{two}", 0.8 * both
    for form in variants(two, lexicon.count):
        if form != two:
            yield f"{one}-{form}", 0.65 * both
    if lexicon.count.get(one + two, 0.0) > 0:
        yield one + two, 0.8


def variants(word: str, known: Mapping[str, float]) -> dict[str, float]:
    """A word and its other forms with what they are worth beside it: singular, and what the verb is of a form of it.

    Args:
        known: the words of real names; a doubtful form counts only if it is one.
    """
    found = {word: 1.0}
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            found[word.removesuffix(ending) + instead] = 0.95
            found[word] = 0.8
            break
    for base in list(found):
        found |= {form: 0.7 for form in _verbs(base) if form in known and form not in found}
    return found


def _verbs(word: str) -> Iterator[str]:
    for ending, instead in _VERBAL:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word.removesuffix(ending)
            yield stem + instead
            if len(stem) > 3 and stem[-1] == stem[-2]:
                yield stem[:-1] + instead
    yield from (word + ending for ending in ("er", "or", "ing")) if len(word) > 3 else ()
    if word.endswith("e"):
        yield from (f"{word}r", f"{word[:-1]}or", f"{word[:-1]}ing")


def rarity(word: str, lexicon: Lexicon) -> float:
    """1 for a word of no real name, near 0 for one of every hundredth."""
    total = lexicon.total
    return max(0.0, min(1.0, math.log(total / (lexicon.count.get(word, 0.0) + 1.0)) / math.log(total) * 1.6 - 0.6))
