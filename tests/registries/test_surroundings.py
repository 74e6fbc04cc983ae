"""Proxies and certificates are those of whoever asks, not of the process that does it for them."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import UpstreamError
from slopguard.registries.shared import Shared
from slopguard.registries.surroundings import Surroundings, proxy_for, tls_context
from tests.registries.indexes import Authority, index
from tests.registries.sessions import read
from tests.simulators.pypi import PyPI

PLAIN = index("https://registry.example/")
PLACE = "https://registry.example/x"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has none of its own that count."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://up.example:1"}, "http://up.example:1"),
        ({"https_proxy": "http://low.example:1", "HTTPS_PROXY": "http://up.example:1"}, "http://low.example:1"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://up.example:1"}, None),
        ({"ALL_PROXY": "http://all.example:1"}, "http://all.example:1"),
        ({"all_proxy": "http://all.example:1", "https_proxy": "http://low.example:1"}, "http://low.example:1"),
        ({"http_proxy": "http://low.example:1"}, None),
        ({"https_proxy": "low.example:1"}, "http://low.example:1"),
        ({"https_proxy": "http://low.example:1", "NO_PROXY": "example"}, None),
        ({"https_proxy": "http://low.example:1", "no_proxy": "other.example, .registry.example"}, None),
        ({"https_proxy": "http://low.example:1", "no_proxy": "*"}, None),
        ({"https_proxy": "http://low.example:1", "no_proxy": "gistry.example"}, "http://low.example:1"),
    ],
)
def test_variables_mean_what_they_mean_to_pythons_own_client(env: dict[str, str], proxy: str | None) -> None:
    assert proxy_for(PLAIN, PLACE, Surroundings.of(env)) == proxy


def test_a_strangers_header_is_no_proxy() -> None:
    around = Surroundings.of({"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil.example:1"})
    assert proxy_for(PLAIN, "http://registry.example/x", around) is None
    around = Surroundings.of({"REQUEST_METHOD": "GET", "http_proxy": "http://low.example:1"})
    assert proxy_for(PLAIN, "http://registry.example/x", around) == "http://low.example:1"


def test_what_the_client_is_configured_with_goes_first() -> None:
    around = Surroundings.of({"https_proxy": "http://env.example:2", "no_proxy": "own.example"})
    own = index("https://registry.example/", proxy="http://own.example:1", no_proxy="files.example")
    assert proxy_for(own, PLACE, around) == "http://own.example:1"
    assert proxy_for(own, "https://files.example/x", around) is None
    assert proxy_for(index("https://registry.example/", proxy=""), PLACE, around) is None


@pytest.mark.parametrize("local", ["localhost:8", "127.0.0.9", "[::1]:8"])
def test_loopback_is_never_proxied(local: str) -> None:
    around = Surroundings.of({"https_proxy": "http://env.example:2"})
    assert (
        proxy_for(index("https://registry.example/", proxy="http://own.example:1"), f"https://{local}/", around) is None
    )
    assert proxy_for(PLAIN, f"https://{local}/", around) is None


def test_credentials_of_a_proxy_are_not_shown() -> None:
    assert "hunter2" not in repr(Surroundings.of({"https_proxy": "http://me:hunter2@proxy.example:1"}))


@pytest.fixture
def proxy() -> Iterator[PyPI]:
    """A registry that answers as a proxy does: to whatever host it is asked for."""
    with PyPI() as registry:
        registry.server.cache_control = "max-age=600"
        yield registry.add("foo", "1.0")


async def test_a_session_goes_through_its_own_proxy_and_not_through_this_process_s(
    proxy: PyPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    chosen = index("http://registry.example/simple/")
    around = Surroundings.of({"HTTP_PROXY": proxy.server.origin})
    async with Shared() as shared:
        page: Any = await read(shared, chosen, surroundings=around)
        assert page.versions == ("1.0",)
        with pytest.raises(UpstreamError):
            await read(shared, chosen)
    assert proxy.requests[0].raw.startswith("http://registry.example/")


async def test_what_came_through_another_proxy_is_not_shared(proxy: PyPI) -> None:
    chosen = index("http://registry.example/simple/")
    with PyPI() as other:
        other.add("foo", "2.0")
        other.server.cache_control = "max-age=600"
        async with Shared() as shared:
            for place, version in ((proxy, "1.0"), (other, "2.0"), (proxy, "1.0")):
                around = Surroundings.of({"HTTP_PROXY": place.server.origin})
                page: Any = await read(shared, chosen, surroundings=around)
                assert page.versions == (version,)
    assert len(proxy.requests) == len(other.requests) == 1


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca.pem")


async def test_a_session_trusts_the_authorities_of_its_caller(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Surroundings.of({"SSL_CERT_FILE": str(authority.bundle)})
    with PyPI(tls=authority.server()) as registry:
        registry.add("foo", "1.0")
        registry.server.cache_control = "max-age=600"
        async with Shared() as shared:
            assert await read(shared, index(registry.url), surroundings=theirs)
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
            with pytest.raises(UpstreamError, match="identity"):
                await read(shared, index(registry.url), surroundings=Surroundings.of({}))


async def test_what_was_fetched_without_verifying_is_not_for_who_verifies(authority: Authority) -> None:
    with PyPI(tls=authority.server()) as registry:
        registry.add("foo", "1.0")
        registry.server.cache_control = "max-age=600"
        async with Shared() as shared:
            assert await read(shared, index(registry.url, verify=False))
            with pytest.raises(UpstreamError, match="identity"):
                await read(shared, index(registry.url))


def test_authorities_that_are_not_there_are_none(tmp_path: Path) -> None:
    around = Surroundings.of({"SSL_CERT_FILE": str(tmp_path / "none.pem"), "SSL_CERT_DIR": str(tmp_path)})
    context = tls_context(PLAIN, around)
    assert isinstance(context, ssl.SSLContext)
    assert (context.get_ca_certs(), context.verify_mode) == ([], ssl.CERT_REQUIRED)


def test_authorities_that_were_replaced_are_others(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    around = Surroundings.of({"SSL_CERT_FILE": str(bundle)})
    bundle.write_text("one")
    before = around.identity
    bundle.write_text("another")
    assert around.identity != before
