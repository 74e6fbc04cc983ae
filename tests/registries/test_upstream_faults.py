"""Whatever an index does wrong, the answer is one of three errors in our own words, and nothing wrong is delivered."""

import asyncio
import contextlib
import gzip
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from slopguard.errors import UpstreamAuth, UpstreamError
from slopguard.indexes import Credentials
from slopguard.model import Ecosystem
from slopguard.registries.http import Upstream
from slopguard.registries.interface import HashMismatch, ProjectNotFound, Rejected
from slopguard.registries.npm.registry import NpmRegistry
from slopguard.registries.pypi.registry import PyPIRegistry
from tests.registries.indexes import FOO, body, index
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break, LoopbackServer, basic

WHEEL = "foo-1.0-py3-none-any.whl"
SHORT = 0.4
LONG = 20.0


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        yield registry.add("foo", "1.0", source=True)


@pytest.fixture
def npm() -> Iterator[Npm]:
    with Npm() as registry:
        yield registry.add("foo", "1.0.0")


async def page_of(registry: PyPI, patience: float = LONG, **more: Any) -> Any:
    chosen = index(registry.url, **more)
    async with Upstream(chosen, patience) as upstream:
        return await PyPIRegistry(chosen, upstream).project(FOO)


async def file_of(registry: PyPI, filename: str = WHEEL, patience: float = LONG, **more: Any) -> bytes:
    chosen = index(registry.url)
    async with Upstream(chosen, patience) as upstream:
        stream = await PyPIRegistry(chosen, upstream).file(FOO, filename, **more)
        return await body(stream.chunks)


async def packument_of(registry: Npm, patience: float = LONG) -> Any:
    chosen = index(registry.url, ecosystem=Ecosystem.NPM)
    async with Upstream(chosen, patience) as upstream:
        return await NpmRegistry(chosen, upstream).project(FOO)


FAULTS = [
    (Break.REFUSE, LONG),
    (Break.STALL, SHORT),
    (Break.DRIP, SHORT),
    (Break.TRUNCATE, LONG),
    (Break.GARBLE, LONG),
    (Break.WRONG_TYPE, LONG),
    (Break.PORTAL, LONG),
]


@pytest.mark.parametrize(("kind", "patience"), FAULTS)
async def test_a_broken_page_is_no_answer(pypi: PyPI, kind: Break, patience: float) -> None:
    pypi.fail("/simple/*", kind)
    with pytest.raises(UpstreamError) as caught:
        await page_of(pypi, patience)
    assert type(caught.value) is UpstreamError


@pytest.mark.parametrize(("kind", "patience"), FAULTS)
async def test_a_broken_packument_is_no_answer(npm: Npm, kind: Break, patience: float) -> None:
    npm.fail("/foo", kind)
    with pytest.raises(UpstreamError):
        await packument_of(npm, patience)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, UpstreamAuth),
        (403, UpstreamAuth),
        (404, ProjectNotFound),
        (410, ProjectNotFound),
        (429, Rejected),
        (451, Rejected),
        (500, Rejected),
        (503, Rejected),
        (204, UpstreamError),
        (304, UpstreamError),
    ],
)
async def test_each_status_has_one_meaning(pypi: PyPI, status: int, error: type[Exception]) -> None:
    pypi.fail("/simple/*", Break.STATUS, status=status)
    with pytest.raises(error) as caught:
        await page_of(pypi)
    assert type(caught.value) is error


async def test_nobody_listening_is_no_answer() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/simple/"
        async with Upstream(index(url), LONG) as upstream:
            with pytest.raises(UpstreamError, match="cannot be reached"):
                await PyPIRegistry(index(url), upstream).project(FOO)


@pytest.mark.parametrize("kind", [Break.TRUNCATE, Break.REFUSE])
async def test_a_broken_file_is_an_error(pypi: PyPI, kind: Break) -> None:
    pypi.fail("/files/*", kind)
    with pytest.raises(UpstreamError):
        await file_of(pypi)


@pytest.mark.parametrize("kind", [Break.STALL, Break.DRIP])
async def test_a_file_that_stands_still_or_crawls_is_an_error(pypi: PyPI, kind: Break) -> None:
    pypi.fail("/files/*", kind)
    with pytest.raises(UpstreamError):
        await file_of(pypi, patience=SHORT)


@pytest.mark.parametrize("filename", [WHEEL, f"{WHEEL}.metadata", "foo-1.0.tar.gz"])
async def test_a_wrong_file_never_arrives(pypi: PyPI, filename: str) -> None:
    pypi.fail("/files/*", Break.GARBLE)
    with pytest.raises(HashMismatch):
        await file_of(pypi, filename)


async def test_a_wrong_tarball_never_arrives(npm: Npm) -> None:
    npm.fail("*.tgz", Break.GARBLE)
    chosen = index(npm.url, ecosystem=Ecosystem.NPM)
    async with Upstream(chosen, LONG) as upstream:
        with pytest.raises(HashMismatch):
            await NpmRegistry(chosen, upstream).file(FOO, "foo-1.0.0.tgz")


