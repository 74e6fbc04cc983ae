"""A check for people and agents at a terminal: what was looked at in one line, then two lines a problem, worst first.

Invariants: nothing of a registry is printed; every refused line says what to do next, with a command that runs as
printed; many warnings of one rule, and more refusals than anybody reads, are folded into one entry a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from slopguard.check.model import Checked
from slopguard.errors import printable
from slopguard.model import Outcome
from slopguard.reports.problems import PLAIN, Problem, View, counted, listed, place, places, problems
from slopguard.reports.text import COLOURS

NOTHING = "No file that can name a dependency was found here, so nothing was judged."
UNCHANGED = "No file that can name a dependency has changed, so nothing was judged."
MANY, FIRST = 10, 5
"""From more refusals of one rule than `MANY` the `FIRST` are shown one by one."""
NAMED = 8
"""Names of what was folded."""
WARNINGS = 3
"""So many warnings of one rule are shown one by one."""
WIDEST = 48
"""Names and places longer than this push the rest of their line aside."""
INDENT = " " * 14
LISTED = {"allowlisted": "listed", "established": "established", "vouched": "vouched for", "locked": "locked"}
"""Rules that allow, as the first line counts them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Two lines of the report.

    Args:
        head: verdict, subject, rule, `new`, place: the columns of the first line.
        body: the parts of the second line; none is broken where lines are.
    """

    head: tuple[str, str, str, str, str]
    body: tuple[str, ...]
    outcome: Outcome


def report(checked: Checked, view: View = PLAIN) -> str:
    """The report as text, without a line break at its end."""
    found = problems(checked)
    first = f"{counts(checked)}     {checked.seconds:.1f} s"
    text = "\n".join([first, *_entries(found, view), *_notes(checked), *_last(checked, found, view)])
    return text.replace("##[", "##\\x5b")  # begins a command to a CI host, wherever it stands in what a job prints


def counts(checked: Checked) -> str:
    """What was looked at, and what came of it: `12 packages in 3 files: all allowed (12 listed)`."""
    if not (checked.judged or checked.findings or checked.files or checked.locks):
        return UNCHANGED if checked.changed_only else NOTHING
    read = [counted(checked.locks, "lock file")] if checked.locks else []
    if checked.files:
        read.append(counted(checked.files, "other file" if checked.locks else "file"))
    where = f" in {' and '.join(read)}" if read else ""
    return f"{counted(len(checked.judged), 'package')}{where}{_allowed(checked)}{_unread(checked)}"


def _allowed(checked: Checked) -> str:
    outcomes = Counter(each.verdict.outcome for each in checked.judged)
    refused = sum(count for outcome, count in outcomes.items() if outcome.refuses)
    passed = len(checked.judged) - refused
    if not checked.judged:
        return ""
    rules = Counter(each.verdict.rule for each in checked.judged if each.verdict.outcome is Outcome.ALLOW)
    ways = [f"{rules[rule]:,} {word}" for rule, word in (LISTED | {"internal": "internal"}).items() if rules[rule]]
    if outcomes[Outcome.WARN]:
        ways.append(f"{outcomes[Outcome.WARN]:,} with a warning")
    how = f" ({', '.join(ways)})" if ways else ""
    return f": {passed:,} allowed{how}, {refused:,} not" if refused else f": all allowed{how}"


def _unread(checked: Checked) -> str:
    bad = {each.path for finding in checked.findings if finding.outcome.refuses for each in finding.locations}
    return f"; {counted(len(bad), 'file')} not read" if bad else ""


def _entries(found: Sequence[Problem], view: View) -> Iterator[str]:
    entries = list(_folded(found))
    widths = [min(max((len(entry.head[at]) for entry in entries), default=0), WIDEST) for at in range(4)]
    for entry in entries:
        yield _head(entry, widths, colour=view.colour)
        yield from _wrapped(entry.body, view.width)


def _head(entry: Entry, widths: Sequence[int], *, colour: bool) -> str:
    cells = [text.ljust(width) for text, width in zip(entry.head, widths, strict=False)]
    if colour and entry.outcome in COLOURS:
        cells[0] = f"\x1b[{COLOURS[entry.outcome]}m{cells[0]}\x1b[0m"
    kept = [cell for cell, width in zip(cells, widths, strict=True) if width]
    return "  ".join([*kept, entry.head[4]]).rstrip()


def _wrapped(parts: Sequence[str], width: int | None) -> Iterator[str]:
    """The parts in as few lines as they fit in; a part stays whole, to be copied."""
    line = ""
    for part in parts:
        if line and width is not None and len(INDENT) + len(line) + 3 + len(part) > width:
            yield INDENT + line
            line = ""
        line = f"{line}   {part}" if line else part
    yield INDENT + line


def _folded(found: Sequence[Problem]) -> Iterator[Entry]:
    """One entry a problem, or one for those of a rule that would be too many."""
    refused = _once(one for one in found if one.outcome.refuses)
    warned = [one for one in found if not one.outcome.refuses]
    often = {rule for rule, count in Counter(one.rule for one in warned).items() if count > WARNINGS}
    for alike in _by_rule(refused):
        first = FIRST if len(alike) > MANY else len(alike)
        yield from map(_entry, alike[:first])
        yield from map(_many, [alike[first:]] if alike[first:] else [])
    yield from map(_entry, (one for one in warned if one.rule not in often))
    yield from map(_many, _by_rule([one for one in warned if one.rule in often]))


def _once(some: Iterable[Problem]) -> list[Problem]:
    """Each package once for one rule, however many of its versions it is about."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for one in some:
        name = one.purl.partition("@")[0] or f"{one.subject} {id(one)}"  # an npm scope's own @ is encoded
        groups.setdefault((one.word, one.rule, one.fact, one.remedy, name), []).append(one)
    return [_versions(alike) for alike in groups.values()]


