"""A gate with one session in front of simulated registries, and a plain HTTP client that sends exactly what it is told.

Invariant: the judge, the lists, the ledger and the upstream clients are the real ones; only the registries are ours.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.config import Settings
from slopguard.gate.session import Session, make_session
from slopguard.gate.thread import GateThread
from slopguard.indexes import Index, IndexKind
from slopguard.judge import Judge
from slopguard.lists import Lists
from slopguard.locked import LockedSet
from slopguard.model import Door, Ecosystem, Layer, NormalizedName
from slopguard.store import Store

PIP = "pip/26.3 {}"
UV = "uv/0.13.9 {}"
NPM = "npm/11.0.0 node/v20.0.0"
BUN = "Bun/1.4.5"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def pypi_index(url: str, key: str = "main", layer: Layer = Layer.USER, **more: Any) -> Index:
    """A PyPI index at `url`."""
    return Index(Ecosystem.PYPI, key, url, more.pop("kind", IndexKind.DEFAULT), layer, **more)


def npm_index(url: str, key: str = "main", layer: Layer = Layer.USER, **more: Any) -> Index:
    """An npm registry at `url`."""
    return Index(Ecosystem.NPM, key, url, more.pop("kind", IndexKind.DEFAULT), layer, **more)


@dataclass(slots=True)
class House:
    """A running gate with one open session.

    Args:
        gate: it.
        session: the session.
        address: where it listens.
    """

    gate: GateThread
    session: Session
    address: GateAddress
    store: Store

    @property
    def port(self) -> int:
        """The gate's port."""
        return int(self.address.base.rpartition(":")[2])

    @property
    def basic(self) -> str:
        """The `Authorization` value of a PyPI client."""
        return "Basic " + base64.b64encode(f"{self.address.user}:{self.address.secret}".encode()).decode()

    def ask(self, path: str, agent: str = UV, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
        """One request with exactly this path; header names in Python spelling, `authorization=""` sends none."""
        sent = {"User-Agent": agent, "Authorization": self.basic}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            return Reply(answer.status, answer.reason, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def page(self, name: str, agent: str = UV, key: str = "main", **headers: str) -> Reply:
        """A project page in JSON."""
        return self.ask(f"/pypi/{key}/simple/{name}/", agent, "GET", None, **{"Accept": SIMPLE_JSON, **headers})

    def packument(self, name: str, agent: str = NPM, key: str = "main", **headers: str) -> Reply:
        """A packument."""
        return self.ask(f"/npm/{key}/{name}", agent, "GET", None, **headers)

    def rules(self) -> list[tuple[str, str]]:
        """Package and rule of every ledger row, in order; open admissions are written first."""
        self.gate.close(self.session)
        return [(entry.package, entry.rule) for entry in self.store.ledger.rows()]


def build(
    gate: GateThread,
    home: Path,
    indexes: Iterable[Index],
    *,
    rows: Iterable[str] = (),
    typed: Iterable[str] | None = (),
    locked: LockedSet | None = None,
    **settings: Any,
) -> House:
    """Open a session on `gate`.

    Args:
        rows: list rows with spaces for tabs.
        typed: `pypi:name` and `npm:name` that count as typed; `None` when nobody says.
        locked: what adopted lock files hold.
        settings: further settings.
    """
    chosen = Settings(home=home, **{"timeout": 2.0, **settings})
    store = Store.open(chosen)
    judge = Judge(chosen, Lists.of({"team": [row.replace(" ", "\t") for row in rows]}), store, locked=locked)
    known = None if typed is None else frozenset(_typed(text) for text in typed)
    session = make_session(chosen, judge, indexes, Door("gate"), known)
    return House(gate, session, gate.open(session), store)


def _typed(text: str) -> tuple[Ecosystem, NormalizedName]:
    ecosystem, _, name = text.partition(":")
    return Ecosystem(ecosystem), NormalizedName(name)