def served(answer: Answer) -> LoopbackServer:
    return LoopbackServer(lambda seen, sent: answer)


async def document(answer: Answer, limit: int = 1000) -> bytes:
    with served(answer) as server:
        async with Upstream(index(server.origin), LONG) as upstream:
            return (await upstream.document(f"{server.origin}/x", "*/*", limit)).body


async def test_a_document_over_the_limit_is_refused() -> None:
    assert await document(Answer(body=b"x" * 1000)) == b"x" * 1000
    with pytest.raises(UpstreamError, match="more than"):
        await document(Answer(body=b"x" * 1001))


async def test_a_decompression_bomb_is_noticed_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    with pytest.raises(UpstreamError, match="more than"):
        await document(Answer(body=bomb, headers={"Content-Encoding": "gzip"}), 1_000_000)


async def test_a_compressed_document_is_read_to_its_end() -> None:
    text = bytes(range(256)) * 4000
    packed = gzip.compress(text)
    gzipped = {"Content-Encoding": "gzip"}
    assert await document(Answer(body=packed, headers=gzipped), len(text)) == text
    for broken in (packed[: len(packed) // 2], packed + b"x", b"nonsense", b""):
        with pytest.raises(UpstreamError):
            await document(Answer(body=broken, headers=gzipped), len(text))


async def test_an_encoding_nobody_asked_for_is_refused() -> None:
    with pytest.raises(UpstreamError):
        await document(Answer(body=zlib.compress(b"x"), headers={"Content-Encoding": "deflate"}))


async def test_a_lost_connection_is_tried_once_more() -> None:
    lost: list[str] = []

    def respond(seen: Any, sent: bytes) -> Answer:
        lost.append(seen.method)
        if len(lost) == 1:
            raise ConnectionResetError
        return Answer(body=b"{}")

    with LoopbackServer(respond) as server:
        async with Upstream(index(server.origin), LONG) as upstream:
            assert (await upstream.document(server.origin, "*/*", 10)).body == b"{}"
    assert lost == ["GET", "GET"]


async def test_a_write_is_not_tried_twice() -> None:
    seen_methods: list[str] = []

    def respond(seen: Any, sent: bytes) -> Answer:
        seen_methods.append(seen.method)
        raise ConnectionResetError

    with LoopbackServer(respond) as server:
        chosen = index(server.origin, ecosystem=Ecosystem.NPM)
        async with Upstream(chosen, LONG) as upstream:
            with pytest.raises(UpstreamError):
                await NpmRegistry(chosen, upstream).service("-/npm/v1/audit", method="POST", body=b"{}")
    assert seen_methods == ["POST"]


async def test_giving_up_on_a_stream_closes_it(pypi: PyPI) -> None:
    chosen = index(pypi.url)
    async with Upstream(chosen, LONG) as upstream:
        stream = await PyPIRegistry(chosen, upstream).file(FOO, WHEEL)
        async with contextlib.aclosing(stream.chunks) as chunks:  # type: ignore[type-var]
            await anext(chunks)


async def test_credentials_and_their_words_stay_out_of_errors() -> None:
    with PyPI(credentials=basic("me", "right")) as registry:
        registry.add("foo", "1.0")
        wrong = Credentials("me", "hunter2")
        with pytest.raises(UpstreamAuth) as caught:
            await page_of(registry, credentials=wrong)
        assert "hunter2" not in f"{caught.value}{caught.value.diagnosis()}{wrong!r}"
        assert (await page_of(registry, credentials=Credentials("me", "right"))).versions == ("1.0",)


async def test_a_bearer_token_is_sent_as_such() -> None:
    with Npm(credentials="Bearer t0k") as registry:
        registry.add("foo", "1.0.0")
        chosen = index(registry.url, ecosystem=Ecosystem.NPM, credentials=Credentials(secret="t0k", scheme="bearer"))
        async with Upstream(chosen, LONG) as upstream:
            assert "1.0.0" in (await NpmRegistry(chosen, upstream).project(FOO)).versions


async def test_cancelling_is_not_turned_into_an_error(pypi: PyPI) -> None:
    pypi.fail("*", Break.STALL)
    asked = asyncio.create_task(page_of(pypi))
    await asyncio.sleep(0)  # it is under way: cancelled before its first answer
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_a_proxy_inside_the_network_is_used() -> None:
    with PyPI() as registry:
        registry.add("foo", "1.0")
        chosen = index("http://registry.example/simple/", proxy=registry.server.origin)
        async with Upstream(chosen, LONG) as upstream:
            assert (await PyPIRegistry(chosen, upstream).project(FOO)).versions == ("1.0",)
        assert registry.requests[0].raw.startswith("http://registry.example/")
