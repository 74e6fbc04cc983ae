"""The routing table: what a bench measured, as an answer to one question, and when it stops being one.

Invariants: pure; a request is speculated only where every cell around it passed every rule: what was not measured, is
undetermined, lies outside of what was measured, or is stale, goes to the plain server. Any change of model, build or
flags of either server voids the whole table, and so does age.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slopguard.forecast.measuring.model import Identity, Measured, Verdict
from slopguard.forecast.measuring.results import Results

LONGEST = timedelta(days=30)
"""A table is void when it is older; drivers and machines change unseen."""
AHEAD = timedelta(hours=1)
"""Clocks may differ by this much; a table from further in the future is void."""


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured of two servers.

    Args:
        plain, other: which servers it is true of.
        one: they are one, told apart by fields of the request.
        made: when it was measured.
        cells: what was measured.
    """

    plain: Identity
    other: Identity
    one: bool
    made: datetime
    cells: tuple[Measured, ...]

    @classmethod
    def of(cls, results: Results) -> Table:
        """The table that results of a bench are."""
        return cls(results.plain, results.other, results.one, results.made, results.cells)

    def void(self, plain: Identity, other: Identity, now: datetime) -> str:
        """Why nothing may be routed by it any more, in our words; empty if something may."""
        if not -AHEAD <= now - self.made <= LONGEST:
            return f"it was measured more than {LONGEST.days} days ago, or in the future"
        for what, then, found in (("speculating", self.other, other), ("plain", self.plain, plain)):
            if then.model != found.model:
                return f"the {what} server has another model than when it was measured"
            if (then.engine, then.build) != (found.engine, found.build):
                return f"the {what} server is of another build than when it was measured"
            if dict(then.flags) != dict(found.flags):
                return f"the {what} server is set up otherwise than when it was measured"
        return ""

    def speculates(self, kind: str | None, temperature: float, concurrency: int) -> bool:
        """Whether a request of a slice gains by speculation: all cells around it passed.

        Args:
            kind: the slice; `None`: none that is known.
            concurrency: requests under way, this one with them.
        """
        mine = [each for each in self.cells if each.cell.slice == kind]
        temperatures = _around((each.cell.temperature for each in mine), temperature)
        concurrencies = _around((each.cell.concurrency for each in mine), concurrency)
        found = {(each.cell.temperature, float(each.cell.concurrency)): each.verdict for each in mine}
        wanted = [(one, other) for one in temperatures for other in concurrencies]
        return bool(wanted) and all(found.get(each) is Verdict.PASS for each in wanted)


def _around(measured: Iterable[float], value: float) -> tuple[float, ...]:
    """The measured value that is meant, or the two that it lies between; none outside of all."""
    values = sorted(set(measured))
    below = [each for each in values if each <= value]
    above = [each for each in values if each >= value]
    if not below or not above:
        return ()
    return (below[-1],) if below[-1] == above[0] else (below[-1], above[0])
