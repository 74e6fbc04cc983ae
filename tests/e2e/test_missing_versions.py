"""A version that no index lists: refused before the client starts; not known, while an index does not answer."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import ALL, World, for_clients
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

MISSING = "99.0.0"


@for_clients(ALL)
def test_a_missing_version_on_the_command_line_stops_everything_beside_it(world: World) -> None:
    world.established("sg-alpha", "sg-beta")
    ran = world.install(world.exactly("sg-alpha", MISSING), "sg-beta")
    world.refuses_all(ran, 1, "not-found", "sg-alpha")
    assert f"the index lists no version {MISSING}. Leave the version out, or use one that is listed." in ran.err
    assert f"Next: slopguard ask {world.ecosystem}:sg-alpha\n" in ran.err
    assert f"Without it: {' '.join(world.box.install('sg-beta'))}" in ran.err
    assert world.install(world.exactly("sg-alpha", "1.0.0")).rc == 0


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_a_missing_version_in_a_requirement_file(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("requirements.txt", f"sg-alpha=={MISSING}\n")
    world.refuses_all(world.guarded(*world.box.install("-r", "requirements.txt")), 1, "not-found", "sg-alpha")


@for_clients([("npm", "newest")])
def test_a_missing_version_in_a_package_lock(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("package.json", json.dumps({"name": "mine", "dependencies": {"sg-alpha": "^1.0.0"}}))
    assert world.box.direct("npm", "install", "--package-lock-only").rc == 0
    lock = world.box.project / "package-lock.json"
    lock.write_text(lock.read_text().replace("1.2.0", MISSING))
    world.registry.forget()
    world.refuses_all(world.guarded("npm", "ci"), 1, "not-found", "sg-alpha")


@for_clients([("npm", "newest")])
def test_a_range_and_a_tag_are_no_versions(world: World) -> None:
    world.established("sg-alpha")
    for spec in ("sg-alpha@>=1.1", "sg-alpha@latest"):
        assert world.install(spec).rc == 0


@for_clients([("pip", "newest"), ("uv", "newest")])
def test_while_an_index_does_not_answer_nothing_is_missing(world: World) -> None:
    world.established("sg-alpha")
    with PyPI() as other:
        world.box.use(world.registry, other.url)
        other.fail("/simple/*", Break.STATUS, status=503)
        ran = world.install(world.exactly("sg-alpha", MISSING))
    world.refuses_all(ran, 4, "upstream-down", "sg-alpha")


@for_clients([("uv", "newest")])
def test_what_a_lock_takes_from_an_explicit_index_is_looked_for_there(world: World) -> None:
    """`sg-alpha` 5.0 stands on the explicit index only; the default one has others of that name."""
    world.established("sg-alpha")
    with PyPI() as acme:
        acme.add("sg-alpha", "5.0", days_old=300)
        world.box.use(world.registry)
        user = world.box.home / ".config" / "uv" / "uv.toml"
        table = f'name = "acme"\nurl = "{acme.url}"\nexplicit = true\n'
        user.write_text(f"{user.read_text()}\n[[index]]\n{table}")
        project = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["sg-alpha"]\n'
        sources = f'[[tool.uv.index]]\n{table}[tool.uv.sources]\nsg-alpha = {{ index = "acme" }}\n'
        world.box.write("pyproject.toml", project + sources)
        world.box.settings("[upstream.pypi]\ncurated = false\n")
        assert world.box.direct("uv", "lock").rc == 0
        ran = world.guarded("uv", "sync", "--locked")
        missing = (world.box.project / "uv.lock").read_text().replace('version = "5.0"', f'version = "{MISSING}"')
        world.box.write("uv.lock", missing)
        refused = world.guarded("uv", "sync", "--frozen")
    assert "not-found" not in ran.text, ran
    world.refuses(refused, 1, "not-found", "sg-alpha")
