"""Files are verified on the way: the last piece of a wrong file is never handed over."""

import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import UpstreamError
from slopguard.model import Ecosystem
from slopguard.registries.bodies import PIECE
from slopguard.registries.files import checked, fetch, primed, wanted_range
from slopguard.registries.http import Upstream
from slopguard.registries.interface import HashMismatch, ProjectNotFound
from slopguard.registries.npm.registry import NpmRegistry
from slopguard.registries.pypi.registry import PyPIRegistry
from slopguard.registries.wanted import Check, Wanted
from tests.registries.indexes import FOO, body, index
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break, Fault, LoopbackServer

WHEEL = "foo-1.0-py3-none-any.whl"


async def some(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def wanted(content: bytes, size: int | None = None, algo: str = "sha256") -> Wanted:
    return Wanted("", {algo: frozenset({hashlib.new(algo, content).hexdigest()})}, size)


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=6), st.sampled_from(["sha512", "sha256", "sha1", "md5"]))
async def test_a_right_file_comes_whole(pieces: list[bytes], algo: str) -> None:
    content = b"".join(pieces)
    check = Check(wanted(content, len(content), algo))
    assert await body(await primed(checked(some(pieces), check))) == content


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=6))
async def test_of_a_wrong_file_something_is_always_missing(pieces: list[bytes]) -> None:
    stream = checked(some(pieces), Check(wanted(b"".join(pieces) + b"!")))
    assert [await anext(stream) for _ in pieces[1:]] == pieces[:-1]
    with pytest.raises(HashMismatch):
        await anext(stream)


async def test_a_file_of_the_wrong_size_is_wrong() -> None:
    for size in (2, 4):
        with pytest.raises(HashMismatch):
            await body(checked(some([b"abc"]), Check(wanted(b"abc", size))))


async def test_the_strongest_hash_decides() -> None:
    hashes = {"md5": frozenset({"0"}), "sha256": wanted(b"abc").hashes["sha256"]}
    assert await body(checked(some([b"abc"]), Check(Wanted("", hashes)))) == b"abc"


@pytest.mark.parametrize(
    ("filename", "asked", "sent"),
    [
        ("a.whl", "bytes=-100", "bytes=-100"),
        ("a.whl", "bytes=0-", None),
        ("a.whl", "Bytes = 0-", None),
        ("a.whl", None, None),
        ("a.tar.gz", "bytes=5-", None),
        ("a.whl.metadata", "bytes=5-", None),
    ],
)
def test_a_range_is_for_parts_of_wheels(filename: str, asked: str | None, sent: str | None) -> None:
    assert wanted_range(filename, asked) == sent


@pytest.mark.parametrize("asked", ["bytes=-999999", "bytes=0-999999"])
async def test_a_range_that_is_the_whole_file_is_verified_as_that(asked: str) -> None:
    with PyPI() as registry:
        registry.add("foo", "1.0")
        content = registry.files_of("foo")[0].artefact.content
        chosen = index(registry.url)
        async with Upstream(chosen, 20.0) as upstream:
            part = await PyPIRegistry(chosen, upstream).file(FOO, WHEEL, byte_range=asked)
            assert (part.status, await body(part.chunks)) == (206, content)
            registry.server.faults.append(Fault("*.whl", Break.GARBLE))
            with pytest.raises(HashMismatch):
                await body((await PyPIRegistry(chosen, upstream).file(FOO, WHEEL, byte_range=asked)).chunks)


