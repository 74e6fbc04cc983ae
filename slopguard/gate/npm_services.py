"""What an npm registry keeps below `-/`: reads are passed on to it with its own credentials, writes are not.

Invariant: only reads leave through here, and only below the registry's own `-/`; what a client sent to prove itself
to the gate stays here.
"""

from __future__ import annotations

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate import refusal_npm
from slopguard.gate.answers import NEVER_STORE
from slopguard.gate.paths import climbs
from slopguard.gate.visit import WRITES, Visit
from slopguard.registries.interface import ProjectNotFound

READING_POSTS = frozenset(
    {"-/npm/v1/security/advisories/bulk", "-/npm/v1/security/audits", "-/npm/v1/security/audits/quick"}
)
"""An audit sends its question as a body; it is a read all the same."""


async def service(visit: Visit) -> web.StreamResponse:
    """The answer to a request below `/npm/<key>/-/`."""
    path, request = visit.path, visit.request
    if path == "-/ping":
        return web.json_response({}, headers=NEVER_STORE)
    if not visit.reads and not (request.method == "POST" and path in READING_POSTS):
        return refusal_npm.answer(request, visit.index.key, WRITES)
    if climbs(path) or not visit.index.trusted:
        return refusal_npm.answer(request, visit.index.key, "slopguard: this registry is not asked such questions")
    try:
        return await _passed_on(visit)
    except ProjectNotFound:
        return web.json_response({"error": "Not found"}, status=404)
    except UpstreamError as error:  # nothing is installed from here: the client goes on without it, no notice printed
        return web.json_response({"error": error.diagnosis()}, status=403)


async def _passed_on(visit: Visit) -> web.Response:
    registry = visit.session.upstreams.npm(visit.index)
    request = visit.request
    query = request.raw_path.partition("?")[2]
    posting = request.method == "POST"
    answer = await registry.service(
        visit.path + (f"?{query}" if query else ""),
        method="POST" if posting else "GET",
        body=await request.read() if posting else None,
        headers={"Content-Type": "application/json"} if posting else None,
    )
    return web.Response(body=answer.body, headers={**NEVER_STORE, "Content-Type": answer.content_type})
