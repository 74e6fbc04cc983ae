"""Where a person enables the guard in a project, names are forecast for it; `disable` takes them back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from slopguard.forecast.projects import noted
from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.cli.program import Program
from tests.enabling.account import answered

SAID = "forecast  names that models may invent in project: at most 5,000 an ecosystem are predicted\n"


def home(slopguard: Program) -> Path:
    return slopguard.root / "data"


def abouts(slopguard: Program) -> list[str]:
    with Watchlist(home(slopguard)) as watchlist:
        return [each.batch.detail["about"] for each in watchlist.batches()]


def forecast(slopguard: Program) -> None:
    """Wait until the process in the background is done."""
    while not all(each.at for each in noted(home(slopguard)).values()):
        time.sleep(0.05)


def test_a_person_reads_of_the_forecast_and_it_happens_in_the_background(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\n")
    ended = answered(slopguard, "enable")
    assert ended.rc == 0
    assert SAID in ended.out.partition("Change all this? Type yes: ")[0]
    assert list(noted(home(slopguard))) == [str(slopguard.cwd)]
    forecast(slopguard)
    [about] = abouts(slopguard)
    assert about.startswith("guard-")
    add_another(slopguard)
    off = answered(slopguard, "disable")
    assert "remove  what was forecast for 1 project from the watchlist\n" in off.out
    assert abouts(slopguard) == ["all"]
    assert noted(home(slopguard)) == {}


def add_another(slopguard: Program) -> None:
    """A batch that has nothing to do with the guard."""
    batch = Batch("generated", "embedded", datetime.now(UTC), None, {"about": "all", "ecosystem": "pypi"})
    with Watchlist(home(slopguard)) as watchlist:
        watchlist.add(batch, [Watched(Ecosystem.PYPI, NormalizedName("flask-auth-magic"), 1)])


def test_without_a_person_nothing_is_forecast(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\n")
    ended = slopguard("enable", "--yes")
    assert ended.rc == 0
    assert "forecast" not in ended.out
    assert noted(home(slopguard)) == {}


def test_where_the_guard_is_on_already_a_person_is_asked_for_the_project_alone(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\n")
    assert slopguard("enable", "--yes").rc == 0
    ended = answered(slopguard, "enable")
    assert ended.rc == 0
    assert "already on; nothing to change." in ended.out
    assert SAID in ended.out.partition("Forecast names for this project? Type yes: ")[0]
    assert list(noted(home(slopguard))) == [str(slopguard.cwd)]
    forecast(slopguard)
    assert "Forecast names" not in answered(slopguard, "enable").out


def test_who_says_no_is_forecast_nothing(slopguard: Program) -> None:
    slopguard.write("project/requirements.txt", "flask\n")
    ended = answered(slopguard, "enable", answer="no")
    assert ended.rc == 2
    assert SAID in ended.out
    assert noted(home(slopguard)) == {}


def test_where_there_is_no_project_nothing_is_said_of_one(slopguard: Program) -> None:
    assert "forecast" not in slopguard("enable", "--dry-run").out
