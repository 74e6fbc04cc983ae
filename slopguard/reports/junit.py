"""A check as JUnit XML: a test case for every package and every finding, for hosts that show nothing better.

Invariants: well-formed whatever a package or a file is called, for control characters are written as escapes; valid by
the schema that Jenkins checks with; what is allowed passes, what is refused fails, what could not be verified is an
error; no time is given, so that the same check gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from slopguard.check.model import Checked
from slopguard.model import Outcome
from slopguard.reports.problems import PLAIN, Problem, View, place, problems
from slopguard.reports.text import title

SHOWN = 20
"""So many places of one problem are named."""


def report(checked: Checked, view: View = PLAIN) -> str:
    """The report as XML text; `view` changes nothing."""
    found = problems(checked)
    fine = [each for each in checked.judged if each.verdict.outcome is Outcome.ALLOW]
    cases = [*map(_case, found), *(_passed(each.verdict.request.ecosystem, title(each.verdict)) for each in fine)]
    errors = sum(_fails(one) == "error" for one in found)
    failures = sum(_fails(one) == "failure" for one in found)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="slopguard check" {counts}>']
    return "\n".join([*head, f'<testsuite name="slopguard check" {counts}>', *cases, "</testsuite>", "</testsuites>"])


def _passed(ecosystem: str, name: str) -> str:
    return f'<testcase classname="slopguard.{ecosystem}" name={_quoted(name)}/>'


def _fails(one: Problem) -> str:
    """The element that says how it ended: a warning passes, and is told as output."""
    if not one.outcome.refuses or not one.enforced:
        return "system-out"
    return "error" if one.outcome is Outcome.UNCHECKED else "failure"


def _case(one: Problem) -> str:
    group = one.subject.partition(":")[0] or "findings"
    element = _fails(one)
    about = "" if element == "system-out" else f" type={_quoted(one.rule)} message={_quoted(one.line)}"
    told = escape("\n".join(_lines(one)))
    name = one.title if one.subject else f"{one.rule} {one.title}"
    start = f'<testcase classname="slopguard.{group}" name={_quoted(name)}>'
    return f"{start}\n<{element}{about}>{told}</{element}>\n</testcase>"


def _lines(one: Problem) -> Iterator[str]:
    yield one.line
    yield from map(place, one.places[:SHOWN])
    if len(one.places) > SHOWN:
        yield f"and {len(one.places) - SHOWN:,} more"


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'
