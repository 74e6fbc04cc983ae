"""A caller's own login goes to the index it belongs to and nowhere else, and nobody gets what another's fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

ANA = basic("ana", "her-password")
MORE = """[serve]
indexes = [
  {{ecosystem = "pypi", key = "acme", url = "{private}"}},
  {{ecosystem = "npm", key = "acme", url = "{scoped}", scope = "@acme"}},
]
own_login = ["{private}", "{scoped}"]
[internal]
pypi = ["acme-*"]
index = ["{private}"]
"""


@pytest.fixture
def private() -> Iterator[PyPI]:
    with PyPI(credentials=ANA) as registry:
        registry.add_established("acme-app")
        yield registry


@pytest.fixture
def scoped() -> Iterator[Npm]:
    with Npm(credentials="Bearer npm_her") as registry:
        registry.add_established("@acme/app")
        yield registry


@pytest.fixture
def served(tmp_path: Path, pypi: PyPI, npm: Npm, private: PyPI, scoped: Npm) -> Iterator[Team]:
    pypi.add_established("sg-app")
    npm.add_established("sg-app")
    team = Team(tmp_path / "team")
    team.settings(pypi.url, npm.url, MORE.format(private=private.url, scoped=scoped.url))
    team.token("ana", "human")
    team.token("ben", "human")
    yield team.start()
    team.stop()


def test_it_opens_the_index_that_it_belongs_to(served: Team, private: PyPI, pypi: PyPI) -> None:
    assert served.page("acme-app", "ana", "acme", login="ana:her-password").status == 200
    wheel = "/pypi/acme/files/acme-app/acme_app-1.2-py3-none-any.whl"
    reply = served.ask(wheel, served.basic("ana", "ana:her-password"))
    assert reply.body == private.files_of("acme-app")[2].artefact.content
    assert served.page("sg-app", "ana", login="ana:her-password").status == 200
    assert {seen.headers.get("authorization") for seen in private.requests} == {ANA}
    assert {seen.headers.get("authorization") for seen in pypi.requests} == {None}


def test_a_bearer_token_of_npm_goes_to_its_registry_alone(served: Team, scoped: Npm, npm: Npm) -> None:
    assert served.packument("@acme/app", "ana", "acme", login="npm_her").status == 200
    assert served.packument("sg-app", "ana", login="npm_her").status == 200
    assert {seen.headers.get("authorization") for seen in scoped.requests} == {"Bearer npm_her"}
    assert {seen.headers.get("authorization") for seen in npm.requests} == {None}


@pytest.mark.parametrize("login", ["", "ana:wrong-password"])
def test_without_it_or_with_a_wrong_one_the_index_is_not_opened(login: str, served: Team) -> None:
    reply = served.page("acme-app", "ana", "acme", login=login)
    assert reply.status == 451
    assert "(upstream-auth)" in reply.reason


def test_what_one_callers_login_fetched_is_not_another_s(served: Team) -> None:
    for _ in range(2):
        assert served.page("acme-app", "ana", "acme", login="ana:her-password").status == 200
        wheel = "/pypi/acme/files/acme-app/acme_app-1.2-py3-none-any.whl"
        assert served.ask(wheel, served.basic("ana", "ana:her-password")).status == 200
        for who, login in (("ben", ""), ("ben", "ben:his-password"), ("ana", ""), ("ana", "ana:wrong-password")):
            assert served.page("acme-app", who, "acme", login=login).status == 451
            assert served.ask(wheel, served.basic(who, login)).status == 403


def test_it_is_in_no_file_and_no_line(served: Team) -> None:
    served.page("acme-app", "ana", "acme", login="ana:her-password")
    served.page("acme-app", "ana", "acme", login="ana:wrong-password")
    served.stop()
    found = [path for path in served.root.rglob("*") if path.is_file() and b"-password" in path.read_bytes()]
    assert found == []
    assert "-password" not in "".join(served.lines)


def test_of_the_servers_own_account_nobody_is_told(tmp_path: Path) -> None:
    with Npm(credentials=basic("gate", "its-password")) as registry:
        registry.add_established("sg-app")
        team = Team(tmp_path / "team").settings(npm=registry.url)
        (team.home / ".netrc").write_text("machine 127.0.0.1 login gate password its-password\n")
        team.token("ana", "human")
        team.start()
        try:
            assert team.packument("sg-app", "ana").status == 200
            for path in ("-/whoami", "-/%77hoami", "-/npm/v1/tokens", "-/npm/v1/user", "-//whoami"):
                assert team.packument(path, "ana").status == 403
            asked = {seen.path for seen in registry.requests}
            assert team.packument("-/v1/search?text=sg", "ana").status == 200
        finally:
            team.stop()
    assert asked == {"/sg-app"}
