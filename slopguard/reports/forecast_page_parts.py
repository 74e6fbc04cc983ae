"""Pieces of HTML: escaped text, tables, words for figures.

Invariants: every text goes through `text` or `name`; what they give can end no element, attribute or comment; names and
everything else that a model, a registry or a file wrote is plain ASCII that cannot turn the direction of writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from slopguard.names import phrase, shown

LONGEST = 80
"""Characters of a name that are shown."""
NARROW = "\N{NO-BREAK SPACE}"
TITLES = {"pypi": "PyPI", "npm": "npm"}


def text(words: str) -> str:
    """Our own words."""
    return escape(words, quote=True)


def name(raw: str) -> str:
    """A name, in code, that may break after its separators."""
    safe = escape(shown(raw, LONGEST), quote=True)
    for separator in "-/_.":
        safe = safe.replace(separator, separator + "<wbr>")
    return f"<code>{safe}</code>"


def label(raw: str) -> str:
    """What a model, a prompt or a batch is called: text of this machine's files, which others may have written."""
    return escape(phrase(raw, LONGEST), quote=True)


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    """A share, with one digit after the point where that says something."""
    if share is None:
        return "not known"
    return f"{share:.1%}".replace("%", f"{NARROW}%")


def between(low: float | None, high: float | None) -> str:
    """A 95 % interval."""
    return "" if low is None or high is None else f"{100 * low:.1f} to {percent(high)}".replace(" ", NARROW)


def day(moment: datetime) -> str:
    """A day, for people and for programs."""
    return f'<time datetime="{moment:%Y-%m-%d}">{moment:%Y-%m-%d}</time>'


def section(heading: str, anchor: str, parts: Iterable[str]) -> str:
    """A section of the page."""
    return (
        f'<section aria-labelledby="{anchor}">\n<h2 id="{anchor}">{text(heading)}</h2>\n'
        + "\n".join(parts)
        + "\n</section>"
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table whose first column names its rows; on a narrow screen each row is a small card.

    Args:
        caption: in our words.
        heads: what the columns are called; shown before each cell on a narrow screen.
        rows: cells that are HTML already.
        kind: a class of the style sheet.
    """
    top = "".join(f'<th scope="col">{text(head)}</th>' for head in heads)
    body = "\n".join(_row(heads, cells) for cells in rows)
    shown_as = f' class="{kind}"' if kind else ""
    return (
        f"<table{shown_as}>\n<caption>{text(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _row(heads: Sequence[str], cells: Sequence[str]) -> str:
    first, *rest = cells
    others = "".join(
        f'<td data-head="{text(head)}">{cell}</td>' if cell else "<td></td>"
        for head, cell in zip(heads[1:], rest, strict=True)
    )
    return f'<tr><th scope="row">{first}</th>{others}</tr>'
