"""Where the report of `slopguard check` goes: standard output, a file, a job's summary.

Invariants: a report in a file never hides what the log is to show: the text, in GitHub Actions the annotations too; a
repository cannot lead it to another file.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slopguard.check.git import Repository
from slopguard.check.model import Checked
from slopguard.progress import colourful
from slopguard.reports.check_formats import render
from slopguard.reports.problems import View


def show(done: Checked, form: str, output: Path | None, code: int) -> None:
    """Print the report, or write it to a file and print what this log is for.

    Args:
        code: the exit code that the command will end with.

    Raises:
        OSError: the file cannot be written.
    """
    view = _view(code)
    if output is not None:
        _write(output, render(form, done, view) + "\n")
        form = form_of_log(os.environ)
    if form == "github":
        _summary(done, view)
    print(render(form, done, _watched(view) if form == "text" else view))


def _write(output: Path, text: str) -> None:
    """Write a report; a link in its place, which may have come with the repository, leads to no other file."""
    if output.is_symlink() and output.parent.resolve().is_relative_to(Path.cwd()):
        output.unlink()
    output.write_text(text, encoding="utf-8")


def form_of_log(env: Mapping[str, str]) -> str:
    """The format that standard output is read in: GitHub Actions makes annotations of what a job prints."""
    return "github" if env.get("GITHUB_ACTIONS") == "true" else "text"


def _view(code: int) -> View:
    """From where the report is looked at: paths in it start at the root of the repository."""
    cwd = Path.cwd()
    repository = Repository.around(cwd)
    inside = cwd.is_relative_to(repository.root) if repository else False
    prefix = cwd.relative_to(repository.root).as_posix() if repository and inside else ""
    return View(prefix="" if prefix == "." else prefix, code=code, links=_links(os.environ))


def _links(env: Mapping[str, str]) -> str:
    """What makes an address of a path: where this CI's host shows the commit; `""` for relative links."""
    if all(env.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")):
        return f"{env['GITHUB_SERVER_URL']}/{env['GITHUB_REPOSITORY']}/blob/{env['GITHUB_SHA']}/"
    if env.get("CI_PROJECT_URL") and env.get("CI_COMMIT_SHA"):
        return f"{env['CI_PROJECT_URL']}/-/blob/{env['CI_COMMIT_SHA']}/"
    return ""


def _watched(view: View) -> View:
    """The view of whoever sits at standard output."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return replace(view, colour=colourful(), width=width)


def _summary(done: Checked, view: View) -> None:
    """Everything to the job's summary, if there is one."""
    from slopguard.reports import github

    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if place:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(github.summary(done, view) + "\n")
