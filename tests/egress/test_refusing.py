"""What the net refuses and lets through, over the wire: tunnels and plain requests, by whoever knows the secret."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from slopguard.egress import Net, Refusal
from tests.egress.servers import HELLO, authorization, dial, echo, outside, read_all, say, status, url_of
from tests.simulators.server import LoopbackServer

INDEX = "https://registry.example/simple/"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with outside() as made:
        yield made


@pytest.fixture
def net() -> Iterator[Net]:
    with Net([INDEX], {}) as made:
        yield made


@pytest.mark.parametrize("target", ["registry.example:443", "files.REGISTRY.example.:8443", "github.com:443"])
def test_a_tunnel_to_a_refused_host_is_answered_with_who_and_what_to_do(net: Net, target: str) -> None:
    answer = say(net, f"CONNECT {target} HTTP/1.1").decode("ascii")
    host = target.lower().rpartition(":")[0].rstrip(".")
    assert answer.startswith(f"HTTP/1.1 403 slopguard: no way to {host} past the guard")
    assert "net.allow" in answer.splitlines()[0]


def test_a_plain_request_to_a_refused_host_is_too(net: Net) -> None:
    answer = say(net, "GET http://registry.example/simple/six/ HTTP/1.1\r\nHost: other.example")
    assert status(answer) == 403
    assert b"no way to registry.example" in answer


def test_what_is_refused_is_counted_once_a_place(net: Net) -> None:
    for target in ("registry.example:443", "Registry.example:443", "registry.example:80"):
        say(net, f"CONNECT {target} HTTP/1.1")
    assert net.refusals == (Refusal("registry.example", 443, 2), Refusal("registry.example", 80, 1))
    assert [line for line in net.lines() if "registry.example:443" in line]


def test_a_host_learned_while_it_runs_is_refused_from_then_on(net: Net) -> None:
    net.learn("https://files.example/a/b.whl")
    assert status(say(net, "CONNECT files.example:443 HTTP/1.1")) == 403


def test_a_plain_request_elsewhere_is_passed_on(net: Net, server: LoopbackServer) -> None:
    answer = say(net, f"GET {server.origin}/a?b=c HTTP/1.1\r\nHost: registry.example\r\nProxy-Connection: keep-alive")
    assert status(answer) == 200
    assert answer.endswith(HELLO)
    [seen] = server.requests
    assert seen.raw == "/a?b=c"
    assert seen.headers["host"] == server.origin.removeprefix("http://")
    assert not [name for name in seen.headers if name.startswith("proxy-")]


def test_the_body_that_a_plain_request_announces_is_passed_on_and_nothing_after_it(
    net: Net, server: LoopbackServer
) -> None:
    smuggled = b"GET http://registry.example/ HTTP/1.1\r\n\r\n"
    answer = say(net, f"POST {server.origin}/ HTTP/1.1\r\nContent-Length: 4", more=b"body" + smuggled)
    assert answer.endswith(HELLO + b"body")
    assert [seen.method for seen in server.requests] == ["POST"]


def test_a_tunnel_hands_bytes_over_in_both_directions_also_after_one_has_ended(net: Net) -> None:
    with echo() as port, dial(net) as connection:
        connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{authorization(net)}\r\n".encode())
        assert status(connection.recv(1000)) == 200
        sent = bytes(range(256)) * 4096
        connection.sendall(sent)
        connection.shutdown(1)
        assert read_all(connection) == sent[::-1]


def test_an_index_on_loopback_is_refused_and_its_neighbour_is_not(server: LoopbackServer) -> None:
    port = int(server.origin.rpartition(":")[2])
    with Net([server.origin], {}) as net, echo() as other:
        for host in ("127.0.0.1", "localhost", "127.1", "[::1]", "x.localhost"):
            assert status(say(net, f"CONNECT {host}:{port} HTTP/1.1")) == 403
        with dial(net) as connection:
            connection.sendall(f"CONNECT localhost:{other} HTTP/1.1\r\n{authorization(net)}\r\n".encode())
            assert status(connection.recv(1000)) == 200
    assert server.requests == []


def test_a_name_that_leads_to_loopback_is_loopback(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(server.origin.rpartition(":")[2])
    real = socket.getaddrinfo

    def resolved(host: str, *args: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "inside.example" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    for refused, code in ((server.origin, 403), ("http://127.0.0.1:1/", 200)):
        with Net([refused], {}) as net:
            assert status(say(net, f"GET http://inside.example:{port}/ HTTP/1.1")) == code
    assert len(server.requests) == 1


def test_what_a_person_allows_is_passed_on(server: LoopbackServer) -> None:
    with Net([server.origin], {}, allow=[server.origin.removeprefix("http://")]) as net:
        assert status(say(net, f"GET {server.origin}/ HTTP/1.1")) == 200
        assert net.refusals == ()


def test_observing_refuses_nothing_and_remembers(server: LoopbackServer) -> None:
    with Net([server.origin], {}, observe=True) as net:
        assert status(say(net, f"GET {server.origin}/ HTTP/1.1")) == 200
        assert [refusal.count for refusal in net.refusals] == [1]
        assert net.ports is None


@pytest.mark.parametrize("wrong", ["", "Proxy-Authorization: Basic Og==\r\n", "Proxy-Authorization: Bearer x\r\n"])
def test_without_the_secret_nothing_is_passed_on(net: Net, server: LoopbackServer, wrong: str) -> None:
    answer = say(net, f"GET {server.origin}/ HTTP/1.1\r\n{wrong}".removesuffix("\r\n"), opened=False)
    assert status(answer) == 407
    assert b'Proxy-Authenticate: Basic realm="slopguard"' in answer
    assert server.requests == []


def test_another_runs_secret_is_none() -> None:
    with Net([], {}) as net, Net([], {}) as other:
        assert url_of(net).rpartition("@")[0] != url_of(other).rpartition("@")[0]
        with dial(net) as connection:
            connection.sendall(f"CONNECT localhost:1 HTTP/1.1\r\n{authorization(other)}\r\n".encode())
            assert status(read_all(connection)) == 407


def test_a_place_that_does_not_answer_is_said_to_be_out_of_reach(net: Net) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert status(say(net, f"CONNECT 127.0.0.1:{port} HTTP/1.1")) == 502


def test_the_net_does_not_lead_to_itself() -> None:
    with Net([], {}, allow=["*"]) as net:
        port = url_of(net).rpartition(":")[2]
        assert status(say(net, f"CONNECT localhost:{port} HTTP/1.1")) == 403


def test_it_ends_at_once_with_connections_open() -> None:
    with echo() as port, Net([], {}) as ended:
        held = dial(ended)
        held.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{authorization(ended)}\r\n".encode())
        assert status(held.recv(1000)) == 200
    assert read_all(held) == b""
    held.close()