def _versions(alike: Sequence[Problem]) -> Problem:
    """Several versions of one package as one problem."""
    first = alike[0]
    if len(alike) == 1:
        return first
    name, version = first.purl.removeprefix("pkg:").replace("%40", "@").replace("/", ":", 1), len(alike)
    name = name[: name.rindex("@")] if "@" in first.purl else name
    places = tuple(dict.fromkeys(each for one in alike for each in one.places))
    return replace(first, subject=f"{name} ({version} versions)", places=places, new=any(one.new for one in alike))


def _by_rule(some: Sequence[Problem]) -> Iterable[Sequence[Problem]]:
    groups: dict[tuple[str, str], list[Problem]] = {}
    for one in some:
        groups.setdefault((one.word, one.rule), []).append(one)
    return groups.values()


def _entry(one: Problem) -> Entry:
    where = places(one.places) if one.subject else ""
    subject = one.subject or places(one.places) or "somewhere"
    return Entry((one.word, subject, one.rule, "new" if one.new else "", where), tuple(_body(one)), one.outcome)


def _body(one: Problem) -> Iterator[str]:
    yield f"{one.fact}. {one.remedy}."
    if one.near:
        yield f"near: {', '.join(one.near)}"
    if one.release:
        yield f"a person may: {one.release}"
    elif one.next:
        yield f"next: {one.next}"


def _many(some: Sequence[Problem]) -> Entry:
    """All of one rule in one entry: `37 places`, `a:1, b:2, c:3 and 34 more`."""
    first, new = some[0], sum(one.new for one in some)
    packages = [one.subject for one in some if one.subject]
    names = list(dict.fromkeys(packages or [place(each) for one in some for each in one.places]))
    subject = counted(len(names), "package" if packages else "place")
    alike = all(one.fact == first.fact for one in some)
    body = [f"{first.fact}. {first.remedy}." if alike else f"{first.remedy}."]
    if first.outcome.refuses:
        body.append("next: slopguard check --format json")
    where = listed(names[: NAMED if first.outcome.refuses else WARNINGS], len(names))
    return Entry((first.word, subject, first.rule, f"{new:,} new" if new else "", where), tuple(body), first.outcome)


def _notes(checked: Checked) -> Iterator[str]:
    yield from (f"note: {printable(note)}" for note in checked.notes)


def _last(checked: Checked, found: Sequence[Problem], view: View) -> Iterator[str]:
    parts = []
    if checked.since is not None and found:
        new = sum(one.new for one in found)
        told = f"{new:,} of {len(found):,} new" if new else "nothing of this is new"
        parts.append(f"{told} since {printable(checked.since)}")
    if checked.offline:
        parts.append("offline: no index was asked")
    if not checked.enforced:
        parts.append("mode observe: nothing is refused")
    if checked.lists:
        parts.append(f"lists: {', '.join(map(printable, checked.lists))}")
    if view.width is not None:
        parts.append(f"exit {checked.exit_code() if view.code is None else view.code}")
    if parts:
        yield "   ".join(parts)
