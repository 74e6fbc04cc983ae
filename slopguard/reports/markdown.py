"""A check as Markdown: a comment on a pull request, and the summary of a job.

Invariants: whatever comes from a file, names and paths alike, stands in a code span that it cannot end, or in a link
that is percent-encoded: nothing of it is markup, a mention or a script; a comment stays short enough for its host.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slopguard.check.model import Checked
from slopguard.model import Location
from slopguard.reports.check_text import counts
from slopguard.reports.problems import PLAIN, Problem, View, address, counted, place, problems, rooted

MARKER = "<!-- slopguard check -->"
"""The first line of a comment, by which a bot finds the one to bring up to date."""
ROWS, ROWS_OF_A_PAGE = 30, 500
"""So many rows of a table in a comment, and in a job's summary."""
LONGEST = 120
"""Characters of a path that are shown."""
LONGEST_LINK = 300
"""Characters of a link, and of a command, that are worth their room."""
_LITERAL = str.maketrans({"`": "\\x60", "|": "\\x7c"})


def report(checked: Checked, view: View = PLAIN) -> str:
    """A comment: short, with a marker that a bot finds it by."""
    return "\n".join([MARKER, *_lines(checked, view, ROWS)])


def page(checked: Checked, view: View = PLAIN) -> str:
    """The same for a page of its own: without a marker, and with more rows."""
    return "\n".join([*_lines(checked, view, ROWS_OF_A_PAGE), ""])


def _lines(checked: Checked, view: View, rows: int) -> Iterator[str]:
    found = problems(checked)
    refused = [one for one in found if one.outcome.refuses]
    warned = [one for one in found if not one.outcome.refuses]
    yield f"### slopguard: {_head(checked, refused, warned)}"
    yield ""
    yield counts(checked)
    if refused:
        yield ""
        yield from _table(refused, view, rows)
    if warned:
        yield from ("", "<details>", f"<summary>{counted(len(warned), 'warning')}</summary>", "")
        yield from _table(warned, view, rows)
        yield from ("", "</details>")


def _head(checked: Checked, refused: Sequence[Problem], warned: Sequence[Problem]) -> str:
    if not refused:
        return "nothing is refused" if checked.judged or warned else "nothing was judged"
    new = sum(one.new for one in refused)
    told = "would be refused (mode observe)" if not checked.enforced else "refused"
    return f"{len(refused):,} {told}" + (f", {new:,} new" if checked.since is not None else "")


def _table(some: Sequence[Problem], view: View, rows: int) -> Iterator[str]:
    yield "| verdict | what | why, and what to do | where |"
    yield "|---|---|---|---|"
    for one in some[:rows]:
        yield f"| {' | '.join(_cells(one, view))} |"
    if len(some) > rows:
        yield ""
        yield f"and {len(some) - rows:,} more: `slopguard check --format json` has them all."


def _cells(one: Problem, view: View) -> Iterator[str]:
    yield f"**{one.word}**" + (" (new)" if one.new else "")
    yield f"{_code(one.subject)} {one.rule}" if one.subject else one.rule
    yield " ".join(_advice(one))
    yield _where(one.places, view)


def _advice(one: Problem) -> Iterator[str]:
    fact, _, detail = one.fact.partition(": ")
    yield f"{fact}: {_code(_short(detail))}. {one.remedy}." if detail else f"{fact}. {one.remedy}."
    if one.near:
        yield f"Near, and verified: {', '.join(map(_code, one.near))}."
    if one.next and len(one.next) <= LONGEST_LINK:
        yield f"Next: {_code(one.next)}"


def _where(found: Sequence[Location], view: View) -> str:
    if not found:
        return ""
    shown = _code(_short(place(found[0])))
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    link = _link(found[0], view)
    return f"[{shown}]({link}){more}" if link else shown + more


def _link(where: Location, view: View) -> str:
    """The address of a place; `""` where none is wanted, or it lies outside the repository."""
    path = rooted(where.path, view.prefix)
    if view.links is None or path.startswith(("/", "..")):
        return ""
    line = f"#L{where.line}" if where.line is not None else ""
    made = f"{view.links}{address(path)}{line}"
    return made if len(made) <= LONGEST_LINK else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"...{text[-LONGEST + 3 :]}"


def _code(text: str) -> str:
    """Printable text as a code span of a table."""
    return f"`{text.translate(_LITERAL)}`"
