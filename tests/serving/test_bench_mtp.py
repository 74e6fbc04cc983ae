"""`python -m bench mtp`: what it writes says what was measured. That it serves and measures is what its tables are."""

from __future__ import annotations

from bench import mtp
from slopguard.forecast.measuring.model import Identity, Plan


def test_the_results_tell_the_plan_of_their_cells() -> None:
    wanted = mtp.parsed(
        ["--slices", "json", "--temperatures", "0,1", "--concurrency", "1,4", "--samples", "300", "--p99"]
    )
    whole, parts = mtp.planned(wanted), list(mtp.plans(wanted))
    assert whole == Plan(("json",), (0.0, 1.0), (1, 4), samples=300, p99=True)
    assert [cell for each in parts for cell in each.cells()] == list(whole.cells())
    assert [each.samples for each in parts] == [0, 300] * 2
    assert all(each.p99 for each in parts)
    server = Identity("llama.cpp", "twin")
    assert mtp.results(wanted, server, server, ()).plan == whole
