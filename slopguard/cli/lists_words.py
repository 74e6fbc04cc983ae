"""What the words on the command lines of `slopguard lists` mean: packages, days, people, and which repository."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from slopguard.curation.layout import SETTINGS, Layout
from slopguard.errors import UsageError, printable
from slopguard.model import Ecosystem
from slopguard.names import normalize, shown

_UNITS = {"d": 1, "w": 7}
_SPAN = re.compile(r"(\d{1,4})([dw])")
_TRAILING = {
    Ecosystem.PYPI: re.compile(r"\s*(?:===?\s*(?P<one>[^,*=]+)|@(?P<at>.+)|(?P<range>[<>=!~].*))", re.DOTALL),
    Ecosystem.NPM: re.compile(r"(?:==(?P<one>.+)|@(?P<at>.+)|(?P<range>[<>=].*))", re.DOTALL),
}
_NAME_ENDS = {Ecosystem.PYPI: re.compile(r"\s*[<>=!~@]"), Ecosystem.NPM: re.compile(r"[<>=@]")}
GIT_WAITS = 5
"""Seconds to wait for git to say who works here."""


def in_repository(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option of every command that works on a repository of lists."""
    return click.option(
        "--repository",
        type=click.Path(path_type=Path),
        help="The repository of lists; else the one around the current folder.",
    )(command)


def of_packages(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option that names the ecosystem of a package."""
    return click.option(
        "-e", "--ecosystem", type=click.Choice([each.value for each in Ecosystem]), help="Where the name belongs."
    )(command)


def layout_of(repository: Path | None) -> Layout:
    """The repository of lists to work on.

    Raises:
        UsageError: there is none.
    """
    if repository is None:
        return Layout.find(Path.cwd())
    if not (repository / SETTINGS).is_file():
        raise UsageError(f"the folder of --repository holds no {SETTINGS}", "Start one: slopguard lists init DIR")
    return Layout(repository.resolve())


def package(text: str, ecosystem: str | None) -> tuple[Ecosystem, str, tuple[str, ...]]:
    """What `[ECO:]NAME[==V|@V|RANGE]` names: ecosystem, normalised name, and the version or range, if any.

    Raises:
        BadName: the name is none.
        UsageError: it does not say which ecosystem, or is no name and version.
    """
    prefix, colon, rest = text.partition(":")
    known = {each.value for each in Ecosystem}
    if colon and prefix.lower() in known:
        chosen: str | None = prefix.lower()
    else:
        chosen, rest = ecosystem, text
        chosen = "npm" if chosen is None and text.startswith("@") else chosen
    if chosen is None:
        raise UsageError(f"'{shown(text)}' does not say where it belongs", "Say pypi:NAME or npm:NAME, or add -e")
    name, versions = _parted(Ecosystem(chosen), rest)
    return Ecosystem(chosen), normalize(Ecosystem(chosen), name), versions


def _parted(ecosystem: Ecosystem, text: str) -> tuple[str, tuple[str, ...]]:
    end = _NAME_ENDS[ecosystem].search(text, 1)
    if end is None:
        return text, ()
    found = _TRAILING[ecosystem].fullmatch(text, end.start())
    version = next(filter(None, found.groups()), "").strip() if found else ""
    if not version:
        raise UsageError(f"'{shown(text)}' is no name with a version or range", "For example: pypi:flask==3.1.2")
    return text[: end.start()], (version,)


def last_day(text: str, today: date) -> date:
    """The day that `2027-01-31`, `90d` or `12w` names.

    Raises:
        UsageError: it names none, or one that is over.
    """
    span = _SPAN.fullmatch(text)
    try:
        day = today + timedelta(days=int(span[1]) * _UNITS[span[2]]) if span else date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{shown(text)}' is no day", "Write it 2027-01-31, or 90d for in ninety days") from None
    if day < today:
        raise UsageError(f"{day} is over", "Name a day that is still to come")
    return day


def span(text: str) -> timedelta:
    """The time that `30d` or `4w` names.

    Raises:
        UsageError: it names none.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"'{shown(text)}' is no number of days", "Write it 30d, or 4w")
    return timedelta(days=int(found[1]) * _UNITS[found[2]])


def today() -> date:
    """The day it is (UTC), as lists count days."""
    return datetime.now(UTC).date()


def reviewer(layout: Layout) -> str:
    """Who works here: git's name for them in this repository, else the account's; empty if neither is there."""
    return _name_of_git(layout.root) or _name_of_account()


def _name_of_git(folder: Path) -> str:
    command = ["git", "-C", os.fspath(folder), "config", "user.name"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=GIT_WAITS, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return printable(done.stdout.decode("utf-8", "replace").strip())


def _name_of_account() -> str:
    try:
        return printable(getpass.getuser().strip())
    except (OSError, KeyError):
        return ""
