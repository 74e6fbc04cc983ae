"""Forecasts that are routed, on real llama.cpp servers with the reference model: by a table that holds, and by none."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from slopguard.cli.app import run
from slopguard.forecast.campaign.model import Form
from slopguard.forecast.campaign.openai import Manners
from slopguard.forecast.measuring.figures import Estimate
from slopguard.forecast.measuring.model import Cell, Judgement, Measured, Plan, Rule, Verdict
from slopguard.forecast.measuring.results import Compared, Results, now, written
from slopguard.forecast.measuring.servers import Wanted, opened
from slopguard.forecast.routing.comparing import compare
from slopguard.forecast.routing.samplers import held, plain, router
from tests.serving.servers import Server

COMMAND = ("forecast", "run", "--topic", "http clients", "-e", "pypi", "--tokens", "6000")
ROUTED = re.compile(r"([\d,]+) of ([\d,]+) requests went to the speculating server")


def table(
    mtp: Server, other: Server, *, made: datetime | None = None, verdict: Verdict = Verdict.PASS, kind: str = "json"
) -> Results:
    """Results in which a slice has a verdict at every temperature of campaigns, up to four at once."""

    async def doing() -> Results:
        async with opened(Wanted(mtp.url, other.url, manners=Manners(tries=1))) as pair:
            judged = tuple(Judgement(rule, verdict, 1.0, Estimate(2.0, 1.9, 2.1, 8)) for rule in Rule)
            places = [(temperature, at_once) for temperature in (0.0, 1.0) for at_once in (1, 4)]
            cells = tuple(Measured(Cell(kind, *place), judged) for place in places)
            return Results(made or now(), "0", pair.plain_identity, pair.other_identity, False, Plan(), cells)

    return asyncio.run(doing())


def forecast(
    results: Results, home: Path, mtp: Server, other: Server, capsys: pytest.CaptureFixture[str]
) -> tuple[int, int, str, dict[str, object]]:
    """Requests that were speculated, of how many, what was said, and the result."""
    file = home / "mtp.json"
    file.write_text(written(results))
    servers = ("--server", mtp.url, "--plain", other.url, "--route", str(file), "--format", "json")
    capsys.readouterr()
    assert run([*COMMAND, *servers], None) == 0
    out, said = capsys.readouterr()
    found = ROUTED.search(said)
    assert found, said
    drafted, asked = (int(each.replace(",", "")) for each in found.groups())
    return drafted, asked, said, json.loads(out)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLOPGUARD_HOME", str(tmp_path))
    return tmp_path


def test_what_passed_goes_to_the_speculating_server_and_the_rest_of_a_campaign_does_not(
    home: Path, mtp_server: Server, plain_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    results = table(mtp_server, plain_server)
    drafted, asked, said, found = forecast(results, home, mtp_server, plain_server, capsys)
    assert 0 < drafted <= asked
    assert "nothing is routed" not in said
    assert found["schema"] == "slopguard/campaign/1"


def test_a_stale_table_and_an_undetermined_one_send_everything_to_the_plain_server(
    home: Path, mtp_server: Server, plain_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = table(mtp_server, plain_server, made=now() - timedelta(days=31))
    drafted, asked, said, _ = forecast(stale, home, mtp_server, plain_server, capsys)
    assert drafted == 0 < asked
    assert "nothing is routed" in said
    unsure = table(mtp_server, plain_server, verdict=Verdict.UNDETERMINED)
    drafted, asked, _, _ = forecast(unsure, home, mtp_server, plain_server, capsys)
    assert drafted == 0 < asked


@pytest.mark.parametrize("form", Form)
def test_the_same_prompts_routed_and_not_bring_the_same_names_where_answers_are_greedy(
    form: Form, mtp_server: Server, plain_server: Server
) -> None:
    results = table(mtp_server, plain_server, kind=form.value)

    async def doing() -> Compared:
        async with opened(Wanted(mtp_server.url, plain_server.url, manners=Manners(tries=1))) as pair:
            found, why = held(results, pair, now())
            assert not why
            return await compare(router(pair, found, 2), plain(pair), form, 2, 3, 2, ladder=(0.0,), longest=96)

    found = asyncio.run(doing())
    assert found.slice == form.value
    assert found.routed.speculated == 1.0
    assert found.plain.speculated == 0.0
    assert found.routed.names == found.plain.names > 0
    assert found.routed.a_thousand == pytest.approx(found.plain.a_thousand)
    assert found.routed.a_second > 0
