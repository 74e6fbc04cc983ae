"""The Simple API of one index (PEP 503, 691, 700, 592, 714): pages, files and metadata files.

Invariants: 404 only for a name that another index of the session has; once something was refused, pip is handed no
file and no metadata any more, or it would quietly fall back to an older parent.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate import refusal_pypi
from slopguard.gate.answers import ALWAYS_ASK, document, is_known, refusal, stream, tag_of
from slopguard.gate.chain import guarded
from slopguard.gate.inside import LONGEST, in_file, in_metadata, metadata_in, whole
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
from slopguard.registries.pypi.page import PageFile, ProjectPage
from slopguard.registries.pypi.render import Form, negotiate, render

MANY = 300
"""Files of a page that is rendered beside the event loop."""
IN_MEMORY = 4 << 20
"""Bytes of a file on its way that are kept in memory for reading its requirements; more go to a temporary file."""
TOGETHER = 16
"""Pieces that are written there at once: each time is a trip to another thread."""
LONG = 32 << 10
"""Bytes from which on metadata is parsed beside the event loop: eight million take almost two seconds."""
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
    learning = visit.session.arrivals.learning and _teaches(filename, listed)  # what is not sent whole teaches nothing
    byte_range = request.headers.get("Range") if partly and not learning else None
    if tag is not None and is_known(request, tag) and byte_range is None and not learning:
        return web.Response(status=304, headers=headers)
    file = await registry.file(name, filename, byte_range=byte_range, head=request.method == "HEAD")

    async def failed(error: UpstreamError) -> web.StreamResponse:
        if isinstance(error, Stranger):
            return refusal_pypi.file(str(await visit.verdicts.stranger(error.required)))
        standing = await visit.verdicts.standing(visit.index, name)
        return refusal_pypi.file(str(await visit.verdicts.failed(standing, error, version)))

    read = visit.session.settings.mode is not Mode.OBSERVE and request.method != "HEAD"
    if learning and partly:  # uv then reads on until it has the metadata, instead of asking for pieces
        file = replace(file, headers={key: value for key, value in file.headers.items() if key != "Accept-Ranges"})
    if read and (learning or not partly):
        file = replace(file, chunks=inspected(filename, file.chunks, partial(_learn, visit) if learning else None))
    elif learning and filename.endswith(".metadata"):
        file = replace(file, chunks=_learning(visit, file))
    return await stream(request, file, headers, failed)


class Stranger(UpstreamError):
    """A file requires something from a place of its own; raised before its last piece is handed over."""

    def __init__(self, required: Sighting) -> None:
        super().__init__("the file requires something from a place of its own")
        self.required = required


def _teaches(filename: str, listed: PageFile | None) -> bool:
    """Whether a client learns from a file what else it needs: its metadata, or the wheel where those are not served."""
    return filename.endswith(".metadata") or (filename.endswith(".whl") and not (listed and listed.core_metadata))


async def inspected(
    filename: str, chunks: AsyncIterator[bytes], learn: Callable[[bytes], None] | None = None
) -> AsyncIterator[bytes]:
    """A file's bytes as they come; the last ones only when what it requires is known to come from an index.

    Args:
        learn: told the file's metadata before its last byte leaves.

    Raises:
        Stranger: it does not, and nobody let that through.
        Unreadable: that cannot be known.
    """
    held, waiting = b"", list[bytes]()
    with tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="slopguard-") as copy:
        async for chunk in chunks:
            waiting.append(chunk)
            if len(waiting) == TOGETHER:
                await asyncio.to_thread(copy.writelines, waiting)
                waiting = []
            if held:
                yield held
            held = chunk
        copy.writelines(waiting)
        if filename.endswith(".metadata"):
            copy.seek(0)
            told = whole(copy)
            found = in_metadata(told) if len(told) < LONG else await asyncio.to_thread(in_metadata, told)
        else:
            found = await asyncio.to_thread(in_file, filename, copy)
            told = await asyncio.to_thread(metadata_in, filename, copy) if learn and not found else b""
    if found is not None:
        raise Stranger(found)
    if learn:
        learn(told)
    if held:
        yield held


def _learn(visit: Visit, metadata: bytes) -> None:
    """The names that a file requires are transitive from its last byte on."""
    visit.session.arrivals.learn(Ecosystem.PYPI, pypi_requirements(metadata))


async def _learning(visit: Visit, file: FileStream) -> AsyncIterator[bytes]:
    """The metadata as it comes, where nothing is refused and so nothing is read for it; a long one teaches less."""
    told, size = list[bytes](), 0
    async for chunk in file.chunks:
        size += len(chunk)
        if size <= LONGEST:
            told.append(chunk)
        yield chunk
    _learn(visit, b"".join(told))


async def _names(visit: Visit) -> web.StreamResponse:
    """The index's own list, as it comes; nobody installs from it."""
    chunks = await visit.session.upstreams.registry(visit.index).names()
    response = web.StreamResponse(headers={"Content-Type": "text/html", **ALWAYS_ASK})
    await response.prepare(visit.request)
    async for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response
