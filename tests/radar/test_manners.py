"""Manners, as the registry sees them: requests a second, waits that it asks for, and nothing asked twice after a kill.

What is measured here are bounds that hold on a machine of any speed.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from slopguard.config.settings import UpstreamSetting
from slopguard.model import Ecosystem
from slopguard.radar.memory import Memory
from slopguard.radar.pace import Why
from slopguard.radar.poll import AT_ONCE
from slopguard.radar.session import Session, Wanted
from tests.radar.account import Account
from tests.radar.worlds import DAY, Listed, asked, index, poll, settings, target
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Seen


class Clocked:
    """When each request came in, and what is answered for some of them."""

    def __init__(self, registry: PyPI) -> None:
        self.times: list[float] = []
        self.first: list[Answer] = []
        self._plain = registry.respond
        registry.respond = self._respond  # type: ignore[method-assign]

    def _respond(self, seen: Seen, body: bytes) -> Answer:
        self.times.append(time.monotonic())
        if self.first and "slopguard-radar-" not in seen.path:
            return self.first.pop(0)
        return self._plain(seen, body)


async def test_no_second_sees_more_requests_than_the_rate(tmp_path: Path, pypi: PyPI) -> None:
    clocked, rate = Clocked(pypi), 25
    await poll(tmp_path, Listed(*(target(f"sg-{n}", n) for n in range(1, 60))), pypi, rate=rate)
    times = clocked.times
    assert len(times) == 60, "one of them for a name that nobody can have"
    for number in range(len(times)):
        within = sum(1 for other in times[number:] if other < times[number] + 1)
        assert within <= rate + 1 + AT_ONCE, "of those before only as many can have been late as are under way at once"
    assert times[-1] - times[0] >= (len(times) - 1 - AT_ONCE) / rate


async def test_what_a_redirect_leads_to_counts_as_well(tmp_path: Path, pypi: PyPI) -> None:
    clocked, rate = Clocked(pypi), 20

    def round_about(seen: Seen, _: bytes) -> Answer:
        clocked.times.append(time.monotonic())
        further = {"/simple": "/further", "/further": "/last"}.get(f"/{seen.path.split('/')[1]}")
        return Answer(301, headers={"Location": f"{further}{seen.path}"}) if further else Answer(404)

    pypi.respond = round_about  # type: ignore[method-assign]
    result = await poll(tmp_path, Listed(*(target(f"sg-{n}", n) for n in range(1, 10))), pypi, rate=rate)
    assert (result.tally.asked, len(clocked.times)) == (9, 30)
    assert clocked.times[-1] - clocked.times[0] >= (len(clocked.times) - 1 - AT_ONCE) / rate


async def test_dates_from_elsewhere_are_asked_for_in_turn_and_a_place_without_them_is_left_alone(
    tmp_path: Path, pypi: PyPI
) -> None:
    plain = pypi.respond

    def undated(seen: Seen, body: bytes) -> Answer:
        answer = plain(seen, body)
        return replace(answer, body=re.sub(rb'"upload-time": ?"[^"]*",?', b"", answer.body))

    pypi.respond = undated  # type: ignore[method-assign]
    names = Listed(*(target(f"sg-{n}", n) for n in range(1, 40)))
    for each in names.all:
        pypi.add(each.name, "1.0")
    with PyPI() as dates, Memory(tmp_path) as memory:
        dates.respond = lambda seen, body: Answer(429, headers={"Retry-After": "900"})  # type: ignore[method-assign]
        setting = {Ecosystem.PYPI: UpstreamSetting(dates_from=dates.url)}
        session = Session(settings(tmp_path, upstream=setting), [index(pypi)], memory, names)
        result = await session.run(Wanted((Ecosystem.PYPI,), DAY, 1000))
        assert result.tally.asked == 0
        assert list(result.stopped.values()) == [Why.BUSY]
        assert len(dates.requests) <= AT_ONCE


async def test_a_wait_that_the_registry_asks_for_is_waited_out(tmp_path: Path, pypi: PyPI) -> None:
    clocked = Clocked(pypi)
    clocked.first = [Answer(429, headers={"Retry-After": "2"})]
    result = await poll(tmp_path, Listed(*(target(f"sg-{n}", n) for n in range(1, 4))), pypi, rate=1)
    assert result.tally.asked == 2
    assert clocked.times[2] - clocked.times[1] >= 1.9


@pytest.mark.clients
def test_killed_in_the_middle_it_asks_only_what_is_left(tmp_path: Path, pypi: PyPI) -> None:
    account = Account(tmp_path / "account", pypi)
    names = [f"sg-{number}" for number in range(300)]
    account.watch(names)
    running = account.start("--rate", "200")
    until = time.monotonic() + 60
    while len(asked(pypi)) < 150 and time.monotonic() < until:
        time.sleep(0.01)
    running.kill()
    running.wait()
    before = [name for _, name in asked(pypi)]
    assert 150 <= len(before) < 300
    pypi.forget()
    again = account.run("--rate", "500")
    assert again.returncode == 0, again.stderr
    after = [name for _, name in asked(pypi)]
    assert set(before) | set(after) == set(names)
    assert len(after) == len(set(after))
    assert len(set(before) & set(after)) <= 70, "answers of a quarter of a second, and what was under way"


@pytest.mark.clients
def test_two_polls_never_run_at_once(tmp_path: Path, pypi: PyPI) -> None:
    account = Account(tmp_path / "account", pypi)
    account.watch([f"sg-{number}" for number in range(300)])
    running = account.start("--rate", "2")
    try:
        until = time.monotonic() + 60
        while not asked(pypi) and time.monotonic() < until:
            time.sleep(0.01)
        second = account.run()
        assert second.returncode == 4
        assert second.stderr == "slopguard: another poll is at work. Wait until it has ended.\n"
    finally:
        running.kill()
        running.wait()
    assert account.run("--limit", "1").returncode == 0, "the lock ends with its process"
