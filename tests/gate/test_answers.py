"""How documents leave the gate: compressed for those far away, in pieces where they are large, 304 where known."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from slopguard.gate.answers import HELD_BACK, document, is_loopback
from slopguard.gate.rendered import Recipe, Rendered

SMALL, LARGE = b'{"name": "x"}' * 20, b"0123456789" * (HELD_BACK // 5)
RECIPE = Recipe("m", "application/json")


async def told(content: bytes, remote: str, headers: Mapping[str, str], recipe: Recipe = RECIPE) -> web.Response:
    """The answer to a peer; no large ones, which are on their way when this returns."""
    request: Any = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    answer = await document(request, Rendered(), recipe, lambda: content)
    assert isinstance(answer, web.Response)
    return answer


@pytest.mark.parametrize(
    ("remote", "accepted", "zipped"),
    [
        ("203.0.113.9", "gzip, deflate", True),
        ("203.0.113.9", "br;q=1.0, GZIP ; q=0.5", True),
        ("203.0.113.9", "identity", False),
        ("203.0.113.9", "gzip;q=0, br", False),
        ("203.0.113.9", "gzip;q=0.000", False),
        ("127.0.0.1", "gzip", False),
        ("::1", "gzip", False),
        ("::ffff:127.0.0.1", "gzip", False),
    ],
)
async def test_documents_are_compressed_for_other_machines_that_accept_it(
    remote: str, accepted: str, zipped: bool
) -> None:
    answer = await told(SMALL, remote, {"Accept-Encoding": accepted})
    assert isinstance(answer.body, bytes)
    assert (answer.headers.get("Content-Encoding") == "gzip") is zipped
    assert (gzip.decompress(answer.body) if zipped else answer.body) == SMALL
    assert "Accept-Encoding" in answer.headers["Vary"]


async def test_each_encoding_has_a_validator_of_its_own() -> None:
    far = {"Accept-Encoding": "gzip"}
    plain = (await told(SMALL, "127.0.0.1", {})).headers["ETag"]
    zipped = (await told(SMALL, "203.0.113.9", far)).headers["ETag"]
    assert plain != zipped
    for remote, headers, known, status in (
        ("127.0.0.1", {}, plain, 304),
        ("127.0.0.1", {}, zipped, 200),
        ("203.0.113.9", far, zipped, 304),
        ("203.0.113.9", far, plain, 200),
        ("203.0.113.9", far, f'"other", W/{zipped}', 304),
    ):
        answer = await told(SMALL, remote, {**headers, "If-None-Match": known})
        assert (answer.status, answer.status == 304) == (status, not answer.body)
        assert answer.status == 200 or "Content-Encoding" not in answer.headers


async def test_a_document_of_unknown_origin_is_validated_by_its_bytes() -> None:
    unknown = Recipe("", "application/json")
    tags = [(await told(content, "127.0.0.1", {}, unknown)).headers["ETag"] for content in (SMALL, SMALL, b"{}")]
    assert tags[0] == tags[1] != tags[2]
    assert (await told(SMALL, "127.0.0.1", {"If-None-Match": tags[0]}, unknown)).status == 304


@pytest.mark.parametrize("content", [SMALL, LARGE])
async def test_what_is_sent_arrives_whole(content: bytes) -> None:
    rendered = Rendered()

    async def answer(request: web.Request) -> web.StreamResponse:
        return await document(request, rendered, RECIPE, lambda: content, large=len(content) > HELD_BACK)

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestClient(TestServer(app)) as client:
        for _ in range(2):
            reply = await client.get("/")
            assert (await reply.read(), int(reply.headers["Content-Length"])) == (content, len(content))
        head = await client.head("/")
        assert (await head.read(), int(head.headers["Content-Length"])) == (b"", len(content))


@pytest.mark.parametrize(
    ("address", "near"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), (None, True),
     ("10.0.0.1", False), ("::2", False), ("::ffff:10.0.0.1", False), ("1270.example", False)],
)  # fmt: skip
def test_this_machine_is_told_from_others(address: str | None, near: bool) -> None:
    assert is_loopback(address) is near