async def test_ranges_and_heads_of_wheels_are_passed_on() -> None:
    with PyPI() as registry:
        registry.add("foo", "1.0", source=True)
        content = registry.files_of("foo")[0].artefact.content
        chosen = index(registry.url)
        async with Upstream(chosen, 20.0) as upstream:
            ours = PyPIRegistry(chosen, upstream)
            part = await ours.file(FOO, WHEEL, byte_range="bytes=-10")
            assert (part.status, await body(part.chunks)) == (206, content[-10:])
            assert part.headers["Content-Range"] == f"bytes {len(content) - 10}-{len(content) - 1}/{len(content)}"
            head = await ours.file(FOO, WHEEL, head=True)
            assert (head.status, head.headers["Content-Length"]) == (200, str(len(content)))
            assert await body(head.chunks) == b""
            whole = await ours.file(FOO, "foo-1.0.tar.gz", byte_range="bytes=1-")
            assert whole.status == 200
            assert await body(await ours.names())


async def test_what_is_not_listed_is_not_fetched() -> None:
    with PyPI() as registry, Npm() as npm:
        registry.add("foo", "1.0", core_metadata_file=False)
        npm.add("foo", "1.0.0")
        chosen, other = index(registry.url), index(npm.url, ecosystem=Ecosystem.NPM)
        async with Upstream(chosen, 20.0) as upstream, Upstream(other, 20.0) as npm_upstream:
            for filename in ("foo-2.0.zip", f"{WHEEL}.metadata", "nope"):
                with pytest.raises(ProjectNotFound):
                    await PyPIRegistry(chosen, upstream).file(FOO, filename)
            with pytest.raises(ProjectNotFound):
                await NpmRegistry(other, npm_upstream).file(FOO, "foo-2.0.0.tgz")
        assert not registry.downloads + npm.downloads


async def test_a_file_of_many_pieces_streams() -> None:
    content = bytes(range(256)) * 1024
    with LoopbackServer(lambda seen, sent: Answer(body=content)) as server:
        async with Upstream(index(server.origin), 20.0) as upstream:
            url = f"{server.origin}/x y"
            stream = await fetch(upstream, Wanted(url, wanted(content).hashes, len(content)))
            pieces = [piece async for piece in stream.chunks]
            assert b"".join(pieces) == content
            assert max(map(len, pieces)) <= PIECE
            assert server.requests[0].raw == "/x%20y"
            with pytest.raises(HashMismatch):
                await body((await fetch(upstream, Wanted(url, wanted(b"?").hashes))).chunks)


async def test_an_empty_file_and_an_unexpected_status_are_told_apart() -> None:
    with LoopbackServer(lambda seen, sent: Answer(206 if seen.path == "/part" else 200)) as server:
        async with Upstream(index(server.origin), 20.0) as upstream:
            assert await body((await fetch(upstream, wanted_at(f"{server.origin}/x"))).chunks) == b""
            with pytest.raises(UpstreamError, match="206"):
                await fetch(upstream, wanted_at(f"{server.origin}/part"))


def wanted_at(url: str) -> Wanted:
    return Wanted(url, wanted(b"").hashes)


async def test_a_tarball_on_an_https_registry_s_own_host_is_not_asked_for_over_http() -> None:
    chosen = index("https://registry.example/npm", ecosystem=Ecosystem.NPM)
    registry = NpmRegistry(chosen, Upstream(chosen, 5.0))
    assert registry._upgraded("http://registry.example:80/x.tgz") == "https://registry.example/x.tgz"
    assert registry._upgraded("http://other.example/x.tgz") == "http://other.example/x.tgz"


async def test_reads_of_service_paths_are_passed_on_and_nothing_else() -> None:
    with Npm() as npm:
        npm.advisories = {"x": []}
        chosen = index(npm.url, ecosystem=Ecosystem.NPM)
        async with Upstream(chosen, 20.0) as upstream:
            registry = NpmRegistry(chosen, upstream)
            answer = await registry.service("-/npm/v1/security/advisories/bulk", method="POST", body=b"{}")
            assert answer.body == b'{"x": []}'
            for path, method in (("foo", "GET"), ("-/../foo", "GET"), ("-/ping", "PUT")):
                with pytest.raises(UpstreamError):
                    await registry.service(path, method=method)
            with pytest.raises(ProjectNotFound):
                await registry.names()
            await registry.close()
        assert len(npm.requests) == 1
