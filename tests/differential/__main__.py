"""`python -m tests.differential FOLDER`: run every resolver scenario under FOLDER directly and through the gate.

Exit code 0 if every comparison came out as it must. A scenario may ask for an older Python: `python3.9` and the
like are used if PATH has them, otherwise the Python that runs this.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from slopguard.gate.thread import GateThread
from tests.differential.compare import Comparison, transparent, withheld
from tests.differential.scenario import Scenario, read


def main() -> int:
    """Run, print a table, say how many came out right."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("folder", type=Path, help="scenario files (*.toml), searched recursively")
    parser.add_argument("--client", choices=["uv", "pip"], default="uv")
    parser.add_argument("--withhold", action="store_true", help="withhold each package in turn")
    parser.add_argument("--limit", type=int, default=None, help="only the first N scenarios")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    parser.add_argument("--verbose", action="store_true", help="show what differed, and every row")
    options = parser.parse_args()
    scenarios = [read(path) for path in sorted(options.folder.rglob("*.toml"))]
    chosen = [scenario for scenario in scenarios if options.only in scenario.name][: options.limit]
    with GateThread() as gate:
        results = list(_run(chosen, gate, options))
    wrong = [result for result in results if result.verdict == "WRONG"]
    print(_summary(results, len(wrong), withhold=options.withhold))
    return 1 if wrong or not results else 0


def _summary(results: list[Comparison], wrong: int, *, withhold: bool) -> str:
    right = f"{len(results) - wrong} of {len(results)}"
    if withhold:
        stopped = sum(result.verdict == "stopped" for result in results)
        return f"{right} as implied: {stopped} stopped, the others as without the package."
    observed, stated = (sum(getattr(r, field) for r in results) for field in ("observed", "as_stated"))
    return f"{right} equal ({observed} of them observed). The client alone agrees with the scenario in {stated}."


def _run(scenarios: list[Scenario], gate: GateThread, options: argparse.Namespace) -> Iterator[Comparison]:
    for scenario in scenarios:
        found = (
            withheld(scenario, gate, options.client)
            if options.withhold
            else [transparent(scenario, gate, options.client)]
        )
        for result in found:
            if options.verbose or result.verdict == "WRONG":
                print(f"{result.verdict:8} {result.scenario}  {result.withheld or ''}", flush=True)
                print(result.detail if options.verbose else "", end="")
            yield result


if __name__ == "__main__":
    sys.exit(main())
