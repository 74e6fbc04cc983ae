"""The log: one JSON object a line, enough to find out what happened, and no secret in it, whatever a client sends."""

from __future__ import annotations

import base64
import json

import pytest

from tests.gate.house import NPM
from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

SECRETS = ("sgt_", "hunter2", "npm_own", "Basic ", "Bearer ", "not-ours", "query=1", "\x1b", "\u202e")


@pytest.fixture
def logged(team: Team, pypi: PyPI, npm: Npm) -> Team:
    pypi.add_established("sg-app")
    npm.add_established("sg-app")
    team.token("ana", "human")
    return team


def misuse(team: Team) -> None:
    """Everything that a client may get wrong with a secret."""
    ana = team.tokens["ana"]
    team.page("sg-app", "ana", login="ana:hunter2")
    team.packument("sg-app", "ana", login="npm_own")
    team.ask("/pypi/main/simple/sg-app/", f"Bearer ana.{ana}x")
    team.ask(f"/pypi/main/simple/{ana}/")
    team.ask("/npm/main/sg-app?query=1", team.basic("ana"), NPM)
    team.ask("/npm/main/-/whoami?token=not-ours", team.basic("ana"), NPM)
    team.ask("/pypi/main/simple/%1b%5b2Jsg%E2%80%AE/", team.basic("ana"))
    team.ask("/" + "x" * 3000, "Basic " + base64.b64encode(b"not-ours:not-ours").decode())


def test_a_request_is_told_with_its_token_name_route_and_verdict(logged: Team) -> None:
    logged.start()
    logged.page("sg-app", "ana")
    logged.page("sg-ghost", "ana")
    logged.packument("sg-app", "ana")
    logged.stop()
    rows = logged.events("request")
    told = [(r["token"], r["route"], r["index"], r["name"], r["status"], r.get("verdict"), r.get("rule")) for r in rows]
    assert told == [
        ("ana", "pypi-page", "main", "sg-app", 200, None, None),
        ("ana", "pypi-page", "main", "sg-ghost", 451, "block", "not-found"),
        ("ana", "npm-packument", "main", "sg-app", 200, None, None),
    ]
    assert all(row["ms"] > 0 and row["time"].endswith("+00:00") and row["level"] == "info" for row in rows)
    shown = logged.run("log", "show", rows[1]["decision"])
    assert "sg-ghost" in shown.stdout


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_ever_in_it(form: str, logged: Team) -> None:
    logged.start_quietly() if form == "text" else logged.start()
    misuse(logged)
    logged.stop()
    text = "".join(logged.lines)
    assert text.count("request") >= 8
    assert not [secret for secret in SECRETS if secret in text.replace("token=ana", "")], text
    assert text.isascii()
    assert all(len(line) < 1000 for line in logged.lines)


def test_every_line_is_one_json_object(logged: Team) -> None:
    logged.start("--workers", "2")
    misuse(logged)
    logged.stop()
    for line in logged.lines:
        row = json.loads(line)
        assert {"time", "level", "event"} <= row.keys()
        assert row["level"] in ("info", "warning", "error")
    assert not logged.events("fault")


def test_what_is_not_even_http_is_answered_without_a_line(logged: Team) -> None:
    import socket

    logged.start()
    with socket.create_connection(("127.0.0.1", logged.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01 hunter2\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.")
    logged.stop()
    assert "hunter2" not in "".join(logged.lines)
