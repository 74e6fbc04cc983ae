"""The sections about names: the likeliest ones, those that got registered, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slopguard.model import Ecosystem
from slopguard.reports.forecast_page_charts import span
from slopguard.reports.forecast_page_model import MOST, Appeared, Kept, Named, State, Told
from slopguard.reports.forecast_page_parts import (
    NARROW,
    TITLES,
    between,
    day,
    label,
    name,
    number,
    section,
    table,
    text,
)

LISTED = 60
"""Registered names, batches that are shown."""


def registered(told: Told) -> Iterator[str]:
    """The names that somebody registered after they were predicted."""
    yield section("Predicted, and registered since", "registered", _registered(told))


def likeliest(told: Told) -> Iterator[str]:
    """The first names of each ecosystem."""
    tables = [_names(eco, names, told.watched.get(eco, 0)) for eco, names in told.names.items() if names]
    if not tables:
        parts = ["<p>No name is watched yet. Fill the watchlist: <code>slopguard forecast run</code></p>"]
    else:
        asked = any(each.models for names in told.names.values() for each in names)
        parts = [f"<p>{text(_AGREEMENT if asked else _NO_MODEL)}</p>", f'<div class="pair">{"".join(tables)}</div>']
    yield section("Likeliest names", "names", parts)


def batches(told: Told) -> Iterator[str]:
    """Where the watched names come from."""
    if told.batches:
        yield section("Where they come from", "batches", _batches(told.batches))


_AGREEMENT = (
    "By rank. Agreement is how many models gave the name, and how many pairs of a model and a prompt; the interval"
    " says how often it recurs in the answers to those prompts."
)
_NO_MODEL = "By rank. No model was asked about these names, so there is no agreement between models to tell."


def _registered(told: Told) -> Iterator[str]:
    if not told.appeared:
        looked = f"The radar looked last on {day(told.polled)}." if told.polled else "The radar has not looked yet."
        again = "Look again" if told.polled else "Let it look"
        yield f"<p>No watched name was seen registered since it was predicted. {looked} {again}:"
        yield "<code>slopguard watch poll</code></p>"
        return
    yield "<p>These names were predicted first and registered afterwards. Do not install them from anywhere."
    yield "Each line runs from the prediction (open dot) to the registration (full dot).</p>"
    found = sorted(told.appeared, key=lambda each: each.registered, reverse=True)
    first = min(min(each.predicted, each.registered) for each in found[:LISTED])
    length = max((told.at - first).total_seconds(), 1.0)
    rows = [
        _line(each, [(at - first).total_seconds() / length for at in (each.predicted, each.registered)])
        for each in found[:LISTED]
    ]
    caption = f"From {first:%Y-%m-%d} on the left to {told.at:%Y-%m-%d} on the right, the newest registration first"
    yield table(caption, ("name", "from prediction to registration", "rank", "predicted", "registered"), rows, "charts")
    yield from _more(len(found) - LISTED, "slopguard watch list")


def _line(each: Appeared, ends: Sequence[float]) -> list[str]:
    start, end = (min(1.0, max(0.0, value)) for value in ends)
    days = (each.registered - each.predicted).days
    title = f"predicted {each.predicted:%Y-%m-%d}, registered {each.registered:%Y-%m-%d}, {number(days)} days later"
    when = day(each.registered) if each.dated else f'<span class="number">seen {day(each.registered)}</span>'
    where = f'<span class="dim">{TITLES[each.ecosystem.value]}</span> <span class="alarm">{name(each.name)}</span>'
    return [where, span(start, end, title), _rank(each.rank), day(each.predicted), when]


def _names(ecosystem: Ecosystem, names: Sequence[Named], watched: int) -> str:
    shown, title = names[:MOST], TITLES[ecosystem.value]
    asked, several = any(each.models for each in shown), len({each.source for each in shown}) > 1
    heads = [
        "rank",
        "name",
        *([f"models{NARROW}/ prompts", f"recurs, 95{NARROW}%"] if asked else []),
        *(["source"] if several else []),
    ]
    caption = f"{title}: the first {number(len(shown))} names of {number(max(watched, len(shown)))} rows"
    rows = (_cells(each, asked, several) for each in shown)
    return f"<div>{table(caption, (*heads, 'state'), rows, 'names')}</div>"


def _cells(each: Named, asked: bool, several: bool) -> list[str]:
    state = text(each.state.value)
    state = f'<span class="alarm">{state}</span>' if each.state is State.REGISTERED else state
    agreement = [_agreement(each), between(each.low, each.high)] if asked else []
    return [_rank(each.rank), name(each.name), *agreement, *([label(each.source)] if several else []), state]


def _agreement(each: Named) -> str:
    if each.models is None:
        return ""
    return f"{number(each.models)} / {number(each.prompts or 0)}".replace(" ", NARROW)


def _rank(rank: int | None) -> str:
    return "" if rank is None else number(rank)


def _batches(kept: Sequence[Kept]) -> Iterator[str]:
    newest = sorted(kept, key=lambda each: each.at, reverse=True)
    heads = ("source", "about", "ecosystem", "names", "from", "until")
    rows = ([*_what(each), number(each.rows), day(each.at), _until(each)] for each in newest[:LISTED])
    yield table(f"{number(len(kept))} batches, the newest first", heads, rows)
    yield from _more(len(newest) - LISTED, "slopguard watch list")
    if any(each.about.partition("-")[2] for each in kept):
        yield '<p class="dim">A topic or a project stands here as a digest: its words and its path may be private.</p>'


def _what(each: Kept) -> list[str]:
    kind, _, digest = each.about.partition("-")
    about = label(kind) + (f" <code>{label(digest[:8])}</code>" if digest else "")
    return [f"{label(each.source)} ({label(each.origin)})", about, TITLES.get(each.ecosystem, label(each.ecosystem))]


def _until(each: Kept) -> str:
    return day(each.expires) if each.expires else "for good"


def _more(left: int, command: str) -> Iterator[str]:
    if left > 0:
        yield f'<p class="dim">And {number(left)} more: <code>{text(command)}</code></p>'
