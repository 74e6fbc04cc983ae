"""The npm registry protocol of one registry: packuments, tarballs, dist-tags; other reads passed on, writes not.

Invariants: a packument leaves without the versions that step back, its `dist-tags` repaired and its tarballs on this
gate; never 404 for a refusal, which npm would explain with nonsense.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from slopguard.errors import UpstreamError
from slopguard.gate import refusal_npm
from slopguard.gate.answers import ALWAYS_ASK, document, is_known, stream, tag_of
from slopguard.gate.chain import guarded
from slopguard.gate.learning import npm_requirements
from slopguard.gate.npm_services import service
from slopguard.gate.paths import tagged
from slopguard.gate.refused import Refused
from slopguard.gate.rendered import LARGE, Recipe
from slopguard.gate.session import Session
from slopguard.gate.visit import WRITES, Visit
from slopguard.indexes import Index
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
    short = path.version is None and not tags and wants_corgi(visit.request.headers.get("Accept"))
    if not short:
        visit.session.upstreams.npm(visit.index).whole(name)
    packument = await _registry(visit).project(name)
    if tags:
        made = partial(_tags, packument)
        return await document(visit.request, visit.rendered, Recipe(packument.mark, FULL_TYPE, "tags"), made)
    if path.version is not None:
        return await _version(visit, name, packument, path.version)
    return await _packument(visit, packument, short=short)


def _tags(packument: Packument) -> bytes:
    return json.dumps(packument.tags).encode()


def _registry(visit: Visit) -> Registry[Packument]:
    return guarded(visit.session, visit.index, visit.verdicts, _index)


def _index(session: Session, index: Index) -> Registry[Packument]:
    return session.upstreams.registry(index)


async def _packument(visit: Visit, packument: Packument, *, short: bool) -> web.StreamResponse:
    if packument.place:
        visit.session.learn(packument.place)
    place = Place.of(visit, packument)
    recipe = Recipe(packument.mark, CORGI_TYPE if short else FULL_TYPE, place.root, place.ours)
    large = packument.body.size > LARGE

    def make() -> bytes:
        return packument.render(place.addresses(packument), corgi=short)

    if visit.session.arrivals.learning:  # from what a client gets now, or has got before
        body = await visit.rendered.get(recipe, make, large=large)
        if body.required is None:
            body.required = await asyncio.to_thread(npm_requirements, body.content)
        visit.session.arrivals.learn(Ecosystem.NPM, body.required)
    return await document(visit.request, visit.rendered, recipe, make, large=large)


async def _version(visit: Visit, name: NormalizedName, packument: Packument, version: str) -> web.StreamResponse:
    """One version's manifest; a version that stepped back is refused, as its tarball would be."""
    standing = await visit.verdicts.standing(visit.index, name)
    if held := standing.held_back(version):
        raise await visit.verdicts.refuse_version(standing, held)
    if packument.tags.get(version, version) not in packument.versions:
        return missing()
    place = Place.of(visit, packument)
    recipe = Recipe(packument.mark, FULL_TYPE, f"{place.root} {version}", place.ours)

    def make() -> bytes:
        return packument.manifest(version, place.addresses(packument)) or b"{}"

    return await document(visit.request, visit.rendered, recipe, make, large=packument.body.size > LARGE)


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a route's tarballs are: on the address the client itself used, or npm keeps its token back.

    Args:
        ours: the address that a tarball's name is put after.
        root: for pnpm alone, the registry's own; pnpm writes an address into its lock file where the registry's own
            is not made by the usual rule, and then the gate's is none either, so that it does so here too.
    """

    ours: str
    root: str

    @classmethod
    def of(cls, visit: Visit, packument: Packument) -> Place:
        """For the client that asks."""
        request, name = visit.request, packument.name
        pnpm = request.headers.get("User-Agent", "").startswith("pnpm/")
        root = f"{visit.index.url.rstrip('/')}/{name}/-/" if pnpm else ""
        return cls(f"{request.scheme}://{request.host}/npm/{visit.index.key}/{name}/-/", root)

    def addresses(self, packument: Packument) -> Callable[[str], str]:
        """Gives the address of a tarball by its name."""
        if not self.root:
            return self.ours.__add__
        real = {tarball_name(packument.name, number): one.tarball for number, one in packument.versions.items()}
        return lambda filename: self.ours + mirrored(real.get(filename, ""), self.root, filename)
