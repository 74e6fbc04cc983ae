"""Where it may listen: on this machine, or with tokens and TLS; everything else is a usage error."""

from __future__ import annotations

import socket

import pytest

from slopguard.errors import UsageError
from slopguard.serve.places import Place, check, host_names, own_hosts
from tests.serve.team import Team

LOCAL = ("127.0.0.1:8766", "localhost:0", "[::1]:8766", "127.9.9.9:1")
REMOTE = ("0.0.0.0:8766", "[::]:8766", "192.0.2.7:8766", "gate.example:443")


@pytest.mark.parametrize("text", LOCAL)
def test_without_tokens_it_may_listen_on_this_machine(text: str) -> None:
    check(Place.of(text), tokens=False, tls=False, behind=False)


@pytest.mark.parametrize("text", REMOTE)
@pytest.mark.parametrize(
    ("tokens", "tls", "behind"),
    [(False, False, False), (False, True, False), (False, False, True), (True, False, False), (True, True, True)],
)
def test_elsewhere_only_with_tokens_and_tls_of_one_kind(text: str, *, tokens: bool, tls: bool, behind: bool) -> None:
    with pytest.raises(UsageError):
        check(Place.of(text), tokens=tokens, tls=tls, behind=behind)


@pytest.mark.parametrize("text", REMOTE)
def test_elsewhere_with_tokens_and_its_own_tls_or_one_in_front(text: str) -> None:
    check(Place.of(text), tokens=True, tls=True, behind=False)
    check(Place.of(text), tokens=True, tls=False, behind=True)


def test_behind_a_proxy_there_are_always_tokens() -> None:
    with pytest.raises(UsageError):
        check(Place.of(LOCAL[0]), tokens=False, tls=False, behind=True)


@pytest.mark.parametrize(
    "text", ["", "8766", ":8766", "host", "host:", "host:x", "host:70000", "host:" + "9" * 5000, "host:\u0661"]
)
def test_a_place_is_a_host_and_a_port(text: str) -> None:
    with pytest.raises(UsageError):
        Place.of(text)


def test_localhost_that_is_elsewhere_is_not_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("0.0.0.0", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: elsewhere)
    with pytest.raises(UsageError, match="this machine alone"):
        Place.of("localhost:0").listen()


@pytest.mark.parametrize("text", ["127.0.0.1:0", "localhost:0"])
def test_it_listens_where_it_says(text: str) -> None:
    with Place.of(text).listen() as listening:
        assert listening.getsockname()[0] in ("127.0.0.1", "::1")


def test_an_address_of_ipv6_is_shown_as_a_url_wants_it() -> None:
    assert Place.of("[::1]:80").shown == "[::1]:80"
    assert Place.of("localhost:80").shown == "localhost:80"


def test_without_tokens_only_names_of_this_machine_and_those_said_are_answered() -> None:
    found = own_hosts(80, ("gate.example",), tokens=False)
    assert found is not None
    assert {"127.0.0.1:80", "localhost:80", "[::1]:80", "gate.example", "gate.example:80"} == found


def test_with_tokens_any_name_will_do_until_one_is_said() -> None:
    assert own_hosts(80, (), tokens=True) is None
    assert own_hosts(80, ("gate.example:443",), tokens=True) == {"gate.example:443"}


@pytest.mark.parametrize("name", ["", "a b", "http://gate.example", "gate.example/", "-a", "a:b"])
def test_a_host_name_is_a_name(name: str) -> None:
    with pytest.raises(UsageError):
        host_names((name,))


@pytest.mark.parametrize(
    "argv", [("--listen", "0.0.0.0:0"), ("--tokens", "none"), ("--tls-cert", "a.pem"), ("--workers", "0")]
)
def test_the_command_ends_with_2(argv: tuple[str, ...], team: Team) -> None:
    done = team.run("serve", *argv)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("slopguard: ")


def test_tokens_without_tls_are_not_enough_elsewhere(team: Team) -> None:
    team.token("ana")
    done = team.run("serve", "--listen", "0.0.0.0:0")
    assert done.returncode == 2
    assert "in the clear" in done.stderr


def test_a_certificate_that_cannot_be_used_is_an_error_before_anything_listens(team: Team) -> None:
    team.token("ana")
    (team.root / "empty.pem").write_text("")
    done = team.run("serve", "--listen", "127.0.0.1:0", "--tls-cert", "empty.pem", "--tls-key", "empty.pem")
    assert done.returncode == 2
    assert "certificate" in done.stderr


def test_there_must_be_something_to_serve(team: Team) -> None:
    team.settings()
    done = team.run("serve", "--listen", "127.0.0.1:0")
    assert done.returncode == 2
    assert "there is no index to serve" in done.stderr


def test_an_agent_makes_tokens_for_agents_only(team: Team) -> None:
    agent = {"CLAUDECODE": "1"}
    refused = team.run("serve", "token", "add", "ana", "--actor", "human", env=agent)
    assert refused.returncode == 2
    assert "Ask the user to run: slopguard serve token add ana --actor human" in refused.stderr
    assert team.run("serve", "token", "add", "bot", "--actor", "agent", env=agent).returncode == 0
    shown = team.run("serve", "token", "list")
    assert [line.split()[:2] for line in shown.stdout.splitlines()] == [["bot", "agent"]]
