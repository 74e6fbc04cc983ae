"""Where the report of `slopguard check` goes: standard output, a file, a job's summary.

Invariant: a report in a file never hides the text in the log.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from slopguard.check.model import Checked
from slopguard.cli.progress import colourful

_MODULES = {"markdown": "markdown", "sarif": "sarif", "gitlab": "gitlab", "junit": "junit"}


def show(done: Checked, form: str, output: Path | None, code: int) -> None:
    """Print the report, or write it to a file and print the text.

    Args:
        code: the exit code that the command will end with.

    Raises:
        OSError: the file cannot be written.
    """
    if form == "text" and output is None:
        print(_text(done, code, colour=colourful()))
        return
    if form == "github":
        _github(done, code)
        if output is None:
            return
    report = _report(done, form, code)
    if output is None:
        print(report)
        return
    output.write_text(report + "\n", encoding="utf-8")
    if form != "github":
        print(_text(done, code, colour=colourful()))


def _report(done: Checked, form: str, code: int) -> str:
    if form == "json":
        from slopguard.reports import json_report

        return json_report.check_report(done)
    if form in ("text", "github"):
        return _text(done, code, colour=False)
    made: str = import_module(f"slopguard.reports.{_MODULES[form]}").report(done)
    return made


def _text(done: Checked, code: int, *, colour: bool) -> str:
    from slopguard.reports import check_text

    return check_text.report(done, code, colour=colour)


def _github(done: Checked, code: int) -> None:
    """Annotations and text to the log; everything to the job's summary, if there is one."""
    from slopguard.reports import github

    print(_text(done, code, colour=False))
    print(github.report(done))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(github.summary(done) + "\n")
