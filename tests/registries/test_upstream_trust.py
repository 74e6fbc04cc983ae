"""What is sent where: credentials to one origin, https never down to http, no way into a private network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamError
from slopguard.indexes import Credentials
from slopguard.registries import addresses
from slopguard.registries.addresses import LINK_LOCAL, PRIVATE, PUBLIC, GuardedResolver, literal, reach
from slopguard.registries.http import Upstream
from slopguard.registries.pypi.parse import JSON_TYPE
from slopguard.registries.pypi.registry import PyPIRegistry
from tests.registries.indexes import FOO, Authority, Table, body, index
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break, LoopbackServer, Seen, basic

WHEEL = "foo-1.0-py3-none-any.whl"
ME = Credentials("me", "hunter2")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca.pem")


@pytest.fixture
def elsewhere() -> Iterator[LoopbackServer]:
    page = b'{"meta": {"api-version": "1.0"}, "name": "foo", "files": []}'
    with LoopbackServer(lambda seen, sent: Answer(body=page, content_type=JSON_TYPE)) as server:
        yield server


async def project(url: str, resolver: Any = None, **more: Any) -> Any:
    chosen = index(url, **more)
    async with Upstream(chosen, 20.0, resolver) as upstream:
        return await PyPIRegistry(chosen, upstream).project(FOO)


async def whole_file(url: str, resolver: Any = None, **more: Any) -> bytes:
    chosen = index(url, **more)
    async with Upstream(chosen, 20.0, resolver) as upstream:
        return await body((await PyPIRegistry(chosen, upstream).file(FOO, WHEEL)).chunks)


async def test_a_redirect_to_another_origin_loses_the_credentials(elsewhere: LoopbackServer) -> None:
    with PyPI(credentials=basic("me", "hunter2")) as registry:
        registry.fail("/simple/*", Break.REDIRECT, to=f"{elsewhere.origin}/simple/foo/")
        await project(registry.url, credentials=ME)
        assert "authorization" in registry.requests[0].headers
        assert "authorization" not in elsewhere.requests[0].headers


async def test_credentials_do_not_come_back_after_a_detour() -> None:
    with PyPI() as registry:

        def back(seen: Seen, sent: bytes) -> Answer:
            return Answer(302, headers={"Location": f"{registry.server.origin}/elsewhere/"})

        with LoopbackServer(back) as detour:
            registry.fail("/simple/*", Break.REDIRECT, to=f"{detour.origin}/")
            with pytest.raises(Exception, match="no such package"):
                await project(registry.url, credentials=ME)
        assert ["authorization" in seen.headers for seen in registry.requests] == [True, False]


async def test_a_redirect_within_the_origin_keeps_them() -> None:
    with PyPI(credentials=basic("me", "hunter2")) as registry:
        registry.add("foo", "1.0")
        registry.fail("/old/*", Break.REDIRECT, to="/simple/foo/")
        page = await project(f"{registry.server.origin}/old/", credentials=ME)
        assert page.versions == ("1.0",)


async def test_the_file_host_gets_no_credentials() -> None:
    with PyPI(credentials=basic("me", "hunter2"), elsewhere=True) as registry:
        registry.add("foo", "1.0")
        assert await whole_file(registry.url, credentials=ME)
        assert "authorization" not in registry.files.requests[0].headers


@pytest.mark.parametrize(
    "target", ["/simple/foo/", "ftp://registry.example/", "http://[bad/", "file:///etc/passwd", "http://"]
)
async def test_redirects_that_lead_nowhere_end(target: str) -> None:
    with PyPI() as registry:
        registry.fail("/simple/*", Break.REDIRECT, to=target)
        with pytest.raises(UpstreamError):
            await project(registry.url)
        assert len(registry.requests) <= 6


async def test_https_never_becomes_http(authority: Authority, elsewhere: LoopbackServer) -> None:
    with PyPI(tls=authority.server()) as registry:
        registry.fail("/simple/*", Break.REDIRECT, to=f"{elsewhere.origin}/simple/foo/")
        with pytest.raises(UpstreamError, match="https to http"):
            await project(registry.url, ca_file=authority.bundle)
    assert elsewhere.requests == []


async def test_the_index_s_own_ca_counts_and_no_other(authority: Authority, tmp_path: Path) -> None:
    with PyPI(tls=authority.server()) as registry:
        registry.add("foo", "1.0")
        assert (await project(registry.url, ca_file=authority.bundle)).versions == ("1.0",)
        assert (await project(registry.url, verify=False)).versions == ("1.0",)
        with pytest.raises(UpstreamError, match="identity"):
            await project(registry.url)
        with pytest.raises(UpstreamError, match="identity"):
            await project(registry.url, ca_file=tmp_path)
        with pytest.raises(UpstreamError, match="certificate file"):
            await project(registry.url, ca_file=tmp_path / "missing.pem")


async def test_a_file_elsewhere_must_have_a_hash() -> None:
    with PyPI(elsewhere=True) as registry:
        registry.add("foo", "1.0", hashed=False)
        with pytest.raises(UpstreamError, match="without a hash"):
            await whole_file(registry.url)
        assert registry.files.requests == []
    with PyPI() as registry:
        registry.add("foo", "1.0", hashed=False)
        assert await whole_file(registry.url)


def linking_to(file_url: str) -> LoopbackServer:
    page = f'{{"files": [{{"filename": "{WHEEL}", "url": "{file_url}", "hashes": {{"sha256": "{"a" * 64}"}}}}]}}'
    return LoopbackServer(lambda seen, sent: Answer(body=page.encode(), content_type=JSON_TYPE))


@pytest.mark.parametrize(
    ("home", "links", "words"),
    [
        ("127.0.0.1", "http://files.example/", "plain http"),
        ("127.0.0.1", "file:///etc/", "not http or https"),
    ],
)
async def test_a_file_elsewhere_must_be_https(home: str, links: str, words: str) -> None:
    with linking_to(f"{links}{WHEEL}") as server, pytest.raises(UpstreamError, match=words):
        await whole_file(server.origin, Table({"files.example": ["93.184.216.34"]}))


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("10.1.2.3", []),
        ("169.254.169.254", []),
        ("[::1]", []),
        ("inside.example", ["10.1.2.3"]),
        ("localhost", ["127.0.0.1"]),
        ("mapped.example", ["::ffff:127.0.0.1"]),
    ],
)
async def test_a_public_index_leads_to_no_private_address(host: str, addresses: list[str]) -> None:
    resolver = GuardedResolver("registry.example", Table({"registry.example": ["93.184.216.34"], host: addresses}))
    with pytest.raises(UpstreamError, match="private network"):
        await (resolver.resolve(host) if addresses else resolver.check_literal(host))
    await resolver.close()


async def test_a_name_that_changes_its_address_is_checked_each_time() -> None:
    resolver = GuardedResolver(
        "registry.example",
        Table({"registry.example": ["93.184.216.34"], "files.example": ["93.184.216.35", "127.0.0.1"]}),
    )
    assert (await resolver.resolve("files.example"))[0]["host"] == "93.184.216.35"
    with pytest.raises(UpstreamError):
        await resolver.resolve("files.example")


async def test_the_address_checked_is_the_one_connected_to(elsewhere: LoopbackServer) -> None:
    port = elsewhere.origin.rpartition(":")[2]
    table = Table({"registry.example": ["93.184.216.34"], "files.example": ["127.0.0.1"]})
    async with Upstream(index("https://registry.example/"), 20.0, table) as upstream:
        with pytest.raises(UpstreamError, match="private network"):
            await upstream.document(f"http://files.example:{port}/", "*/*", 10_000)
    assert elsewhere.requests == []


async def test_a_private_index_may_use_private_hosts_but_not_link_local_ones() -> None:
    table = {
        "registry.corp.example": ["10.0.0.1"],
        "files.corp.example": ["10.0.0.2"],
        "meta.example": ["169.254.169.254"],
    }
    resolver = GuardedResolver("registry.corp.example", Table(table))
    assert await resolver.resolve("files.corp.example")
    assert await resolver.resolve("registry.corp.example")
    with pytest.raises(UpstreamError):
        await resolver.resolve("meta.example")
    await resolver.check_literal("files.corp.example")


async def test_where_an_index_is_does_not_count_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "REMEMBERED", -1.0)
    table = {"registry.example": ["10.0.0.1", "93.184.216.34"], "files.example": ["10.0.0.2"]}
    resolver = GuardedResolver("registry.example", Table(table))
    assert await resolver.resolve("files.example")
    with pytest.raises(UpstreamError, match="private network"):
        await resolver.resolve("files.example")


async def test_an_index_on_disk_leads_to_public_hosts_only() -> None:
    resolver = GuardedResolver("", Table({"inside.example": ["10.0.0.1"], "files.example": ["93.184.216.34"]}))
    assert await resolver.resolve("files.example")
    with pytest.raises(UpstreamError):
        await resolver.resolve("inside.example")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", PUBLIC),
        ("127.0.0.1", PRIVATE),
        ("10.0.0.1", PRIVATE),
        ("100.64.0.1", PRIVATE),
        ("0.0.0.0", PRIVATE),
        ("224.0.0.1", PRIVATE),
        ("169.254.1.1", LINK_LOCAL),
        ("fe80::1%eth0", LINK_LOCAL),
        ("fd00::1", PRIVATE),
        ("::ffff:169.254.169.254", LINK_LOCAL),
        ("64:ff9b::a00:1", PRIVATE),
        ("2002:7f00:1::", PRIVATE),
        ("2606:2800:220:1:248:1893:25c8:1946", PUBLIC),
    ],
)
def test_how_far_an_address_reaches(address: str, expected: str) -> None:
    assert reach(address) == expected
    assert literal(f"[{address}]") == expected


def test_a_name_is_no_literal_address() -> None:
    assert literal("registry.example") is None
