"""`slopguard forecast report`: one HTML page that needs nothing but itself.

Invariants: pure: what is told comes in, text goes out; no request leaves the page, and it runs no script, which its
content security policy enforces; every text that somebody else wrote is escaped and plain ASCII; it says what it does
not say.
"""

from __future__ import annotations

from collections.abc import Iterator

from slopguard.reports.forecast_page_figures import coverage, rates
from slopguard.reports.forecast_page_model import Told
from slopguard.reports.forecast_page_names import batches, likeliest, registered
from slopguard.reports.forecast_page_parts import TITLES, day, number, section, text
from slopguard.reports.forecast_page_serving import serving
from slopguard.reports.forecast_page_style import STYLE, policy

TITLE = "Names that models invent"
NOT_SAID = (
    "A forecast is no evidence that a name is bad: real projects are called as models would call them.",
    "It is no evidence that a name is absent either. Whether it is there, only the index says.",
    "“free” was true when the radar looked last; “not asked” means that nobody looked.",
    "That a name is on no list does not mean that a model invented it; rates count names that nobody vouches for.",
    "Ranks compare names of one run. They are no probabilities.",
)


def page(told: Told) -> str:
    """The whole page."""
    return "\n".join([*_head(), *_top(told), *_body(told), *_foot(told)]) + "\n"


def _head() -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>slopguard: {text(TITLE)}</title>\n<style>{STYLE}</style>\n</head>\n<body>"


def _top(told: Told) -> Iterator[str]:
    yield f"<header>\n<h1>{text(TITLE)}</h1>"
    where = f"Forecast, watchlist and radar of this machine on {day(told.at)}, slopguard {text(told.version)}"
    yield f'<p class="dim">{where}</p>'
    facts = [(f"watched rows, {TITLES[eco.value]}", number(count)) for eco, count in told.watched.items()]
    facts += [("registered since", number(len(told.appeared))), ("campaigns", number(len(told.campaigns)))]
    facts.append(("radar looked last", day(told.polled) if told.polled else "never"))
    yield (
        '<dl class="facts">'
        + "".join(f"<div><dt>{text(a)}</dt><dd>{b}</dd></div>" for a, b in facts)
        + "</dl>\n</header>"
    )


def _body(told: Told) -> Iterator[str]:
    yield "<main>"
    yield from registered(told)
    yield from likeliest(told)
    yield from coverage(told)
    yield from rates(told)
    yield from batches(told)
    yield from serving(told.serving)
    yield section("What this page does not say", "not-said", [_list(NOT_SAID)])
    yield "</main>"


def _list(sentences: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{text(each)}</li>" for each in sentences) + "</ul>"


def _foot(told: Told) -> Iterator[str]:
    made = f"Made on {day(told.at)} by <code>slopguard forecast report</code>. This page loads nothing."
    yield f'<footer><p class="dim">{made}</p></footer>'
    yield "</body>\n</html>"
