"""Nobody but the session's own client gets anything but a fixed refusal."""

from __future__ import annotations

import base64
import socket

import pytest

from tests.gate.conftest import Opened
from tests.simulators.pypi import PyPI

ROUTES = (
    "/pypi/main/simple/sg-app/",
    "/npm/main/sg-app",
    "/osv/v1/querybatch",
    "/nothing",
    "/npm/main/-/ping",
    "/npm/main/a%0Ab",
)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("path", ROUTES)
def test_every_route_wants_the_secret(opened: Opened, path: str) -> None:
    house = opened()
    reply = house.ask(path, Authorization="")
    assert reply.status == 403
    assert reply.reason == "slopguard: this gate answers only the command it was opened for"


def test_health_needs_no_secret(opened: Opened) -> None:
    assert opened().ask("/healthz", Authorization="").status == 200


def test_a_wrong_secret_and_a_wrong_session_are_refused_alike(opened: Opened) -> None:
    house = opened()
    user, secret = house.address.user, house.address.secret
    wrong = (
        basic(user, "x"),
        basic("x", secret),
        basic(user, ""),
        f"Bearer {user}.x",
        f"Bearer {secret}",
        "Basic !!!",
        "Basic /////w==",
        f"Digest {user}:{secret}",
        "Basic",
        f"Bearer {user}.\xff",
    )
    assert {house.page("sg-app", Authorization=value).status for value in wrong} == {403}


def test_basic_and_bearer_both_open_the_session(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()
    assert house.page("sg-app").status == 200
    assert house.page("sg-app", Authorization=f"Bearer {house.address.token}").status == 200


def test_a_closed_session_is_a_stranger(opened: Opened) -> None:
    house = opened()
    house.gate.close(house.session)
    assert house.page("sg-app").reason.endswith("it was opened for")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", "[::1]"])
def test_a_foreign_host_name_is_refused(opened: Opened, host: str) -> None:
    reply = opened().page("sg-app", Host=host)
    assert (reply.status, reply.reason) == (403, "slopguard: this gate answers only on its own loopback address")


def test_localhost_is_our_name_too(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    house = opened()
    assert house.page("sg-app", Host=f"localhost:{house.port}").status == 200


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest"])
def test_browsers_are_refused(opened: Opened, header: str) -> None:
    reply = opened().ask("/healthz", "curl", "GET", None, **{header: "same-origin"})
    assert (reply.status, reply.reason) == (403, "slopguard: this gate does not answer browsers")


def test_no_secret_is_ever_shown(opened: Opened) -> None:
    house = opened()
    assert house.address.secret not in repr(house.session) + repr(house.address)
    assert house.address.secret not in house.page("sg-ghost").text


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX : y\r\n\r\n"]
)
def test_what_is_no_http_leaves_no_line_on_the_terminal(
    opened: Opened, sent: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    house = opened()
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as connection:
        connection.sendall(sent)
        assert connection.recv(64).startswith(b"HTTP/1.0 400")
    house.gate.close(house.session)
    assert capfd.readouterr().err == ""
    assert caplog.records == []
