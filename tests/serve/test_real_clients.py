"""Real pip, uv and npm against a served gate with tokens: what is listed installs, what is not is refused in words."""

from __future__ import annotations

import pytest

from tests.conftest import MakeSandbox
from tests.serve.team import Team
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients
CLIENTS = ("pip", "uv", "npm")


@pytest.fixture
def stocked(pypi: PyPI, npm: Npm) -> None:
    pypi.add_established("sg-core").add_established("sg-app", requires=["sg-core"])
    npm.add_established("sg-core").add_established("sg-app", requires={"sg-core": "^1.0.0"})


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize("family", CLIENTS)
def test_a_caller_with_a_token_installs_what_is_admitted(family: str, team: Team, make_sandbox: MakeSandbox) -> None:
    team.token("ana", "human")
    team.start("--workers", "2")
    box = make_sandbox(family, "newest")
    ran = box.direct(*box.install("sg-app"), env=team.pointed("ana"))
    assert ran.rc == 0, ran
    assert set(box.installed) == {"sg-app", "sg-core"}
    assert team.tokens["ana"] not in "".join(team.lines)


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize("family", CLIENTS)
def test_a_ghost_is_refused_with_the_reason(family: str, team: Team, make_sandbox: MakeSandbox) -> None:
    team.token("ana", "human")
    team.start()
    box = make_sandbox(family, "newest")
    ran = box.direct(*box.install("sg-ghost"), env=team.pointed("ana"))
    assert ran.rc != 0
    assert "slopguard: BLOCKED" in ran.text
    assert "'sg-ghost' (not-found)" in ran.text
    assert box.installed == {}


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize("family", CLIENTS)
def test_a_token_that_was_revoked_installs_nothing_more(family: str, team: Team, make_sandbox: MakeSandbox) -> None:
    team.token("ana", "human")
    team.start("--workers", "2")
    pointed = team.pointed("ana")
    assert team.run("serve", "token", "revoke", "ana").returncode == 0
    box = make_sandbox(family, "newest")
    ran = box.direct(*box.install("sg-app"), env=pointed)
    assert ran.rc != 0
    assert box.installed == {}
    assert team.events("request", status=401)
    assert not team.events("request", status=200)


def test_pip_takes_no_older_parent_of_what_was_refused(team: Team, pypi: PyPI, make_sandbox: MakeSandbox) -> None:
    pypi.add("sg-app", "1.0", days_old=900).add("sg-app", "1.1", days_old=600)
    pypi.add("sg-app", "2.0", days_old=400, requires=["sg-ghost<2"])
    pypi.add_established("sg-core")
    team.token("ana", "human")
    team.start()
    box = make_sandbox("pip", "newest")
    ran = box.direct("pip", "install", "sg-app", env=team.pointed("ana"))
    assert ran.rc == 1, ran
    assert "'sg-ghost' (not-found)" in ran.text
    again = box.direct("pip", "install", "sg-core", env=team.pointed("ana"))
    assert again.rc == 0, again
    assert set(box.installed) == {"sg-core"}


@pytest.mark.parametrize("family", CLIENTS)
def test_a_young_package_that_another_requires_is_vouched_for_whichever_worker_is_asked(
    family: str, team: Team, pypi: PyPI, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    pypi.add("sg-young", "1.0", days_old=20).add_established("sg-app", requires=["sg-young"])
    npm.add("sg-young", "1.0.0", days_old=20).add_established("sg-app", requires={"sg-young": "^1.0.0"})
    team.token("ana", "human")
    team.start("--workers", "3")
    box = make_sandbox(family, "newest")
    ran = box.direct(*box.install("sg-app"), env=team.pointed("ana"))
    assert ran.rc == 0, ran
    assert set(box.installed) == {"sg-app", "sg-young"}
    fresh = box.direct(*box.install("sg-other-young"), env=team.pointed("ana"))
    assert fresh.rc != 0


@pytest.mark.parametrize("family", ["pip", "uv"])
def test_so_it_is_where_the_index_serves_no_metadata(
    family: str, team: Team, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    pypi.add("sg-young", "1.0", days_old=20).add_established("sg-app", requires=["sg-young"])
    for name in ("sg-young", "sg-app"):
        for file in pypi.files_of(name):
            file.core_metadata = False
    team.token("ana", "human")
    team.start("--workers", "3")
    box = make_sandbox(family, "newest")
    ran = box.direct(*box.install("sg-app"), env=team.pointed("ana"))
    assert ran.rc == 0, ran
    assert set(box.installed) == {"sg-app", "sg-young"}


def test_a_guarded_client_may_have_it_for_its_index(team: Team, pypi: PyPI, make_sandbox: MakeSandbox) -> None:
    pypi.add_established("sg-core").add_established("sg-app", requires=["sg-core"])
    team.token("ana", "human")
    team.start()
    box = make_sandbox("pip", "newest")
    box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {team.pointed('ana')['PIP_INDEX_URL']}\n")
    ran = box.guarded("pip", "install", "sg-app")
    assert ran.rc == 0, ran
    assert set(box.installed) == {"sg-app", "sg-core"}
    assert box.guarded("pip", "install", "sg-ghost").rc == 4
