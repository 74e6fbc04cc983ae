"""A small world for the judge: lists of our own, facts of our own, a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slopguard.config import Settings
from slopguard.judge import Judge
from slopguard.lists import Lists
from slopguard.locked import LockedSet
from slopguard.model import Arrival, Ecosystem, Existence, Facts, NormalizedName, Release, Request
from slopguard.names import problem_of
from slopguard.store import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM

POPULAR = ("requests", "flask", "flask-login", "numpy", "pyyaml", "python-dateutil", "beautifulsoup4")
LISTS = Lists.of(
    {
        "baseline": [
            *(f"pypi\t{name}\tallow\trank={rank}" for rank, name in enumerate(POPULAR, 1)),
            "npm\t@acme/core\tallow\trank=2",
            "npm\tlodash\tallow\trank=1",
            "npm\tevents\tallow\trank=3",
            "npm\tlodash\tdeny\trule=malicious\tversions=4.0.1",
            "pypi\tevil\tdeny\trule=malicious",
            "pypi\tunwanted\tdeny\trule=denied",
            "pypi\treviewed\tallow\trange=>=1,<2",
            "pypi\tpinned\tallow\thashes=sha256:aa\tversions=1.0",
        ],
        "watch": [
            "pypi\tinvented\twatch\torigin=imported\tsource=study\trank=1\tmodels=5\tat=2026-05-01",
            "pypi\tdateutil\twatch\torigin=imported\tsource=study\trank=2\tat=2026-05-01",
        ],
        "maps": [
            "pypi\tyaml\timport\tin=pyyaml",
            "pypi\tdateutil\timport\tin=python-dateutil",
            "pypi\tasyncio\tstdlib",
            "npm\tfs\tstdlib",
            "npm\tevents\tstdlib",
        ],
    }
)


def request(raw: str, ecosystem: Ecosystem = PYPI, **more: object) -> Request:
    """A question about `raw`, whose name is `None` when it is none."""
    name = None if problem_of(ecosystem, raw) else NormalizedName(raw)
    return Request(ecosystem, name, raw, **more)  # type: ignore[arg-type]  # fields of Request by keyword


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def listed(*ages: float | None, **more: object) -> Facts:
    """A name with one release for each age in days (`None`: undated), versions 1.0, 2.0 ..."""
    releases = tuple(
        Release(f"{number}.0", None if age is None else days_ago(age), frozenset({f"sha256:{number}"}))
        for number, age in enumerate(ages, 1)
    )
    return Facts(Existence.YES, releases, asked=NOW, **more)  # type: ignore[arg-type]  # fields of Facts by keyword


ESTABLISHED = listed(900, 600, 300, 30)
NOWHERE = Facts(Existence.NO, asked=NOW)
TRANSITIVE = Arrival.TRANSITIVE


def judge(
    home: Path | None = None,
    lists: Lists = LISTS,
    clock: Callable[[], datetime] = lambda: NOW,
    locked: LockedSet | None = None,
    **settings: object,
) -> Judge:
    """A judge of this world; with a home it records."""
    effective = Settings(home=home or Path(), **settings)  # type: ignore[arg-type]  # fields of Settings by keyword
    return Judge(effective, lists, Store.open(effective) if home else None, clock, locked=locked)
