"""A package may have thousands of versions that lead elsewhere: others are answered while each is judged."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from slopguard.judge import Judge
from tests.gate.conftest import Opened
from tests.simulators.npm import Npm

VERSIONS, EACH = 30, 0.02


def test_others_are_answered_between_the_verdicts(opened: Opened, npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    npm.add_established("sg-app")
    for number in range(VERSIONS):
        npm.add("sg-app", f"2.0.{number}", days_old=200, requires={"sg-far": "https://other.example/far.tgz"})
    house, real = opened(typed=["npm:sg-app"]), Judge.verdict

    def slow(self: Judge, *arguments: Any, **more: Any) -> Any:
        time.sleep(EACH)
        return real(self, *arguments, **more)

    async def asked() -> tuple[int, float]:
        """The answer's status, and the longest that the loop of the gate kept others waiting meanwhile."""
        asking, longest = asyncio.ensure_future(asyncio.to_thread(house.packument, "sg-app")), 0.0
        while not asking.done():
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        return asking.result().status, longest

    monkeypatch.setattr(Judge, "verdict", slow)
    status, longest = house.gate.call(asked())
    assert status == 200
    assert longest < VERSIONS * EACH / 2
