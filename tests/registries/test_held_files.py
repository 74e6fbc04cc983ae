"""Files that were fetched once come from this machine, if they are what the session's own index promises."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.cache import Files, Held
from slopguard.errors import UpstreamError
from slopguard.registries import held
from slopguard.registries.interface import HashMismatch
from slopguard.registries.shared import Shared
from slopguard.registries.wanted import Wanted
from tests.registries.indexes import FOO, body
from tests.registries.sessions import WHEEL, Clock, download, kept, of, session
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

SDIST = "foo-1.0.tar.gz"


@pytest.fixture
def pypi() -> Iterator[PyPI]:
    with PyPI() as registry:
        yield registry.add("foo", "1.0", source=True)


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shared]:
    async with kept(tmp_path, Clock()) as made:
        yield made


@pytest.fixture(params=["small", "large"])
def size(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Files count as large, or not; both come in more than one piece."""
    if request.param == "large":
        monkeypatch.setattr(held, "SMALL", 100)
        monkeypatch.setattr(held, "PIECE", 64)
    return str(request.param)


def content(pypi: PyPI, filename: str = WHEEL) -> bytes:
    return next(file.artefact.content for file in pypi.files_of("foo") if file.artefact.filename == filename)


def damage(folder: Path, change: Any) -> None:
    """Change every file of packages that is kept there."""
    kept_files = [path for path in folder.rglob("sha*") if path.is_file()]
    assert kept_files
    for path in kept_files:
        path.write_bytes(change(path.read_bytes()))


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("filename", [WHEEL, SDIST])
async def test_the_second_session_does_not_fetch_it(pypi: PyPI, shared: Shared, filename: str) -> None:
    first = await download(shared, of(pypi), filename)
    assert await download(shared, of(pypi), filename) == first == await download(shared, of(pypi), filename)
    assert first[2] == content(pypi, filename)
    assert pypi.downloads == [filename]


async def test_metadata_and_tarballs_too(pypi: PyPI, shared: Shared) -> None:
    for _ in range(2):
        await download(shared, of(pypi), f"{WHEEL}.metadata")
    assert len(pypi.asked(lambda seen: seen.path.endswith(".metadata"))) == 1
    with Npm() as npm:
        npm.add("foo", "1.0.0")
        first = await download(shared, of(npm), "foo-1.0.0.tgz")
        assert await download(shared, of(npm), "foo-1.0.0.tgz") == first
        assert npm.downloads == ["foo-1.0.0.tgz"]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("asked", [{"head": True}, {"byte_range": "bytes=-10"}, {"byte_range": "bytes=5-20"}])
async def test_heads_and_ranges_are_as_the_index_would_answer_them(
    pypi: PyPI, shared: Shared, asked: dict[str, Any]
) -> None:
    before = await download(shared, of(pypi), asked=asked)
    await download(shared, of(pypi))
    pypi.forget()
    assert await download(shared, of(pypi), asked=asked) == before
    assert pypi.downloads == []


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("byte_range", ["bytes=5000-", "bytes=9-3", "bytes=-", "bytes=0-1,4-5", "lines=1-2"])
async def test_a_range_that_makes_no_sense_gives_the_whole(pypi: PyPI, shared: Shared, byte_range: str) -> None:
    whole = await download(shared, of(pypi))
    assert await download(shared, of(pypi), asked={"byte_range": byte_range}) == whole


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("change", [lambda old: old[:-1] + b"!", lambda old: old[:-1], lambda old: b"", bytes.upper])
async def test_one_that_was_tampered_with_is_fetched_again(
    pypi: PyPI, shared: Shared, tmp_path: Path, change: Any
) -> None:
    first = await download(shared, of(pypi))
    await download(shared, of(pypi))
    damage(tmp_path, change)
    assert await download(shared, of(pypi)) == first
    assert await download(shared, of(pypi)) == first
    assert pypi.downloads == [WHEEL] * 2


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("asked", [{"head": True}, {"byte_range": "bytes=5-20"}])
async def test_of_one_that_was_tampered_with_no_part_is_served(
    pypi: PyPI, shared: Shared, tmp_path: Path, asked: dict[str, Any]
) -> None:
    before = await download(shared, of(pypi), asked=asked)
    await download(shared, of(pypi))
    damage(tmp_path, lambda old: old[:-1] + b"!")
    assert await download(shared, of(pypi), asked=asked) == before


async def test_one_that_changes_while_it_is_read_is_never_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "SMALL", 100)
    content = bytes(range(256)) * 4096
    wanted = Wanted("", {"sha256": frozenset({hashlib.sha256(content).hexdigest()})})
    depot = held.Depot(Files(tmp_path, 1 << 30))
    tee = depot.keeping(wanted)
    assert tee is not None
    await tee.take(content)
    await tee.done()
    stream = await depot.find(wanted)
    assert stream is not None
    assert await anext(stream.chunks) == content[: held.PIECE]
    damage(tmp_path, lambda old: old[:-1] + b"!")
    with pytest.raises(UpstreamError):
        await body(stream.chunks)
    assert await depot.find(wanted) is None


@pytest.mark.parametrize("kind", [Break.TRUNCATE, Break.GARBLE])
async def test_what_did_not_come_whole_and_right_is_not_kept(
    pypi: PyPI, shared: Shared, tmp_path: Path, kind: Break
) -> None:
    pypi.fail("/files/*", kind)
    with pytest.raises(UpstreamError):
        await download(shared, of(pypi))
    assert found(tmp_path) == []
    pypi.mend()
    assert (await download(shared, of(pypi)))[2] == content(pypi)


def found(folder: Path) -> list[Path]:
    """The files of packages that are kept there."""
    return list(folder.rglob("sha*"))


async def test_nor_what_a_client_did_not_wait_for(pypi: PyPI, shared: Shared, tmp_path: Path) -> None:
    async with session(shared, of(pypi)) as one:
        stream = await one.registry(of(pypi)).file(FOO, SDIST)
        await stream.chunks.aclose()  # type: ignore[attr-defined]
    assert (await download(shared, of(pypi), SDIST))[2] == content(pypi, SDIST)


async def test_a_digest_that_this_index_does_not_promise_finds_nothing(pypi: PyPI, shared: Shared) -> None:
    await download(shared, of(pypi))
    with PyPI() as other:
        other.add("foo", "1.0")
        other.files_of("foo")[0].sha256 = "0" * 64
        with pytest.raises(HashMismatch):
            await download(shared, of(other))
        other.files_of("foo")[0].sha256 = ""
        other.files_of("foo")[0].hashed = False
        await download(shared, of(other))
        await download(shared, of(other))
        assert len(other.downloads) == 3


async def test_another_index_that_promises_it_need_not_send_it(pypi: PyPI, shared: Shared) -> None:
    first = await download(shared, of(pypi))
    with PyPI() as other:
        other.projects = {"foo": [replace(file) for file in pypi.files_of("foo")]}
        assert await download(shared, of(other)) == first
        assert other.downloads == []


async def test_one_that_can_no_longer_be_opened_is_an_error_in_our_own_words(
    pypi: PyPI, shared: Shared, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await download(shared, of(pypi))
    monkeypatch.setattr(Held, "open", lambda self: os.open("/nowhere", os.O_RDONLY))
    if size == "small":  # it is found out before anything is promised, so that the index is asked
        assert (await download(shared, of(pypi)))[2] == content(pypi)
        return
    with pytest.raises(UpstreamError):
        await download(shared, of(pypi))
