"""Real pip, uv and npm, pointed at the gate by their environment alone: each stops, at once, with the message."""

from __future__ import annotations

import pytest

from slopguard.model import Ecosystem
from tests.conftest import MakeSandbox
from tests.gate.conftest import Opened
from tests.gate.house import House, pypi_index
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Ran, Sandbox
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

PIPS = ("newest", "24.0", "22.3.1")
DENIED = "pypi sg-evil deny rule=denied"


def pointed(house: House, key: str = "main") -> dict[str, str]:
    """The environment that points every client at this gate."""
    npm = house.address.npm_url(key)
    return {
        "PIP_INDEX_URL": house.address.index_url(key),
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_DEFAULT_INDEX": house.address.index_url(key),
        "npm_config_registry": npm,
        f"npm_config_{npm.removeprefix('http:')}:_authToken": house.address.token,
        "npm_config_update_notifier": "false",
        "npm_config_audit": "true",
    }


def install(box: Sandbox, house: House, *names: str) -> Ran:
    """The client's plain install command, behind the gate."""
    return box.direct(*box.install(*names), env=pointed(house))


@pytest.mark.parametrize("version", PIPS)
def test_pip_installs_what_is_admitted_and_its_dependencies(
    version: str, opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-core").add_established("sg-app", requires=["sg-core"])
    box = make_sandbox("pip", version)
    ran = install(box, opened(typed=["pypi:sg-app"]), "sg-app")
    assert ran.rc == 0, ran
    assert box.installed == {"sg-app": "1.2", "sg-core": "1.2"}


@pytest.mark.parametrize("version", PIPS)
@pytest.mark.parametrize("spec", ["", "<2", "==1.0", "~=1.0", "==7.7"])
def test_pip_stops_at_a_denied_dependency_and_takes_no_older_parent(
    version: str, spec: str, opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-evil").add("sg-app", "1.0", days_old=900).add("sg-app", "1.1", days_old=600)
    pypi.add("sg-app", "2.0", requires=[f"sg-evil{spec}"])
    box = make_sandbox("pip", version)
    house = opened(rows=[DENIED], typed=["pypi:sg-app"])
    ran = install(box, house, "sg-app")
    assert ran.rc == 1, ran
    assert "slopguard: BLOCKED pypi 'sg-evil' (denied)" in ran.text
    assert box.installed == {}
    assert house.session.journal.exit_code == 1


@pytest.mark.parametrize("version", PIPS)
@pytest.mark.parametrize("flag", ["--only-binary=:all:", "--no-binary=:all:"])
def test_pip_stops_at_a_ghost_with_either_kind_of_file(
    version: str, flag: str, opened: Opened, make_sandbox: MakeSandbox
) -> None:
    box = make_sandbox("pip", version)
    ran = install(box, opened(typed=["pypi:sg-ghost"]), flag, "sg-ghost")
    assert ran.rc == 1, ran
    assert "slopguard: BLOCKED pypi 'sg-ghost' (not-found)" in ran.text


def test_pip_never_takes_a_denied_name_from_a_second_index(
    opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    with PyPI() as other:
        other.add_established("sg-evil")
        house = opened(pypi_index(pypi.url), pypi_index(other.url, "extra"), rows=[DENIED], typed=["pypi:sg-evil"])
        box = make_sandbox("pip", "newest")
        more = {"PIP_EXTRA_INDEX_URL": house.address.index_url("extra")}
        ran = box.direct("pip", "install", "sg-evil==1.0", env=pointed(house) | more)
    assert ran.rc == 1, ran
    assert "slopguard: BLOCKED pypi 'sg-evil' (denied)" in ran.text
    assert other.downloads == []


def test_pip_finds_a_name_on_the_second_index_only(opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox) -> None:
    with PyPI() as other:
        other.add_established("sg-ours")
        house = opened(pypi_index(pypi.url), pypi_index(other.url, "extra"), typed=["pypi:sg-ours"])
        box = make_sandbox("pip", "newest")
        more = {"PIP_EXTRA_INDEX_URL": house.address.index_url("extra")}
        ran = box.direct("pip", "install", "sg-ours", env=pointed(house) | more)
    assert ran.rc == 0, ran
    assert box.installed == {"sg-ours": "1.2"}


@pytest.mark.parametrize("spec", ["", "<2", "==1.0"])
def test_uv_stops_at_a_denied_dependency_with_the_reason(
    spec: str, opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-evil").add("sg-app", "1.0", days_old=900).add("sg-app", "1.1", days_old=600)
    pypi.add("sg-app", "2.0", requires=[f"sg-evil{spec}"])
    box = make_sandbox("uv", "newest")
    ran = install(box, opened(rows=[DENIED], typed=["pypi:sg-app"]), "sg-app")
    assert ran.rc == 2, ran
    assert "slopguard: BLOCKED pypi 'sg-evil' (denied)" in ran.text
    assert box.installed == {}


def test_uv_installs_past_a_version_inside_the_cooldown(opened: Opened, pypi: PyPI, make_sandbox: MakeSandbox) -> None:
    pypi.add_established("sg-app").add("sg-app", "2.0", hours_old=5)
    box, house = make_sandbox("uv", "newest"), opened(typed=["pypi:sg-app"])
    ran = install(box, house, "sg-app")
    assert ran.rc == 0, ran
    assert box.installed == {"sg-app": "1.2"}
    assert [(note.verdict.request.version, note.verdict.rule, note.used) for note in house.session.notes] == [
        ("2.0", "too-new", "1.2")
    ]


@pytest.mark.parametrize("version", ["newest", "machine", "10.9.9"])
@pytest.mark.parametrize("spec", ["*", "<2", "1.0.0"])
def test_npm_stops_at_a_denied_dependency(
    version: str, spec: str, opened: Opened, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    npm.add_established("sg-evil").add("sg-app", "1.0.0", days_old=900).add("sg-app", "1.1.0", days_old=600)
    npm.add("sg-app", "2.0.0", requires={"sg-evil": spec})
    box = make_sandbox("npm", version)
    ran = install(box, opened(rows=["npm sg-evil deny rule=denied"], typed=["npm:sg-app"]), "sg-app")
    assert ran.rc == 1, ran
    assert "slopguard: BLOCKED npm 'sg-evil' (denied)" in ran.text
    assert box.installed == {}


def test_npm_installs_scoped_names_and_passes_its_audit_on(opened: Opened, npm: Npm, make_sandbox: MakeSandbox) -> None:
    npm.add_established("@sg-scope/core").add_established("sg-app", requires={"@sg-scope/core": "^1.0.0"})
    box = make_sandbox("npm", "machine")
    ran = install(box, opened(typed=["npm:sg-app"]), "sg-app")
    assert ran.rc == 0, ran
    assert box.installed == {"@sg-scope/core": "1.2.0", "sg-app": "1.2.0"}
    assert any("advisories/bulk" in seen.path for seen in npm.requests)


@pytest.mark.parametrize("kind", [Break.STALL, Break.STATUS, Break.GARBLE])
@pytest.mark.parametrize(("family", "code"), [("pip", 1), ("uv", 2), ("npm", 1)])
def test_a_silent_index_ends_the_client_at_once(
    family: str, code: int, kind: Break, opened: Opened, pypi: PyPI, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    ecosystem = Ecosystem.NPM if family == "npm" else Ecosystem.PYPI
    pypi.add_established("sg-app")
    npm.add_established("sg-app")
    for registry in (pypi, npm):
        registry.fail("*sg-app*", kind, status=503)
    box, house = make_sandbox(family, "newest"), opened(typed=[f"{ecosystem}:sg-app"])
    ran = install(box, house, "sg-app")
    assert ran.rc == code, ran
    assert f"slopguard: UNCHECKED {ecosystem} 'sg-app' (upstream-down)" in ran.text
    assert house.session.journal.exit_code == 4


@pytest.mark.parametrize(("family", "code"), [("pip", 1), ("uv", 1), ("npm", 1)])
def test_a_file_with_the_wrong_hash_is_never_installed(
    family: str, code: int, opened: Opened, pypi: PyPI, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-app")
    for file in pypi.files_of("sg-app"):
        file.sha256 = "0" * 64
        file.core_metadata = False
    npm.add_established("sg-app")
    npm.fail("*.tgz", Break.GARBLE)
    box, house = make_sandbox(family, "newest"), opened(typed=["pypi:sg-app", "npm:sg-app"])
    ran = install(box, house, "sg-app")
    assert ran.rc == code, ran
    assert "(hash-mismatch)" in ran.text
    assert house.session.journal.exit_code == 1
    assert box.installed == {}
