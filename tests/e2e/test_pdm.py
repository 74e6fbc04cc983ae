"""What is pdm's alone: sources in the project, locks with addresses, builds, scripts, uv beneath it, `pdm self`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators import clients
from tests.simulators.drivers.pdm import Pdm, pdm_settings, write
from tests.simulators.pypi import PyPI

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

NAME, OTHER, GHOST, EVIL = "sg-alpha", "sg-beta", "sg-ghost-helper", "sg-evil-core"
EVERY = tuple(("pdm", version) for version in Pdm.versions)
ONE = (EVERY[0],)
SOURCE = '[[tool.pdm.source]]\nname = "NAME"\nurl = "URL"\n'


def lock(world: World) -> Path:
    return world.box.project / "pdm.lock"


def source(name: str, url: str) -> str:
    return SOURCE.replace("NAME", name).replace("URL", url)


def same_as_bare(world: World, *argv: str) -> bytes:
    """Claim: guarded, the command leaves the very lock and manifest that it leaves bare; the lock."""
    files = [world.box.project / "pyproject.toml", lock(world)]
    before = [path.read_bytes() if path.exists() else None for path in files]
    ran = world.guarded(*argv)
    assert (ran.rc, ran.lines) == (0, []), ran
    ours = [path.read_bytes() for path in files]
    for path, data in zip(files, before, strict=True):
        path.unlink()
        if data is not None:
            path.write_bytes(data)
    assert world.box.direct(*argv).rc == 0
    assert [path.read_bytes() for path in files] == ours
    return ours[1]


@for_clients(EVERY)
def test_locks_with_the_address_of_every_file_name_the_registry(world: World) -> None:
    world.established(NAME)
    world.established("sg-parent", needs={NAME: ""})
    write(world.box, {"sg-parent": ""})
    made = same_as_bare(world, "pdm", "lock", "--static-urls")
    assert f"{world.registry.server.origin}/files/sg-parent/".encode() in made
    world.registry.forget()
    ran = world.guarded("pdm", "sync")
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {NAME: "1.2.0", "sg-parent": "1.2.0"}
    assert lock(world).read_bytes() == made
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    write(world.box, {"sg-parent": ""})
    lock(world).write_bytes(made)
    world.registry.forget()
    world.refuses_all(world.guarded("pdm", "sync", deny=[NAME]), 1, "denied", NAME)


@for_clients(ONE)
def test_a_pylock_is_written_and_installed_from_likewise(world: World) -> None:
    world.established(NAME)
    world.established("sg-parent", needs={NAME: ""})
    write(world.box, {"sg-parent": ""})
    env, place = {"PDM_LOCK_FORMAT": "pylock"}, world.box.project / "pylock.toml"
    assert world.guarded("pdm", "lock", env=env).rc == 0
    ours = place.read_bytes()
    place.unlink()
    assert world.box.direct("pdm", "lock", env=env).rc == 0
    assert place.read_bytes() == ours
    world.registry.forget()
    world.refuses_all(world.guarded("pdm", "sync", env=env, deny=[NAME]), 1, "denied", NAME)
    ran = world.guarded("pdm", "sync", env=env, deny=["sg-other"])
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {NAME: "1.2.0", "sg-parent": "1.2.0"}


@for_clients(ONE)
def test_a_lock_that_names_a_strange_host_is_no_lock_to_install_from(world: World) -> None:
    world.established(NAME)
    write(world.box, {NAME: ""})
    assert world.guarded("pdm", "lock", "--static-urls").rc == 0
    with PyPI(markers=world.box.markers) as rogue:
        World(world.box, rogue).established(NAME)
        lock(world).write_text(lock(world).read_text().replace(world.registry.server.origin, rogue.server.origin))
        ran = world.guarded("pdm", "sync")
        world.refuses(ran, 1, "foreign-source", NAME)
        assert rogue.requests == []
        assert world.box.installed == {}


@for_clients(EVERY)
def test_a_source_of_the_project_is_foreign_until_the_user_has_it_too(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as other:
        World(world.box, other).established(NAME, OTHER)
        for name in ("other", "pypi"):
            write(world.box, {NAME: ""}, source(name, other.url))
            for argv in (["lock"], ["add", OTHER], ["install"]):
                ran = world.guarded("pdm", *argv)
                world.refuses(ran, 1, "foreign-source", NAME)
            assert other.requests == []
        write(world.box, {NAME: "", OTHER: ""}, source("other", other.url))
        pdm_settings(world.box, world.registry, other.url)
        made = same_as_bare(world, "pdm", "lock")
        assert b"127.0.0.1" not in made
        ran = world.guarded("pdm", "sync")
        assert (ran.rc, ran.lines) == (0, []), ran
        assert world.box.installed == {NAME: "1.2.0", OTHER: "1.2.0"}


@for_clients(EVERY)
def test_settings_in_the_project_do_not_count_as_the_users(world: World) -> None:
    world.established(NAME)
    with PyPI(markers=world.box.markers) as rogue:
        World(world.box, rogue).established(NAME)
        for text in (f'[pypi]\nurl = "{rogue.url}"\n', f'[pypi.more]\nurl = "{rogue.url}"\n'):
            world.box.write("pdm.toml", text)
            world.refuses_all(world.install(NAME), 1, "foreign-source", NAME)
        assert rogue.requests == []


@for_clients(EVERY)
def test_the_lock_and_the_manifest_are_those_of_bare_pdm(world: World) -> None:
    world.established(NAME, OTHER)
    world.box.write(".keep", "")
    for argv in (["add", NAME], ["add", "-dG", "test", OTHER], ["update"], ["remove", NAME]):
        same_as_bare(world, "pdm", *argv)


@for_clients(ONE)
def test_every_place_where_a_project_names_packages_is_judged(world: World) -> None:
    world.established(NAME)
    for more in (
        f'[dependency-groups]\nlint = ["{GHOST}"]\n',
        f'[tool.pdm.dev-dependencies]\nlint = ["{GHOST}"]\n',
        f'[build-system]\nrequires = ["{GHOST}"]\nbuild-backend = "x"\n',
    ):
        write(world.box, {NAME: ""}, more)
        world.refuses_all(world.guarded("pdm", "install"), 1, "not-found", GHOST)
    url = f"{world.registry.server.origin}/files/{NAME}/sg_alpha-1.2.0-py3-none-any.whl"
    for more in (
        f'[tool.pdm.dev-dependencies]\nlint = ["-e git+{world.registry.server.origin}/x.git#egg={NAME}"]\n',
        f'[tool.pdm.resolution.overrides]\n{NAME} = "{url}"\n',
    ):
        write(world.box, {NAME: ""}, more)
        world.refuses_all(world.guarded("pdm", "install"), 1, "foreign-source", NAME)


@for_clients(ONE)
def test_arguments_that_the_project_adds_are_judged_too(world: World) -> None:
    world.established(NAME)
    write(world.box, {}, f'[tool.pdm.options]\nadd = ["{GHOST}"]\n')
    world.refuses_all(world.install(NAME), 1, "not-found", GHOST)


@for_clients(EVERY)
def test_what_builds_need_passes_the_gate(world: World) -> None:
    assert isinstance(world.registry, PyPI)
    world.established(EVIL)
    for version, days in (("1.0", 900), ("1.1", 600), ("1.2", 300)):
        world.registry.add(NAME, version, days_old=days, wheels=(), source=True, build_requires=[EVIL])
    ran = world.install(NAME, deny=[EVIL])
    world.refuses(ran, 1, "denied", EVIL)
    assert world.box.installed == {}
    assert world.install(NAME, deny=["sg-other"]).rc == 0


@for_clients(EVERY)
def test_a_pdm_that_loads_no_plugins_installs_nothing(world: World) -> None:
    world.established(NAME)
    program = world.box.root / "bin" / "pdm"
    first, _, rest = program.read_text().partition("\n")
    program.write_text(f"{first} -E\n{rest}")  # Python ignores PYTHONPATH
    ran = world.install(NAME)
    assert ran.rc == 4, ran
    assert world.registry.downloads == []
    assert world.box.installed == {}


@for_clients(ONE)
def test_hooks_of_the_project_see_the_users_own_environment(world: World) -> None:
    world.established(NAME)
    write(world.box, {NAME: ""}, '[tool.pdm.scripts]\npost_install = {shell = "env > seen.txt"}\n')
    ran = world.guarded("pdm", "install", env={"PYTHONPATH": "/somewhere"})
    assert (ran.rc, ran.lines) == (0, []), ran
    seen = (world.box.project / "seen.txt").read_text()
    assert "PYTHONPATH=/somewhere\n" in seen
    assert "SLOPGUARD_PDM" not in seen
    assert "PDM_PYPI_URL" not in seen


@for_clients(ONE)
def test_a_script_is_judged_by_what_it_requires(world: World) -> None:
    script = '# /// script\n# dependencies = ["NAME"]\n# ///\nimport pathlib\npathlib.Path("it-ran").touch()\n'
    world.established(NAME)
    env = {"PDM_VENV_BACKEND": "venv"}
    world.box.write("bad.py", script.replace("NAME", GHOST))
    write(world.box, {}, '[tool.pdm.scripts]\nbad = "bad.py"\nall = {composite = ["good", "bad"]}\ngood = "true"\n')
    for argv in (["run", "bad.py"], ["run", "bad"], ["bad"], ["run", "all"]):
        world.refuses_all(world.guarded("pdm", *argv, env=env), 1, "not-found", GHOST)
    assert not (world.box.project / "it-ran").exists()
    world.box.write("good.py", script.replace("NAME", NAME))
    ran = world.guarded("pdm", "run", "good.py", env=env)
    assert (ran.rc, ran.lines) == (0, []), ran
    assert (world.box.project / "it-ran").exists()


@for_clients(ONE)
@pytest.mark.parametrize(
    ("tasks", "argv"),
    [
        ('pre_good = "bad.py"\ngood = "true"', ["good"]),
        ('post_run = "bad.py"\ngood = "true"', ["good"]),
        ("quoted = \" 'bad.py' x\"", ["quoted"]),
        ('handed = "{args:bad.py}"', ["handed"]),
        ('handed = "{args}"', ["handed", "bad.py"]),
        ('all = {composite = ["handed bad.py"]}\nhanded = "{args}"', ["all"]),
        ('here = "{run_cwd}/bad.py"', ["here"]),
        ('below = {cmd = "worse.py", working_dir = "sub"}', ["below"]),
        ('_ = {working_dir = "sub"}\nbelow = "worse.py"', ["below"]),
        ('good = "true"', ["run", "--working-dir", "sub", "worse.py"]),
    ],
)
def test_a_script_is_found_wherever_a_task_may_start_it(world: World, tasks: str, argv: list[str]) -> None:
    script = f'# /// script\n# dependencies = ["{GHOST}"]\n# ///\nimport pathlib\npathlib.Path("it-ran").touch()\n'
    world.box.write("bad.py", script)
    world.box.write("sub/worse.py", script)
    write(world.box, {}, f"[tool.pdm.scripts]\n{tasks}\n")
    ran = world.guarded("pdm", *argv, env={"PDM_VENV_BACKEND": "venv"})
    world.refuses_all(ran, 1, "not-found", GHOST)
    assert "pdm was not started" in ran.err


@for_clients(ONE)
def test_with_uv_beneath_it_everything_passes_the_gate_as_well(world: World) -> None:
    world.established(EVIL)
    world.established(NAME, needs={EVIL: ""})
    uv = clients.client("uv", "newest").folder
    env = {"PDM_USE_UV": "1", "PATH": f"{uv}:{world.box.env['PATH']}"}
    write(world.box, {NAME: ""})
    world.refuses_all(world.guarded("pdm", "lock", deny=[EVIL], env=env), 1, "denied", EVIL)
    ran = world.guarded("pdm", "install", env=env, deny=["sg-other"])
    assert (ran.rc, ran.lines) == (0, []), ran
    assert world.box.installed == {NAME: "1.2.0", EVIL: "1.2.0"}
    assert b"127.0.0.1" not in lock(world).read_bytes().replace(world.registry.server.origin.encode(), b"")
    before = hashlib.sha256(lock(world).read_bytes()).hexdigest()
    write(world.box, {NAME: ""}, f'[[tool.uv.index]]\nurl = "{world.registry.url}"\n')
    ran = world.guarded("pdm", "install", env=env)
    assert ran.rc == 2, ran
    assert hashlib.sha256(lock(world).read_bytes()).hexdigest() == before


@for_clients(EVERY)
def test_a_global_project_is_judged_wherever_it_is_and_before_there_is_one(world: World) -> None:
    other, empty = world.box.home / "other", world.box.home / "empty"
    empty.mkdir()
    adds: list[tuple[list[str], Path]] = [
        (["-g"], empty),
        (["-g", "-p", str(other)], empty),
        (["-g"], world.box.project),
    ]
    for options, cwd in adds:
        ran = world.box.guarded("pdm", "add", *options, GHOST, cwd=cwd)
        world.refuses_all(ran, 1, "not-found", GHOST)
    world.box.write("~/other/pyproject.toml", f'[project]\nname = "other"\nversion = "0"\ndependencies = ["{GHOST}"]\n')
    ran = world.box.guarded("pdm", "install", "-g", "-p", str(other), cwd=empty)
    world.refuses_all(ran, 1, "not-found", GHOST)
    settings = world.box.home / ".config/pdm/config.toml"
    settings.write_text(f"{settings.read_text()}\n[global_project]\nfallback = true\n")
    world.refuses_all(world.box.guarded("pdm", "add", GHOST, cwd=empty), 1, "not-found", GHOST)
    assert not (world.box.home / ".config/pdm/global-project").exists()


@for_clients(ONE)
def test_what_pdm_installs_into_itself_is_judged(world: World) -> None:
    for argv in (["self", "add", GHOST], ["plugin", "add", GHOST], ["self", "add", "--pip-args=--pre", GHOST]):
        world.box.write("~/.config/pip/pip.conf", f"[global]\nindex-url = {world.registry.url}\n")
        world.refuses_all(world.guarded("pdm", *argv), 1, "not-found", GHOST)


@for_clients(ONE)
def test_another_project_and_the_global_one(world: World) -> None:
    world.established(NAME)
    for place, argv in (("other", ["-p", "other"]), ("~/.config/pdm/global-project", ["-g"])):
        world.box.write(
            f"{place}/pyproject.toml", f'[project]\nname = "x"\nversion = "0"\ndependencies = ["{GHOST}"]\n'
        )
        world.refuses_all(world.guarded("pdm", "install", *argv), 1, "not-found", GHOST)


@for_clients(EVERY)
def test_the_sessions_secret_is_not_in_pdms_cache(world: World) -> None:
    """It keeps every request's headers; the secret is said below it."""
    world.established(NAME)
    assert world.install(NAME).rc == 0
    kept = [file.read_bytes() for file in (world.box.home / ".cache/pdm/http").rglob("*") if file.is_file()]
    assert b"sg_alpha-1.2.0" in b"".join(kept)
    assert b"Basic " not in b"".join(kept)


@for_clients(EVERY)
@pytest.mark.parametrize("first", ["file:///tmp/", "file:///${PROJECT_ROOT}/", "FILE:///tmp/"])
def test_a_file_of_the_project_in_the_lock_is_no_release_of_the_index(world: World, first: str) -> None:
    """It stands beside the real one, whose digest is right."""
    world.established(NAME)
    write(world.box, {NAME: ""})
    assert world.box.direct("pdm", "lock", "--static-urls").rc == 0
    text = lock(world).read_text()
    added = f'{{url = "{first}sg_alpha-1.2.0-py3-none-any.whl", hash = "sha256:{"0" * 64}"}},\n    {{url = "http'
    lock(world).write_text(text.replace('{url = "http', added, 1))
    world.refuses_all(world.guarded("pdm", "sync"), 1, "foreign-source", NAME)
