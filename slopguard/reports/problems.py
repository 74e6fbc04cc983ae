"""What a check has to tell, packages and findings alike, in one form for every report.

Invariants: the worst comes first, warnings last; every text is our own words or was made printable; the same check
gives the same problems, and a problem's fingerprint outlives a line that moves.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

from slopguard import messages
from slopguard.check.found import Finding
from slopguard.check.model import Checked, Judged
from slopguard.errors import printable
from slopguard.model import Location, Outcome
from slopguard.names import shown
from slopguard.reports.text import release, title
from slopguard.rules import RULES, SEVERITY


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at a report, and from where.

    Args:
        prefix: the folder that paths start from, as seen from the root of the repository (`apps/web`).
        code: what the command ends with; `None`: what the check itself says.
        width: columns of the terminal, `None` where nobody watches.
        colour: whether the terminal wants colours.
        links: what makes an address of a path from the root, put before it; `None` for no links.
    """

    prefix: str = ""
    code: int | None = None
    width: int | None = None
    colour: bool = False
    links: str | None = ""


PLAIN = View()
"""A file, a pipe: nobody watches."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not simply allowed.

    Args:
        outcome: the contract's word.
        subject: the package, printable; `""` for a finding.
        purl: its package URL; `""` for a finding and for what is no name.
        fact: what is known, no full stop.
        remedy: what to do, no full stop.
        near: verified names near it, printable.
        next: a command that runs as printed and leads on; `""` if there is none.
        release: the command with which a person may let it through; `""` where that would not help.
        line: all of it in one line, at most a few hundred characters.
        places: where it is written, in file order.
        new: whether the change looked at added it.
        enforced: `False` in mode `observe`.
    """

    outcome: Outcome
    rule: str
    subject: str
    purl: str
    fact: str
    remedy: str
    near: tuple[str, ...]
    next: str
    release: str
    line: str
    places: tuple[Location, ...]
    new: bool
    enforced: bool

    @property
    def word(self) -> str:
        """The verdict in capitals, `OBSERVED` for a refusal that is not enforced."""
        return "OBSERVED" if self.outcome.refuses and not self.enforced else self.outcome.value.upper()

    @property
    def title(self) -> str:
        """What a person would call it: the package, or the first place."""
        return self.subject or (place(self.places[0]) if self.places else "somewhere")


@dataclass(frozen=True, slots=True)
class Placed:
    """One place of a problem, for programs.

    Args:
        path: from the root of the repository, `/` between its parts; `.` for no file at all.
        fingerprint: the same for the same problem in the same file, whatever its line; unique in a report.
        first: whether it is the problem's first place.
    """

    problem: Problem
    path: str
    line: int | None
    fingerprint: str
    first: bool


def problems(checked: Checked) -> tuple[Problem, ...]:
    """Everything that is not simply allowed; what is equally bad keeps its order, the new first."""
    judged = (_of_verdict(each) for each in checked.judged if each.verdict.outcome is not Outcome.ALLOW)
    findings = (_of_finding(each, enforced=checked.enforced) for each in checked.findings)
    return tuple(sorted(chain(judged, findings), key=lambda one: (-SEVERITY[one.outcome], not one.new)))


def placed(found: Sequence[Problem], prefix: str = "") -> Iterator[Placed]:
    """Every place of every problem, in order; a problem that stands in no file gets the place `.`."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for problem in found:
        for number, where in enumerate(problem.places or (Location("."),)):
            path = rooted(where.path, prefix)
            key = (problem.rule, problem.purl or problem.subject, path)
            told = json.dumps([*key, seen[key]]).encode()
            seen[key] += 1
            yield Placed(problem, path, where.line, hashlib.sha256(told).hexdigest()[:40], number == 0)


def rooted(path: str, prefix: str = "") -> str:
    """A path as seen from the root of the repository, `/` between its parts; an absolute one stays absolute."""
    return posixpath.normpath(posixpath.join(prefix, path.replace(os.sep, "/")))


def address(path: str) -> str:
    """A path as a relative URL: percent-encoded, so that nothing in it is a scheme, a host or markup."""
    try:
        return quote(path, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, errors="replace")


def place(where: Location) -> str:
    """`path:line`, printable."""
    path = printable(where.path)
    return f"{path}:{where.line}" if where.line is not None else path


def places(found: Sequence[Location], limit: int = 1) -> str:
    """The first places, and how many more there are."""
    return listed([place(each) for each in found[:limit]], len(found))


def listed(first: Sequence[str], total: int) -> str:
    """`a, b and 35 more`."""
    more = total - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def counted(count: int, what: str) -> str:
    """`1 file`, `1,284 files`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _of_verdict(judged: Judged) -> Problem:
    verdict = judged.verdict
    request = verdict.request
    return Problem(
        outcome=verdict.outcome,
        rule=verdict.rule,
        subject=title(verdict),
        purl=request.purl if request.name is not None else "",
        fact=messages.reason(verdict),
        remedy=messages.remedy(verdict),
        near=tuple(map(shown, verdict.suggestions)),
        next=messages.next_command(verdict),
        release=release(verdict) or "",
        line=messages.line(verdict).removeprefix("slopguard: "),
        places=request.locations,
        new=judged.new,
        enforced=verdict.enforced,
    )


def _of_finding(finding: Finding, *, enforced: bool) -> Problem:
    rule = RULES[finding.rule]
    detail = printable(finding.detail)
    fact = f"{rule.fact}: {detail}" if detail else rule.fact
    command = _again(finding) if finding.outcome.refuses else ""
    word = messages.WORDS[finding.outcome] if enforced or not finding.outcome.refuses else "OBSERVED"
    told = f"{word} ({rule.id}): {fact}. {rule.instruction}" + (f". Next: {command}" if command else "")
    return Problem(
        outcome=finding.outcome,
        rule=rule.id,
        subject="",
        purl="",
        fact=fact,
        remedy=rule.instruction,
        near=(),
        next=command,
        release="",
        line=told,
        places=finding.locations,
        new=finding.new,
        enforced=enforced,
    )


def _again(finding: Finding) -> str:
    """The command that reads a corrected file again; `""` where its path cannot be typed as it is shown."""
    path = finding.locations[0].path if finding.locations else ""
    if not path or place(Location(path)) != path:
        return ""
    return f"slopguard check {shlex.quote(f'./{path}' if path.startswith('-') else path)}"
