"""`forecast.db`: who may read it, and what becomes of one that is damaged."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from slopguard.errors import ConfigError, StoreError
from slopguard.forecast.campaign.model import Limits
from slopguard.forecast.campaign.state import Campaigns
from slopguard.forecast.campaign.summary import campaigns, summary
from tests.forecast.asking import campaign, mind, often
from tests.simulators.models import OpenAI


def test_two_campaigns_at_once_are_refused(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server, Campaigns(tmp_path, writing=True):
        with pytest.raises(StoreError, match="another forecast"):
            campaign(server, tmp_path)
        assert server.asked == []


def test_a_summary_is_read_again_as_it_was(tmp_path: Path) -> None:
    with OpenAI({"m": mind(often("made-up", 0.4))}) as server:
        found = campaign(server, tmp_path)
    assert summary(tmp_path) == summary(tmp_path, found.id) == found
    line = campaigns(tmp_path)[0]
    assert (line.id, line.models, line.stopped, line.ended) == (found.id, ("m",), "finished", found.ended)


def test_the_file_is_private_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with OpenAI({"m": mind()}) as server:
        campaign(server, home, limits=Limits(requests=2))
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in home.iterdir()} == {0}
    connection = sqlite3.connect(home / "forecast.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer"):
        campaigns(home)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with OpenAI({"m": mind()}) as server, pytest.raises(StoreError):
        campaign(server, tmp_path)


def test_a_damaged_file_is_told_in_our_own_words(tmp_path: Path) -> None:
    (tmp_path / "forecast.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(StoreError, match="cannot be read"):
        campaigns(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE prompt SET kind = 'other'",
        "DELETE FROM prompt WHERE number = 0",
        "UPDATE request SET told = '[[1]]'",
        'UPDATE request SET told = \'[["pypi", "no name", "unknown"]]\'',
        "UPDATE request SET refused = 'x'",
        "UPDATE campaign SET plan = '{}'",
        "UPDATE campaign SET plan = 5",
        "UPDATE campaign SET plan = json_set(plan, '$.models', 5)",
        "UPDATE campaign SET plan = json_set(plan, '$.target', 'x')",
        "UPDATE campaign SET plan = json_set(plan, '$.seed', json('[]'))",
        "UPDATE campaign SET started = 'then'",
    ],
)
def test_damaged_rows_are_told_in_our_own_words(tmp_path: Path, damage: str) -> None:
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path, limits=Limits(requests=4))
    connection = sqlite3.connect(tmp_path / "forecast.db", isolation_level=None)
    connection.execute(damage)
    connection.close()
    with pytest.raises(StoreError, match=r"forecast\.db cannot be read"):
        summary(tmp_path)


def test_requests_about_prompts_that_are_not_there_do_not_count(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        found = campaign(server, tmp_path, limits=Limits(requests=4))
    connection = sqlite3.connect(tmp_path / "forecast.db", isolation_level=None)
    connection.execute(_MOVED)
    connection.close()
    assert sum(summary(tmp_path).answers.values()) == sum(found.answers.values()) - 1


_MOVED = (
    "UPDATE request SET prompt = 10000"
    " WHERE (prompt, sample) = (SELECT prompt, sample FROM request ORDER BY prompt LIMIT 1)"
)


def test_no_campaign_yet_is_no_error_in_a_list_and_one_in_a_report(tmp_path: Path) -> None:
    assert campaigns(tmp_path) == []
    with pytest.raises(Exception, match="no campaign"):
        summary(tmp_path)
    assert not (tmp_path / "forecast.db").exists()
