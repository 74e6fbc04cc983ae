"""The MCP server over HTTP: who gets in, and how it stops."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import MCPError

from slopguard.agents.mcp.http import CONNECTIONS, NO_MESSAGE, Place
from slopguard.errors import UsageError
from tests.agents.mcp_world import (
    GHOST,
    LISTED,
    TOKEN,
    ledger,
    over_http,
    started,
    stream,
    token_file,
    url_of,
)
from tests.cli.program import Program

RPC = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
TAKES = {"Accept": "application/json, text/event-stream"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Served:
    """A server that asks for a token."""

    url: str
    place: Program

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def post(self, headers: dict[str, str], path: str = "", method: str = "POST", **more: object) -> httpx2.Response:
        more = more or {"json": RPC}
        return httpx2.request(method, self.url + path, headers=TAKES | headers, **more)  # type: ignore[arg-type]


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = Program(tmp_path_factory.mktemp("http"))
    with started(place, "--http", "0", "--token-file", str(token_file(place.root))) as server:
        yield Served(url_of(server), place)
        server.terminate()
        out, err = server.communicate(timeout=30)
        assert (server.returncode, out, err) == (0, b"", b"")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_with_the_token_is_answered_in_either_generation_of_the_protocol(served: Served, mode: str) -> None:
    with over_http(served.url, TOKEN, mode) as agent:
        told = agent.check(LISTED, GHOST)
    assert (told[LISTED]["verdict"], told[GHOST]["verdict"]) == ("allow", "quarantine")


def test_two_agents_at_once_are_both_answered(served: Served) -> None:
    def ask(who: str) -> set[str]:
        with over_http(served.url, TOKEN) as agent:
            return {name for number in range(5) for name in agent.check(f"sg-{who}-{number}")}

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(ask, ("ana", "ben")))
    assert [len(names) for names in found] == [5, 5]
    rows = [row for row in ledger(served.place) if row["package"].startswith(("pypi:sg-ana", "pypi:sg-ben"))]
    assert len(rows) == 10


def test_an_agent_without_the_token_gets_nothing(served: Served) -> None:
    with pytest.raises(BaseExceptionGroup) as why, over_http(served.url):
        pass
    assert why.group_contains(MCPError)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": "Bearer"}, 401),
        (BEARER, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        (BEARER | {"Host": "registry.example"}, 421),
        (BEARER | {"Host": "127.0.0.1"}, 421),
        (BEARER | {"Origin": "https://registry.example"}, 403),
        (BEARER | {"Origin": "null"}, 403),
        (BEARER | {"Content-Type": "text/plain"}, 400),
    ],
)
def test_only_who_has_the_token_and_is_no_web_page_gets_in(
    served: Served, headers: dict[str, str], status: int
) -> None:
    answer = served.post(headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert "registry.example" not in answer.text


def test_a_page_of_this_very_server_is_a_web_page_too(served: Served) -> None:
    assert served.post(BEARER | {"Origin": f"http://127.0.0.1:{served.port}"}).status_code == 403
    assert served.post(BEARER | {"Host": f"LOCALHOST:{served.port}"}).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "", 405), ("DELETE", "", 405), ("POST", "/x", 404)])
def test_there_is_one_path_and_one_method(served: Served, method: str, path: str, status: int) -> None:
    assert served.post(BEARER, path, method).status_code == status


def test_a_body_that_is_too_large_or_no_message_is_refused(served: Served) -> None:
    typed = BEARER | {"Content-Type": "application/json"}
    assert served.post(typed, content=b" " * (256 * 1024 + 1)).status_code == 413
    assert served.post(typed, content=b"{").status_code == 400


@pytest.mark.parametrize("sent", [b"[{}]", b'{"method": 1}', b'"sg-not-to-be-repeated"', b"{", b"", b"\xff"])
def test_what_is_no_message_is_not_repeated(served: Served, sent: bytes) -> None:
    typed = BEARER | {"Content-Type": "application/json"}
    answer = served.post(typed, content=sent.replace(b"{", b'{"sg-not-to-be-repeated": "x", ', 1))
    assert (answer.status_code, answer.json()["id"], answer.json()["error"]["message"]) == (400, None, NO_MESSAGE)
    assert "sg-not" not in answer.text


def test_two_tokens_are_none(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        twice = f"Authorization: Bearer {TOKEN}\r\n" * 2
        body = json.dumps(RPC)
        head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n{twice}Content-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 401 ")


def test_connections_on_which_nothing_comes_are_closed(slopguard: Program) -> None:
    script = (
        "import sys; from slopguard.agents.mcp import http; http.SILENT = 0.3; from slopguard.cli import main;"
        " sys.exit(main(['mcp', 'serve', '--http', '0']))"
    )
    with started(slopguard, script=script) as server:
        port = urlsplit(url_of(server)).port
        silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(CONNECTIONS)]
        silent[0].sendall(b"POST /mcp HTTP/1.1\r\nHost: ")
        assert [connection.recv(1) for connection in silent] == [b""] * CONNECTIONS
        with over_http(f"http://127.0.0.1:{port}/mcp") as agent:
            assert agent.check(LISTED)[LISTED]["verdict"] == "allow"
        for connection in silent:
            connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_on_loopback_it_needs_no_token_and_a_signal_ends_it_with_0(slopguard: Program, number: int) -> None:
    with started(slopguard, "--http", "localhost:0") as server, over_http(url_of(server)) as agent:
        assert agent.check(LISTED)[LISTED]["verdict"] == "allow"
        server.send_signal(number)
        assert server.wait(timeout=30) == 0
        assert (stream(server.stdout).read(), stream(server.stderr).read()) == (b"", b"")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--http", "0.0.0.0:0"], "without --token-file it only listens on this machine"),
        (["--http", "[::]:0"], "without --token-file it only listens on this machine"),
        (["--http", "registry.example:0"], "without --token-file it only listens on this machine"),
        (["--http", "flask"], "--http takes PORT or HOST:PORT"),
        (["--http", "99999"], "--http takes PORT or HOST:PORT"),
        (["--http", ":1"], "--http takes PORT or HOST:PORT"),
        (["--http", "0", "--stdio"], "--http and --stdio exclude each other"),
        (["--token-file", "mcp.token"], "--token-file goes with --http"),
        (["--http", "0", "--token-file", "none"], "--token-file cannot be read"),
    ],
)
def test_what_cannot_be_served_is_said_with_code_2(slopguard: Program, options: list[str], said: str) -> None:
    done = slopguard("mcp", "serve", *options)
    assert (done.rc, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (TOKEN, 0o644, "others may read the token file"),
        ("short", 0o600, "must hold one word"),
        ("a b " * 9, 0o600, "word"),
    ],
)
def test_a_token_that_others_could_know_is_none(slopguard: Program, text: str, mode: int, said: str) -> None:
    done = slopguard("mcp", "serve", "--http", "0", "--token-file", str(token_file(slopguard.root, text, mode)))
    assert (done.rc, said in done.err, text.strip() in done.err) == (2, True, False)


def test_a_port_that_is_taken_is_said(slopguard: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = slopguard("mcp", "serve", "--http", str(taken.getsockname()[1]))
    assert (done.rc, "it cannot listen there" in done.err) == (2, True)


def test_other_machines_reach_it_only_with_a_token(slopguard: Program) -> None:
    with started(slopguard, "--http", "0.0.0.0:0", "--token-file", str(token_file(slopguard.root))) as server:
        url, named = url_of(server).replace("0.0.0.0", "127.0.0.1"), {"Host": "build.registry.example"}
        assert httpx2.post(url, json=RPC, headers=TAKES | named).status_code == 401
        assert httpx2.post(url, json=RPC, headers=TAKES | named | BEARER).status_code == 200
        assert httpx2.post(url, json=RPC, headers=TAKES | BEARER | {"Origin": "null"}).status_code == 403


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("8765", "127.0.0.1", 8765, True),
        ("localhost:1", "localhost", 1, True),
        ("[::1]:1", "::1", 1, True),
        ("127.9.9.9:0", "127.9.9.9", 0, True),
        ("0.0.0.0:1", "0.0.0.0", 1, False),
        ("registry.example:1", "registry.example", 1, False),
    ],
)
def test_places(text: str, host: str, port: int, loopback: bool) -> None:
    place = Place.of(text)
    assert (place, place.loopback) == (Place(host, port), loopback)


@pytest.mark.parametrize("text", ["", ":", "x", "1:x", "-1", "1.5", "65536", "localhost:"])
def test_what_is_no_place_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        Place.of(text)
