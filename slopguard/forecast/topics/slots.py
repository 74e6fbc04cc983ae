"""What may stand in a predicted name: what it is about, further words, and what such a package does.

Invariant: pure; every slot is a list of words with falling weights within 0 and 1, each word once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slopguard.forecast.topics.asked import LANGUAGES, variants
from slopguard.forecast.topics.lexicon import Lexicon, ordered, tokens
from slopguard.forecast.topics.tables import Topic
from slopguard.model import Ecosystem

Slot = tuple[tuple[str, float], ...]
MOST_SUBJECTS, MOST_WORDS, MOST_ROLES = 60, 160, 120
_TAILS = 300
"""Words that names end in most often: a word of the request that is one of these says what the package does."""


@dataclass(frozen=True, slots=True)
class Slots:
    """The words that names are put together from.

    Args:
        subjects: what packages for it are called after.
        words: whatever else may stand in a name, the subjects included.
        roles: what names end in.
    """

    subjects: Slot
    words: Slot
    roles: Slot


def slots(asked: Mapping[str, float], matched: Sequence[tuple[Topic, float]], lexicon: Lexicon) -> Slots:
    """The slots of a request.

    Args:
        asked: its words with their weights.
        matched: the topics that it is about, with theirs.
    """
    subjects = _best(_subjects(asked, matched), MOST_SUBJECTS)
    return Slots(
        subjects=subjects,
        words=_best([*subjects, *_words(matched), *_beside(asked, lexicon)], MOST_WORDS),
        roles=_best(_roles(asked, matched, lexicon), MOST_ROLES),
    )


def _subjects(asked: Mapping[str, float], matched: Sequence[tuple[Topic, float]]) -> Iterable[tuple[str, float]]:
    yield from asked.items()
    for topic, near in matched:
        for group in topic.same:
            heard = max((asked.get(word, 0.0) for word in group), default=0.0)
            yield from ((word, 0.85 * heard) for word in group if heard)
        for at, head in enumerate(topic.heads):
            yield head, near * 0.85 * 0.9**at


def _words(matched: Sequence[tuple[Topic, float]]) -> Iterable[tuple[str, float]]:
    for topic, near in matched:
        for at, word in enumerate(topic.words):
            yield word, near * 0.55 * 0.97**at
        for each in Ecosystem:
            yield from ((part, near * 0.3) for name in topic.names[each] for part in tokens(name))


def _beside(asked: Mapping[str, float], lexicon: Lexicon) -> Iterable[tuple[str, float]]:
    """Words that stand after or before those of the request in real names."""
    for word, weight in asked.items():
        for beside in (lexicon.after.get(word), lexicon.before.get(word)):
            if beside:
                yield from ((other, weight * 0.35 * min(1.0, count / 4)) for other, count in ordered(beside)[:40])


def _roles(
    asked: Mapping[str, float], matched: Sequence[tuple[Topic, float]], lexicon: Lexicon
) -> Iterable[tuple[str, float]]:
    tails = {word: at for at, word in enumerate(lexicon.tails[:_TAILS])}
    for word, weight in asked.items():
        yield from ((form, 0.6 + 0.4 * weight) for form in variants(word, lexicon.count) if form in tails)
    for topic, near in matched:
        for at, role in enumerate(topic.roles):
            yield role, near * 0.9 * 0.94**at
    for word, at in tails.items():
        yield word, 0.6 / (1 + at / 12)


def _best(found: Iterable[tuple[str, float]], most: int) -> Slot:
    """Each word with its greatest weight, the heaviest first."""
    best: dict[str, float] = {}
    for word, weight in found:
        if word and word not in LANGUAGES and weight > best.get(word, 0.0):
            best[word] = weight
    return tuple(sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:most])
