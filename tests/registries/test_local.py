"""Indexes on disk: only listed files, only from where the index keeps them."""

import hashlib
from pathlib import Path

import pytest

from slopguard.errors import UpstreamError
from slopguard.indexes import IndexKind
from slopguard.registries.http import Upstream
from slopguard.registries.interface import HashMismatch, ProjectNotFound
from slopguard.registries.pypi.local import LocalRegistry, _read, path_of
from slopguard.registries.pypi.registry import PyPIRegistry
from tests.registries.indexes import FOO, body, index
from tests.simulators.server import Answer, LoopbackServer

WHEEL = "foo-1.0-py3-none-any.whl"
CONTENT = b"not really a wheel"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """`simple/` beside `files/`, and a secret further up."""
    root = tmp_path / "index"
    (root / "simple" / "foo").mkdir(parents=True)
    (root / "files").mkdir()
    (root / "files" / WHEEL).write_bytes(CONTENT)
    (root / "files" / f"{WHEEL}.metadata").write_bytes(b"Name: foo")
    write(root, f'<a href="../../files/{WHEEL}#sha256={SHA}" data-core-metadata="true">x</a>')
    (tmp_path / WHEEL).write_bytes(b"secret")
    return root


def write(root: Path, page: str) -> None:
    (root / "simple" / "foo" / "index.html").write_text(page)


def local(path: Path, kind: IndexKind = IndexKind.DEFAULT) -> LocalRegistry:
    chosen = index(path.as_uri(), kind=kind)
    return LocalRegistry(chosen, Upstream(chosen, 5.0))


async def content(registry: LocalRegistry, filename: str = WHEEL) -> bytes:
    return await body((await registry.file(FOO, filename)).chunks)


async def test_a_tree_serves_its_pages_files_and_metadata(tree: Path) -> None:
    registry = local(tree / "simple")
    page = await registry.project(FOO)
    assert page.versions == ("1.0",)
    assert not page.facts().dated
    assert await content(registry) == CONTENT
    assert await content(registry, f"{WHEEL}.metadata") == b"Name: foo"
    head = await registry.file(FOO, WHEEL, head=True)
    assert (head.headers["Content-Length"], await body(head.chunks)) == (str(len(CONTENT)), b"")
    assert b'href="foo/"' in await body(await registry.names())
    await registry.close()


async def test_what_is_not_there_is_not_found(tree: Path) -> None:
    registry = local(tree / "simple")
    (tree / "files" / WHEEL).unlink()
    for filename in ("bar-1.0.zip", WHEEL):
        with pytest.raises(ProjectNotFound):
            await registry.file(FOO, filename)
    for missing in (tree / "nowhere", tree / "files" / f"{WHEEL}.metadata"):
        with pytest.raises(ProjectNotFound):
            await local(missing).project(FOO)


async def test_a_changed_file_never_arrives(tree: Path) -> None:
    (tree / "files" / WHEEL).write_bytes(b"something else")
    with pytest.raises(HashMismatch):
        await content(local(tree / "simple"))


@pytest.mark.parametrize("href", [f"../../../{WHEEL}", f"file:///etc/{WHEEL}", f"file://elsewhere.example/{WHEEL}"])
async def test_nothing_outside_is_served(tree: Path, href: str) -> None:
    write(tree, f'<a href="{href}">x</a>')
    with pytest.raises((ProjectNotFound, UpstreamError)):
        await content(local(tree / "simple"))


async def test_a_symbolic_link_does_not_lead_outside(tree: Path) -> None:
    (tree / "files" / WHEEL).unlink()
    (tree / "files" / WHEEL).symlink_to(tree.parent / WHEEL)
    with pytest.raises(ProjectNotFound):
        await content(local(tree / "simple"))


async def test_a_folder_of_links_serves_what_lies_in_it(tree: Path) -> None:
    (tree / "files" / "notes.txt").write_text("x")
    (tree / "files" / "foo-3.0.tar.gz").mkdir()
    registry = local(tree / "files", IndexKind.FIND_LINKS)
    page = await registry.project(FOO)
    assert (page.versions, page.dropped) == (("1.0",), 3)
    assert await content(registry) == CONTENT
    (tree / "files" / "foo-2.0.zip").symlink_to(tree.parent / WHEEL)
    with pytest.raises(ProjectNotFound):
        await content(local(tree / "files", IndexKind.FIND_LINKS), "foo-2.0.zip")


async def test_a_folder_without_the_project_has_it_not(tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound):
        await local(tmp_path, IndexKind.FIND_LINKS).project(FOO)


async def test_a_page_of_links_on_disk_serves_its_neighbours(tree: Path) -> None:
    links = tree / "files" / "links.html"
    links.write_text(f'<a href="{WHEEL}">x</a><a href="bar-1.0.zip">y</a>')
    assert await content(local(links, IndexKind.FIND_LINKS)) == CONTENT


async def test_a_page_that_cannot_be_read_is_no_answer(tree: Path) -> None:
    (tree / "simple" / "foo" / "index.html").unlink()
    (tree / "simple" / "foo" / "index.html").mkdir()
    with pytest.raises(UpstreamError):
        await local(tree / "simple").project(FOO)


async def test_a_page_on_disk_may_point_to_the_network_but_only_safely(tree: Path) -> None:
    with LoopbackServer(lambda seen, sent: Answer(body=CONTENT)) as server:
        write(tree, f'<a href="{server.origin}/{WHEEL}#sha256={SHA}">x</a>')
        chosen = index((tree / "simple").as_uri())
        async with Upstream(chosen, 5.0) as upstream:
            with pytest.raises(UpstreamError, match="private network"):
                await LocalRegistry(chosen, upstream).file(FOO, WHEEL)
        assert server.requests == []


async def test_a_page_of_links_on_the_network_is_fetched_once() -> None:
    page = f'<a href="/f/{WHEEL}#sha256={SHA}">x</a>'.encode()

    def respond(seen: object, sent: bytes) -> Answer:
        return Answer(body=CONTENT if getattr(seen, "path", "").startswith("/f/") else page, content_type="text/html")

    with LoopbackServer(respond) as server:
        chosen = index(f"{server.origin}/links.html", kind=IndexKind.FIND_LINKS)
        async with Upstream(chosen, 20.0) as upstream:
            registry = PyPIRegistry(chosen, upstream)
            assert await body((await registry.file(FOO, WHEEL)).chunks) == CONTENT
            with pytest.raises(ProjectNotFound):
                await registry.project(type(FOO)("bar"))
            await registry.close()
        assert [seen.path for seen in server.requests] == ["/links.html", f"/f/{WHEEL}"]


def test_an_index_on_another_machine_is_refused() -> None:
    with pytest.raises(UpstreamError):
        path_of("file://elsewhere.example/simple")
    assert path_of("/plain/path") == Path("/plain/path")


async def test_a_file_that_vanishes_while_it_is_read_is_an_error(tree: Path) -> None:
    with pytest.raises(UpstreamError):
        await body(_read(tree))
