"""What `slopguard ask` does once its command line is understood.

Invariant: nothing here needs click, so that a line which `cli.plain` can read starts without it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from slopguard.check.targets import ecosystems_of, lines_of, requests_for
from slopguard.config import Settings, load
from slopguard.errors import InputError, UsageError
from slopguard.model import Ecosystem, Location, Mode, Request, Verdict
from slopguard.names import shown
from slopguard.progress import colourful
from slopguard.rules import exit_code

UNCLEAR = (
    "slopguard: this folder does not say which ecosystem is meant, so both were asked. Say it with -e pypi or -e npm."
)

PROBLEMS: Mapping[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    IsADirectoryError: "that is a folder",
    PermissionError: "you may not read it",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line of `ask`, as its options name it; `form` is what `--format` says."""

    names: Sequence[str] = ()
    ecosystem: str | None = None
    file: str | None = None
    offline: bool = False
    fail_on: str = "quarantine"
    config: Path | None = None
    form: str = "text"


def answer(asked: Asked) -> int:
    """Judge the names, record and print the verdicts, and give the exit code.

    Raises:
        SlopguardError: a name, a file or a setting makes no sense, or an answer cannot be recorded.
    """
    cwd = Path.cwd()
    settings = load(cwd, os.environ, {"offline": asked.offline}, asked.config)
    chosen = (Ecosystem(asked.ecosystem),) if asked.ecosystem else ecosystems_of(cwd)
    requests = _requests(asked.names, asked.file, chosen, settings)
    from slopguard.check.judging import judged
    from slopguard.model import Door

    verdicts = judged(requests, settings, cwd, Door("ask", "slopguard ask"))
    _print(verdicts, settings, asked.form)
    if asked.form == "text" and _asked_twice(requests):
        print(UNCLEAR, file=sys.stderr)
    outcomes = [verdict.outcome for verdict in verdicts]
    return exit_code(outcomes, enforced=settings.mode is not Mode.OBSERVE, fail_on_warn=asked.fail_on == "warn")


def _requests(names: Sequence[str], file: str | None, chosen: Sequence[Ecosystem], settings: Settings) -> list[Request]:
    """Everything asked about, once each, in order.

    Raises:
        UsageError: nothing is asked about, or something is no name.
    """
    asked = [*((name, None) for name in names), *(_read(file) if file else ())]
    requests = chain.from_iterable(requests_for(text, chosen, settings.actor, place) for text, place in asked)
    found = {(request.ecosystem, request.name or request.raw, request.version): request for request in requests}
    if not found:
        raise UsageError("there is no name to ask about", "For example: slopguard ask flask")
    return list(found.values())


def _read(file: str) -> Iterator[tuple[str, Location]]:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as why:
        problem = PROBLEMS.get(type(why), "it cannot be read")
        raise InputError(f"--from-file {shown(file)}: {problem}", "Check its path") from None
    return lines_of(raw, file)


def _print(verdicts: Sequence[Verdict], settings: Settings, form: str) -> None:
    if form == "json":
        from slopguard.reports import json_report

        print(json_report.report(verdicts, enforced=settings.mode is not Mode.OBSERVE))
        return
    from slopguard.reports import text

    print("\n".join(text.report(verdicts, colour=colourful())))


def _asked_twice(requests: Sequence[Request]) -> bool:
    """Whether one and the same word was judged in both ecosystems."""
    seen = {(request.ecosystem, request.raw) for request in requests}
    return any(ecosystem is Ecosystem.PYPI and (Ecosystem.NPM, raw) in seen for ecosystem, raw in seen)
