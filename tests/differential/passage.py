"""The gate, in this process, in front of one simulated index, with lists made for one scenario.

Invariant: the client sees exactly what a guarded client sees; only the lists are made up.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slopguard.config import Settings
from slopguard.gate.session import Session, make_session
from slopguard.gate.thread import GateThread
from slopguard.indexes import Index, IndexKind
from slopguard.judge import Judge
from slopguard.lists import Lists
from slopguard.messages import line
from slopguard.model import Door, Ecosystem, Layer, Mode


@dataclass(frozen=True, slots=True)
class Passage:
    """A session open at the gate: `url` is the index URL for the client."""

    url: str
    session: Session

    @property
    def refused(self) -> tuple[str, ...]:
        """The contract's line for each refusal so far."""
        return tuple(line(verdict) for verdict in self.session.refusals)

    @property
    def refused_names(self) -> frozenset[str]:
        """The names refused so far."""
        return frozenset(str(verdict.request.name) for verdict in self.session.refusals)


@contextmanager
def passage(
    gate: GateThread, upstream: str, allowed: Iterable[str], denied: Iterable[str] = (), mode: Mode = Mode.BALANCED
) -> Iterator[Passage]:
    """Open a session in front of `upstream` in which `allowed` names are listed and `denied` ones denied."""
    rows = [f"pypi\t{name}\tallow" for name in allowed] + [f"pypi\t{name}\tdeny\trule=denied" for name in denied]
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), mode=mode)
        judge = Judge(settings, Lists.of({"scenario": sorted(rows)}), None)
        index = Index(Ecosystem.PYPI, "main", upstream, IndexKind.DEFAULT, Layer.USER)
        session = make_session(settings, judge, [index], Door("differential"))
        address = gate.open(session)
        try:
            yield Passage(address.index_url("main"), session)
        finally:
            gate.close(session)
