"""The lock files of an adopted project: what they hold may be young, and nothing else is excused."""

from __future__ import annotations

import re
import sys

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("pip", "22.3.1"), ("uv", "newest"), ("npm", "newest")]
PROJECT = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["sg-parent"]\n'
MANIFEST = '{"name": "mine", "version": "0.0.0", "dependencies": {"sg-parent": "^1.0.0"}}'


def published(world: World) -> None:
    """`sg-parent`, established but for today's version, which needs `sg-alpha`; both have a version of today."""
    world.established("sg-alpha", "sg-parent", "sg-other")
    for name in ("sg-alpha", "sg-other"):
        world.release(name, "1.3.0", hours_old=5, days_old=0)
    world.release("sg-parent", "1.3.0", hours_old=5, days_old=0, needs={"sg-alpha": ""})


def locked(world: World) -> list[str]:
    """A project that the bare client locked to today's versions; gives the command that installs from the lock."""
    published(world)
    family = world.box.client.family
    if family == "uv":
        world.box.write("pyproject.toml", PROJECT)
        assert world.box.direct("uv", "lock").rc == 0
        return ["uv", "sync", "--frozen"]
    if family == "npm":
        world.box.write("package.json", MANIFEST)
        assert world.box.direct("npm", "install", "--package-lock-only").rc == 0
        return ["npm", "ci"]
    lines = [f"{name}==1.3.0 --hash=sha256:{digest(world, name)}" for name in ("sg-parent", "sg-alpha")]
    world.box.write("requirements.txt", "\n".join(lines) + "\n")
    return ["pip", "install", "--require-hashes", "-r", "requirements.txt"]


def digest(world: World, name: str) -> str:
    """The SHA-256 that the index gives for today's wheel."""
    assert isinstance(world.registry, PyPI)
    held = (file.artefact for file in world.registry.files_of(name) if file.version == "1.3.0")
    return next(file.sha256 for file in held if file.filename.endswith(".whl"))


def adopt(world: World) -> str:
    """A person accepts the project at the terminal; gives what was shown."""
    code, shown = typed([sys.executable, "-m", "slopguard", "trust"], world.box.env, world.box.project)
    assert code == 0, shown
    return shown


@for_clients(CLIENTS)
def test_locked_packages_of_today_install_once_the_project_is_adopted(world: World) -> None:
    command = locked(world)
    world.registry.forget()
    before = world.guarded(*command)
    assert before.rc == 3, before
    assert any("(too-new)" in line for line in before.lines), before
    assert world.box.installed == {}
    assert "2 packages, by name, version and digest" in adopt(world)
    ran = world.guarded(*command)
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert world.box.installed == {"sg-alpha": "1.3.0", "sg-parent": "1.3.0"}
    rules = {(row["package"].partition(":")[2], row["rule"], row["arrived"]) for row in world.box.ledger()}
    assert {("sg-alpha", "locked", "locked"), ("sg-parent", "locked", "locked")} <= rules


@for_clients([("uv", "newest"), ("npm", "newest")])
def test_every_command_that_installs_what_the_lock_says_gets_it(world: World) -> None:
    locked(world)
    adopt(world)
    lock = next(iter(world.box.project.glob("*lock*")))
    before = lock.read_bytes()
    commands = {"uv": ["uv sync --locked", "uv sync", "uv sync --refresh"], "npm": ["npm install", "npm ci --offline"]}
    for command in commands[world.box.client.family]:
        ran = world.guarded(*command.split())
        assert (ran.rc, ran.lines) == (0, []), ran
        assert world.box.installed == {"sg-alpha": "1.3.0", "sg-parent": "1.3.0"}
        assert lock.read_bytes() == before


