"""The forms that invented names have, and the streams of names in each.

Invariant: the same `Lexicon` gives the same streams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slopguard.forecast.embedded.candidate import Stream
from slopguard.forecast.embedded.chains import Chain, Followers, Form
from slopguard.forecast.embedded.lexicon import Lexicon, scope_of
from slopguard.forecast.embedded.words import words
from slopguard.forecast.model import Known
from slopguard.model import Ecosystem

_COMMON = (
    Form("w1", ("",), ("1.0",)),
    Form("w2", ("", "-"), ("2.0", "2.1")),
    Form("w3", ("", "-", "-"), ("3.0", "3.1", "3.2")),
    Form("w4", ("", "-", "-", "-"), ("4.0", "4.1", "4.2", "4.3")),
    Form("g2", ("", ""), ("g.0", "g.1")),
    Form("gw", ("", "", "-"), ("g.0", "g.1", "2.1")),
    Form("wg", ("", "-", ""), ("2.0", "g.0", "g.1")),
)
FORMS: Mapping[Ecosystem, tuple[Form, ...]] = {
    Ecosystem.PYPI: _COMMON,
    Ecosystem.NPM: (
        *_COMMON,
        Form("s2", ("@", "/"), ("s2.0", "s2.1")),
        Form("s3", ("@", "/", "-"), ("s3.0", "s3.1", "s3.2")),
        Form("dot", ("", "."), ("2.0", "dot.1")),
    ),
}
OTHER, TABLE = 0.3, 1.0
"""What a name of the other ecosystem, and one of a table of topics, weighs beside one of the own."""


def streams(known: Known, ecosystem: Ecosystem, lexicon: Lexicon) -> list[Stream]:
    """One stream for each form."""
    followers = Followers(_told(known, ecosystem, lexicon))
    costs = {place: lexicon.costs(ecosystem, place) for form in FORMS[ecosystem] for place in form.places}
    return [Chain(form, [costs[place] for place in form.places], followers) for form in FORMS[ecosystem]]


def _told(known: Known, ecosystem: Ecosystem, lexicon: Lexicon) -> Iterator[tuple[Sequence[str], float]]:
    """The words of every name to learn from, glued ones cut."""
    for each, names in known.ranked.items():
        for name in names:
            yield _cut(name, lexicon), 1.0 if each is ecosystem else OTHER
    for topic in lexicon.tables:
        for each, listed in topic.names.items():
            for name in listed:
                yield _cut(name, lexicon), TABLE if each is ecosystem else OTHER


def _cut(name: str, lexicon: Lexicon) -> Sequence[str]:
    scope, rest = scope_of(name)
    return [*([scope] if scope else []), *(part for word in words(rest) for part in lexicon.cutter.cut(word))]
