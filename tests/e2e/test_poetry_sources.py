"""poetry: sources that a project names. Trusted where the user's own settings name the same address, else refused."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers.poetry import DRIVER, configured, write
from tests.simulators.person import typed
from tests.simulators.pypi import PyPI
from tests.simulators.server import basic

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BOTH = [("poetry", version) for version in DRIVER.versions]
NEW = BOTH[:1]
NAME = "sg-alpha"
USER, SECRET = "ann", "s3cret-Zx9@/:"


@pytest.fixture
def other(world: World) -> Iterator[PyPI]:
    """A second registry; it holds a newer `sg-alpha`, and `sg-corp`, which needs it."""
    world.established(NAME)
    with PyPI(markers=world.box.markers, below="/corp") as registry:
        second = World(world.box, registry)
        second.established("sg-corp", needs={NAME: ""})
        second.release(NAME, "9.0.0", days_old=200)
        yield registry


def source(url: str, priority: str, name: str = "Corp") -> str:
    return f'[[tool.poetry.source]]\nname = "{name}"\nurl = "{url}"\npriority = "{priority}"\n'


@for_clients(BOTH)
@pytest.mark.parametrize("priority", ["primary", "supplemental", "explicit"])
def test_a_source_that_nobody_trusted_is_refused_and_never_asked(world: World, other: PyPI, priority: str) -> None:
    explicit = priority == "explicit"
    needs = {} if explicit else {NAME: ""}
    pinned = f'[tool.poetry.dependencies]\n{NAME} = {{version = "*", source = "Corp"}}\n' if explicit else ""
    if explicit and world.box.client.version.startswith("1."):
        pinned = pinned.partition("\n")[2]  # the table is there already
    write(world.box, needs, f"{pinned}{source(other.url, priority)}")
    for command in (["lock"], ["install"], ["update"]):
        ran = world.guarded("poetry", *command)
        world.refuses(ran, 1, "foreign-source", NAME)
        assert any("pyproject.toml" in line and "slopguard trust" in line for line in ran.lines), ran
    assert other.requests == []
    assert world.box.installed == {}
    assert not (world.box.project / "poetry.lock").exists()


@for_clients(BOTH)
@pytest.mark.parametrize("priority", ["primary", "supplemental", "explicit"])
def test_a_source_of_the_users_own_works_and_the_lock_is_that_of_bare_poetry(
    world: World, other: PyPI, priority: str
) -> None:
    configured(world.box, {"corp": other.url})
    (world.box.root / "sources.toml").write_text("")
    write(world.box, {}, source(other.url, priority))
    if priority == "primary":
        World(world.box, other).established(NAME)
    ran = world.guarded("poetry", "add", "--source", "corp", "sg-corp")
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed["sg-corp"] == "1.2.0"
    files = [world.box.project / name for name in ("poetry.lock", "pyproject.toml")]
    ours = [file.read_bytes() for file in files]
    assert b"/corp/simple" in ours[0]
    files[0].unlink()
    write(world.box, {}, source(other.url, priority))
    bare = world.box.direct("poetry", "add", "--source", "corp", "sg-corp")
    assert bare.rc == 0, bare
    assert [file.read_bytes() for file in files] == ours


@for_clients(NEW)
def test_a_settings_folder_that_a_variable_names_trusts_nobody(world: World, other: PyPI) -> None:
    write(world.box, {NAME: ""}, source(other.url, "primary"))
    place = world.box.write("settings/config.toml", f'[repositories.corp]\nurl = "{other.url}"\n')
    ran = world.guarded("poetry", "lock", env={"POETRY_CONFIG_DIR": str(place.parent)})
    world.refuses(ran, 1, "foreign-source", NAME)
    variable = world.guarded("poetry", "lock", env={"POETRY_REPOSITORIES_CORP_URL": other.url})
    world.refuses(variable, 1, "foreign-source", NAME)
    assert other.requests == []


@for_clients(BOTH)
@pytest.mark.parametrize("place", ["auth.toml", "variables", "address", "netrc"])
def test_credentials_are_found_where_poetry_keeps_them(world: World, place: str) -> None:
    with PyPI(markers=world.box.markers, credentials=basic(USER, SECRET)) as private:
        World(world.box, private).established("sg-corp")
        configured(world.box, {"corp": private.url})
        (world.box.root / "sources.toml").write_text("")
        url, env = private.url, {}
        if place == "auth.toml":
            world.box.write(
                "~/.config/pypoetry/auth.toml", f'[http-basic.corp]\nusername = "{USER}"\npassword = "{SECRET}"\n'
            )
        elif place == "variables":
            env = {"POETRY_HTTP_BASIC_CORP_USERNAME": USER, "POETRY_HTTP_BASIC_CORP_PASSWORD": SECRET}
        elif place == "address":
            url = url.replace("http://", "http://ann:s3cret-Zx9%40%2F%3A@")
        else:
            world.box.write("~/.netrc", f"machine 127.0.0.1 login {USER} password {SECRET}\n")
        write(world.box, {}, source(url, "supplemental"))
        ran = world.guarded("poetry", "add", "--source", "corp", "sg-corp", env=env)
        assert (ran.rc, ran.lines) == (0, []), ran
        assert world.box.installed == {"sg-corp": "1.2.0"}
        if place != "address":
            write(world.box, {}, source(url, "supplemental"))
            locked = (world.box.project / "poetry.lock").read_bytes()
            (world.box.project / "poetry.lock").unlink()
            assert world.box.direct("poetry", "add", "--source", "corp", "sg-corp", env=env).rc == 0
            assert (world.box.project / "poetry.lock").read_bytes() == locked


@for_clients(NEW)
def test_wrong_credentials_are_no_verdict_about_the_package(world: World) -> None:
    with PyPI(markers=world.box.markers, credentials=basic(USER, SECRET)) as private:
        configured(world.box, {"corp": private.url})
        (world.box.root / "sources.toml").write_text("")
        write(world.box, {}, source(private.url, "supplemental"))
        ran = world.guarded("poetry", "add", "--source", "corp", "sg-corp")
    assert ran.rc == 4, ran
    assert any("(upstream-auth)" in line for line in ran.lines), ran


@for_clients(BOTH)
@pytest.mark.parametrize("speaks", ["html", "json"])
def test_a_source_that_speaks_one_form_only_works(world: World, speaks: str) -> None:
    with PyPI(markers=world.box.markers) as plain:
        plain.speaks = speaks
        World(world.box, plain).established("sg-corp")
        world.box.settings(f'[internal]\nindex = ["{plain.url}"]\n' if speaks == "html" else "")
        configured(world.box, {"corp": plain.url})
        (world.box.root / "sources.toml").write_text("")
        write(world.box, {}, source(plain.url, "supplemental"))
        ran = world.guarded("poetry", "add", "--source", "corp", "sg-corp")
    if speaks == "json":
        assert (ran.rc, world.box.installed) == (0, {"sg-corp": "1.2.0"}), ran
    else:
        assert ran.rc == 3, ran  # no dates: nothing says how old it is
        assert any("(no-dates)" in line or "(unverified)" in line for line in ran.lines), ran


@for_clients(BOTH)
def test_a_lock_file_that_names_another_index_is_refused(world: World, other: PyPI) -> None:
    world.box.driver.manifest(world.box, {NAME: ""})
    assert world.box.direct("poetry", "lock").rc == 0
    lock = world.box.project / "poetry.lock"
    stranger = f'\n[package.source]\ntype = "legacy"\nurl = "{other.url}"\nreference = "corp"\n\n[metadata]\n'
    lock.write_text(lock.read_text().replace("\n[metadata]\n", stranger))
    world.refuses(world.guarded("poetry", "install"), 1, "foreign-source", NAME)
    assert other.requests == []


@for_clients(BOTH)
def test_the_index_of_slopguards_own_settings_stands_in_for_the_built_in_one(world: World, other: PyPI) -> None:
    World(world.box, other).established(NAME)
    world.box.settings(f'[upstream.pypi]\nurl = "{other.url}"\n')
    asked = len(world.registry.requests)
    ran = world.install("sg-corp")
    assert (ran.rc, world.box.installed["sg-corp"]) == (0, "1.2.0"), ran
    assert len(world.registry.requests) == asked
    assert "package.source" not in (world.box.project / "poetry.lock").read_text()


@for_clients(BOTH)
def test_what_an_adopted_lock_file_holds_may_be_young(world: World) -> None:
    world.established("sg-parent")
    world.release("sg-parent", "1.3.0", hours_old=5, days_old=0)
    world.box.driver.manifest(world.box, {"sg-parent": ">=1.3"})
    assert world.box.direct("poetry", "lock").rc == 0
    before = world.guarded("poetry", "install")
    assert before.rc == 3, before
    code, shown = typed([sys.executable, "-m", "slopguard", "trust"], world.box.env, world.box.project)
    assert code == 0, shown
    ran = world.guarded("poetry", "install")
    assert (ran.rc, ran.lines, world.box.installed) == (0, [], {"sg-parent": "1.3.0"}), ran


@for_clients(NEW)
def test_a_source_that_nobody_configured_is_no_address_to_be_trusted(world: World) -> None:
    world.established(NAME)
    ran = world.guarded("poetry", "add", "--source", "nope", NAME)
    world.refuses_all(ran, 1, "foreign-source", NAME)
    assert "slopguard: no index is configured under the name nope. Leave it out, or write its address there." in ran.err
    assert "slopguard trust" not in ran.text
