"""Who is answered what: tokens, host names, browsers, health and routes; over plain HTTP and over TLS."""

from __future__ import annotations

import json
import ssl

import pytest
import trustme

from tests.gate.house import NPM
from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


@pytest.fixture
def open_house(team: Team, pypi: PyPI, npm: Npm) -> Team:
    """A server with two tokens."""
    pypi.add_established("sg-app")
    npm.add_established("sg-app")
    team.token("ana", "human")
    team.token("bot", "agent")
    return team.start()


def test_nobody_is_answered_without_a_token_that_counts(open_house: Team, pypi: PyPI) -> None:
    wrong = "Bearer ana." + open_house.tokens["bot"]
    for authorization in ("", "Bearer ana.sgt_wrong", "Basic YW5hOg==", wrong):
        reply = open_house.ask("/pypi/main/simple/sg-app/", authorization)
        assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, 'Basic realm="slopguard"')
        assert b"sg-app" not in reply.body
    assert pypi.requests == []


def test_what_a_browser_sends_is_refused_even_with_a_token(open_house: Team) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert open_house.ask("/pypi/main/simple/sg-app/", open_house.basic("ana"), **headers).status == 403


def test_health_needs_no_token_and_says_no_more(open_house: Team) -> None:
    reply = open_house.ask("/healthz")
    assert (reply.status, reply.body) == (200, b"ok\n")


def test_an_index_without_a_route_and_a_path_that_is_none_are_not_found(open_house: Team) -> None:
    for path in ("/", "/pypi/other/simple/sg-app/", "/npm/other/sg-app", "/favicon.ico"):
        assert open_house.ask(path, open_house.basic("ana")).status == 404


def test_tarballs_are_on_the_address_that_the_client_used(open_house: Team) -> None:
    for host in (f"127.0.0.1:{open_house.port}", "gate.acme.example", "gate.acme.example:8443"):
        reply = open_house.ask("/npm/main/sg-app", open_house.basic("ana"), NPM, Host=host)
        tarball = next(iter(reply.json["versions"].values()))["dist"]["tarball"]
        assert tarball.startswith(f"http://{host}/npm/main/sg-app/-/")


def test_the_ledger_says_whose_token_it_was_and_who_asked(open_house: Team) -> None:
    assert open_house.page("sg-app", "ana").status == 200
    assert open_house.page("sg-ghost", "bot").status == 451
    open_house.stop()
    shown = json.loads(open_house.run("log", "--format", "json").stdout)["entries"]
    rows = {(r["package"], r["rule"], r["actor"], r["door"], r["command"]) for r in shown if r["purl"]}
    assert ("pypi:sg-app", "established", "human", "serve", "token:ana") in rows
    assert ("pypi:sg-ghost", "not-found", "agent", "serve", "token:bot") in rows


def test_only_the_names_that_were_said_are_answered(team: Team, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    team.token("ana")
    team.start("--host-name", "gate.acme.example")
    path, ana = "/pypi/main/simple/sg-app/", team.basic("ana")
    assert team.ask(path, ana, Host="gate.acme.example").status == 200
    assert team.ask(path, ana, Host=f"GATE.acme.example:{team.port}").status == 200
    assert team.ask(path, ana, Host="evil.example").status == 403
    assert team.ask("/healthz", Host="192.0.2.1").status == 200


def test_without_tokens_this_machine_is_answered_under_its_own_names(team: Team, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    team.start()
    assert team.page("sg-app").status == 200
    assert team.page("sg-app", Host="evil.example").status == 403
    assert team.page("sg-ghost").status == 451


def test_behind_a_proxy_addresses_are_https(team: Team, npm: Npm) -> None:
    npm.add_established("sg-app")
    team.token("ana")
    team.start("--behind-tls")
    reply = team.ask("/npm/main/sg-app", team.basic("ana"), NPM, Host="gate.acme.example")
    assert next(iter(reply.json["versions"].values()))["dist"]["tarball"].startswith("https://gate.acme.example/npm/")
    assert team.ask("/metrics").status == 401


def test_with_a_certificate_it_speaks_tls_and_a_new_one_counts_after_sighup(team: Team, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    team.token("ana")
    first, second = trustme.CA(), trustme.CA()

    def install(ca: trustme.CA) -> ssl.SSLContext:
        made = ca.issue_cert("127.0.0.1")
        (team.root / "key.pem").write_bytes(made.private_key_pem.bytes())
        (team.root / "cert.pem").write_bytes(b"".join(each.bytes() for each in made.cert_chain_pems))
        context = ssl.create_default_context()
        ca.configure_trust(context)
        return context

    believes = install(first)
    team.start("--tls-cert", "cert.pem", "--tls-key", "key.pem")
    assert team.address.startswith("https://")
    assert team.page("sg-app", "ana", tls=believes).status == 200
    believes = install(second)
    with pytest.raises(ssl.SSLCertVerificationError):
        team.page("sg-app", "ana", tls=believes)
    team.hang_up()
    team.await_event("renewed")
    assert team.page("sg-app", "ana", tls=believes).status == 200
