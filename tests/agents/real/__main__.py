"""`python -m tests.agents.real [AGENT ...]`: what holds of the real agents at their pinned versions, as a table.

An agent comes from the registry that npm is configured for, into the cache that `tests.simulators.clients` keeps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.agents.real.agents import AGENTS

HERE = Path(__file__).parent


class Reports:
    """A plugin that keeps what became of each test."""

    def __init__(self) -> None:
        self.found: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest for each phase of a test: its call, or what kept it from being called."""
        if report.when == "call" or not report.passed:
            self.found.append(report)


def main(argv: Sequence[str]) -> int:
    """Drive these agents, all if none is named; 0 if every claim holds."""
    unknown = [name for name in argv if name not in AGENTS]
    if unknown:
        print(f"there is no {' '.join(unknown)}; known are {' '.join(AGENTS)}")
        return 2
    reports = Reports()
    chosen = ["-k", " or ".join(argv)] if argv else []
    failed = pytest.main(["-q", "-m", "matrix or clients", *chosen, str(HERE)], plugins=[reports])
    print("\n".join(rows(reports.found)))
    return int(failed)


def rows(reports: Sequence[pytest.TestReport]) -> Iterator[str]:
    """The table: one line for each agent, with every claim that was looked at."""
    held: dict[str, dict[str, object]] = {name: {} for name in AGENTS}
    for each in reports:
        name = each.nodeid.partition("[")[2].rstrip("]")
        held.get(name, {}).update(each.user_properties)
    claims = list(dict.fromkeys(claim for found in held.values() for claim in found))
    yield f"| agent | version | {' | '.join(claims)} |"
    yield "|---|---|" + "---|" * len(claims)
    for name, found in ((name, found) for name, found in held.items() if found):
        told = [("yes" if found[claim] else "NO") if claim in found else "-" for claim in claims]
        yield f"| {name} | {AGENTS[name].version} | {' | '.join(told)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
