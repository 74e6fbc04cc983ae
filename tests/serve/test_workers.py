"""Several worker processes on one port: they share ledger and cache, and one that is killed takes nothing with it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.serve.team import Team
from tests.simulators.pypi import PyPI

NAMES = [f"sg-app-{number}" for number in range(24)]


@pytest.fixture
def busy(team: Team, pypi: PyPI) -> Team:
    """Three workers, an agent's token, and two dozen packages."""
    for name in NAMES:
        pypi.add_established(name)
    team.token("bot", "agent")
    return team.start("--workers", "3")


def ask_all(team: Team, names: list[str]) -> list[int]:
    with ThreadPoolExecutor(12) as pool:
        return [reply.status for reply in pool.map(lambda name: team.page(name, "bot"), names)]


def answered_by(team: Team) -> set[int]:
    return {event["worker"] for event in team.events("request")}


def test_workers_write_one_ledger_that_verifies(busy: Team) -> None:
    ghosts = [f"sg-ghost-{number}" for number in range(12)]
    for _ in range(4):
        assert set(ask_all(busy, NAMES)) == {200}
        assert set(ask_all(busy, ghosts)) == {451}
    assert len(answered_by(busy)) > 1
    assert busy.run("log", "verify").returncode == 0
    busy.stop()
    assert busy.run("log", "verify").returncode == 0
    rows = [(package, rule) for package, rule, *_ in busy.ledger()]
    assert sorted(rows) == sorted(
        [(f"pypi:{name}", "established") for name in NAMES] + [(f"pypi:{name}", "not-found") for name in ghosts]
    )


def test_a_file_that_one_worker_fetched_is_fetched_by_no_other(busy: Team, pypi: PyPI) -> None:
    path = f"/pypi/main/files/{NAMES[0]}/{NAMES[0].replace('-', '_')}-1.2-py3-none-any.whl"
    first = busy.ask(path, busy.basic("bot"))
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: busy.ask(path, busy.basic("bot")), range(60)))
    assert {reply.body for reply in replies} == {first.body}
    assert first.body == pypi.files_of(NAMES[0])[2].artefact.content
    assert len(answered_by(busy)) > 1
    assert len(pypi.downloads) == 1


def test_a_worker_that_is_killed_is_replaced_and_nothing_it_answered_is_lost(busy: Team) -> None:
    assert set(ask_all(busy, NAMES)) == {200}
    before = busy.workers
    for process in before.values():
        os.kill(process, signal.SIGKILL)
    for number in before:
        busy.await_event("worker-started", 2, of=number)
    assert set(ask_all(busy, [*NAMES, "sg-ghost"])) == {200, 451}
    assert set(busy.workers.values()).isdisjoint(before.values())
    assert busy.ask("/healthz").status == 200
    busy.stop()
    assert busy.run("log", "verify").returncode == 0
    assert {package for package, rule, *_ in busy.ledger() if rule == "established"} == {f"pypi:{n}" for n in NAMES}


def test_what_is_killed_at_once_has_already_written_what_it_answered(busy: Team) -> None:
    """Killed all together, workers and whoever watches over them, right after an answer."""
    assert busy.page(NAMES[0], "bot").status == 200
    assert busy.process is not None
    for process in (busy.process.pid, *busy.workers.values()):
        os.kill(process, signal.SIGKILL)
    busy.process.wait()
    assert [row[:2] for row in busy.ledger()] == [(f"pypi:{NAMES[0]}", "established")]
    assert busy.run("log", "verify").returncode == 0


def test_workers_end_when_who_watches_over_them_is_killed(busy: Team) -> None:
    assert busy.process is not None
    busy.process.kill()
    busy.process.wait()
    busy.await_event("end-of-log")
    assert {event.get("worker") for event in busy.events("stopping")} == {0, 1, 2}
    again = busy.again()
    assert again.page(NAMES[0], "bot").status == 200
    assert len(list((again.data / "serve").glob("run-*.lock"))) == 1
