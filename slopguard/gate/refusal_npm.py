"""How a refusal looks to an npm client.

403 with the reason as reason phrase (npm, pnpm, yarn 4), as JSON `error` (npm, yarn 1) and as `npm-notice` header
(npm). bun prints neither, only the address it ended at: it is sent to an address that spells the refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web

from slopguard.gate.answers import NEVER_STORE, phrase, refusal
from slopguard.model import Verdict

SPELLED = "-/slopguard/"
"""Below this path of an npm route every request is answered 403; it needs no session."""


def is_bun(headers: Mapping[str, str]) -> bool:
    """Whether the client is bun."""
    return headers.get("User-Agent", "").startswith("Bun/")


def answer(request: web.Request, key: str, text: str, verdict: Verdict | None = None) -> web.Response:
    """The refusal `text` in the shape that this client shows."""
    if verdict is not None and is_bun(request.headers):
        place = f"/npm/{key}/{SPELLED}{spelled(verdict)}"
        return web.Response(status=302, headers={**NEVER_STORE, "Location": place})
    body = json.dumps({"error": phrase(text)}).encode()
    response = refusal(403, text, body=body, content_type="application/json")
    response.headers["npm-notice"] = phrase(text)
    return response


def spelled(verdict: Verdict) -> str:
    """A path that reads as the message: `BLOCKED/left-pad-auth/not-found/did-you-mean/left-pad`."""
    from slopguard.messages import word

    parts = [word(verdict), (verdict.request.name or "name").replace("@", "").replace("/", "-"), verdict.rule]
    if verdict.suggestions:
        parts += ["did-you-mean", verdict.suggestions[0].replace("@", "").replace("/", "-")]
    return "/".join(parts)
