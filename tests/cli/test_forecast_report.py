"""`slopguard forecast run --server` and `forecast report`: from a model's answers to the page that tells of them."""

from __future__ import annotations

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar.memory import Memory
from slopguard.radar.model import Alarm, Found, Record, State, Target
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.cli.program import Ended, Program
from tests.cli.terminal import at_a_terminal
from tests.simulators.models import Invention, Mind, OpenAI

NOW = datetime.now(UTC)
REAL = {"pypi": ("flask", "requests", "numpy", "click", "jinja2"), "npm": ("react", "express", "vite", "lodash")}
INVENTED = "flask-quantum-ledger"
MIND = Mind((Invention("pypi", INVENTED, 0.6),), REAL, told=3)
ASKED = ("-e", "pypi", "--topic", "ledgers", "--topic", "quantum things", "--tokens", "20000")


def home(slopguard: Program) -> Path:
    return slopguard.root / "data"


def campaign(slopguard: Program, server: OpenAI, *argv: str) -> Ended:
    return slopguard("forecast", "run", "--server", server.url, *ASKED, *argv)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Ended]:
    """A campaign that several tests look at and that none changes."""
    program = Program(tmp_path_factory.mktemp("ran"))
    with OpenAI({"model-a": MIND}) as server:
        return program, campaign(program, server, "-o", "names.csv")


# ---------------------------------------------------------------- with models


def test_what_models_invent_is_watched_and_told(ran: tuple[Program, Ended]) -> None:
    slopguard, done = ran
    with Watchlist(home(slopguard)) as watchlist:
        row = watchlist.get(Ecosystem.PYPI, INVENTED)
        [kept] = watchlist.batches()
    assert (done.rc, done.err) == (0, "")
    assert row is not None
    assert (row.origin, row.models, row.rank) == ("generated", 1, 1)
    assert kept.batch.detail["about"] == "campaign-1"
    assert "slopguard: names on no list: 1 on PyPI, 0 on npm." in done.out
    assert "slopguard: model-a: " in done.out
    assert "next: slopguard watch poll" in done.out.lower()


def test_what_models_invent_stands_in_the_file(ran: tuple[Program, Ended]) -> None:
    with (ran[0].cwd / "names.csv").open(encoding="utf-8", newline="") as stream:
        [row] = csv.reader(stream)
    assert row[:4] == [INVENTED, "1", "pypi", "models"]


def test_a_server_that_is_down_is_told_with_the_way_back(slopguard: Program) -> None:
    with OpenAI({"model-a": MIND}) as server:
        pass
    done = campaign(slopguard, server, "--model", "model-a")
    assert (done.rc, done.out, done.err.count("\n")) == (4, "", 1)
    assert "run the same command with --resume" in done.err


def test_prompts_that_cannot_be_read_end_with_one_line(slopguard: Program) -> None:
    done = slopguard("forecast", "run", "--server", "http://127.0.0.1:9", "--prompts", "nowhere.txt")
    assert (done.rc, done.out) == (2, "")
    assert done.err == "slopguard: --prompts nowhere.txt: it cannot be read as UTF-8 text. Check its path.\n"


def test_programs_are_told_of_the_campaign(slopguard: Program) -> None:
    with OpenAI({"model-a": MIND}) as server:
        said = campaign(slopguard, server, "--format", "json").json
    assert (said["schema"], said["campaign"], said["models"]) == ("slopguard/campaign/1", 1, ["model-a"])
    assert said["names"] == 1
    assert {each["ecosystem"] for each in said["parts"]} == {"pypi"}
    [rate] = said["rates"]
    assert 0 < rate["low"] <= rate["rate"] <= rate["high"] < 1


# ---------------------------------------------------------------- the report


def test_the_page_tells_of_the_campaign(ran: tuple[Program, Ended]) -> None:
    done = ran[0]("forecast", "report", "-o", "report.html")
    page = (ran[0].cwd / "report.html").read_text(encoding="utf-8")
    assert (done.rc, done.out, done.err) == (0, "", "slopguard: written to report.html\n")
    assert "<code>flask-<wbr>quantum-<wbr>ledger</code>" in page
    assert "By model, Campaign 1: share of told names that are on no list" in page
    assert "Good and Turing" in page
    assert "<h3>Campaign 1, " in page


def test_programs_get_the_same_as_json(ran: tuple[Program, Ended]) -> None:
    said = ran[0]("forecast", "report", "--format", "json").json
    assert said["schema"] == "slopguard/forecast-report/1"
    assert [each["name"] for each in said["names"]["pypi"]] == [INVENTED]
    assert said["names"]["pypi"][0]["models"] == 1
    assert said["campaigns"][0]["rates"]["model"]["model-a"]["of"] > 0


def test_a_home_without_anything_gives_a_page_that_says_so_and_makes_no_file(slopguard: Program) -> None:
    done = slopguard("forecast", "report")
    assert done.rc == 0
    assert "No name is watched yet" in done.out
    assert not home(slopguard).exists()


def watched(slopguard: Program, *names: str, expires: datetime | None = None) -> None:
    rows = [Watched(Ecosystem.NPM, NormalizedName(name), rank) for rank, name in enumerate(names, 1)]
    with Watchlist(home(slopguard)) as watchlist:
        watchlist.add(Batch("generated", "embedded", NOW - timedelta(90), expires), rows)


def test_the_page_tells_what_the_radar_saw(slopguard: Program) -> None:
    watched(slopguard, "free-name", "taken-name", "unasked-name")
    target = Target(Ecosystem.NPM, NormalizedName("taken-name"), 2, NOW - timedelta(90), "generated")
    alarm = Alarm("d-0123456789ab", target, NOW, NOW - timedelta(10), Found(("1.0.0",), first=NOW - timedelta(1)))
    with Memory(home(slopguard)) as memory:
        free = Record(State.FREE, NOW, free_from=NOW, free_until=NOW)
        memory.keep([((Ecosystem.NPM, NormalizedName("free-name")), free)])
        memory.keep([((target.ecosystem, target.name), Record(State.APPEARED, NOW))], [alarm])
    said = slopguard("forecast", "report", "--format", "json").json
    assert [each["state"] for each in said["names"]["npm"]] == ["free", "registered", "not asked"]
    [appeared] = said["appeared"]
    assert (appeared["name"], appeared["dated"]) == ("taken-name", True)
    assert said["polled"] is not None
    page = slopguard("forecast", "report").out
    assert "89 days later" in page
    assert "Do not install them from anywhere." in page


def test_what_has_expired_is_not_told(slopguard: Program) -> None:
    watched(slopguard, "old-name", expires=NOW - timedelta(1))
    said = slopguard("forecast", "report", "--format", "json").json
    assert (said["names"]["npm"], said["batches"]) == ([], [])


def test_a_page_is_not_poured_into_a_terminal(slopguard: Program) -> None:
    done = at_a_terminal(slopguard, "forecast", "report")
    assert done.rc == 2
    assert "slopguard forecast report -o report.html" in done.out
    assert "<!DOCTYPE" not in done.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_page_that_cannot_be_written_ends_with_one_line(slopguard: Program) -> None:
    slopguard.cwd.chmod(0o555)
    done = slopguard("forecast", "report", "-o", "report.html")
    slopguard.cwd.chmod(0o755)
    assert (done.rc, done.err.count("\n")) == (2, 1)
