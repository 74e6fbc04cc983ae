"""Whether what a speculating server samples is what the plain one would sample, on servers that hide their chances.

The speculating server answers one text again and again; behind each start of an answer that came often enough the plain
server tells the chances of the next token, at one token a request, which is never speculated. The first token of an
answer is not speculated either and is left out. So nothing rests on log-probabilities of the speculating server, which
may be none. Tokens that the plain server does not list count as one, on both sides: that only makes two distributions
look more alike, so likeness is told only where nearly all the chance is listed. Both must be of one engine that goes on
from tokens by their numbers (`engines.tokenwise`). Invariants: no text is kept, only tokens and counts; all that cuts a
distribution off is switched off on both sides; answers that say nothing end in a reason, never in a likeness.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slopguard.errors import UpstreamError
from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Nonsense
from slopguard.forecast.engines import tokenwise
from slopguard.forecast.engines.tokenwise import WHOLE, Going, NoData, Spoken, Tokens, Tokenwise
from slopguard.forecast.measuring.arm import Arm, together
from slopguard.forecast.measuring.figures import Context, Likeness, likeness

TOKENS = 4
"""Tokens of one sample; the first is not speculated."""
FURTHER = 8
"""Tokens by which each prompt is sampled further into its answer than the one before."""
OFTEN = 150
"""Samples behind a start that is looked at."""
NOT_IMPLEMENTED = 501
"""What servers answer that know an interface and do not have it."""
VOCABULARY = 2**18
"""Tokens that no model has more of, about."""
_ROUNDING = 1e-5
"""What chances of all tokens may lack of 1."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What was sampled behind one start, and its chances, as they are kept between runs.

    Args:
        counts, exact: pairs of a token and how often it came, or its chance.
    """

    counts: tuple[tuple[int, int], ...]
    exact: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that was sampled.

    Args:
        places: sampled tokens that may have been drafted.
        why: why nothing was, in our words.
    """

    places: int
    behind: tuple[Behind, ...]
    why: str = ""

    def likeness(self, seed: int) -> Likeness:
        """What it says of the two servers."""
        if self.why:
            return Likeness(None, None, 0.0, self.why)
        return likeness([Context(dict(each.counts), dict(each.exact)) for each in self.behind], self.places, seed)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A server that is asked for tokens."""

    arm: Arm
    way: Tokenwise

    async def opened(self, prompt: str) -> Tokens:
        """The tokens of a user's message, as the server's own template puts them."""
        said: Any = prompt
        for path, asking in self.way.opening:
            said = await self._post(path, asking(self.arm.model, said))
        return tokenwise.numbers(said.get("tokens"))

    async def spoken(self, start: Tokens, count: int, seed: int, temperature: float) -> Spoken:
        """So many tokens of an answer."""
        body = self.way.asking(Going(self.arm.model, start, count, seed, temperature))
        return self.way.spoken(await self._post(self.way.path, body), count)

    async def chances(self, start: Tokens, temperature: float) -> dict[int, float]:
        """The chances of the next token; empty where too little of them is listed."""
        body = self.way.asking(Going(self.arm.model, start, 1, 1, 1.0, self.way.listed))
        exact = self.way.exact(await self._post(self.way.path, body))
        return at(exact, temperature, self.way.listed)

    async def spelled(self, tokens: Tokens) -> str:
        """The text of tokens."""
        body = {"model": self.arm.model, "tokens": tokens, "skip_special_tokens": False}
        text = (await self._post("/detokenize", body)).get(self.way.text)
        if not isinstance(text, str):
            raise NoData(tokenwise.OTHER_TEXT)
        return text

    async def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        try:
            status, data = await self.arm.server.post(path, body)
            found = wire.decoded(data) if status == 200 else {}
        except Nonsense:  # again it would say the same
            raise NoData(tokenwise.OTHER_SHAPE) from None
        if 400 <= status < 500 or status == NOT_IMPLEMENTED:
            raise NoData(tokenwise.REFUSED)
        if status != 200:
            raise UpstreamError(f"a server answered with status {status}", "See what it logs; --samples 0 goes without")
        return found


def able(plain: Arm, other: Arm) -> bool:
    """Whether both servers speak an interface that this needs."""
    return plain.engine.key == other.engine.key and plain.engine.tokenwise is not None


async def drawn(
    plain: Arm, other: Arm, prompts: Sequence[str], samples: int, temperature: float, at_once: int
) -> Drawn:
    """Samples of the speculating server with the plain server's chances; or why there are none.

    Args:
        prompts: what is answered; each by itself.
        samples: of each.
        at_once: requests under way.

    Raises:
        UpstreamError: a server gives no answer.
    """
    way = plain.engine.tokenwise
    assert way is not None
    asked, speaking = Speaker(plain, way), Speaker(other, way)
    found: list[Behind] = []
    places = 0
    try:
        for number, prompt in enumerate(prompts):
            start = await _start(asked, prompt, FURTHER * number, temperature)
            await asked.chances(start, temperature)  # a server that tells none is not sampled first
            answers = await _samples(speaking, start, samples, temperature, at_once)
            places += sum(max(0, len(tokens) - 1) for tokens in answers)
            for prefix, counts in _behind(answers).items():
                exact = await asked.chances((*start, *prefix), temperature)
                if exact:
                    found.append(Behind(tuple(sorted(counts.items())), tuple(sorted(exact.items()))))
    except NoData as none:
        return Drawn(0, (), str(none))
    return Drawn(places, tuple(found))


def at(exact: Mapping[int, float], temperature: float, listed: int) -> dict[int, float]:
    """What chances become at another temperature than 1, where the unlisted rest has the most that it can have there.

    Args:
        listed: the likeliest tokens that were asked for; where fewer came, there are no others.

    Returns:
        Nothing where the rest may have too much.
    """
    if temperature == 1.0:
        return dict(exact)
    power, most = 1.0 / temperature, max(exact.values())
    powers = {token: (chance / most) ** power for token, chance in exact.items()}  # of the likeliest 1: none is all 0
    known = sum(powers.values())
    total = known + _rest(exact, power, listed)
    return {token: each / total for token, each in powers.items()} if known >= WHOLE * total else {}


def _rest(exact: Mapping[int, float], power: float, listed: int) -> float:
    """The most that all unlisted chances can come to, each as a share of the largest and raised to a power.

    None of them is larger than the last that was asked for.
    """
    ordered = sorted(exact.values(), reverse=True)[:listed]
    rest, most = max(0.0, 1.0 - sum(exact.values())), ordered[0]
    if len(exact) < listed and rest <= _ROUNDING:
        return 0.0
    if power < 1.0:
        return float(VOCABULARY ** (1.0 - power) * (rest / most) ** power)
    return float(rest / most * (ordered[-1] / most) ** (power - 1.0))


def _behind(samples: Sequence[Tokens]) -> dict[Tokens, Counter[int]]:
    """What followed each start of an answer that came often enough."""
    found: dict[Tokens, Counter[int]] = defaultdict(Counter)
    for tokens in samples:
        for place in range(1, len(tokens)):
            found[tokens[:place]][tokens[place]] += 1
    return {prefix: counts for prefix, counts in found.items() if counts.total() >= OFTEN}


async def _start(asked: Speaker, prompt: str, further: int, temperature: float) -> Tokens:
    """What every sample goes on from: a user's message, and the beginning of an answer.

    Args:
        further: tokens of the answer: the first ones of it are often the same, whatever is asked.
    """
    start = await asked.opened(prompt)
    return start + (await asked.spoken(start, further, 1, temperature)).tokens if further else start


async def _samples(speaking: Speaker, start: Tokens, samples: int, temperature: float, at_once: int) -> list[Tokens]:
    """The tokens of so many answers, once their text is known to be that of the tokens."""
    found: list[Tokens] = []
    texts: dict[Tokens, Spoken] = {}

    async def work(seeds: Iterator[int]) -> None:
        for seed in seeds:
            answer = await speaking.spoken(start, TOKENS, seed, temperature)
            found.append(answer.tokens)
            if texts.setdefault(answer.tokens, answer) != answer:
                raise NoData(tokenwise.OTHER_TEXT)

    seeds = iter(range(1, samples + 1))
    await together(work(seeds) for _ in range(at_once))
    often = Counter(tokens for tokens in found if texts[tokens].written).most_common(1)
    for tokens, _ in often:
        if not tokenwise.same(await speaking.spelled(start + texts[tokens].written), texts[tokens].text):
            raise NoData(tokenwise.OTHER_TEXT)
    return found
