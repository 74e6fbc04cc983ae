"""Which indexes have a route, and under which key: the settings' first, then those that this account's clients use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.config import ServedIndex, Settings, UpstreamSetting
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials
from slopguard.model import Ecosystem
from slopguard.serve.indexes import served, with_login
from tests.conftest import MakeSandbox
from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

MAIN = {
    Ecosystem.PYPI: UpstreamSetting("https://registry.example/simple/"),
    Ecosystem.NPM: UpstreamSetting("https://registry.example/npm/"),
}
ACME = ServedIndex(Ecosystem.NPM, "acme", "https://npm.example/acme/", "@acme")


def test_the_settings_alone_will_do(tmp_path: Path) -> None:
    settings = Settings(tmp_path, upstream=MAIN, serve_indexes=(ACME,), private_indexes=("https://npm.example/",))
    found = served(settings, {}, {"HOME": str(tmp_path)})
    assert [(i.ecosystem.value, i.key, i.url, i.name, i.trusted, i.private) for i in found] == [
        ("pypi", "main", "https://registry.example/simple/", None, True, False),
        ("npm", "main", "https://registry.example/npm/", None, True, False),
        ("npm", "acme", "https://npm.example/acme/", "@acme", True, True),
    ]


def test_without_any_there_is_nothing_to_serve(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no index"):
        served(Settings(tmp_path), {}, {"HOME": str(tmp_path)})


def test_a_callers_login_replaces_the_servers_where_the_settings_say_so_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine registry.example login server password its\n")
    (tmp_path / ".netrc").chmod(0o600)
    own = ("https://registry.example/npm/",)
    settings = Settings(tmp_path, upstream=MAIN, serve_own_login=own)
    found = served(settings, {}, {"HOME": str(tmp_path)})
    server, hers = Credentials("server", "its"), Credentials("ana", "hers")
    assert [i.credentials for i in with_login(found, settings, hers)] == [server, hers]
    assert [i.credentials for i in with_login(found, settings, None)] == [server, None]


@pytest.mark.clients
def test_what_this_accounts_clients_are_configured_for_has_routes_that_can_be_read(
    team: Team, pypi: PyPI, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-app")
    box = make_sandbox("pip", "newest")
    team.settings()
    team.env["PATH"] = os.pathsep.join([box.env["PATH"], os.environ["PATH"]])
    extra = "https://packages.example/acme/simple/"
    (team.home / ".config" / "pip").mkdir()
    (team.home / ".config" / "pip" / "pip.conf").write_text(
        f"[global]\nindex-url = {pypi.url}\nextra-index-url = {extra}\n"
    )
    (team.home / ".npmrc").write_text(f"registry={npm.url}\n@acme:registry=https://npm.example/\n")
    team.token("ana", "human")
    team.start()
    routes = {event["path"]: event["index"].rstrip("/") for event in team.events("route")}
    assert routes == {
        "/pypi/main/simple/": pypi.url.rstrip("/"),
        "/pypi/packages-example-acme/simple/": extra.rstrip("/"),
        "/npm/main/": npm.url.rstrip("/"),
        "/npm/acme/": "https://npm.example",
    }
