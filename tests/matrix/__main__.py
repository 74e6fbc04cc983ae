"""`python -m tests.matrix [--write] [--from REPORT ...] [PYTEST OPTIONS]`: every claim of every client, how it went.

The claims are the tests of `tests/e2e` that are made of every client (`ALL`, `EACH`). `--write` puts the table into
docs/clients.md; `--from` reads reports of runs (`pytest --junitxml`) instead of running, the last one that has a claim
counting. Invariant: a claim that was skipped is counted as such, never as one that holds.
"""

from __future__ import annotations

import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.world import ALL, OTHERS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
START, END = "<!-- matrix -->", "<!-- /matrix -->"
HEAD = "| client | claims | hold | fail | left out |\n|---|---|---|---|---|"


def main(argv: list[str]) -> int:
    """Run the matrix; 0 if every claim holds."""
    write, more = "--write" in argv, [word for word in argv if word != "--write"]
    if more[:1] == ["--from"]:
        counted, failed = results([Path(word) for word in more[1:]])
    else:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            pytest.main(["-q", "-m", "matrix or clients", f"--junitxml={report}", "tests/e2e", *more])
            counted, failed = results([report])
    table = "\n".join([HEAD, *rows(counted)])
    print(table)
    print("\n".join(failed))
    if write:
        text = DOCUMENT.read_text(encoding="utf-8")
        inside = f"{START}\n{datetime.now(UTC):%Y-%m-%d}\n\n{table}\n{END}"
        DOCUMENT.write_text(re.sub(f"{START}.*{END}", lambda _: inside, text, flags=re.DOTALL), encoding="utf-8")
    return int(bool(failed))


def results(reports: Sequence[Path]) -> tuple[Mapping[str, Counter[str]], list[str]]:
    """How the claims of each client went, and which failed; of several runs of a claim the last counts."""
    known = sorted({"-".join(client) for client in (*ALL, *OTHERS)}, key=len, reverse=True)
    outcomes: dict[str, tuple[str, str]] = {}
    for case in (case for report in reports for case in ET.parse(report).iter("testcase")):
        inside = case.get("name", "").partition("[")[2].rstrip("]")
        client = next((client for client in known if re.search(rf"(^|-){re.escape(client)}($|-)", inside)), None)
        if client is not None and ".e2e." in case.get("classname", ""):
            outcome = next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")
            outcomes[f"{case.get('classname')}::{case.get('name')}"] = client, outcome
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for client, outcome in outcomes.values():
        counted[client][outcome] += 1
    return counted, [name for name, (_, outcome) in outcomes.items() if outcome in ("failure", "error")]


def rows(counted: Mapping[str, Counter[str]]) -> Iterator[str]:
    """One line of the table for each client."""
    for client in sorted(counted):
        found = counted[client]
        bad = found["failure"] + found["error"]
        yield f"| {client} | {found.total()} | {found['passed']} | {bad} | {found['skipped']} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
