"""What is no proper request: answered in words, counted, and never called a fault of ours."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from slopguard.serve.places import asked_by_name, is_here
from tests.serve.team import WAIT, Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with PyPI() as pypi, Npm() as npm:
        npm.add_established("sg-app")
        team = Team(Path(tmp_path_factory.mktemp("odd")) / "team").settings(pypi.url, npm.url)
        team.token("ana", "human")
        yield team.start()
        team.stop()


def sent(team: Team, lines: str, body: bytes = b"") -> bytes:
    """What is answered to exactly these lines, on a connection of their own."""
    with socket.create_connection(("127.0.0.1", team.port), timeout=WAIT) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in [*lines.splitlines(), ""]).encode("latin-1") + body)
        answer = b""
        while more := connection.recv(1 << 16):
            answer += more
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    "line",
    ["GET / HTTP/9.9", "\x16\x03\x01 hello", "GET /%s HTTP/1.1" % ("a" * 20_000), "GET http://[::1/ HTTP/1.1", "x"],
)
def test_what_is_no_http_is_no_fault(line: str, asked: Team) -> None:
    assert status(sent(asked, line)) == 400
    assert asked.ask("/healthz").status == 200
    assert asked.events("fault") == []


@pytest.mark.parametrize("line", ["GET /pypi/main/simple/a%0Ab/ HTTP/1.0", "OPTIONS * HTTP/1.0", "GET /%0A HTTP/1.0"])
def test_a_path_of_any_kind_needs_a_token_and_is_counted(line: str, asked: Team) -> None:
    before = len(asked.events("request", status=401))
    answer = sent(asked, f"{line}\nHost: gate.example")
    assert status(answer) == 401
    assert b"wants a token" in answer
    asked.await_event("request", before + 1, status=401)


def test_a_name_that_holds_a_line_break_is_a_bad_name(asked: Team) -> None:
    answer = sent(asked, f"GET /npm/main/a%0Ab HTTP/1.0\nHost: gate.example\nAuthorization: {asked.basic('ana')}")
    assert status(answer) == 403
    assert asked.await_event("request", token="ana", rule="bad-name")["status"] == 403


@pytest.mark.parametrize("host", ["Host: g\xe4te.example", 'Host: a"b', "Host: a/b", "Host:", "X-No: host"])
def test_a_host_that_is_none_is_not_written_into_addresses(host: str, asked: Team) -> None:
    answer = sent(asked, f"GET /npm/main/sg-app HTTP/1.0\n{host}\nAuthorization: {asked.basic('ana')}")
    assert status(answer) == 403
    assert b"not reached by that name" in answer
    assert asked.events("fault") == []


def test_a_body_that_is_not_what_it_says_is_the_callers_fault(asked: Team) -> None:
    body = zlib.compress(b"{}")
    lines = (
        "POST /npm/main/-/npm/v1/security/advisories/bulk HTTP/1.0\nHost: gate.example\nContent-Encoding: gzip\n"
        f"Content-Type: application/json\nContent-Length: {len(body)}\nAuthorization: {asked.basic('ana')}"
    )
    assert status(sent(asked, lines, body)) == 400
    assert asked.events("fault") == []
    assert asked.events("request", failure="internal-error") == []


def test_a_page_that_has_its_name_point_here_is_not_told_what_was_counted(asked: Team) -> None:
    assert asked.ask("/metrics").status == 200
    assert asked.ask("/metrics", Host="evil.example").status == 401
    assert asked.ask("/metrics", asked.basic("ana"), Host="evil.example").status == 200


@pytest.mark.parametrize("host", ["gate_1.example", "GATE.example:8443", "[::1]:80", "[fe80::1]", "192.0.2.1"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert asked_by_name(host, None)


def test_this_machine_has_three_names() -> None:
    assert all(is_here(host) for host in ("127.0.0.1:1", "LOCALHOST", "[::1]:80", "[::1]"))
    assert not any(is_here(host) for host in ("", "::1", "127.0.0.1.evil.example", "localhost.evil.example:80"))
