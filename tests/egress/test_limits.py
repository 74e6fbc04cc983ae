"""What the net does with what is no request, too long, too much, or never ends."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from slopguard.egress import Net, proxy, wire
from slopguard.egress import net as nets
from slopguard.errors import EnvironmentFailed
from tests.egress.servers import authorization, dial, echo, outside, read_all, say, status

NONSENSE = [
    "GET / HTTP/1.1",
    "GET /simple/six/ HTTP/1.1\r\nHost: registry.example",
    "GET https://registry.example/ HTTP/1.1",
    "GET ftp://registry.example/ HTTP/1.1",
    "GET http://user:word@registry.example/ HTTP/1.1",
    "GET http:///x HTTP/1.1",
    "GET http://registry.example#/ HTTP/1.1",
    "CONNECT registry.example HTTP/1.1",
    "CONNECT registry.example:0 HTTP/1.1",
    "CONNECT registry.example:99999 HTTP/1.1",
    "CONNECT a@registry.example:443 HTTP/1.1",
    "CONNECT [registry.example]:443 HTTP/1.1",
    "CONNECT r\xe9gistry.example:443 HTTP/1.1",
    "CONNECT registry.example:443 HTTP/2.0",
    "CONNECT registry.example:443",
    "CONNECT  registry.example:443 HTTP/1.1",
    "CONNECT registry.example:443 HTTP/1.1\r\n folded: header",
    "CONNECT registry.example:443 HTTP/1.1\r\nname : value",
    "CONNECT registry.example:443 HTTP/1.1\nHost: other.example",
    "\x16\x03\x01\x02\x00",
]


@pytest.fixture
def net() -> Iterator[Net]:
    with Net([], {}) as made:
        yield made


@pytest.mark.parametrize("request_", NONSENSE)
def test_what_is_no_proper_request_is_answered_400_and_not_echoed(net: Net, request_: str) -> None:
    answer = say(net, request_)
    assert status(answer) == 400
    assert b"registry" not in answer


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ("Transfer-Encoding: chunked", 411),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", 411),
        ("Content-Length: 1\r\nContent-Length: 2", 400),
        ("Content-Length: -1", 400),
        ("Content-Length: 0x1", 400),
    ],
)
def test_a_body_of_unclear_length_is_not_passed_on(net: Net, headers: str, code: int) -> None:
    with outside() as server:
        assert status(say(net, f"POST {server.origin}/ HTTP/1.1\r\n{headers}", more=b"x")) == code
        assert server.requests == []


def test_a_head_that_never_ends_is_cut_off(net: Net) -> None:
    assert status(say(net, "GET http://a.example/ HTTP/1.1\r\nX: " + "a" * wire.HEAD_LIMIT * 2)) == 431


def test_a_head_that_does_not_come_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE", 0.05)
    with Net([], {}) as net, dial(net) as connection:
        connection.sendall(b"CONNECT reg")
        assert read_all(connection) == b""


def test_a_tunnel_in_which_nothing_moves_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IDLE", 0.05)
    with echo() as port, Net([], {}) as net, dial(net) as connection:
        connection.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{authorization(net)}\r\n".encode())
        assert read_all(connection) == b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_more_connections_than_it_holds_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "CONNECTIONS", 1)
    with echo() as port, Net([], {}) as net, dial(net) as held:
        held.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n{authorization(net)}\r\n".encode())
        assert status(held.recv(1000)) == 200
        assert status(say(net, "CONNECT registry.example:443 HTTP/1.1")) == 503


def test_a_flood_of_hosts_is_refused_and_remembered_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nets, "DISTINCT", 3)
    with Net(["registry.example"], {}) as net:
        for number in range(5):
            assert status(say(net, f"CONNECT h{number}.registry.example:443 HTTP/1.1")) == 403
        assert len(net.refusals) == 3


def test_who_connects_and_leaves_disturbs_nobody(net: Net, capfd: pytest.CaptureFixture[str]) -> None:
    dial(net).close()
    with outside() as server:
        assert status(say(net, f"GET {server.origin}/ HTTP/1.1")) == 200
    assert capfd.readouterr() == ("", "")


def test_a_server_that_breaks_off_gives_no_answer(net: Net) -> None:
    from tests.simulators.server import Break, Fault

    with outside() as server:
        server.faults.append(Fault("/*", Break.REFUSE))
        assert status(say(net, f"GET {server.origin}/ HTTP/1.1")) == 502


def test_a_client_that_waits_for_leave_to_send_gets_it(net: Net) -> None:
    with outside() as server:
        asked = f"POST {server.origin}/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2"
        answer = say(net, asked, more=b"ok")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"ok")


def test_a_fault_of_ours_lets_nothing_through_and_says_nothing(
    net: Net, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(head: wire.Head) -> wire.Place:
        raise RuntimeError(head.target)

    with outside() as server:
        monkeypatch.setattr(wire, "place", broken)
        assert say(net, f"GET {server.origin}/ HTTP/1.1") == b""
        assert server.requests == []
    assert capfd.readouterr() == ("", "")


def test_without_a_port_there_is_no_net_and_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Portless(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError("no port")

    monkeypatch.setattr(nets.socket, "socket", Portless)
    with pytest.raises(EnvironmentFailed, match="no port can be had"), Net([], {}):
        pytest.fail("there is one")


def test_a_net_that_nobody_uses_imports_no_event_loop() -> None:
    script = (
        "import sys; from slopguard.egress.net import Net\nwith Net([], {}): pass\nsys.exit('asyncio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
