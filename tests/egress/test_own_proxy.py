"""The user's own proxy: what is let through is handed on to it, with its credentials; nothing goes around the net."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.egress import Net
from slopguard.egress.upstream import Proxy as Own
from slopguard.egress.upstream import Unusable, Upstream, spared
from tests.egress.servers import HELLO, authorization, dial, echo, outside, read_all, say, status
from tests.registries.indexes import Authority
from tests.simulators.proxy import Proxy
from tests.simulators.server import LoopbackServer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with outside() as made:
        yield made


@pytest.fixture
def own(server: LoopbackServer) -> Iterator[Proxy]:
    with Proxy({"files.example": server.origin, "registry.example": server.origin}) as made:
        yield made


def with_credentials(own: Proxy) -> str:
    return own.url.replace("http://", "http://me:pass%20word@")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_plain_requests_are_handed_on_to_it(own: Proxy, server: LoopbackServer, name: str) -> None:
    with Net([], {name: with_credentials(own)}) as net:
        answer = say(net, "GET http://files.example/a?b HTTP/1.1")
    assert answer.endswith(HELLO)
    assert own.asked == ["GET files.example:80"]
    assert own.authorizations == {"Basic " + base64.b64encode(b"me:pass word").decode()}
    assert "proxy-authorization" not in server.requests[0].headers


def test_tunnels_are_handed_on_to_it(own: Proxy) -> None:
    with echo() as port, Net([], {"HTTPS_PROXY": with_credentials(own)}) as net, dial(net) as connection:
        own.serve("files.example", f"http://127.0.0.1:{port}")
        connection.sendall(f"CONNECT files.example:443 HTTP/1.1\r\n{authorization(net)}\r\n".encode())
        assert status(connection.recv(1000)) == 200
        connection.sendall(b"abc")
        connection.shutdown(1)
        assert read_all(connection) == b"cba"
    assert own.asked == ["CONNECT files.example:443"]
    assert own.authorizations == {"Basic " + base64.b64encode(b"me:pass word").decode()}


@pytest.mark.parametrize("spares", ["*", "registry.example", ".example"])
def test_what_is_refused_never_reaches_it_whatever_needs_no_proxy(own: Proxy, spares: str) -> None:
    with Net(["registry.example"], {"ALL_PROXY": own.url, "NO_PROXY": spares}) as net:
        assert status(say(net, "CONNECT registry.example:443 HTTP/1.1")) == 403
        assert status(say(net, "GET http://registry.example/ HTTP/1.1")) == 403
    assert own.asked == []


def test_what_needs_no_proxy_goes_there_directly(own: Proxy) -> None:
    with Net([], {"ALL_PROXY": own.url, "no_proxy": "nowhere.invalid"}) as net:
        assert status(say(net, "GET http://nowhere.invalid/ HTTP/1.1")) == 502
    assert own.asked == []


def test_loopback_needs_none(own: Proxy, server: LoopbackServer) -> None:
    with Net([], {"ALL_PROXY": own.url}) as net:
        assert status(say(net, f"GET {server.origin}/ HTTP/1.1")) == 200
    assert own.asked == []


def test_the_clients_own_setting_counts_before_the_environments(own: Proxy) -> None:
    with Net([], {"ALL_PROXY": "http://127.0.0.1:1"}, proxy=own.url, no_proxy="spared.invalid") as net:
        assert status(say(net, "GET http://files.example/ HTTP/1.1")) == 200
        assert status(say(net, "GET http://spared.invalid/ HTTP/1.1")) == 502
    assert own.asked == ["GET files.example:80"]


def test_it_cannot_be_reached_through_the_net_even_if_all_is_allowed(own: Proxy) -> None:
    port = own.url.rpartition(":")[2]
    with Net(["registry.example"], {"ALL_PROXY": own.url}, allow=["*"]) as net:
        assert status(say(net, f"CONNECT localhost:{port} HTTP/1.1")) == 403
    assert own.asked == []


def test_one_that_is_spoken_to_over_tls_is_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    with outside(authority.server()) as secure, Net([], {"HTTP_PROXY": secure.origin}) as net:
        assert status(say(net, "GET http://files.example/a HTTP/1.1")) == 200
        assert [seen.raw for seen in secure.requests] == ["http://files.example/a"]


def test_one_that_nobody_vouches_for_is_not_used(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca.pem")
    with outside(authority.server()) as secure, Net([], {"HTTP_PROXY": secure.origin}) as net:
        assert status(say(net, "GET http://files.example/a HTTP/1.1")) == 502
        assert secure.requests == []


def test_what_it_refuses_is_said_to_be_its_doing(own: Proxy) -> None:
    with Net([], {"ALL_PROXY": own.url}) as net:
        answer = say(net, "CONNECT elsewhere.example:443 HTTP/1.1")
    assert answer.startswith(b"HTTP/1.1 502 slopguard: the proxy of this machine answered 502\r\n")


def test_a_proxy_of_another_kind_is_said_to_be_unusable() -> None:
    with Net([], {"ALL_PROXY": "socks5h://me:word@127.0.0.1:1080"}) as net:
        answer = say(net, "CONNECT elsewhere.example:443 HTTP/1.1")
    assert status(answer) == 502
    assert b"of a kind that cannot be used" in answer
    assert b"word" not in answer


@pytest.mark.parametrize("url", ["socks5://a.example", "http://", "http://a.example:port", "http://["])
def test_what_is_no_proxy_is_unusable(url: str) -> None:
    with pytest.raises(Unusable):
        Own.of(url)
    assert Upstream({"ALL_PROXY": url}).places <= {("a.example", 1080)}


def test_a_proxys_secret_is_not_shown() -> None:
    made = Own.of("https://me:word@proxy.example")
    assert (made.host, made.port, made.tls) == ("proxy.example", 443, True)
    assert made.authorization
    assert made.authorization not in repr(made)


@pytest.mark.parametrize(
    ("listed", "host", "port", "yes"),
    [
        ("*", "a.example", 443, True),
        ("a.example", "a.example", 443, True),
        (".example, b", "a.example", 443, True),
        ("*.example", "a.example", 443, True),
        ("example b", "a.example", 443, True),
        ("ample", "a.example", 443, False),
        ("a.example:443", "a.example", 443, True),
        ("a.example:80", "a.example", 443, False),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "a.example", 443, False),
        ("fd00::1", "fd00::1", 443, True),
        ("", "a.example", 443, False),
        (",.,", "a.example", 443, False),
    ],
)
def test_who_needs_no_proxy(listed: str, host: str, port: int, *, yes: bool) -> None:
    assert spared(host, port, listed) is yes
