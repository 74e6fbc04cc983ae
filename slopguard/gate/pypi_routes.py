"""The Simple API of one index (PEP 503, 691, 700, 592, 714): pages, files and metadata files.

Invariants: 404 only for a name that another index of the session has; once something was refused, pip is handed no
file and no metadata any more, or it would quietly fall back to an older parent.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate import refusal_pypi
from slopguard.gate.answers import ALWAYS_ASK, document, is_known, refusal, stream, tag_of
from slopguard.gate.chain import guarded
from slopguard.gate.inside import in_file, in_metadata
from slopguard.gate.joined import registry_of
from slopguard.gate.learning import pypi_requirements
from slopguard.gate.paths import SimplePath, Wanted, simple
from slopguard.gate.refusal_pypi import Stop, is_uv
from slopguard.gate.refused import Refused
from slopguard.gate.rendered import Recipe
from slopguard.gate.visit import WRITES, Visit
from slopguard.model import Ecosystem, Mode, NormalizedName, Sighting
from slopguard.names import BadName
from slopguard.registries.interface import FileStream, ProjectNotFound, Registry
from slopguard.registries.pypi.page import ProjectPage
from slopguard.registries.pypi.render import Form, negotiate, render

MANY = 300
"""Files of a page that is rendered beside the event loop."""
IN_MEMORY = 4 << 20
"""Bytes of a file on its way that are kept in memory for reading its requirements; more go to a temporary file."""
ORIGINS = "X-Slopguard-Origins"
"""A header with which our own part inside a client asks where each file really is: to write that down, not ours."""


async def answer(visit: Visit) -> web.StreamResponse:
    """The answer to a request below `/pypi/<key>/`."""
    path = simple(visit.path)
    if not visit.reads:
        return refusal(403, WRITES)
    match path.wanted:
        case Wanted.NAMES:
            return await _names(visit)
        case Wanted.PROJECT if path.slash:
            return await _project(visit, path)
        case Wanted.PROJECT:
            return web.Response(status=301, headers={"Location": f"{visit.request.rel_url.raw_path}/"})
        case Wanted.FILE:
            return await _file(visit, path)
    return refusal(404, "slopguard: no such page on this gate")


def _registry(visit: Visit) -> Registry[ProjectPage]:
    return guarded(visit.session, visit.index, visit.verdicts, registry_of)


async def _project(visit: Visit, path: SimplePath) -> web.StreamResponse:
    name: NormalizedName | None = None
    try:
        name = visit.named(path.name)
        page = await _registry(visit).project(name)
    except BadName:
        refused = await visit.verdicts.bad_name(visit.index.ecosystem, path.name)
        return refusal_pypi.page(visit.request, name, Stop.of(refused))
    except Refused as refused:
        return refusal_pypi.page(visit.request, name, Stop.of(refused))
    except ProjectNotFound:
        return refusal(404, "slopguard: another index has it")
    for file in page.files[-1:]:
        visit.session.learn(file.url)
    form = negotiate(visit.request.headers.get("Accept"))
    origins = form is Form.JSON and ORIGINS in visit.request.headers
    recipe = Recipe(page.mark, form.value, "origins" if origins else "")
    make = partial(render, page, form, origins=origins)
    return await document(visit.request, visit.rendered, recipe, make, large=len(page.files) > MANY)


async def _file(visit: Visit, path: SimplePath) -> web.StreamResponse:
    stopped = visit.session.journal.stopped
    if stopped is not None and refusal_pypi.is_pip(visit.request.headers):
        return refusal_pypi.file(stopped)
    try:
        return await _send(visit, visit.named(path.name), path.filename)
    except BadName:
        return refusal_pypi.file(str(await visit.verdicts.bad_name(visit.index.ecosystem, path.name)))
    except Refused as refused:
        return refusal_pypi.file(str(refused))
    except ProjectNotFound:
        return refusal(404, "slopguard: no such file on this index")


async def _send(visit: Visit, name: NormalizedName, filename: str) -> web.StreamResponse:
    registry = _registry(visit)
    request = visit.request
    page = await registry.project(name)
    version = page.version_of(filename)
    listed = page.file(filename.removesuffix(".metadata"))
    tag = tag_of(filename, *sorted(listed.digests)) if listed is not None and listed.digests else None
    headers = {**ALWAYS_ASK, **({"ETag": tag} if tag else {})}
    partly = is_uv(request.headers) and filename.endswith(".whl")  # everything else gets whole, read files
    byte_range = request.headers.get("Range") if partly else None
    learning = visit.session.arrivals.learning and filename.endswith(".metadata")  # what is not sent teaches nothing
    if tag is not None and is_known(request, tag) and byte_range is None and not learning:
        return web.Response(status=304, headers=headers)
    file = await registry.file(name, filename, byte_range=byte_range, head=request.method == "HEAD")

    async def failed(error: UpstreamError) -> web.StreamResponse:
        if isinstance(error, Stranger):
            return refusal_pypi.file(str(await visit.verdicts.stranger(error.required)))
        standing = await visit.verdicts.standing(visit.index, name)
        return refusal_pypi.file(str(await visit.verdicts.failed(standing, error, version)))

    if learning:
        file = replace(file, chunks=_learning(visit, file))
    read = visit.session.settings.mode is not Mode.OBSERVE and request.method != "HEAD"
    if read and not (filename.endswith(".whl") and is_uv(request.headers)):
        file = replace(file, chunks=inspected(filename, file.chunks))
    return await stream(request, file, headers, failed)


class Stranger(UpstreamError):
    """A file requires something from a place of its own; raised before its last piece is handed over."""

    def __init__(self, required: Sighting) -> None:
        super().__init__("the file requires something from a place of its own")
        self.required = required


async def inspected(filename: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A file's bytes as they come; the last ones only when what it requires is known to come from an index.

    Raises:
        Stranger: it does not, and nobody let that through.
        Unreadable: that cannot be known.
    """
    held = b""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="slopguard-") as copy:
        async for chunk in chunks:
            await asyncio.to_thread(copy.write, chunk)
            if held:
                yield held
            held = chunk
        if filename.endswith(".metadata"):
            copy.seek(0)
            found = in_metadata(copy.read())
        else:
            found = await asyncio.to_thread(in_file, filename, copy)
    if found is not None:
        raise Stranger(found)
    if held:
        yield held


async def _learning(visit: Visit, file: FileStream) -> AsyncIterator[bytes]:
    """The metadata as it comes; the names it requires are transitive from its last byte on."""
    whole = b""
    async for chunk in file.chunks:
        whole += chunk
        yield chunk
    visit.session.arrivals.learn(Ecosystem.PYPI, pypi_requirements(whole))


async def _names(visit: Visit) -> web.StreamResponse:
    """The index's own list, as it comes; nobody installs from it."""
    chunks = await visit.session.upstreams.registry(visit.index).names()
    response = web.StreamResponse(headers={"Content-Type": "text/html", **ALWAYS_ASK})
    await response.prepare(visit.request)
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response