@for_clients(CLIENTS)
def test_a_name_of_today_installs_from_the_lock_and_is_refused_when_typed(world: World) -> None:
    """Nothing vouches for the name itself: only exactly what was locked stands."""
    published(world)
    world.release("sg-young", "1.3.0", hours_old=5)
    family = world.box.client.family
    if family == "pip":
        command = ["pip", "install", "-r", "requirements.txt"]
        world.box.write("requirements.txt", f"sg-young==1.3.0 --hash=sha256:{digest(world, 'sg-young')}\n")
    elif family == "uv":
        command = ["uv", "sync", "--frozen"]
        world.box.write("pyproject.toml", PROJECT.replace("sg-parent", "sg-young"))
        assert world.box.direct("uv", "lock").rc == 0
    else:
        command = ["npm", "ci"]
        world.box.write("package.json", MANIFEST.replace("sg-parent", "sg-young"))
        assert world.box.direct("npm", "install", "--package-lock-only").rc == 0
    world.registry.forget()
    world.refuses_all(world.guarded(*command), 3, "unverified", "sg-young")
    adopt(world)
    world.release("sg-young", "1.4.0", hours_old=1)
    ran = world.guarded(*command)
    assert ran.rc == 0, ran
    assert all(line.startswith("slopguard: NOTE") and "1.3.0 used" in line for line in ran.lines), ran
    assert world.box.installed == {"sg-young": "1.3.0"}
    world.registry.forget()
    typed_in = world.box.install(world.exactly("sg-young", "1.4.0"))
    world.refuses(world.guarded(*typed_in), 3, "unverified", "sg-young")
    assert world.registry.downloads == []


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_asked_for_by_its_number_a_locked_version_is_allowed_in_its_project_alone(world: World) -> None:
    locked(world)
    adopt(world)
    asked = ("ask", "-e", "pypi", "sg-alpha==1.3.0")
    assert world.guarded(*asked).rc == 0
    assert world.guarded("ask", "-e", "pypi", "sg-other==1.3.0").rc == 3
    assert world.box.guarded(*asked, cwd=world.box.home).rc == 3


@for_clients(CLIENTS)
def test_taken_back_it_is_refused_again(world: World) -> None:
    command = locked(world)
    adopt(world)
    assert world.guarded("trust", "remove", ".").rc == 0
    world.registry.forget()
    ran = world.guarded(*command)
    assert ran.rc == 3, ran
    assert any("(too-new)" in line for line in ran.lines), ran
    assert world.box.installed == {}


@for_clients([("pip", "newest"), ("uv", "newest"), ("npm", "newest")])
def test_what_the_lock_does_not_hold_is_stepped_over_as_ever(world: World) -> None:
    locked(world)
    adopt(world)
    ran = world.install("sg-other")
    assert ran.rc == 0, ran
    assert world.box.installed["sg-other"] == "1.2.0"
    assert any("NOTE" in line and "sg-other" in line for line in ran.lines), ran


@for_clients(CLIENTS)
def test_a_denied_package_is_refused_although_it_is_locked(world: World) -> None:
    command = locked(world)
    adopt(world)
    world.registry.forget()
    ran = world.guarded(*command, deny=["sg-alpha"])
    world.refuses_all(ran, 1, "denied", "sg-alpha")


@for_clients([("uv", "newest"), ("npm", "newest")])
def test_a_lock_that_changed_since_is_judged_anew(world: World) -> None:
    command = locked(world)
    adopt(world)
    world.release("sg-late", hours_old=5, days_old=0, armed=True)
    if world.ecosystem == "pypi":
        world.box.write("pyproject.toml", PROJECT.replace('"sg-parent"', '"sg-parent", "sg-late"'))
        assert world.box.direct("uv", "lock").rc == 0
    else:
        world.box.write("package.json", MANIFEST.replace('{"sg-parent"', '{"sg-late": "*", "sg-parent"'))
        assert world.box.direct("npm", "install", "--package-lock-only").rc == 0
    world.registry.forget()
    for trace in world.box.markers.iterdir():
        trace.unlink()
    ran = world.guarded(*command)
    assert ran.rc == 3, ran
    assert any("'sg-late'" in line for line in ran.lines), ran
    assert world.box.installed == {}
    assert world.box.traces == []


@for_clients([("pip", "newest")])
def test_another_digest_written_into_the_lock_is_refused(world: World) -> None:
    command = locked(world)
    adopt(world)
    world.registry.forget()
    lock = world.box.project / "requirements.txt"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, lock.read_text(), count=1))
    world.refuses_all(world.guarded(*command), 1, "hash-mismatch", "sg-parent")


@for_clients(CLIENTS)
def test_other_bytes_published_for_a_locked_version_are_refused(world: World) -> None:
    command = locked(world)
    adopt(world)
    if isinstance(world.registry, PyPI):
        files = world.registry.files_of("sg-alpha")
        files[:] = [file for file in files if "-1.3.0" not in file.artefact.filename]
    world.release("sg-alpha", "1.3.0", hours_old=1, armed=True)
    world.registry.forget()
    world.refuses_all(world.guarded(*command), 1, "hash-mismatch", "sg-alpha")
