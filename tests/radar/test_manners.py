"""Manners, as the registry sees them: requests a second, waits that it asks for, and nothing asked twice after a kill.

What is measured here are bounds that hold on a machine of any speed.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from slopguard.radar.poll import AT_ONCE
from tests.radar.account import Account
from tests.radar.worlds import Listed, asked, poll, target
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
