"""HTTP answers shared by all routes: reason phrases, validators, streamed files.

Invariants: a reason phrase is one line of printable ASCII; an upstream's validators are never repeated (the body was
filtered, so ours differ); what is sent may be stored by the client but must be asked about each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate.rendered import Recipe, Rendered
from slopguard.registries.interface import FileStream

ALWAYS_ASK = {"Cache-Control": "max-age=0, must-revalidate"}
NEVER_STORE = {"Cache-Control": "no-store"}
VARY = "Accept, Accept-Encoding, Authorization"
PASSED_ON = ("Content-Length", "Content-Type", "Content-Range", "Accept-Ranges")
HELD_BACK = 1 << 18
"""Bytes of a file read before its first one is sent: a smaller file that turns out wrong is refused in words."""


def phrase(text: str) -> str:
    """`text` fit for a status line (RFC 9112, section 4): printable ASCII, one line, never empty."""
    return "".join(c if " " <= c <= "~" else "?" for c in text) or "refused"


def refusal(status: int, text: str, *, body: bytes | None = None, content_type: str = "text/plain") -> web.Response:
    """An answer that carries `text` as its reason phrase, and as its body unless one is given."""
    content = text.encode() + b"\n" if body is None else body
    return web.Response(
        status=status, reason=phrase(text), body=content, content_type=content_type, headers=NEVER_STORE
    )


def tag_of(*parts: str | bytes) -> str:
    """A strong validator (RFC 9110, section 8.8.3) over `parts`."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
        digest.update(b"\0")
    return f'"{digest.hexdigest()[:32]}"'


def is_known(request: web.Request, tag: str) -> bool:
    """Whether the client says it holds the body that `tag` stands for (`If-None-Match`, weak comparison)."""
    known = request.headers.get("If-None-Match", "").split(",")
    return any(tag == value.strip().removeprefix("W/") for value in known)


async def document(
    request: web.Request, rendered: Rendered, recipe: Recipe, make: Callable[[], bytes], *, large: bool = False
) -> web.StreamResponse:
    """A filtered document with a validator of our own; 304 when the client holds exactly these bytes.

    Args:
        make: renders it, if that was not done before.
        large: that takes long.
    """
    zipped = not is_loopback(request.remote) and _takes_gzip(request)
    body = None if recipe.mark else await rendered.get(recipe, make, large=large)
    tag = recipe.tag if body is None else tag_of(recipe.kind, body.content)
    headers = {**ALWAYS_ASK, "ETag": tag, "Vary": VARY, "Content-Type": recipe.kind}
    if zipped:  # another representation, and so another validator
        headers |= {"ETag": f'{tag[:-1]}-gzip"', "Content-Encoding": "gzip"}
    if is_known(request, headers["ETag"]):
        headers.pop("Content-Encoding", None)
        return web.Response(status=304, headers=headers)
    body = body or await rendered.get(recipe, make, large=large)
    return await sent(request, await rendered.zipped(recipe, body) if zipped else body.content, headers)


async def sent(request: web.Request, content: bytes, headers: Mapping[str, str]) -> web.StreamResponse:
    """A body on its way; a large one in pieces, so that a slow client does not make a copy of it wait in memory."""
    if len(content) <= HELD_BACK or request.method == "HEAD":
        return web.Response(body=content, headers=headers)
    response = web.StreamResponse(headers={**headers, "Content-Length": str(len(content))})
    await response.prepare(request)
    view = memoryview(content)
    for at in range(0, len(content), HELD_BACK):
        await response.write(view[at : at + HELD_BACK])
    await response.write_eof()
    return response


def is_loopback(address: str | None) -> bool:
    """Whether a peer is on this machine, where compressing costs more than it saves."""
    return address is None or address.startswith(("127.", "::ffff:127.")) or address == "::1"


def _takes_gzip(request: web.Request) -> bool:
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = part.replace(" ", "").partition(";")
        if coding == "gzip":
            return weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


Failed = Callable[[UpstreamError], Awaitable[web.StreamResponse]]
"""Makes the answer for a file that went wrong; also called, for the ledger, when it is too late to answer."""


async def stream(
    request: web.Request, file: FileStream, headers: Mapping[str, str], failed: Failed
) -> web.StreamResponse:
    """Send `file`; when it goes wrong on the way, cut the connection so that nobody holds a complete wrong file."""
    held: list[bytes] = []
    try:
        finished = request.method == "HEAD" or await _hold(held, file.chunks)
    except UpstreamError as error:
        return await failed(error)
    passed = {name: value for name, value in file.headers.items() if name in PASSED_ON}
    if finished and request.method != "HEAD":
        passed.pop("Content-Length", None)  # it is that of what is here
        return web.Response(status=file.status, body=b"".join(held), headers={**passed, **headers})
    response = web.StreamResponse(status=file.status, headers={**passed, **headers})
    await response.prepare(request)
    for chunk in held:
        await response.write(chunk)
    if not finished:
        try:
            async for chunk in file.chunks:
                await response.write(chunk)
        except UpstreamError as error:
            await failed(error)
            _cut(request)
            return response
    await response.write_eof()
    return response


async def _hold(held: list[bytes], chunks: AsyncIterator[bytes]) -> bool:
    """Read the beginning of a file; whether that was all of it, and therefore verified."""
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= HELD_BACK:
            return False
    return True


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
