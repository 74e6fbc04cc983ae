"""A check for GitHub Actions: annotations at the lines of a change, the whole report in the log, a summary of the job.

Invariants: no name or path can end an annotation or begin a command of its own; at most `ANNOTATIONS` of them, since
the host drops what is more without a word; the text report is printed where the host obeys no commands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from slopguard.check.model import Checked
from slopguard.errors import printable
from slopguard.reports import check_text, markdown
from slopguard.reports.problems import PLAIN, Placed, View, placed, problems

ANNOTATIONS = 10
"""What the host shows of one step."""


def report(checked: Checked, view: View = PLAIN) -> str:
    """What to print: workflow commands, then the report as text."""
    text = check_text.report(checked, view)
    token = hashlib.sha256(text.encode()).hexdigest()  # no text can hold its own digest
    quiet = [f"::stop-commands::{token}", text, f"::{token}::"]
    return "\n".join([*_annotations(checked, view.prefix), *quiet])


def summary(checked: Checked, view: View = PLAIN) -> str:
    """What to append to the file that `GITHUB_STEP_SUMMARY` names: Markdown with everything an annotation left out."""
    return markdown.page(checked, view)


def _annotations(checked: Checked, prefix: str) -> Iterator[str]:
    first = [each for each in placed(problems(checked), prefix) if each.first]
    yield from map(_command, first[:ANNOTATIONS])


def _command(each: Placed) -> str:
    """One workflow command: an annotation of the line, of the file, or of the job."""
    one = each.problem
    level = "notice" if not one.enforced else "error" if one.outcome.refuses else "warning"
    properties = {"title": f"slopguard: {one.rule}"}
    if each.path != ".":
        properties = {"file": each.path, "line": str(each.line or 1)} | properties
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {told}::{_message(one.line)}"


def _message(text: str) -> str:
    """A command's message: what would end the line is escaped as the host has it."""
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    """A command's property: as a message, and what would end the property."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
