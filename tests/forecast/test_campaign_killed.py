"""A campaign that is killed goes on: nothing is asked twice, nothing that came back is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

from slopguard.forecast.campaign.model import Stage, State
from slopguard.forecast.campaign.state import Campaigns
from slopguard.forecast.campaign.summary import summary
from tests.forecast.asking import QUICK, SMALL, campaign, mind, topics
from tests.simulators.models import Invention, OpenAI

ROOT = Path(__file__).resolve().parents[2]
RUNNER = """
import sys
from pathlib import Path
from tests.forecast.asking import campaign_at
campaign_at(sys.argv[1], Path(sys.argv[2]), resume=sys.argv[3] == "resume")
"""


def killed_after(server: OpenAI, home: Path, answers: int, *, resume: bool) -> None:
    """Start a campaign in a process of its own and kill it once the server has given so many answers."""
    before, enough = len(server.done), threading.Event()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", RUNNER, server.url, str(home), "resume" if resume else "anew"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    while len(server.done) - before < answers and process.poll() is None:
        enough.wait(0.002)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL


def test_after_three_kills_nothing_was_asked_twice_and_no_answer_is_lost(tmp_path: Path) -> None:
    told = [Invention("pypi", f"made-up-{number}", 0.3, spread=0.5) for number in range(10)]
    with OpenAI({"m": mind(*told)}, think=0.01) as server:
        killed_after(server, tmp_path, 15, resume=False)
        killed_after(server, tmp_path, 20, resume=True)
        killed_after(server, tmp_path, 30, resume=True)
        server.think = 0.0
        found = campaign(server, tmp_path, topics=topics(4), resume=True)
        heard = Counter(each.key for each in server.asked)
        done = len(server.done)
    assert found.stopped == "finished"
    assert max(heard.values()) == 1
    assert found.lost <= 3 * QUICK.at_once
    assert 0 <= sum(found.answers.values()) - len(server.asked) <= found.lost  # killed before one was sent
    assert done - found.lost <= sum(found.answers.values()) - found.lost <= done
    assert found.answers["again"] > 0


def test_a_killed_campaign_ends_as_one_that_was_not_but_for_what_was_under_way(tmp_path: Path) -> None:
    told = [Invention("pypi", "everywhere", 1.0), Invention("pypi", "here-and-there", 0.5, spread=0.5)]
    with OpenAI({"m": mind(*told)}, think=0.01) as server:
        killed_after(server, tmp_path / "killed", 20, resume=False)
        server.think = 0.0
        killed = campaign(server, tmp_path / "killed", resume=True)
        whole = campaign(server, tmp_path / "whole")
    assert [row.name for row in killed.names] == [row.name for row in whole.names]
    with Campaigns(tmp_path / "killed") as one, Campaigns(tmp_path / "whole") as other:
        first, second = one.answers(1), other.answers(1)
    same = {key for key in first if key.stage is Stage.DISCOVERY and first[key].state is not State.LOST}
    assert len(same) >= 48 - QUICK.at_once
    assert all(first[key] == second[key] for key in same)


def test_what_was_under_way_when_it_was_killed_counts_as_lost_and_as_paid(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}, think=0.05) as server:
        killed_after(server, tmp_path, 4, resume=False)
        with Campaigns(tmp_path) as store:
            kept = store.answers(1)
        assert len(kept) >= 4
        found = campaign(server, tmp_path, resume=True)
    assert found.lost == sum(answer.state is State.ASKED for answer in kept.values())
    assert 0 < found.lost <= QUICK.at_once


def test_a_reader_sees_a_campaign_that_is_running(tmp_path: Path) -> None:
    looked: list[int] = []

    def look(_: object) -> None:
        looked.append(sum(summary(tmp_path).answers.values()))

    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path, watch=look, topics=topics(1), plan=replace(SMALL, again=0))
    assert len(looked) == 12
    assert looked[-1] == 12
    assert summary(tmp_path).lost == 0
