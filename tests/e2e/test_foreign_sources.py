"""Git, URLs and indexes that nobody trusted: refused, and never even asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.world import ALL, NODE, PYTHON, World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

NAME = "sg-alpha"


@pytest.fixture
def rogue(world: World) -> Iterator[PyPI | Npm]:
    """A second registry, which offers a higher version of a package that is fine elsewhere."""
    world.established(NAME)
    made = Npm(markers=world.box.markers) if world.ecosystem == "npm" else PyPI(markers=world.box.markers)
    with made as registry:
        World(world.box, registry).release(NAME, "9.0.0", armed=True)
        yield registry


def untouched(world: World, rogue: PyPI | Npm) -> None:
    """Nothing came from the rogue registry, and nothing was installed."""
    assert rogue.downloads == []
    assert world.box.installed == {}
    assert world.box.traces == []


@for_clients(ALL)
def test_git_and_url_specs_are_foreign_sources(world: World, rogue: PyPI | Npm) -> None:
    file = {"pypi": "sg_alpha-9.0.0.tar.gz", "npm": "-/sg-alpha-9.0.0.tgz"}[world.ecosystem]
    place = f"{rogue.server.origin}/{'files/' if world.ecosystem == 'pypi' else ''}{NAME}/{file}"
    git = {"pypi": f"git+{rogue.server.origin}/x.git", "npm": f"git+{rogue.server.origin}/x.git"}[world.ecosystem]
    specs = [place, git, f"{NAME} @ {place}" if world.ecosystem == "pypi" else f"{NAME}@{place}"]
    for spec in specs:
        ran = world.install(spec)
        assert ran.rc == 1, ran
        assert any("(foreign-source)" in line for line in ran.lines), ran
        untouched(world, rogue)
    assert rogue.requests == []


@for_clients(ALL)
def test_an_index_named_by_a_flag_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    if world.reads == "pdm":
        pytest.skip("no option names an index for pdm")
    flags = {
        "pip": ("--index-url", "--extra-index-url", "-i"),
        "uv": ("--index-url", "--default-index", "--index"),
        "pipx": ("--index-url", "-i"),
        "poetry": ("--source",),
    }
    for flag in flags.get(world.box.client.family, ("--registry",)):
        ran = world.install(flag, rogue.url, NAME)
        world.refuses(ran, 1, "foreign-source", NAME)
        untouched(world, rogue)


@for_clients(ALL)
def test_an_index_named_by_the_environment_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    if world.reads == "poetry":
        pytest.skip("no variable names an index for poetry")
    variables = {
        "pip": ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
        "uv": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "pdm": ("PDM_PYPI_URL",),
        "pnpm": ("pnpm_config_registry", "PNPM_CONFIG_REGISTRY"),
        "yarn 1": ("npm_config_registry", "YARN_REGISTRY"),
        "yarn 4": ("YARN_NPM_REGISTRY_SERVER",),
    }
    for variable in variables.get(world.reads, ("npm_config_registry",)):
        ran = world.install(NAME, env={variable: rogue.url})
        world.refuses(ran, 1, "foreign-source", NAME)
        untouched(world, rogue)


@for_clients(PYTHON)
def test_an_index_named_by_a_requirement_file_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    for option in ("--index-url", "--extra-index-url"):
        world.box.write("requirements.txt", f"{option} {rogue.url}\n{NAME}\n")
        ran = world.guarded(*world.box.install("-r", "requirements.txt"))
        world.refuses(ran, 1, "foreign-source", NAME)
        untouched(world, rogue)


@for_clients([("uv", "newest")])
@pytest.mark.parametrize("extra", ["", "default = true\n", "explicit = true\n"])
def test_an_index_named_by_a_uv_project_is_foreign(world: World, rogue: PyPI | Npm, extra: str) -> None:
    source = f'[tool.uv.sources]\n{NAME} = {{ index = "other" }}\n' if "explicit" in extra else ""
    world.box.write(
        "pyproject.toml",
        f'[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["{NAME}"]\n'
        f'[[tool.uv.index]]\nname = "other"\nurl = "{rogue.url}"\n{extra}{source}',
    )
    world.refuses(world.guarded("uv", "sync"), 1, "foreign-source", NAME)
    untouched(world, rogue)
    assert not (world.box.project / "uv.lock").exists()


@for_clients([("uv", "newest")])
def test_an_index_named_by_a_script_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    table = f'# [[tool.uv.index]]\n# url = "{rogue.url}"\n'
    world.box.write("tool.py", f'# /// script\n# dependencies = ["{NAME}"]\n{table}# ///\nprint("it ran")\n')
    ran = world.guarded("uv", "run", "tool.py")
    world.refuses(ran, 1, "foreign-source", NAME)
    assert "it ran" not in ran.out
    untouched(world, rogue)


@for_clients(NODE)
def test_a_registry_named_by_a_project_npmrc_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    world.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
    world.box.write(".npmrc", f"registry={rogue.url}\n")
    world.refuses(world.install(NAME), 1, "foreign-source", NAME)
    untouched(world, rogue)


@for_clients(NODE)
def test_a_registry_named_for_a_scope_by_a_project_npmrc_is_foreign(world: World, rogue: PyPI | Npm) -> None:
    world.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
    world.box.write(".npmrc", f"@sgacme:registry={rogue.url}\n")
    World(world.box, rogue).established("@sgacme/lib")
    world.refuses(world.install("@sgacme/lib"), 1, "foreign-source", "@sgacme/lib")
    untouched(world, rogue)


@for_clients(ALL)
def test_a_local_project_of_the_users_own_installs_and_its_dependencies_are_judged(world: World) -> None:
    if str(world.box.client).startswith("poetry-1."):
        pytest.skip("poetry 1 has every folder built by what pip fetches, which this registry does not hold")
    world.established(NAME)
    if world.ecosystem == "pypi":
        world.box.write("lib/pyproject.toml", LOCAL_PYTHON.replace("DEPENDENCY", NAME))
        world.box.write("lib/backend.py", LOCAL_BACKEND.replace("DEPENDENCY", NAME))
    else:
        world.box.write("package.json", '{"name": "mine", "version": "0.0.0"}')
        world.box.write(
            "lib/package.json", f'{{"name": "mylib", "version": "1.0.0", "dependencies": {{"{NAME}": "*"}}}}'
        )
    good = world.install("./lib")
    assert good.rc == 0, good
    for file in (world.box.project / "lib").glob("*.*"):
        file.write_text(file.read_text().replace(NAME, "sg-ghost-helper"))
    world.refuses(world.install("./lib"), 1, "not-found", "sg-ghost-helper")


LOCAL_PYTHON = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "mylib"
version = "1.0.0"
dependencies = ["DEPENDENCY"]
"""
LOCAL_BACKEND = """import pathlib, zipfile
ABOUT = "Metadata-Version: 2.1\\nName: mylib\\nVersion: 1.0.0\\nRequires-Dist: DEPENDENCY\\n"
FILES = {"METADATA": ABOUT, "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "RECORD": ""}
FILES["entry_points.txt"] = "[console_scripts]\\nmylib = mylib:main\\n"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(folder) / "mylib-1.0.0-py3-none-any.whl", "w") as archive:
        for name, text in FILES.items():
            archive.writestr("mylib-1.0.0.dist-info/" + name, text)
    return "mylib-1.0.0-py3-none-any.whl"

build_editable = build_wheel
"""
