"""The sections about figures: what forecasts cover, what campaigns have not seen yet, and how often models invent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slopguard.forecast.statistics import Coverage, Share, wilson
from slopguard.names import phrase
from slopguard.reports.forecast_page_charts import Axis, Point, curve, edge, whisker
from slopguard.reports.forecast_page_model import Campaign, Covering, Measured, Told
from slopguard.reports.forecast_page_parts import (
    LONGEST,
    TITLES,
    between,
    day,
    label,
    number,
    percent,
    section,
    table,
    text,
)

MOST_ROWS = 40
"""Rates of one kind that are shown."""
_BY = {
    "model": "By model",
    "ecosystem": "By ecosystem",
    "kind": "By kind of prompt",
    "topic": "By topic",
    "temperature": "By temperature",
    "form": "By form of the answer",
}
_PREDICTIONS = Axis("predictions", logarithmic=True)


def coverage(told: Told) -> Iterator[str]:
    """What the forecaster without a server covers, and what campaigns say of names not seen yet."""
    parts = [*_measured(told.covering), *_campaigns(told.campaigns)]
    if parts:
        yield section("Coverage", "coverage", parts)


def rates(told: Told) -> Iterator[str]:
    """How often models invent names."""
    parts = [part for each in told.campaigns for part in _rates(each)]
    if not parts:
        parts = [
            "<p>No model was asked yet, so there are no rates.",
            "Ask one: <code>slopguard forecast run --server URL</code></p>",
        ]
    yield section("How often models invent a name", "rates", parts)


def _measured(covering: Sequence[Covering]) -> Iterator[str]:
    shown = [each for each in covering if each.points]
    if not shown:
        return
    yield "<h3>The forecaster without a server</h3>"
    yield "<p>The share of names that models did invent which stands among the first predictions. Measured once on the"
    yield "lists named below, not on this machine; docs/forecast.md has the method.</p>"
    yield f'<div class="pair">{"".join(_one_measured(each) for each in shown)}</div>'


def _one_measured(each: Covering) -> str:
    title = TITLES[each.ecosystem.value]
    points = [Point(p.predictions, p.hits / p.of, *wilson(p.hits, p.of)) for p in each.points if p.of]
    told = "; ".join(f"{number(p.predictions)} predictions: {percent(p.hits / p.of)}" for p in each.points if p.of)
    drawn = curve([points], _PREDICTIONS, Axis("share", share=True), f"Coverage on {title}, {each.measured_on}", told)
    heads = ("predictions", "found", "share", "95 % interval")
    rows = (_cells(point) for point in each.points if point.of)
    return f"<div>{drawn}{table(f'{title}, measured on: {each.measured_on}', heads, rows)}</div>"


def _cells(each: Measured) -> list[str]:
    found = f"{number(each.hits)} of {number(each.of)}"
    return [number(each.predictions), found, percent(each.hits / each.of), between(*wilson(each.hits, each.of))]


def _campaigns(campaigns: Sequence[Campaign]) -> Iterator[str]:
    for each in campaigns:
        yield f"<h3>{label(each.label)}, {day(each.at)}</h3>"
        if each.parts:
            ended = f"{number(each.done)} of {number(each.parts)} came to their end by themselves."
            yield f"<p>Of its parts, an ecosystem and a kind of prompt each, {ended}</p>"
        for ecosystem, found in each.coverage.items():
            yield f"<p>{TITLES[ecosystem.value]}: {text(_seen(found))}</p>"
        if len(each.curve) > 1:
            last = each.curve[-1]
            told = f"after {number(last.pairs)} pairs {number(last.names)} names, {number(last.recurrent)} given twice"
            yield '<p class="dim">Names on no list, as pairs of a model and a prompt answered. Solid: all of them;'
            yield f"dashed: those that two pairs or more gave. In figures: {text(told)} or more.</p>"
            lines = [[Point(p.pairs, p.names) for p in each.curve], [Point(p.pairs, p.recurrent) for p in each.curve]]
            yield curve(lines, Axis("pairs that answered"), Axis("names"), "How names were found", f"{told} or more")


def _seen(found: Coverage) -> str:
    """What Good and Turing say of a campaign, in sentences."""
    if found.coverage is None:
        return "No name was found in it yet, so nothing can be said of its coverage."
    start = (
        f"{number(found.sightings)} sightings of {number(found.species)} names; {number(found.once)} seen only once."
    )
    next_one = f" The next sighting is of a name seen before with a chance of {percent(found.coverage)}"
    if found.low is not None and found.high is not None:
        next_one += f" (95 %: {between(found.low, found.high)}), by Good and Turing"
    if found.total is None:
        return f"{start}{next_one}. How many names there are cannot be told from so little."
    return f"{start}{next_one}. At least {number(round(found.total))} names are to be expected in all (Chao1)."


def _rates(campaign: Campaign) -> Iterator[str]:
    for by, shares in campaign.rates.items():
        shown = _drawable(shares)
        if not shown:
            continue
        most = edge([share.high or 0.0 for _, share in shown])
        of = f"{phrase(campaign.label, LONGEST)}: share of told names that are on no list"
        caption = f"{_BY.get(by, by)}, {of}; the charts run from 0 % to {100 * most:g} %"
        rows = [_rate(called, share, most) for called, share in shown[:MOST_ROWS]]
        heads = (by if by in _BY else "what", "share and 95 % interval", "share", "95 % interval", "of", "prompts")
        yield table(caption, heads, rows, "charts")
        if len(shown) > MOST_ROWS:
            yield f'<p class="dim">And {number(len(shown) - MOST_ROWS)} more: <code>--format json</code></p>'


def _drawable(shares: Mapping[str, Share]) -> list[tuple[str, Share]]:
    """Those of which a share can be told, the highest first."""
    found = [(called, share) for called, share in shares.items() if share.rate is not None]
    return sorted(found, key=lambda pair: (-(pair[1].rate or 0.0), pair[0]))


def _rate(called: str, share: Share, most: float) -> list[str]:
    rate, low, high = share.rate or 0.0, share.low or 0.0, share.high if share.high is not None else 1.0
    title = f"{percent(rate)}, 95 % interval {between(low, high)}"
    drawn = whisker(rate, low, high, most, title)
    return [label(called), drawn, percent(rate), between(low, high), number(share.of), number(share.clusters)]
