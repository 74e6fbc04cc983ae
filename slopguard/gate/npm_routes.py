"""The npm registry protocol of one registry: packuments, tarballs, dist-tags; other reads passed on, writes not.

Invariants: a packument leaves without the versions that step back, its `dist-tags` repaired and its tarballs on this
gate; never 404 for a refusal, which npm would explain with nonsense.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate import refusal_npm
from slopguard.gate.answers import ALWAYS_ASK, document, is_known, stream, tag_of
from slopguard.gate.chain import guarded
from slopguard.gate.learning import npm_requirements
from slopguard.gate.npm_services import service
from slopguard.gate.paths import tagged
from slopguard.gate.refused import Refused
from slopguard.gate.visit import WRITES, Visit
from slopguard.model import Ecosystem, NormalizedName
from slopguard.names import BadName
from slopguard.registries.interface import ProjectNotFound, Registry
from slopguard.registries.npm.names import NpmPath, mirrored, parse_path
from slopguard.registries.npm.packument import CORGI_TYPE, FULL_TYPE, Packument, tarball_name, wants_corgi


async def answer(visit: Visit) -> web.StreamResponse:
    """The answer to a request below `/npm/<key>/`."""
    tags_of = tagged(visit.path)
    if visit.path.startswith("-/") and tags_of is None:
        return await service(visit)
    if not visit.reads:
        return refusal_npm.answer(visit.request, visit.index.key, WRITES)
    path = NpmPath(tags_of) if tags_of is not None else parse_path(visit.path)
    if path is None:
        return missing()
    try:
        return await _read(visit, path, tags=tags_of is not None)
    except BadName:
        return _refused(visit, await visit.verdicts.bad_name(visit.index.ecosystem, path.name))
    except Refused as refused:
        return _refused(visit, refused)
    except ProjectNotFound:
        return missing()


def missing() -> web.Response:
    """What another registry of the session has and this one has not."""
    return web.json_response({"error": "Not found"}, status=404)


async def _read(visit: Visit, path: NpmPath, *, tags: bool) -> web.StreamResponse:
    name = visit.named(path.name)
    if path.filename is not None:
        return await _tarball(visit, name, path.filename)
    packument = await _registry(visit).project(name)
    if tags:
        return document(visit.request, json.dumps(packument.tags).encode(), FULL_TYPE)
    if path.version is not None:
        return await _version(visit, name, packument, path.version)
    return _packument(visit, packument)


def _registry(visit: Visit) -> Registry[Packument]:
    inner = visit.session.upstreams.registry(visit.index)
    return guarded(visit.session, visit.index, visit.verdicts, inner)


def _packument(visit: Visit, packument: Packument) -> web.Response:
    short = wants_corgi(visit.request.headers.get("Accept"))
    body = packument.render(_address(visit, packument), corgi=short)
    for version in list(packument.versions.values())[-1:]:
        visit.session.learn(version.tarball)
    if visit.session.arrivals.learning:
        visit.session.arrivals.learn(Ecosystem.NPM, npm_requirements(body))
    return document(visit.request, body, CORGI_TYPE if short else FULL_TYPE)


async def _version(visit: Visit, name: NormalizedName, packument: Packument, version: str) -> web.Response:
    """One version's manifest; a version that stepped back is refused, as its tarball would be."""
    standing = await visit.verdicts.standing(visit.index, name)
    if held := standing.held_back(version):
        raise await visit.verdicts.refuse_version(standing, held)
    manifest = packument.manifest(version, _address(visit, packument))
    return missing() if manifest is None else document(visit.request, manifest, FULL_TYPE)


async def _tarball(visit: Visit, name: NormalizedName, filename: str) -> web.StreamResponse:
    registry, request = _registry(visit), visit.request
    packument = await registry.project(name)
    version = packument.version_of(filename)
    listed = packument.versions.get(version) if version is not None else None
    tag = tag_of(filename, *sorted(listed.digests)) if listed is not None and listed.digests else None
    headers = {**ALWAYS_ASK, **({"ETag": tag} if tag else {})}
    byte_range = request.headers.get("Range")
    if tag is not None and is_known(request, tag) and byte_range is None:
        return web.Response(status=304, headers=headers)
    file = await registry.file(name, filename, byte_range=byte_range, head=request.method == "HEAD")

    async def failed(error: UpstreamError) -> web.StreamResponse:
        standing = await visit.verdicts.standing(visit.index, name)
        return _refused(visit, await visit.verdicts.failed(standing, error, version))

    return await stream(request, file, headers, failed)


def _refused(visit: Visit, refused: Refused) -> web.Response:
    return refusal_npm.answer(visit.request, visit.index.key, str(refused), refused.verdict)


def _address(visit: Visit, packument: Packument) -> Callable[[str], str]:
    """Where this route's tarballs are: on the address the client itself used, or npm keeps its token back.

    pnpm writes an address into its lock file where the registry's own is not made by the usual rule; then the gate's
    is none either, so that it does so here too.
    """
    place = f"{visit.request.scheme}://{visit.request.host}/npm/{visit.index.key}/{packument.name}/-/"
    if not visit.request.headers.get("User-Agent", "").startswith("pnpm/"):
        return place.__add__
    real = {tarball_name(packument.name, number): one.tarball for number, one in packument.versions.items()}
    root = f"{visit.index.url.rstrip('/')}/{packument.name}/-/"
    return lambda filename: place + mirrored(real.get(filename, ""), root, filename)
