"""poetry: what is special about it: its manifest, its own environment, its builds."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers.poetry import DRIVER, write
from tests.simulators.pypi import PyPI

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BOTH = [("poetry", version) for version in DRIVER.versions]
NEW, OLD = BOTH[:1], BOTH[1:]
NAME, GHOST = "sg-alpha", "sg-ghost-helper"
BACKEND = """import json, os, pathlib, sys, zipfile
pathlib.Path("SEEN").write_text(json.dumps([dict(os.environ), sys.path]))
ABOUT = "Metadata-Version: 2.1\\nName: mine\\nVersion: 0\\n"
FILES = {"METADATA": ABOUT, "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "RECORD": ""}
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(folder) / "mine-0-py3-none-any.whl", "w") as archive:
        for name, text in FILES.items():
            archive.writestr("mine-0.dist-info/" + name, text)
    return "mine-0-py3-none-any.whl"
"""


@for_clients(BOTH)
def test_what_is_denied_on_the_way_is_said_by_poetry_and_by_us(world: World) -> None:
    world.release("sg-evil-core", "1.0.0", days_old=800)
    world.established("sg-parent", needs={"sg-evil-core": ""})
    before = (world.box.project / "pyproject.toml").read_bytes()
    ran = world.install("sg-parent", deny=["sg-evil-core"])
    world.refuses_all(ran, 1, "denied", "sg-evil-core")
    theirs, ours = ran.text.split("slopguard: BLOCKED", 1)[0], ran.lines
    assert "451 Client Error" in theirs, ran
    assert ours[-1] == "slopguard: poetry was stopped; nothing of the above was installed."
    assert (world.box.project / "pyproject.toml").read_bytes() == before
    assert not (world.box.project / "poetry.lock").exists()


@for_clients(BOTH)
def test_ghosts_in_every_part_of_the_manifest_stop_it(world: World) -> None:
    world.established(NAME)
    parts = (
        "[tool.poetry.group.docs.dependencies]",
        "[tool.poetry.dev-dependencies]",
        "[tool.poetry.requires-plugins]",
    )
    for part in parts:
        write(world.box, {NAME: ""}, f'{part}\n{GHOST} = "*"\n')
        world.refuses_all(world.guarded("poetry", "install"), 1, "not-found", GHOST)


@for_clients(NEW)
def test_a_ghost_among_the_build_requirements_stops_install_and_build(world: World) -> None:
    manifest = world.box.project / "pyproject.toml"
    text = manifest.read_text().replace("package-mode = false", "")
    manifest.write_text(f'{text}\n[build-system]\nrequires = ["{GHOST}"]\nbuild-backend = "x"\n')
    for command in (["install"], ["build"], ["publish", "--build"]):
        world.refuses_all(world.guarded("poetry", *command), 1, "not-found", GHOST)


@for_clients(NEW)
@pytest.mark.parametrize("requires", [GHOST, NAME])
def test_what_an_sdist_is_built_with_comes_through_the_gate(world: World, requires: str) -> None:
    assert isinstance(world.registry, PyPI)
    world.established(NAME)
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add("sg-built", version, days_old=days, wheels=(), source=True, build_requires=[requires])
    ran = world.install("sg-built")
    if requires == NAME:
        assert (ran.rc, world.box.installed) == (0, {"sg-built": "1.2"}), ran
        assert any(name.startswith("sg_alpha") for name in world.registry.downloads)
    else:
        world.refuses(ran, 1, "not-found", GHOST)
        assert world.box.installed == {}


@for_clients(NEW)
def test_a_build_sees_the_users_own_environment(world: World) -> None:
    (world.box.project / "pyproject.toml").write_text(
        '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    world.box.write("backend.py", BACKEND)
    proxy = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "*", "PYTHONPATH": str(world.box.root / "own")}
    ran = world.guarded("poetry", "build", "-f", "wheel", env=proxy)
    assert ran.rc == 0, ran
    seen, path = json.loads((world.box.project / "SEEN").read_text())
    assert seen["PYTHONPATH"] == proxy["PYTHONPATH"]
    assert not [key for key in seen if key.startswith("SLOPGUARD_POETRY")]
    assert not [folder for folder in path if "slopguard-" in folder]
    assert "told.json" not in json.dumps(seen)


@for_clients(OLD)
def test_the_pip_that_poetry_1_starts_asks_the_gate(world: World) -> None:
    world.box.write("lib/pyproject.toml", '[project]\nname = "mylib"\nversion = "1"\n[build-system]\nrequires = []\n')
    ran = world.install("./lib")
    world.refuses(ran, 1, "not-found", "build")  # what poetry 1 builds with; this registry does not have it
    assert "build" in world.registry.pages


@for_clients(BOTH)
def test_its_own_environment_gets_nothing_unverified(world: World) -> None:
    world.refuses(world.guarded("poetry", "self", "add", GHOST), 1, "not-found", GHOST)
    place = world.box.write(
        "~/.config/pypoetry/pyproject.toml", f'[tool.poetry.group.additional.dependencies]\n{GHOST} = "*"\n'
    )
    world.refuses(world.guarded("poetry", "self", "lock"), 1, "not-found", GHOST)
    place.unlink()
    assert world.registry.downloads == []


@for_clients(BOTH)
def test_init_judges_what_it_is_told_to_require(world: World) -> None:
    world.established(NAME)
    (world.box.project / "pyproject.toml").unlink()
    start = ("poetry", "init", "-n", "--name", "mine", "--dependency")
    world.refuses(world.guarded(*start, GHOST), 1, "not-found", GHOST)
    assert not (world.box.project / "pyproject.toml").exists()
    ran = world.guarded(*start, NAME)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert NAME in (world.box.project / "pyproject.toml").read_text()


@for_clients(BOTH)
def test_a_denied_package_can_be_taken_out_and_updated_away(world: World) -> None:
    world.established(NAME, "sg-evil-core")
    assert world.install(NAME, "sg-evil-core").rc == 0
    world.refuses(world.guarded("poetry", "install", deny=["sg-evil-core"]), 1, "denied", "sg-evil-core")
    ran = world.guarded("poetry", "remove", "sg-evil-core", deny=["sg-evil-core"])
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.2.0"}


@for_clients(BOTH)
def test_looking_for_newer_versions_asks_the_gate(world: World) -> None:
    world.established(NAME)
    assert world.install(f"{NAME}@1.0.0").rc == 0
    ran = world.guarded("poetry", "show", "--latest")
    assert (ran.rc, "1.2.0" in ran.out) == (0, True), ran
    world.refuses(world.guarded("poetry", "show", "--latest", deny=[NAME]), 1, "denied", NAME)


@for_clients(BOTH)
def test_mode_observe_refuses_nothing(world: World) -> None:
    world.established(NAME)
    world.box.settings('mode = "observe"\n')
    ran = world.install(NAME, deny=[NAME])
    assert (ran.rc, world.box.installed) == (0, {NAME: "1.2.0"}), ran
    assert any("OBSERVED" in line for line in ran.lines), ran


@for_clients(BOTH)
def test_nothing_of_ours_stays_behind(world: World) -> None:
    world.established(NAME)
    assert world.install(NAME).rc == 0
    assert list((world.box.root / "tmp").glob("slopguard-*")) == []
    address = b"127.0.0.1"
    origin = world.registry.server.origin.encode()
    for folder in (world.box.project, world.box.venv / "lib", world.box.home / ".config"):
        for file in folder.rglob("*") if folder.is_dir() else ():
            if file.is_file() and address in (data := file.read_bytes()):
                assert data.replace(origin, b"").count(address) == 0, file


@for_clients(BOTH)
def test_what_poetry_remembers_of_a_release_names_the_index_and_not_us(world: World) -> None:
    """A plugin writes it into a pylock.toml, days later and without any guard."""
    world.established(NAME)
    assert world.install(NAME).rc == 0
    kept = [file for file in (world.box.home / ".cache/pypoetry/cache/repositories").rglob("*") if file.is_file()]
    text = b"".join(file.read_bytes() for file in kept)
    origin = world.registry.server.origin.encode()
    assert b"sg_alpha-1.2.0" in text
    assert b"127.0.0.1" not in text.replace(origin, b"")
    assert world.box.client.version != "newest" or origin in text


@for_clients(BOTH)
def test_what_is_published_goes_straight_to_where_poetry_sends_it(world: World) -> None:
    assert isinstance(world.registry, PyPI)
    manifest = world.box.project / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace("package-mode = false", ""))
    world.box.write("mine.py", "")
    place = f"{world.registry.server.origin}/upload/"
    world.box.write("~/.config/pypoetry/config.toml", f'[repositories.corp]\nurl = "{place}"\n')
    for words in (("build",), ("publish",), ("publish", "--build")):
        more = ("-r", "corp", "-u", "ann", "-p", "s3cret") if words[0] == "publish" else ()
        world.registry.writes.clear()
        ran = world.guarded("poetry", *words, *more)
        assert (ran.rc, ran.lines) == (0, []), ran
        assert world.registry.writes == (["POST upload", "POST upload"] if more else []), ran
