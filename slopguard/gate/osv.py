"""uv's malware check: an OSV-shaped service (OSV API v1, `POST /v1/querybatch`) that answers with our verdicts.

It is the only place that sees `uv sync --frozen` with a lock whose files are fetched from elsewhere. uv prints only
the id of a finding, so the id spells the rule. Invariant: what could not be judged is a finding, never an empty
answer.
"""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from slopguard.gate.answers import NEVER_STORE, refusal
from slopguard.gate.session import Session
from slopguard.gate.verdicts import Verdicts
from slopguard.indexes import Index
from slopguard.model import Ecosystem, Verdict
from slopguard.names import BadName, normalize

LONGEST_BATCH = 50_000
FOUND_AT = "1970-01-01T00:00:00Z"
"""OSV wants a time of modification; ours has no meaning and never changes, so that answers are reproducible."""


class Package(msgspec.Struct):
    """The package of a query."""

    name: str
    ecosystem: str = "PyPI"


class Query(msgspec.Struct):
    """One query: a package at one version."""

    package: Package
    version: str | None = None


class Batch(msgspec.Struct):
    """The body of `/v1/querybatch`."""

    queries: list[Query]


async def answer(request: web.Request, session: Session, verdicts: Verdicts) -> web.StreamResponse:
    """Findings for each query, in order: one `MAL-slopguard-<rule>` for what is refused, nothing for the rest."""
    try:
        batch = msgspec.json.decode(await request.read(), type=Batch)
    except msgspec.DecodeError:
        return refusal(400, "slopguard: not an OSV batch query")
    index = next((i for i in session.indexes.values() if i.ecosystem is Ecosystem.PYPI and i.trusted), None)
    if index is None:
        return refusal(403, "slopguard: no trusted index to judge these packages by")
    found = await asyncio.gather(*(_find(query, index, verdicts) for query in batch.queries[:LONGEST_BATCH]))
    results = [{"vulns": [_finding(verdict)]} if verdict else {} for verdict in found]
    return web.json_response({"results": results}, headers=NEVER_STORE)


async def _find(query: Query, index: Index, verdicts: Verdicts) -> Verdict | None:
    """The refusal of one package, if it is refused."""
    try:
        name = normalize(Ecosystem.PYPI, query.package.name)
    except BadName:
        return (await verdicts.bad_name(Ecosystem.PYPI, query.package.name)).verdict
    return await verdicts.version(index, name, query.version)


def _finding(verdict: Verdict) -> dict[str, str]:
    return {"id": f"MAL-slopguard-{verdict.rule}", "modified": FOUND_AT}
